"""Sync functions whose caller no longer waits: a thread cannot be interrupted, but it can be told."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from motet import Context, agent
from motet.kernel.errors import Cancelled, DeadlineExceeded
from support import SOON, StillClock, until, within


@pytest.fixture(autouse=True)
async def two_workers():
    """Let the event loop have two worker threads."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))


class Held:
    """A sync function that holds its thread until it is told, and tells what it saw then."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.saw = []

    def call(self, payload, ctx: Context):
        self.begun.set()
        self.go_on.wait(SOON)
        self.saw.append(ctx.cancelled)
        try:
            ctx.check()
        except (Cancelled, DeadlineExceeded) as error:
            self.saw.append(type(error))
        try:
            ctx.wait(ctx.emit(1))
        except Cancelled:
            self.saw.append("no more waiting")
        return payload


async def test_a_function_that_is_not_cancelled_sees_that():
    held = Held()
    held.go_on.set()
    assert await agent(held)(1) == 1
    assert held.saw == [False]


async def test_cancelling_turns_cancelled_and_check_and_frees_the_caller_at_once():
    held = Held()
    task = asyncio.create_task(agent(held)(1))
    await until(held.begun.is_set)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert not held.saw
    held.go_on.set()
    await until(lambda: held.saw == [True, Cancelled, "no more waiting"])


async def test_a_deadline_frees_the_caller_at_once():
    held = Held()
    with pytest.raises(DeadlineExceeded):
        await within(agent(held)(1, deadline=0.1))
    held.go_on.set()
    if held.begun.is_set():  # a thread that comes too late is not begun at all
        await until(lambda: held.saw == [True, Cancelled, "no more waiting"])


class JumpingClock(StillClock):
    """A clock that is set forward by hand."""

    ahead = 0.0

    def now(self):
        return super().now() + self.ahead


async def test_check_raises_once_the_deadline_has_passed():
    clock = JumpingClock()

    @agent
    def checking(payload, ctx):
        ctx.check()
        clock.ahead = 100.0
        ctx.check()

    with pytest.raises(DeadlineExceeded, match="The deadline passed in 'checking'"):
        await within(checking(1, deadline=60, clock=clock))


async def test_what_a_function_has_waited_for_is_forgotten():
    @agent
    def waiting(payload, ctx):
        for number in range(3):
            ctx.wait(asyncio.sleep(0, number))
        return len(ctx._waited)

    assert await waiting(1) == 0


async def test_cancelling_the_caller_cancels_what_the_function_waits_for():
    told, at_work = [], asyncio.Event()

    @agent
    async def endless(payload):
        at_work.set()
        try:
            await asyncio.Event().wait()
        finally:
            told.append("interrupted")

    @agent
    def waiting(payload, ctx):
        try:
            ctx.wait(endless(1))
        except Cancelled as error:
            told.append(str(error))

    task = asyncio.create_task(waiting(1))
    await within(at_work.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    await until(lambda: len(told) == 2)
    assert sorted(told) == ["What 'waiting' waited for was cancelled", "interrupted"]


async def test_cancelling_cancels_everything_that_threads_of_the_function_wait_for():
    told, begun = [], []

    @agent
    async def endless(payload):
        begun.append(payload)
        try:
            await asyncio.Event().wait()
        finally:
            told.append(payload)

    @agent
    def fanning(payload, ctx):
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda number: ctx.wait(endless(number)), range(3)))

    task = asyncio.create_task(fanning(1))
    await until(lambda: len(begun) == 3)
    task.cancel()
    await asyncio.wait([task])
    await until(lambda: sorted(told) == [0, 1, 2])


async def test_what_waits_for_a_thread_is_not_begun_once_cancelled():
    gate, begun = threading.Event(), []

    @agent
    def blocking(payload):
        begun.append(payload)
        gate.wait(SOON)

    tasks = [asyncio.create_task(blocking(number)) for number in range(3)]
    await until(lambda: len(begun) == 2)
    tasks[2].cancel()
    await asyncio.wait([tasks[2]])
    gate.set()
    await within(asyncio.gather(*tasks[:2]))
    assert begun == [0, 1]
