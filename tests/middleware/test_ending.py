"""Ending a task: it is cancelled, and has ended before anybody goes on."""

import asyncio

import pytest

from motet.middleware.ending import end
from support import within


async def test_a_task_is_cancelled_and_waited_for():
    told = []

    async def slow_to_end():
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            told.append("ended")

    task = asyncio.create_task(slow_to_end())
    await asyncio.sleep(0)
    await within(end(task))
    assert (told, task.cancelled()) == (["ended"], True)
    await within(end(task))


async def test_another_cancellation_meanwhile_reaches_the_task():
    told = []

    async def stubborn():
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                told.append("ignored")
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    ending = asyncio.create_task(end(task))
    for _ in range(2):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not ending.done()
        ending.cancel()
    await within(ending)
    assert (told, task.cancelled()) == (["ignored"] * 2, True)


async def test_a_failure_in_ending_is_left_to_whoever_asks():
    async def failing():
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("in ending")

    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    await within(end(task))
    with pytest.raises(ValueError, match="in ending"):
        task.result()
