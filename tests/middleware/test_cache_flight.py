"""`Cache`, single flight: who asks the same at the same time waits for one call, and no caller harms another."""

import asyncio
import threading
from typing import Any

import pytest

from middleware.gate import Gate, asking
from motet import Context, agent
from motet.kernel.events import Intervened
from motet.middleware.cache import Cache
from support import Recorder, until, within


async def test_a_hundred_who_ask_the_same_at_once_make_one_call():
    gate, cache, recorder = Gate(), Cache(), Recorder()
    tasks = await asking(gate.agent.using(cache), 100, observer=recorder)
    assert gate.begun == 1
    assert cache.counters()["flying"] == 1
    gate.go_on.set()
    assert await within(asyncio.gather(*tasks)) == ["answer"] * 100
    assert gate.begun == 1
    counters = cache.counters()
    assert (counters["misses"], counters["shared"], counters["hits"], counters["flying"]) == (1, 99, 0, 0)
    assert [(event.by, event.what) for event in recorder.of(Intervened)] == [("cache", "shared")] * 99


async def test_who_asks_something_else_does_not_wait():
    gate = Gate()
    asked = gate.agent.using(Cache())
    tasks = [asyncio.create_task(asked(payload)) for payload in (1, "1", True)]
    await until(lambda: gate.begun == 3)
    gate.go_on.set()
    await within(asyncio.gather(*tasks))


async def test_everybody_has_a_copy_of_their_own():
    gate = Gate({"items": []})
    tasks = await asking(gate.agent.using(Cache()), 3)
    gate.go_on.set()
    outputs = await within(asyncio.gather(*tasks))
    assert outputs[0] is gate.output
    outputs[0]["items"].append("leader")
    outputs[1]["items"].append("follower")
    assert outputs[2] == {"items": []}


async def test_who_began_the_call_may_be_cancelled_without_harm_to_the_others():
    gate, cache = Gate(), Cache()
    tasks = await asking(gate.agent.using(cache), 3)
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(tasks[0])
    assert gate.told == []
    gate.go_on.set()
    assert await within(asyncio.gather(*tasks[1:])) == ["answer"] * 2
    assert (gate.told, cache.counters()["stored"]) == (["done"], 1)


async def test_who_joined_may_be_cancelled_without_harm_to_the_others():
    gate = Gate()
    tasks = await asking(gate.agent.using(Cache()), 3)
    tasks[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(tasks[1])
    gate.go_on.set()
    assert await within(asyncio.gather(tasks[0], tasks[2])) == ["answer"] * 2


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
async def test_the_call_is_cancelled_when_nobody_waits_any_more_and_nothing_is_kept(order):
    gate, cache = Gate(), Cache()
    asked = gate.agent.using(cache)
    tasks = await asking(asked, 3)
    for number in order:
        assert gate.told == []
        tasks[number].cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(tasks[number])
    assert gate.told == ["cancelled"]  # whoever was the last has waited for the agent to end
    assert (cache.counters()["stored"], cache.counters()["flying"]) == (0, 0)
    gate.go_on.set()
    assert await within(asked("x")) == "answer"
    assert gate.begun == 2


async def test_who_is_cancelled_before_the_call_has_begun_leaves_nothing():
    gate, cache = Gate(), Cache()
    task = asyncio.create_task(gate.agent.using(cache)("x"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert cache.counters()["flying"] == 0
    gate.go_on.set()
    assert await within(gate.agent.using(cache)("x")) == "answer"


async def test_who_asks_while_a_deserted_call_is_ending_gets_a_new_one():
    ending = asyncio.Event()
    calls: list[str] = []

    @agent(validate="none")
    async def slow_to_end(payload):
        calls.append(payload)
        if len(calls) > 1:
            return "second"
        try:
            await asyncio.Event().wait()
        finally:
            await ending.wait()

    asked = slow_to_end.using(Cache())
    task = (await asking(asked, 1))[0]
    task.cancel()
    await asyncio.sleep(0)
    assert await within(asked("x")) == "second"
    task.cancel()  # once more: the agent is cancelled once more, and ends at once
    with pytest.raises(asyncio.CancelledError):
        await within(task)


async def test_what_an_agent_returns_in_spite_of_its_cancellation_is_not_kept():
    calls: list[str] = []

    @agent(validate="none")
    async def swallowing(payload):
        calls.append(payload)
        if len(calls) == 1:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                return "half"
        return "whole"

    asked = swallowing.using(Cache())
    task = (await asking(asked, 1))[0]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert await asked("x") == "whole"


async def test_what_cannot_be_copied_is_made_for_each():
    made = []

    @agent(validate="none")
    async def locking(payload):
        await asyncio.sleep(0)
        made.append(threading.Lock())
        return made[-1]

    cache = Cache()
    locks = await within(asyncio.gather(*(locking.using(cache)("x") for _ in range(3))))
    assert set(map(id, locks)) == set(map(id, made))
    assert len(made) == 3
    assert cache.counters()["direct"] == 2


async def test_without_single_flight_everybody_calls():
    gate = Gate()
    tasks = await asking(gate.agent.using(Cache(single_flight=False)), 3)
    gate.go_on.set()
    await within(asyncio.gather(*tasks))
    assert gate.begun == 3


async def test_a_stream_that_the_work_has_begun_goes_on_when_its_caller_leaves():
    go_on = asyncio.Event()

    @agent(validate="none")
    async def emitting(payload, ctx: Context):
        await ctx.emit(1)
        await go_on.wait()
        await ctx.emit(2)
        return "inner"

    @agent(validate="none")
    async def reading(payload):
        async with emitting.stream(payload) as stream:
            return [chunk.value async for chunk in stream]

    tasks = await asking(reading.using(Cache()), 2)
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(tasks[0])
    go_on.set()
    assert await within(tasks[1]) == [1, 2]


@pytest.mark.parametrize("how", ["fails", "is cancelled"])
async def test_a_stream_that_the_work_has_begun_ends_with_it_unless_that_ends_well(how):
    begun, ended = asyncio.Event(), asyncio.Event()

    @agent(validate="none")
    async def endless(payload, ctx: Context):
        try:
            await ctx.emit(1)
            await asyncio.Event().wait()
        finally:
            ended.set()

    @agent(validate="none")
    async def forgetful(payload):
        streams.append(endless.stream(payload))
        await anext(streams[0])
        begun.set()
        if how == "fails":
            raise ValueError
        await asyncio.Event().wait()

    streams: list[Any] = []
    task = asyncio.create_task(forgetful.using(Cache())("x"))
    await within(begun.wait())
    if how == "is cancelled":
        task.cancel()
    with pytest.raises(ValueError if how == "fails" else asyncio.CancelledError):
        await within(task)
    await within(ended.wait())


def test_a_flight_of_another_event_loop_is_none_of_its_business():
    cache = Cache()
    gates = [Gate(), Gate()]
    gates[1].go_on.set()
    left = asyncio.new_event_loop()
    task = left.create_task(gates[0].agent.using(cache)("x"))
    left.run_until_complete(asyncio.sleep(0))
    left.run_until_complete(asyncio.sleep(0))
    assert cache.counters()["flying"] == 1
    assert asyncio.run(within(gates[1].agent.using(cache)("x"))) == "answer"
    assert cache.counters()["flying"] == 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        left.run_until_complete(task)
    left.close()
    assert asyncio.run(within(gates[1].agent.using(cache)("x"))) == "answer"
    assert (gates[0].told, gates[1].begun) == (["cancelled"], 1)
