"""Sync functions in worker threads: what they see, how they wait, and how they nest."""

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from motet import Budget, Context, agent
from motet.kernel.context import CURRENT
from motet.kernel.errors import BudgetExceeded, NotAvailable
from support import StillClock, until, within

NOTE = contextvars.ContextVar("note", default="")


@pytest.fixture(autouse=True)
async def two_workers():
    """Let the event loop have two worker threads."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))


@agent
async def echo(payload: object) -> object:
    return payload


async def test_a_sync_function_runs_in_a_thread_with_the_callers_contextvars():
    @agent
    def where(payload):
        return threading.get_ident(), NOTE.get()

    NOTE.set("seen")
    thread, note = await where(1)
    assert thread != threading.get_ident()
    assert note == "seen"


async def test_a_sync_function_may_emit_spend_and_call_agents():
    @agent
    async def below(payload, ctx):
        await ctx.emit("below")
        return ctx.path, ctx.parent_span

    @agent
    def busy(payload, ctx: Context):
        ctx.wait(ctx.emit("above"))
        ctx.spend(tokens=2)
        path, parent = ctx.wait(below(payload))
        assert parent == ctx.span
        return path

    async with busy.stream(1) as stream:
        assert [(chunk.value, chunk.path) async for chunk in stream] == [
            ("above", ("busy",)),
            ("below", ("busy", "below")),
        ]
        assert await stream.result() == ("busy", "below")
    with pytest.raises(BudgetExceeded):
        await busy(1, budget=Budget(tokens=1))


class WatchedClock(StillClock):
    """A clock that keeps which threads asked it for ids."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = set()

    def hex_id(self, size):
        self.asked.add(threading.get_ident())
        return super().hex_id(size)


async def test_threads_of_one_trace_agree_on_its_ids():
    @agent
    def ids(payload, ctx):
        return ctx.trace, ctx.parent_span

    @agent
    async def fanning(payload):
        return await asyncio.gather(*(ids(number) for number in range(4)))

    clock = WatchedClock()
    assert len(set(await fanning(1, clock=clock))) == 1
    assert clock.asked == {threading.get_ident()}


async def test_a_slow_reader_suspends_a_sync_producer():
    emitted = []

    @agent
    def producer(payload, ctx):
        for number in range(100):
            emitted.append(number)
            ctx.wait(ctx.emit(number))

    async with producer.stream(1, buffer=2) as stream:
        await anext(stream)
        await until(lambda: len(emitted) >= 2)
        for _ in range(50):
            await asyncio.sleep(0.001)
        assert len(emitted) <= 3


async def test_a_failure_below_reaches_the_function_and_its_caller():
    @agent
    async def failing(payload):
        raise ValueError("below")

    seen = []

    @agent
    def above(payload, ctx):
        try:
            ctx.wait(failing(1))
        except ValueError as error:
            seen.append(error)
            raise

    with pytest.raises(ValueError, match="below") as caught:
        await above(1)
    assert seen == [caught.value]


async def test_sync_agents_nest_deeper_than_there_are_threads():
    @agent
    def deep(payload: int, ctx: Context) -> int:
        return ctx.wait(deep(payload - 1)) + 1 if payload else 0

    assert await within(asyncio.gather(*(deep(12) for _ in range(5)))) == [12] * 5


async def test_a_nested_sync_agent_fails_like_any_other():
    @agent
    def inner(payload):
        raise ValueError("deep")

    @agent
    def outer(payload, ctx):
        return ctx.wait(inner(1))

    with pytest.raises(ValueError, match="deep"):
        await within(outer(1))


async def test_stop_iteration_does_not_hang_the_caller():
    def ending(payload):
        raise StopIteration("end")

    for made in (agent(ending), agent(thread=False)(ending)):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await within(made(1))


async def test_waiting_from_the_event_loops_own_thread_is_refused():
    def helper():
        return CURRENT.get().wait(echo(1))

    @agent
    async def innocent(payload):
        return helper()

    async def by_mistake():
        return helper()

    @agent
    def above(payload, ctx):
        return ctx.wait(by_mistake())

    with pytest.raises(NotAvailable, match="write `await` instead"):
        await within(above(1))
    with pytest.raises(NotAvailable):
        await within(innocent(1))


async def test_an_awaitable_that_a_sync_function_returns_is_awaited_in_the_event_loop():
    @agent
    def lazy(payload):
        return asyncio.sleep(0, threading.get_ident())

    assert await lazy(1) != threading.get_ident()


async def test_a_sync_agent_that_is_tried_again_restarts_its_chunks():
    @agent
    def flaky(payload, ctx):
        ctx.wait(ctx.emit("first"))
        ctx.wait(ctx.restart())
        ctx.wait(ctx.emit("second"))

    async with flaky.stream(1) as stream:
        chunks = [chunk async for chunk in stream]
    assert [chunk.since for chunk in chunks] == [None, 1, None]
