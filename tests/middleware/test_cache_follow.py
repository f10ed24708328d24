"""`Cache` and those who join a call that streams: each follows at its own pace."""

import asyncio

import pytest

from emitters import Work
from middleware.stepping import Steps, counting, told
from motet import Backoff, Context, agent
from motet.middleware import recording
from motet.middleware.cache import Cache
from motet.middleware.retry import Retry
from support import until, within


async def test_who_joins_gets_the_chunks_so_far_and_then_live():
    steps = Steps()
    asked = steps.agent.using(Cache())
    async with asked.stream(4) as first:
        steps.allow(2)
        await until(lambda: first._channel.seq == 2)
        async with asked.stream(4) as second:
            assert [(await within(anext(second))).value for _ in range(2)] == [0, 1]
            steps.allow(1)
            assert (await within(anext(second))).value == 2
            steps.allow(1)
            assert [chunk.path async for chunk in second] == [("steps", "inner")]
            assert await second.result() == "done"
        assert [value for value, _ in await told(first)] == [0, 1, 2, 3]
    assert steps.begun == 1


async def test_who_joins_a_call_that_is_begun_again_sees_the_restart():
    tries: list[int] = []
    go_on = asyncio.Event()

    @agent(validate="none")
    async def flaky(payload, ctx: Context):
        tries.append(payload)
        await ctx.emit(f"try {len(tries)}")
        if len(tries) == 1:
            await go_on.wait()
            raise ValueError
        return "done"

    @agent(validate="none")
    async def outer(payload, ctx: Context):
        await ctx.emit("before")
        return await asked(payload)

    asked = flaky.using(Cache(), Retry(backoff=Backoff(initial=0)))
    async with asked.stream(1) as first, outer.stream(1) as second:
        await until(lambda: (first._channel.seq, second._channel.seq) == (1, 2))
        go_on.set()
        assert await counting(first) == ["try 2"]
        assert await counting(second) == ["before", "try 2"]


async def test_a_slow_follower_holds_up_nobody():
    steps = Steps()
    asked = steps.agent.using(Cache())
    steps.allow(100)
    async with asked.stream(100) as first, asked.stream(100, buffer=1) as slow:
        assert (await anext(slow)).value == 0
        assert len(await within(told(first))) == 99 + 1
        assert await within(first.result()) == "done"
        assert len(await within(told(slow))) == 99


async def test_the_work_waits_for_the_reader_who_began_it():
    work = Work()
    asked = agent(work).using(Cache())
    async with asked.stream(1000, buffer=8) as first, asked.stream(1000) as second:
        await anext(first)
        await until(lambda: second._channel.seq >= 8)
        for _ in range(200):
            await asyncio.sleep(0)
        assert work.emitted <= 8 + 8 + 2
        assert await within(first.result()) == "result"
        assert len(await within(told(second))) == 1000


async def test_when_the_first_reader_leaves_the_others_go_on():
    work = Work()
    asked = agent(work).using(Cache())
    async with asked.stream(200, buffer=1) as first, asked.stream(200) as second:
        assert (await anext(first)).value == 0
        await until(lambda: second._channel.seq >= 1)
        await within(first.aclose())
        assert [value for value, _ in await within(told(second))] == list(range(200))
        assert await second.result() == "result"
    assert work.ended == "done"


async def test_leaving_the_only_stream_early_cancels_the_work():
    work = Work()
    async with agent(work).using(Cache()).stream(1000, buffer=4) as stream:
        await anext(stream)
    assert work.ended == "CancelledError"


@pytest.mark.parametrize("bound", ["MOST_CHUNKS", "MOST_BYTES"])
async def test_who_listens_to_what_is_too_long_gets_a_call_of_their_own(monkeypatch, bound):
    monkeypatch.setattr(recording, bound, 5 if bound == "MOST_CHUNKS" else 150)
    work, cache = Work(), Cache()
    asked = agent(work).using(cache)
    async with asked.stream(20) as first, asked.stream(20) as second:
        assert await within(counting(first)) == await within(counting(second)) == list(range(20))
        assert await second.result() == "result"
    assert (work.emitted, cache.counters()["unrecorded"], cache.counters()["direct"]) == (40, 1, 1)
    assert await asked(20) == "result"  # who does not listen has an answer without chunks
    assert (work.emitted, cache.counters()["hits"]) == (40, 1)
    async with asked.stream(20) as third:
        assert await within(counting(third)) == list(range(20))
    assert work.emitted == 60


async def test_a_follower_who_had_chunks_of_what_was_given_up_takes_them_back(monkeypatch):
    monkeypatch.setattr(recording, "MOST_CHUNKS", 3)
    steps = Steps()
    asked = steps.agent.using(Cache())
    async with asked.stream(5) as first, asked.stream(5) as second:
        steps.allow(2)
        await until(lambda: second._channel.seq == 2)
        steps.allow(8)
        assert await within(counting(first)) == [0, 1, 2, 3, 4]
        assert await within(counting(second)) == [0, 1, 2, 3, 4]
    assert steps.begun == 2
