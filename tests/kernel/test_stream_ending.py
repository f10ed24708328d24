"""Leaving a stream early, in whatever way, cancels the work; and nobody waits for ever."""

import asyncio
import gc
from contextlib import aclosing, suppress

import pytest

from emitters import counting
from motet import agent
from motet.kernel.errors import Cancelled, DeadlineExceeded
from support import until, within


async def leave_a_block(made):
    async with made.stream(1000, buffer=2) as stream:
        await anext(stream)


async def leave_by_an_error(made):
    with suppress(KeyError):
        async with made.stream(1000, buffer=2) as stream:
            await anext(stream)
            raise KeyError


async def close(made):
    stream = made.stream(1000, buffer=2)
    await anext(stream)
    await stream.aclose()


async def close_as_a_resource(made):
    async with aclosing(made.stream(1000, buffer=2)) as stream:
        await anext(stream)


async def break_with_no_handle_left(made):
    async for _ in made.stream(1000, buffer=2):
        break


async def lose_it_in_a_circle(made):
    circle = [made.stream(1000, buffer=2)]
    circle.append(circle)
    await anext(circle[0])
    del circle
    gc.collect()


LEAVING = [leave_a_block, leave_by_an_error, close, close_as_a_resource, break_with_no_handle_left, lose_it_in_a_circle]


@pytest.mark.parametrize("leave", LEAVING)
async def test_leaving_a_stream_early_cancels_the_work(leave, work):
    await leave(agent(work))
    await until(lambda: bool(work.ended))
    assert work.ended == "CancelledError"
    assert work.emitted <= 4


@pytest.mark.parametrize("leave", LEAVING)
async def test_work_that_emits_while_it_is_cancelled_does_not_hang(leave):
    told = []

    @agent
    async def wordy(payload, ctx):
        try:
            for number in range(payload):
                await ctx.emit(number)
        finally:
            for number in range(payload):
                await ctx.emit(number)
            told.append("done")

    await leave(wordy)
    await until(lambda: told == ["done"])


async def test_whoever_waits_for_a_closed_stream_gets_cancelled(work):
    stream = agent(work).stream(1000, buffer=1)
    await anext(stream)
    waiting = asyncio.create_task(stream.result())
    await asyncio.sleep(0)
    await stream.aclose()
    with pytest.raises(Cancelled):
        await within(waiting)
    with pytest.raises(Cancelled):
        await anext(stream)


async def test_whoever_is_cancelled_along_with_the_work_stays_cancelled(work):
    stream = agent(work).stream(1000, buffer=1)
    await anext(stream)
    waiting = asyncio.create_task(stream.result())
    await asyncio.sleep(0)
    stream._task.cancel()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(waiting)
    with pytest.raises(Cancelled):
        await within(stream.result())


async def test_a_reader_of_a_stream_that_somebody_closes_gets_cancelled():
    @agent
    async def silent(payload):
        await asyncio.Event().wait()

    stream = silent.stream(1)
    reading = asyncio.create_task(anext(stream))
    await asyncio.sleep(0)
    await stream.aclose()
    with pytest.raises(Cancelled):
        await within(reading)


async def test_a_stream_that_was_closed_before_its_first_use_does_no_work(work):
    stream = agent(work).stream(3)
    await stream.aclose()
    with pytest.raises(Cancelled):
        await stream.result()
    with pytest.raises(Cancelled):
        await anext(stream)
    assert not work.emitted


async def test_closing_after_the_end_changes_nothing():
    stream = counting.stream(1)
    assert await stream.result() == "result"
    await stream.aclose()
    assert await stream.result() == "result"


async def open_and_wait(made):
    stream = made.stream(1)
    async for _ in stream:
        pass


async def open_and_wait_for_the_result(made):
    stream = made.stream(1)
    await stream.result()


async def open_and_fail(made):
    stream = made.stream(1)
    await anext(stream)
    raise ValueError(stream)


@pytest.mark.parametrize("use", [open_and_wait, open_and_wait_for_the_result, open_and_fail])
@pytest.mark.parametrize("end", ["cancel", "deadline"])
async def test_a_stream_ends_with_the_call_that_began_it_even_where_it_was_not_left(use, end):
    told, at_work = [], asyncio.Event()

    @agent
    async def inner(payload, ctx):
        await ctx.emit(1)
        at_work.set()
        try:
            await asyncio.Event().wait()
        finally:
            told.append("cancelled")

    @agent
    async def outer(payload):
        await use(inner)

    task = asyncio.create_task(outer(1, deadline=0.1 if end == "deadline" else None))
    await within(at_work.wait())
    if end == "cancel":
        task.cancel()
    with pytest.raises((asyncio.CancelledError, DeadlineExceeded, ValueError)) as caught:
        await within(task)
    await until(lambda: told == ["cancelled"])
    assert caught.value is not None  # what failed is still held, and the stream with it


async def test_work_that_emits_while_the_call_around_it_is_cancelled_does_not_hang():
    told = []

    @agent
    async def wordy(payload, ctx):
        try:
            await ctx.emit(0)
            await asyncio.Event().wait()
        finally:
            for number in range(200):
                await ctx.emit(number)
            told.append("done")

    @agent
    async def outer(payload):
        stream = wordy.stream(1, buffer=1)
        await anext(stream)
        raise ValueError(stream)

    with pytest.raises(ValueError, match="Stream") as caught:
        await outer(1)
    await until(lambda: told == ["done"])
    assert caught.value.args


async def test_a_call_forgets_a_stream_that_has_ended():
    @agent
    async def outer(payload, ctx):
        streams = [counting.stream(number) for number in range(3)]
        for stream in streams:
            assert await stream.result() == "result"
            await stream.aclose()
        return len(ctx._below)

    assert await outer(1) == 0
