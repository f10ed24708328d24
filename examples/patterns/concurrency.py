"""Concurrency: at most two downloads from one host at once, however many are wanted; the others wait in their order.

Prints:

    0 s  docs.example 1, docs.example 2, blog.example 1
    1 s  docs.example 3, docs.example 4
    2 s  docs.example 5
    at once: {'docs.example': 2, 'blog.example': 1}
    passed 6, waited 3, seconds waited 4.0
"""

import asyncio
from collections import Counter, defaultdict

from motet import Clock, Context, agent
from motet.middleware import Concurrency
from motet.testing.virtual_time import VirtualTime


def host(page: str, ctx: Context) -> str:
    """Which limit a page counts for."""
    return page.partition(" ")[0]


limit = Concurrency(2, key=host, max_waiting=100)
at_work: Counter[str] = Counter()
most: dict[str, int] = {}
begun: defaultdict[int, list[str]] = defaultdict(list)


@agent(use=[limit])
async def download(page: str, ctx: Context) -> None:
    """Take a second, and note how many do so at the same time."""
    begun[round(ctx.now())].append(page)
    name = host(page, ctx)
    at_work[name] += 1
    most[name] = max(most.get(name, 0), at_work[name])
    await asyncio.sleep(1)
    at_work[name] -= 1


async def main(clock: Clock) -> None:
    """Want six pages at once."""
    pages = [f"docs.example {number}" for number in range(1, 6)]
    await asyncio.gather(*(download(page, clock=clock) for page in [*pages, "blog.example 1"]))
    for second, names in begun.items():
        print(f"{second} s  {', '.join(names)}")
    print("at once:", most)
    counted = limit.counters()
    print(f"passed {counted['passed']}, waited {counted['waited']}, seconds waited {counted['seconds_waited']:.1f}")


if __name__ == "__main__":
    with VirtualTime() as world:  # time that jumps from timer to timer; in a program: asyncio.run(main(Clock()))
        world.run(main(world.clock))
