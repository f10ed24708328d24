"""Timeout: of three map services one is quick, one is slow, and one does not let itself be interrupted.

Prints:

    0.2 s: quick says 52.5 N, 13.4 E
    2.2 s: 'slow' took longer than 2 s, and was cancelled
    4.3 s: 'stubborn' took longer than 2 s, and was cancelled
    {'calls': 3, 'timed_out': 2, 'abandoned': 1, 'abandoned_running': 1}
    and 60 s later: {'calls': 3, 'timed_out': 2, 'abandoned': 1, 'abandoned_running': 0}
"""

import asyncio
import logging

from motet import Clock, agent
from motet.kernel.errors import AgentTimeout
from motet.middleware import Timeout
from motet.testing.virtual_time import VirtualTime

logging.disable(logging.WARNING)  # what is given up is logged, too

patience = Timeout(2, grace=0.1)  # one for all three: they share its counters


@agent(use=[patience])
async def quick(place: str) -> str:
    """Answer in time."""
    await asyncio.sleep(0.2)
    return "52.5 N, 13.4 E"


@agent(use=[patience])
async def slow(place: str) -> str:
    """Take far too long, and end when told to."""
    await asyncio.sleep(60)
    return "too late"


@agent(use=[patience])
async def stubborn(place: str) -> str:
    """Swallow the cancellation, as code with a bare `except` does."""
    for _ in range(2):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue
    return "too late"


async def main(clock: Clock) -> None:
    """Ask each of them."""
    for service in (quick, slow, stubborn):
        try:
            told = f"{service.name} says {await service('Berlin', clock=clock)}"
        except AgentTimeout as error:
            told = str(error)
        print(f"{clock.now():.1f} s: {told}")
    print(patience.counters())
    await asyncio.sleep(60)
    print("and 60 s later:", patience.counters())


if __name__ == "__main__":
    with VirtualTime() as world:  # time that jumps from timer to timer; in a program: asyncio.run(main(Clock()))
        world.run(main(world.clock))
