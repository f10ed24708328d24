"""A bell wakes whoever waits for it, in the order in which they came, and forgets who has left."""

import asyncio

import pytest

from motet.middleware.bell import Bell
from support import within


async def test_it_wakes_everybody_who_waits_and_nobody_who_comes_later():
    bell, woken = Bell(), []

    async def wait(number):
        await bell.wait()
        woken.append(number)

    bell.ring()
    tasks = [asyncio.create_task(wait(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert woken == []
    tasks[1].cancel()
    bell.ring()
    bell.ring()
    late = asyncio.create_task(wait(9))
    await within(asyncio.wait(tasks))
    assert woken == [0, 2, 3, 4]
    assert not late.done()
    bell.ring()
    await within(late)


async def test_who_is_cancelled_leaves_nothing_behind():
    bell = Bell()
    task = asyncio.create_task(bell.wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not bell._waiting
