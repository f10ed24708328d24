"""`Cache` and streams: a hit emits again what counts, who joins follows live, and nobody waits for a slow follower."""

import asyncio
import threading
from typing import Any

import pytest

from middleware.stepping import Steps, counting, told
from motet import Backoff, Context, agent
from motet.kernel.errors import NotFound
from motet.kernel.events import ChunkEmitted
from motet.middleware.cache import Cache
from motet.middleware.retry import Retry
from support import Recorder, until

STEPS = [(0, ("outer", "steps")), (1, ("outer", "steps", "inner")), (2, ("outer", "steps"))]


async def test_a_hit_emits_again_at_the_place_of_the_new_caller():
    steps, cache = Steps(), Cache()
    asked = steps.agent.using(cache)
    steps.allow(3)

    @agent(validate="none")
    async def outer(payload, ctx: Context):
        await ctx.emit("before")
        return await asked(payload)

    async with outer.stream(3) as stream:
        first = await told(stream)
        assert await stream.result() == "done"
    async with asked.stream(3) as stream:
        chunks = [chunk async for chunk in stream]
        assert await stream.result() == "done"
    async with outer.stream(3) as stream:
        third = await told(stream)
    assert first == third == [("before", ("outer",)), *STEPS]
    assert [(chunk.value, chunk.seq, chunk.path) for chunk in chunks] == [
        (number, number + 1, path[1:]) for number, path in STEPS
    ]
    assert (steps.begun, cache.counters()["hits"]) == (1, 2)


async def test_what_nobody_listened_to_is_there_for_who_does_later():
    steps = Steps()
    asked = steps.agent.using(Cache())
    steps.allow(3)
    assert await asked(3) == "done"
    async with asked.stream(3) as stream:
        assert [value for value, _ in await told(stream)] == [0, 1, 2]
    assert steps.begun == 1


async def test_chunks_are_copies_as_well():
    value: list[int] = []

    @agent(validate="none")
    async def listing(payload, ctx: Context):
        await ctx.emit(value)

    asked = listing.using(Cache())
    for _ in range(3):
        async with asked.stream(1) as stream:
            async for chunk in stream:
                assert chunk.value == []
                chunk.value.append(1)


async def test_what_was_begun_again_is_not_emitted_again():
    tries: list[int] = []

    @agent(validate="none")
    async def flaky(payload, ctx: Context):
        tries.append(payload)
        await ctx.emit(f"try {len(tries)}")
        await ctx.emit("more")
        if len(tries) < 3:
            raise ValueError
        return "done"

    asked = flaky.using(Cache(), Retry(backoff=Backoff(initial=0)))
    async with asked.stream(1) as first:
        assert await counting(first) == ["try 3", "more"]
    async with asked.stream(1) as second:
        assert [chunk.value async for chunk in second] == ["try 3", "more"]
    assert len(tries) == 3


async def test_a_chunk_that_cannot_be_copied_reaches_who_listens():
    locks: list[Any] = []

    @agent(validate="none")
    async def locking(payload, ctx: Context):
        locks.append(threading.Lock())
        await ctx.emit(locks[-1])

    asked = locking.using(Cache())
    for number in range(2):
        async with asked.stream(1) as stream:
            assert [chunk.value async for chunk in stream] == [locks[number]]


async def test_without_replay_chunks_are_the_first_callers_alone():
    steps = Steps()
    asked = steps.agent.using(Cache(replay=False))
    async with asked.stream(3) as first, asked.stream(3) as second:
        steps.allow(3)
        assert [value for value, _ in await told(first)] == [0, 1, 2]
        assert await told(second) == []
        assert await second.result() == "done"
    async with asked.stream(3) as hit:
        assert await told(hit) == []
        assert await hit.result() == "done"
    assert steps.begun == 1


async def test_an_error_that_is_kept_comes_after_its_chunks():
    calls: list[int] = []

    @agent(validate="none")
    async def failing(payload, ctx: Context):
        calls.append(payload)
        await ctx.emit("looking")
        raise NotFound("gone")

    asked = failing.using(Cache(negative_ttl=10))
    for _ in range(2):
        async with asked.stream(1) as stream:
            assert (await anext(stream)).value == "looking"
            with pytest.raises(NotFound):
                await anext(stream)
    assert calls == [1]


async def test_an_observer_is_told_of_each_chunk_once():
    steps = Steps()
    asked = steps.agent.using(Cache())
    steps.allow(3)
    for _ in range(2):
        recorder = Recorder()
        async with asked.stream(3, observer=recorder) as stream:
            await told(stream)
        assert [event.seq for event in recorder.of(ChunkEmitted)] == [1, 2, 3]


async def test_a_retry_around_the_cache_takes_back_what_each_caller_has_had():
    tries: list[int] = []
    go_on = asyncio.Event()

    @agent(validate="none")
    async def flaky(payload, ctx: Context):
        tries.append(payload)
        await ctx.emit(f"try {len(tries)}")
        await go_on.wait()
        if len(tries) == 1:
            raise ValueError
        return "done"

    asked = flaky.using(Retry(backoff=Backoff(initial=0)), Cache())
    async with asked.stream(1) as first, asked.stream(1) as second:
        await until(lambda: first._channel.seq == second._channel.seq == 1)
        go_on.set()
        assert await counting(first) == await counting(second) == ["try 2"]
    assert len(tries) == 2


async def test_a_cache_around_a_cache_emits_once():
    steps = Steps()
    asked = steps.agent.using(Cache(), Cache())
    steps.allow(3)
    for _ in range(2):
        async with asked.stream(3) as stream:
            assert [value for value, _ in await told(stream)] == [0, 1, 2]
    assert steps.begun == 1
