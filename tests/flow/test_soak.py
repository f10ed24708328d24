"""A hundred thousand runs, with cancels, failures and deadlines: memory is flat, and nothing is left."""

import asyncio
import gc
import random
import sys
from collections import Counter
from itertools import pairwise

from motet import Context, Flow, join
from motet.kernel.errors import Cancelled, DeadlineExceeded
from support import assert_empty, node

RUNS = 100_000
BATCH = 200


class Oops(Exception):
    """The failure that the flow makes on purpose."""


def five_nodes() -> Flow[int, int]:
    async def start(number: int) -> int:
        return number

    async def left(number: int, ctx: Context) -> int:
        if number % 10 == 3:
            await asyncio.sleep(0)
        return number

    async def right(number: int) -> int:
        if number % 10 == 5:
            raise Oops(number)
        if number % 10 == 7:
            await asyncio.sleep(3600)  # only a deadline or a cancel ends it
        return number

    async def end(numbers: list[int]) -> int:
        return sum(numbers)

    return Flow(
        "soak",
        node("start", start)
        >> [node("left", left), node("right", right, concurrency=BATCH)]
        >> join(2)
        >> node("end", end),
        inbox=BATCH,
    )


async def one(flow: Flow[int, int], number: int, chance: random.Random) -> str:
    """Send one input in, cancel it or not, and say how it ended."""
    hangs = number % 10 == 7
    run = await flow.submit(number, deadline=0.005 if hangs and number % 20 == 7 else None)
    if (hangs and number % 20 == 17) or chance.random() < 0.05:
        for _ in range(chance.randrange(4)):
            await asyncio.sleep(0)
        run.cancel()
    try:
        assert await run == 2 * number
    except Oops:
        return "failed"
    except Cancelled:
        return "cancelled"
    except DeadlineExceeded:
        return "late"
    return "completed"


def grown(sizes: list[int]) -> int:
    """Return by how much something grew once it was warm, without its largest step."""
    return sum(sorted(later - earlier for earlier, later in pairwise(sizes[2:]))[:-1])


async def test_a_hundred_thousand_runs_leave_nothing_behind():
    chance = random.Random(7)
    flow = five_nodes()
    before = asyncio.all_tasks()
    ends: Counter[str] = Counter()
    sizes, held = list[int](), list[int]()
    gc.unfreeze()  # what was there before may be what grows
    for batch in range(RUNS // BATCH):
        numbers = range(batch * BATCH, (batch + 1) * BATCH)
        ends.update(await asyncio.gather(*(one(flow, number, chance) for number in numbers)))
        if batch % 50 == 49:
            await flow.stop()
            gc.collect()
            sizes.append(sys.getallocatedblocks())
            held.append(sum(map(sys.getsizeof, gc.get_objects())))
    gc.freeze()
    await flow.stop()
    assert ends.total() == RUNS
    assert min(ends[kind] for kind in ("completed", "failed", "cancelled", "late")) > RUNS // 50
    # A leak of one object for a run in ten would show as 7,000. A table of the interpreter that grows once is none: the
    # largest step is left out.
    assert grown(sizes) < 3_000, sizes
    # A leak of one byte for each run into a list or a table that is there anyway would show as 60,000.
    assert grown(held) < 50_000, held
    assert_empty(flow)
    assert asyncio.all_tasks() == before
    loop = asyncio.get_running_loop()
    assert not [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
