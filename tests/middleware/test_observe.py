"""`Observe`: an agent's calls are counted and told of, and nothing of what they carry is looked at."""

import asyncio
import dataclasses

import pytest

from middleware.worlds import Script, virtual
from motet import Context, agent
from motet.kernel.events import AgentEnded, AgentStarted
from motet.middleware.observe import Observe
from support import Recorder, within

__all__ = ["virtual"]


def test_calls_are_counted_by_how_they_end(virtual):
    script = Script((2.0, "a"), ConnectionError(), asyncio.CancelledError(), (5.0, "b"))
    observe = Observe()
    work = script.agent.using(observe)

    async def main():
        await work("x", clock=virtual.clock)
        with pytest.raises(ConnectionError):
            await work("x", clock=virtual.clock)
        with pytest.raises(asyncio.CancelledError):
            await work("x", clock=virtual.clock)
        running = asyncio.ensure_future(work("x", clock=virtual.clock))
        await asyncio.sleep(1)
        counted = observe.counters()
        await running
        return counted

    assert virtual.run(main()) == {
        "calls": 4,
        "completed": 1,
        "failed": 1,
        "cancelled": 1,
        "running": 1,
        "seconds": 2,
        "slowest_seconds": 2,
    }
    assert observe.counters() | {"seconds": 7} == observe.counters()
    assert observe.counters()["running"] == 0


@pytest.mark.parametrize("payload", [{"a": 1}, [1], None, object(), {"password": "secret"}])
async def test_whatever_the_payload_is_nothing_breaks_and_nothing_of_it_is_told(payload):
    recorder = Recorder()
    work = Script("out").agent.using(Observe(recorder))
    assert await work(payload, metadata={"api_key": "hunter2"}) == "out"
    assert [type(event) for event in recorder.events] == [AgentStarted, AgentEnded]
    told = repr([dataclasses.astuple(event) for event in recorder.events])
    assert "hunter2" not in told
    assert "secret" not in told


async def test_its_observers_see_this_agent_and_those_below_and_no_others():
    mine, all_of_it = Recorder(), Recorder()

    @agent
    async def below(payload):
        return payload

    @agent(use=[Observe(mine)])
    async def observed(payload):
        return await below(payload)

    @agent
    async def beside(payload):
        return await below(await observed(payload))

    await beside("x", observer=all_of_it)
    assert [event.agent for event in mine.of(AgentStarted)] == ["observed", "below"]
    assert [event.agent for event in all_of_it.of(AgentStarted)] == ["beside", "observed", "below", "below"]
    inner = {event.agent: event for event in mine.of(AgentStarted)}
    outer = {event.agent: event for event in all_of_it.of(AgentStarted)[:3]}
    assert inner["observed"].span == outer["observed"].span == inner["below"].parent
    assert inner["observed"].parent == outer["beside"].span


async def test_a_failure_is_told_as_it_is():
    recorder = Recorder()
    error = OSError("broken")
    with pytest.raises(OSError, match="broken"):
        await Script(error).agent.using(Observe(recorder))("x")
    (ended,) = recorder.of(AgentEnded)
    assert (ended.status, ended.error) == ("failed", error)


async def test_an_observer_that_fails_disturbs_nothing(caplog):
    def broken(event):
        raise RuntimeError("broken observer")

    assert await Script("good").agent.using(Observe(broken))("x") == "good"
    assert "broken observer" in caplog.text


async def test_a_cancelled_call_is_counted_as_such():
    observe = Observe()
    task = asyncio.ensure_future(Script((1000.0, "x")).agent.using(observe)("x"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert observe.counters()["cancelled"] == 1


async def test_the_agents_chunks_pass():
    @agent(use=[Observe(Recorder())])
    async def emitting(payload, ctx: Context):
        await ctx.emit(payload)
        return "done"

    async with emitting.stream("x") as stream:
        assert [(chunk.value, chunk.path) async for chunk in stream] == [("x", ("emitting",))]


def test_what_cannot_be_told_is_refused_at_once():
    with pytest.raises(ValueError, match="observer='x'"):
        Observe("x")
