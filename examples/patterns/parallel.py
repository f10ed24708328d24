"""parallel: three shops are asked for a price at once; all, the first one, or any two of them are enough.

Prints:

    all, combined:  12
    all, collected: [14, 12, 'cheap failed: ConnectionError']
    first:          14 from quick
    any two:        [14, 12]
    fail fast:      no route to host, after 0.2 s
"""

import asyncio

from motet import Clock, Failed, agent, parallel
from motet.testing.virtual_time import VirtualTime

down = False


@agent
async def quick(item: str) -> int:
    """Answer at once."""
    await asyncio.sleep(0.1)
    return 14


@agent
async def slow(item: str) -> int:
    """Take a while."""
    await asyncio.sleep(0.5)
    return 12


@agent
async def cheap(item: str) -> int:
    """Have the best price, if there is anybody."""
    await asyncio.sleep(0.2)
    if down:
        raise ConnectionError("no route to host")
    return 13


def shown(price: int | Failed) -> object:
    """Show a price, or why there is none."""
    return f"{price.agent} failed: {type(price.error).__name__}" if isinstance(price, Failed) else price


async def main(clock: Clock) -> None:
    """Ask in five ways; from the second on, one shop is down."""
    global down  # noqa: PLW0603 - a small program with a switch
    shops = (quick, slow, cheap)
    print("all, combined: ", await parallel(*shops, combine=min)("tea", clock=clock))
    down = True
    collected = await parallel(*shops, errors="collect")("tea", clock=clock)
    print("all, collected:", [shown(price) for price in collected])
    print("first:         ", await parallel(*shops, wait="first")("tea", clock=clock), "from quick")
    print("any two:       ", await parallel(*shops, wait=2)("tea", clock=clock))
    start = clock.now()
    try:
        await parallel(*shops)("tea", clock=clock)
    except ConnectionError as error:
        print(f"fail fast:      {error}, after {clock.now() - start:.1f} s")


if __name__ == "__main__":
    with VirtualTime() as world:  # time that jumps from timer to timer; in a program: asyncio.run(main(Clock()))
        world.run(main(world.clock))
