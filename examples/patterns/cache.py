"""Cache: a slow catalogue is asked once where ten want to know, and again when the answer is a minute old.

Prints:

    00 s  ten at once: 10 answers, 1 call
    01 s  a copy each: ['violin', 'viola']
    01 s  streamed again: looked up, sorted
    02 s  no such shelf, 2 calls
    03 s  no such shelf, 2 calls
    64 s  after its time: 3 calls
    65 s  after invalidate: 4 calls
    hits 2, negative_hits 1, shared 9, misses 4
"""

import asyncio

from motet import Clock, Context, agent
from motet.middleware import Cache
from motet.testing.virtual_time import VirtualTime

calls = 0
cache = Cache(ttl=60, negative_ttl=5, negative_on=(LookupError,), max_entries=1000)


@agent(use=[cache])
async def shelf(name: str, ctx: Context) -> list[str]:
    """Look up what is on a shelf."""
    global calls  # noqa: PLW0603 - a small program counts
    calls += 1
    await ctx.emit("looked up")
    await asyncio.sleep(1)
    if name != "strings":
        raise LookupError("no such shelf")
    await ctx.emit("sorted")
    return ["violin", "viola"]


async def main(clock: Clock) -> None:
    """Ask in all the ways that make a difference."""
    answers = await asyncio.gather(*(shelf("strings", clock=clock) for _ in range(10)))
    print(f"00 s  ten at once: {len(answers)} answers, {calls} call")
    (await shelf("strings", clock=clock)).append("tuba")  # changes nobody else's answer
    async with shelf.stream("strings", clock=clock) as stream:
        chunks = [chunk.text async for chunk in stream]
        print(f"{clock.now():02.0f} s  a copy each: {await stream.result()}")
    print(f"{clock.now():02.0f} s  streamed again: {', '.join(chunks)}")
    for _ in range(2):
        try:
            await shelf("brass", clock=clock)
        except LookupError as error:
            print(f"{clock.now():02.0f} s  {error}, {calls} calls")
        await asyncio.sleep(1)
    await asyncio.sleep(59)
    await shelf("strings", clock=clock)
    print(f"{clock.now():02.0f} s  after its time: {calls} calls")
    await cache.invalidate("strings")
    await shelf("strings", clock=clock)
    print(f"{clock.now():02.0f} s  after invalidate: {calls} calls")
    counted = cache.counters()
    print(", ".join(f"{name} {counted[name]}" for name in ("hits", "negative_hits", "shared", "misses")))


if __name__ == "__main__":
    with VirtualTime() as world:  # time that jumps from timer to timer; in a program: asyncio.run(main(Clock()))
        world.run(main(world.clock))
