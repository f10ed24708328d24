"""loop: a headline loses its last word until it fits, in at most four rounds and with at most 30 tokens.

Prints:

    Fire near station
    still too long after 4 hops: Minister announces reform of
    out of tokens after 30: You will not believe what these twelve
    {'editor': 3, 'shorten': 10}
"""

import asyncio
from collections import Counter

from motet import Context, Exhausted, agent, loop
from motet.kernel.events import AgentStarted, Event


@agent
async def shorten(headline: str, ctx: Context) -> str:
    """Leave out the last word; a model would do better, and charge for every word as well."""
    ctx.spend(tokens=len(headline.split()))
    return headline.rpartition(" ")[0]


def fits(headline: str) -> bool:
    """Tell whether there is room for it."""
    return len(headline) <= 20


editor = loop(shorten, until=fits, max_hops=4, max_tokens=30, name="editor")
called: Counter[str] = Counter()


def count(event: Event) -> None:
    """Count the calls: one of the loop, and one for each round."""
    if isinstance(event, AgentStarted):
        called[event.agent] += 1


async def main() -> None:
    """Shorten three headlines."""
    for headline in (
        "Fire near station closes street",
        "Minister announces reform of everything at once again",
        "You will not believe what these twelve cats have done",
    ):
        short = await editor(headline, observer=count)
        match short:
            case Exhausted(budget="hops"):
                print(f"still too long after {short.limit:g} hops: {short.last}")
            case Exhausted():
                print(f"out of {short.budget} after {short.limit:g}: {short.last}")
            case _:
                print(short)
    print(dict(called))


if __name__ == "__main__":
    asyncio.run(main())
