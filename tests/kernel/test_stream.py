"""Streams: chunks as they come and then the result, backpressure, restarts."""

import asyncio

import pytest

from emitters import counting
from motet import Context, Middleware, agent
from motet.kernel.errors import Cancelled
from support import until, within


@agent
async def failing(payload: int, ctx: Context) -> str:
    await ctx.emit("a")
    raise ValueError("failed")


async def values(stream):
    return [chunk.value async for chunk in stream]


async def test_chunks_come_in_order_and_then_the_result():
    async with counting.stream(200, buffer=3) as stream:
        chunks = [chunk async for chunk in stream]
        assert [chunk.value for chunk in chunks] == list(range(200))
        assert [chunk.seq for chunk in chunks] == list(range(1, 201))
        assert {chunk.path for chunk in chunks} == {("counting",)}
        assert await stream.result() == "result"
        assert await stream.result() == "result"


async def test_several_emitters_share_one_row_of_numbers():
    @agent
    async def both(payload, ctx):
        await ctx.emit("x")
        return await asyncio.gather(counting(50), counting(60))

    async with both.stream(0, buffer=4) as stream:
        chunks = [chunk async for chunk in stream]
    assert [chunk.seq for chunk in chunks] == list(range(1, 112))
    assert {chunk.agent for chunk in chunks} == {"both", "counting"}


async def test_a_slow_reader_suspends_the_producer(work):
    async with agent(work).stream(1000, buffer=8) as stream:
        await anext(stream)
        await until(lambda: work.emitted >= 8)
        for _ in range(100):
            await asyncio.sleep(0)
        assert work.emitted <= 9
        for _ in range(20):
            await anext(stream)
        assert work.emitted <= 21 + 8


@pytest.mark.parametrize("buffer", [0, -5])
def test_a_stream_without_a_buffer_is_refused(buffer):
    with pytest.raises(ValueError, match="at least 1"):
        counting.stream(1, buffer=buffer)


async def test_two_streams_never_mix():
    async with counting.stream(30, buffer=1) as one, failing.stream(0) as other, counting.stream(40, buffer=2) as third:
        first, last = await asyncio.gather(values(one), values(third))
        assert (first, last) == (list(range(30)), list(range(40)))
        assert (await anext(other)).value == "a"


async def test_a_stream_inside_a_streamed_agent_has_chunks_of_its_own():
    @agent
    async def summing(payload, ctx):
        total = 0
        async with counting.stream(payload) as inner:
            async for chunk in inner:
                assert chunk.path == ("summing", "counting")
                total += chunk.value
                await ctx.emit(total)
        return total

    async with summing.stream(4) as stream:
        chunks = [chunk async for chunk in stream]
        assert [(chunk.value, chunk.seq, chunk.agent) for chunk in chunks] == [
            (0, 1, "summing"),
            (1, 2, "summing"),
            (3, 3, "summing"),
            (6, 4, "summing"),
        ]
        assert await stream.result() == 6


async def test_failing_work_raises_after_the_last_chunk():
    async with failing.stream(0) as stream:
        assert (await anext(stream)).value == "a"
        with pytest.raises(ValueError, match="failed"):
            await anext(stream)
        with pytest.raises(ValueError, match="failed"):
            await stream.result()


async def test_the_result_can_be_had_without_the_chunks(work):
    async with agent(work).stream(500, buffer=1) as stream:
        assert await within(stream.result()) == "result"
        assert await values(stream) == []
    assert work.emitted == 500


async def test_a_stream_begins_with_its_first_use(work):
    stream = agent(work).stream(1)
    await asyncio.sleep(0)
    assert not work.emitted
    async with stream:
        await until(lambda: work.ended == "done")
        assert await stream.result() == "result"


async def test_whoever_stops_waiting_for_the_result_leaves_the_work_running():
    go_on = asyncio.Event()

    @agent
    async def slow(payload):
        await go_on.wait()
        return payload

    async with slow.stream(1) as stream:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.result(), 0.01)
        go_on.set()
        assert await within(stream.result()) == 1


async def test_whoever_stops_waiting_for_a_chunk_can_go_on_later():
    go_on = asyncio.Event()

    @agent
    async def slow(payload, ctx):
        await go_on.wait()
        await ctx.emit("a")

    async with slow.stream(1) as stream:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.01)
        go_on.set()
        assert (await within(anext(stream))).value == "a"


async def test_a_stream_has_one_reader():
    @agent
    async def silent(payload):
        await asyncio.Event().wait()

    async with silent.stream(1) as stream:
        reading = asyncio.create_task(anext(stream))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="one reader"):
            await anext(stream)
    with pytest.raises(Cancelled):
        await reading


class Again(Middleware):
    """Calls a failing agent again, as a retry does."""

    def wrap(self, call, agent):
        async def again(payload, ctx):
            try:
                return await call(payload, ctx)
            except ValueError:
                await ctx.restart()
                return await call(payload, ctx)

        return again


async def test_a_restart_is_marked_so_that_a_reader_can_discard():
    tries = []

    @agent
    async def flaky(payload, ctx):
        await ctx.emit(f"try {len(tries)}")
        tries.append(payload)
        if len(tries) == 1:
            raise ValueError
        return "done"

    @agent
    async def outer(payload, ctx):
        await ctx.emit("before")
        return await flaky.using(Again())(payload)

    kept = []
    async with outer.stream(0) as stream:
        async for chunk in stream:
            kept = [known for known in kept if not chunk.replaces(known)]
            kept += [] if chunk.restart else [chunk]
        assert await stream.result() == "done"
    assert [chunk.value for chunk in kept] == ["before", "try 1"]
    assert [chunk.seq for chunk in kept] == [1, 4]


async def test_an_agent_without_chunks_gives_an_empty_stream():
    async with counting.stream(0) as stream:
        assert await values(stream) == []
        assert await stream.result() == "result"
