"""Retry: a currency service that is overloaded for a moment, one that stays broken, and a question it cannot answer.

Prints:

    1 EUR is 1.09 USD, after 3 attempts and 2.0 s
    GBP: ConnectionError: reset by peer (attempts: 3)
      Attempt 3 failed, and was the last: all 3 attempts failed
      Attempt 1 failed with ConnectionError: reset by peer
      Attempt 2 failed with ConnectionError: reset by peer
    XYZ: KeyError: 'XYZ' (attempts: 1)
    {'calls': 3, 'retries': 4, 'recovered': 1, 'failed': 2}
"""

from collections import Counter

from motet import Backoff, Clock, agent
from motet.kernel.errors import Unavailable
from motet.middleware import Retry
from motet.testing.virtual_time import VirtualTime

attempts: Counter[str] = Counter()


def worth_it(error: BaseException) -> bool:
    """Tell what may go better next time: not a currency that does not exist."""
    return isinstance(error, OSError | Unavailable)


again = Retry(attempts=3, backoff=Backoff(initial=0.2, factor=2, cap=5), retry_on=worth_it)


@agent(use=[again])
async def rate(currency: str) -> float:
    """Ask the service what one euro is worth."""
    attempts[currency] += 1
    if currency == "USD" and attempts[currency] < 3:
        raise Unavailable("too many requests", retry_after=1.0)
    if currency == "GBP":
        raise ConnectionError("reset by peer")
    return {"USD": 1.09}[currency]


async def main(clock: Clock) -> None:
    """Ask for three rates."""
    start = clock.now()
    dollars = await rate("USD", clock=clock)
    print(f"1 EUR is {dollars} USD, after {attempts['USD']} attempts and {clock.now() - start:.1f} s")
    for currency in ("GBP", "XYZ"):
        try:
            await rate(currency, clock=clock)
        except (OSError, KeyError) as error:
            print(f"{currency}: {type(error).__name__}: {error} (attempts: {attempts[currency]})")
            for note in getattr(error, "__notes__", []):
                print(" ", note)
    print(again.counters())


if __name__ == "__main__":
    with VirtualTime() as world:  # time that jumps from timer to timer; in a program: asyncio.run(main(Clock()))
        world.run(main(world.clock))
