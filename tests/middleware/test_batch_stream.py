"""`Batch` and streams: a chunk goes to the caller whose item it is, or to all, at their places."""

import asyncio
import threading
from typing import Any

import pytest

from emitters import counting
from motet import Backoff, Context, agent
from motet.kernel.channel import PAUSE, Channel
from motet.kernel.message import Chunk
from motet.middleware.batch import Batch
from motet.middleware.batch_sink import BatchSink, ItemChunk
from motet.middleware.cache import Cache
from motet.middleware.retry import Retry
from support import echo, until, within


async def told(stream: Any) -> list[tuple[Any, tuple[str, ...]]]:
    return [(chunk.value, chunk.path) async for chunk in stream]


@agent(validate="none")
async def inner(payload, ctx: Context):
    await ctx.emit(payload)


async def emitting(payloads, ctx: Context):
    for index, payload in enumerate(payloads):
        await ctx.emit(ItemChunk(index, f"own {payload}"))
    await inner("all")
    return payloads


async def test_a_chunk_for_an_item_goes_to_its_caller_and_any_other_to_all():
    asked = echo.using(Batch(emitting, size=3))

    @agent(validate="none")
    async def outer(payload, ctx: Context):
        await ctx.emit("before")
        return await asked(payload)

    async with asked.stream(1) as first, outer.stream(2) as second:
        third = asyncio.create_task(asked(3))
        streams = await within(asyncio.gather(told(first), told(second)))
        assert streams == [
            [("own 1", ("echo",)), ("all", ("echo", "inner"))],
            [("before", ("outer",)), ("own 2", ("outer", "echo")), ("all", ("outer", "echo", "inner"))],
        ]
        assert [await first.result(), await second.result(), await within(third)] == [1, 2, 3]


async def test_where_nobody_listens_nothing_is_emitted():
    asked = echo.using(Batch(emitting, size=2))
    assert await within(asyncio.gather(asked(1), asked(2))) == [1, 2]


async def test_a_chunk_for_all_is_a_copy_for_each():
    value = {"items": []}

    async def sharing(payloads, ctx: Context):
        await ctx.emit(value)
        return payloads

    asked = echo.using(Batch(sharing, size=2))
    async with asked.stream(1) as first, asked.stream(2) as second:
        for stream in (first, second):
            async for chunk in stream:
                assert chunk.value == {"items": []}
                chunk.value["items"].append(1)
    assert value == {"items": []}


async def test_a_slow_reader_suspends_the_batch_and_one_that_has_gone_does_not():
    emitted = []

    async def many(payloads, ctx: Context):
        for number in range(500):
            emitted.append(number)
            await ctx.emit(number)
        return payloads

    asked = echo.using(Batch(many, size=2))
    async with asked.stream(1, buffer=4) as slow, asked.stream(2) as quick:
        reading = asyncio.create_task(told(quick))
        await until(lambda: len(emitted) > 4)
        for _ in range(200):
            await asyncio.sleep(0)
        assert len(emitted) <= 4 + 8 + 2
        await within(slow.aclose())
        assert len(await within(reading)) == 500
        assert await quick.result() == 2


async def test_a_batch_that_is_begun_again_restarts_at_every_caller():
    tries = []

    @agent(validate="none")
    async def flaky(payloads, ctx: Context):
        tries.append(payloads)
        for index in range(len(payloads)):
            await ctx.emit(ItemChunk(index, f"try {len(tries)}"))
        if len(tries) == 1:
            raise ValueError
        return payloads

    asked = echo.using(Batch(flaky.using(Retry(backoff=Backoff(initial=0))), size=2))
    async with asked.stream(1) as first, asked.stream(2) as second:
        for stream in (first, second):
            kept: list[Any] = []
            async for chunk in stream:
                kept = [known for known in kept if not chunk.replaces(known)]
                kept += [] if chunk.restart else [chunk]
            assert [chunk.value for chunk in kept] == ["try 2"]


async def test_failing_work_raises_after_the_last_chunk():
    async def failing(payloads, ctx: Context):
        await ctx.emit("a")
        raise ValueError("failed")

    async with echo.using(Batch(failing, size=1)).stream(1) as stream:
        assert (await anext(stream)).value == "a"
        with pytest.raises(ValueError, match="failed"):
            await anext(stream)


async def test_single_calls_emit_as_they_do_alone():
    asked = counting.using(Batch(size=2))
    async with asked.stream(3) as first, asked.stream(2) as second:
        assert [value for value, _ in await within(told(first))] == [0, 1, 2]
        assert await within(told(second)) == [(0, ("counting",)), (1, ("counting",))]
        assert await first.result() == "result"


@pytest.mark.parametrize("outer_first", [True, False])
@pytest.mark.parametrize("real", [True, False])
async def test_cache_and_batch_stream_through_one_another_in_either_order(outer_first, real):
    calls = []

    @agent(validate="none")
    async def single(payload, ctx: Context):
        calls.append(payload)
        await ctx.emit(f"chunk {payload}")
        return payload

    async def together(payloads, ctx: Context):
        calls.extend(payloads)
        for index, payload in enumerate(payloads):
            await ctx.emit(ItemChunk(index, f"chunk {payload}"))
        return payloads

    layers = [Cache(), Batch(together if real else None, size=2, wait=0)]
    asked = single.using(*(layers if outer_first else layers[::-1]))
    for _ in range(2):
        async with asked.stream(1) as first, asked.stream(2) as second, asked.stream(1) as third:
            streams = [first, second, third]
            chunks = await within(asyncio.gather(*map(told, streams)))
            outputs = [await stream.result() for stream in streams]
        assert [[value for value, _ in each] for each in chunks] == [["chunk 1"], ["chunk 2"], ["chunk 1"]]
        assert {path for each in chunks for _, path in each} == {("single",)}
        assert outputs == [1, 2, 1]
    # With a real batch call around it the cache is not asked at all: that call stands in for what is below.
    assert sorted(calls) == ([1, 2] if outer_first or not real else [1, 1, 1, 1, 2, 2])


@pytest.mark.parametrize("index", [-1, 2, 99])
def test_a_chunk_for_an_item_that_there_is_not_is_refused(index):
    sink = BatchSink(1, [Channel(), None])
    with pytest.raises(ValueError, match="the batch has 2 items, numbered from 0"):
        sink.push(ItemChunk(index, "x"), ("batch",))
    assert sink.seq == 0


async def test_what_cannot_be_copied_is_shared_and_who_does_not_listen_gets_nothing():
    pipes = [Channel(), None, Channel()]
    sink = BatchSink(1, pipes)
    lock = threading.Lock()
    sink.push(lock, ("batch", "inner"))
    sink.push(ItemChunk(1, "unheard"), ("batch",))
    for pipe in (pipes[0], pipes[2]):
        assert pipe is not None
        piece = pipe.pull()
        assert piece is not None
        assert piece.value == Chunk(lock, 1, ("inner",))
        assert pipe.pull() is None


async def test_work_whose_readers_have_all_gone_lets_the_event_loop_have_its_turn():
    pipe = Channel(1)
    sink = BatchSink(1, [pipe])
    pipe.close()
    waits = sum(sink.push(number, ("batch",)) for number in range(PAUSE))
    assert waits == 1
    await within(sink.room())
