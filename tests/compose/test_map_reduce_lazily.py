"""`map_reduce` takes its parts one by one, when there is room to work on them."""

import asyncio
import gc
import weakref

import pytest

from compose.voices import Gate, failing
from motet import agent
from motet.compose.map_reduce import map_reduce
from support import within


async def later(parts):
    for part in parts:
        await asyncio.sleep(0)
        yield part


class Token:
    """A part that knows whether somebody still holds it."""


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_no_more_parts_are_there_at_once_than_are_worked_on(asynchronous):
    alive: weakref.WeakSet[Token] = weakref.WeakSet()
    ahead, most, done = 0, 0, 0

    def tokens():
        nonlocal ahead, most
        for number in range(2000):
            token = Token()
            alive.add(token)
            ahead = max(ahead, number + 1 - done)
            most = max(most, len(alive))
            yield token

    @agent(validate="none")
    async def work(token):
        nonlocal done
        await asyncio.sleep(0)
        done += 1
        return 1

    parts = later(tokens()) if asynchronous else tokens()
    assert await map_reduce(parts, map=work, reduce=sum, concurrency=8) == 2000
    gc.collect()
    assert ahead <= 8
    assert most <= 12  # those at work, the one that comes next, and those whose tasks have just ended
    assert not alive


@pytest.mark.parametrize(("options", "most"), [({}, 8), ({"concurrency": 3}, 3), ({"concurrency": None}, 20)])
async def test_eight_parts_are_worked_on_at_once_unless_it_is_said_otherwise(options, most):
    gate = Gate("gate")
    task = asyncio.create_task(map_reduce(map=gate.agent, reduce=list, **options)(range(20)))
    for _ in range(5):
        await asyncio.sleep(0)
    assert gate.begun == most
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


async def test_an_endless_generator_ends_with_the_first_error():
    closed = []

    def endless():
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    with pytest.raises(ValueError, match="no"):
        await within(map_reduce(endless(), map=failing(ValueError("no")), reduce=list))
    assert closed == [True]
