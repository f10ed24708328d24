"""Batch: ten texts are embedded in three calls instead of ten; a bad text fails alone, and nobody waits for long.

Prints:

    0.00 s  a call with 4 texts
    0.00 s  a call with 4 texts
    0.05 s  a call with 2 texts
    ten callers: 9 vectors, ValueError('an empty text')
    the first: [4.0, 109.0]
    0.55 s  late: This batch was closed: it takes no further calls
    calls 10, batches 3, biggest 4, failed 0
"""

import asyncio

from motet import Clock, Context, agent
from motet.middleware import Batch
from motet.middleware.errors import MiddlewareClosed
from motet.testing.virtual_time import VirtualTime

Vector = list[float]


@agent
async def embed_many(texts: list[str], ctx: Context) -> list[Vector | ValueError]:
    """Embed texts in one call of a service; an exception in the list is that of one text."""
    print(f"{ctx.now():.2f} s  a call with {len(texts)} texts")
    await asyncio.sleep(0.5)
    return [[float(len(text)), float(ord(text[0]))] if text else ValueError("an empty text") for text in texts]


batch = Batch(embed_many, size=4, wait=0.05)


@agent(use=[batch])
async def embed(text: str) -> Vector:
    """Embed one text: what callers see. This is called only from within a batch, which cannot wait for another."""
    [found] = await embed_many([text])
    if isinstance(found, ValueError):
        raise found
    return found


async def main(clock: Clock) -> None:
    """Embed ten texts at once, and close."""
    texts = ["many", "voices", "one", "", "piece", "of", "music", "for", "four", "to sing"]
    async with batch:
        found = await asyncio.gather(*(embed(text, clock=clock) for text in texts), return_exceptions=True)
    vectors = [vector for vector in found if not isinstance(vector, BaseException)]
    print(f"ten callers: {len(vectors)} vectors, {found[3]!r}")
    print("the first:", vectors[0])
    try:
        await embed("late", clock=clock)
    except MiddlewareClosed as error:
        print(f"{clock.now():.2f} s  late: {error}")
    counted = batch.counters()
    print(", ".join(f"{name} {counted[name]}" for name in ("calls", "batches", "biggest", "failed")))


if __name__ == "__main__":
    with VirtualTime() as world:  # time that jumps from timer to timer; in a program: asyncio.run(main(Clock()))
        world.run(main(world.clock))
