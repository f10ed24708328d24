"""`Timeout`: what takes too long is cancelled, and nobody waits for what ignores that."""

import asyncio
import math
import time

import pytest

from middleware.worlds import Emit, Script, virtual
from motet import Backoff, Context, DeadlineExceeded, Flow, agent
from motet.kernel.errors import AgentTimeout
from motet.kernel.events import Intervened
from motet.middleware.retry import Retry
from motet.middleware.timeout import Timeout
from support import Recorder, until, within

__all__ = ["virtual"]


def stubborn(world, told, *, swallows=1, seconds=1000.0):
    """Make an agent that ignores some of its cancellations, and ends by itself after a while."""

    @agent(name="stubborn", validate="none")
    async def ignoring(payload, ctx: Context):
        end = world.clock.now() + seconds
        for _ in range(swallows):
            try:
                await asyncio.sleep(end - world.clock.now())
            except asyncio.CancelledError:
                told.append(world.clock.now())
        await ctx.emit("late")
        await asyncio.sleep(max(0.0, end - world.clock.now()))
        told.append("ended")
        return "late"

    return ignoring


def test_what_is_done_in_time_is_returned(virtual):
    timeout = Timeout(10)
    assert virtual.run(Script((9.9, "good")).agent.using(timeout)("x", clock=virtual.clock)) == "good"
    assert timeout.counters() == {"calls": 1, "timed_out": 0, "abandoned": 0, "abandoned_running": 0}


def test_what_takes_too_long_is_cancelled(virtual):
    ended = []

    @agent
    async def slow(payload):
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append(virtual.clock.now())

    timeout = Timeout(10)
    with pytest.raises(AgentTimeout, match="'slow' took longer than 10 s, and was cancelled") as caught:
        virtual.run(slow.using(timeout)("x", clock=virtual.clock))
    assert (ended, virtual.clock.now()) == ([10], 10)
    assert caught.value.details == {"agent": "slow", "seconds": 10}
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.retryable
    assert timeout.counters()["timed_out"] == 1


def test_an_agent_that_swallows_its_cancellation_does_not_hold_the_caller(virtual, caplog):
    told = []
    timeout = Timeout(0.1, grace=0.05)
    with pytest.raises(AgentTimeout):
        virtual.run(stubborn(virtual, told).using(timeout)("x", clock=virtual.clock))
    assert virtual.clock.now() == pytest.approx(0.15)
    assert timeout.counters() == {"calls": 1, "timed_out": 1, "abandoned": 1, "abandoned_running": 1}
    assert "'stubborn' ignores its cancellation after 0.1 s, and goes on by itself" in caplog.text
    virtual.advance(2000)
    assert told == [0.1, "ended"]
    assert timeout.counters()["abandoned_running"] == 0


def test_it_need_not_wait_at_all_for_an_agent_to_end(virtual):
    told = []
    with pytest.raises(AgentTimeout):
        virtual.run(stubborn(virtual, told).using(Timeout(1, grace=0))("x", clock=virtual.clock))
    assert virtual.clock.now() == 1
    virtual.advance(2000)


def test_an_agent_that_ends_at_once_is_waited_for_without_any_grace(virtual):
    ended = []

    @agent
    async def slow(payload):
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append(payload)

    timeout = Timeout(1, grace=0)
    with pytest.raises(AgentTimeout):
        virtual.run(slow.using(timeout)("x", clock=virtual.clock))
    assert ended == ["x"]
    assert timeout.counters()["abandoned"] == 0


def test_what_is_given_up_and_fails_is_seen(virtual, caplog):
    @agent
    async def failing_late(payload):
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            await asyncio.sleep(5)
            raise ValueError("late failure") from None

    with pytest.raises(AgentTimeout), caplog.at_level("INFO"):
        virtual.run(failing_late.using(Timeout(1))("x", clock=virtual.clock))
    with caplog.at_level("INFO"):
        virtual.advance(10)
    assert "late failure" in caplog.text


def test_a_value_that_comes_after_the_cancellation_is_too_late(virtual):
    @agent
    async def swallowing(payload):
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            return "late"

    with pytest.raises(AgentTimeout):
        virtual.run(swallowing.using(Timeout(1))("x", clock=virtual.clock))


def test_an_error_in_ending_is_the_cause(virtual):
    @agent
    async def breaking(payload):
        try:
            await asyncio.sleep(1000)
        finally:
            raise ValueError("in ending")

    with pytest.raises(AgentTimeout) as caught:
        virtual.run(breaking.using(Timeout(1))("x", clock=virtual.clock))
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("error", [TimeoutError("the agent's own"), AgentTimeout("of a timeout inside")])
def test_a_timeout_inside_is_not_mistaken_for_its_own(virtual, error):
    timeout = Timeout(10)
    with pytest.raises(TimeoutError) as caught:
        virtual.run(Script((5.0, error)).agent.using(timeout)("x", clock=virtual.clock))
    assert caught.value is error
    assert timeout.counters()["timed_out"] == 0


@pytest.mark.parametrize(("outer", "inner"), [(10, 2), (2, 10)])
def test_of_two_the_shorter_one_counts_and_says_so(virtual, outer, inner):
    limits = Timeout(outer), Timeout(inner)
    with pytest.raises(AgentTimeout, match="longer than 2 s"):
        virtual.run(Script((1000.0, "x")).agent.using(*limits)("x", clock=virtual.clock))
    assert virtual.clock.now() == 2
    assert [limit.counters()["timed_out"] for limit in limits] == [int(outer == 2), int(inner == 2)]


def test_a_deadline_of_the_caller_is_no_timeout(virtual):
    timeout = Timeout(10)
    with pytest.raises(DeadlineExceeded):
        virtual.run(Script((1000.0, "x")).agent.using(timeout)("x", clock=virtual.clock, deadline=3))
    assert virtual.clock.now() == 3
    assert timeout.counters()["timed_out"] == 0


@pytest.mark.parametrize(("deadline", "seen"), [(None, 10), (3, 3), (30, 10)])
def test_what_runs_below_sees_it_as_its_deadline(virtual, deadline, seen):
    @agent
    async def below(payload, ctx: Context):
        return ctx.remaining()

    @agent(use=[Timeout(10)])
    async def around(payload):
        return await below(payload)

    assert virtual.run(around("x", clock=virtual.clock, deadline=deadline)) == pytest.approx(seen)


def test_cancelling_the_caller_cancels_the_agent_and_waits_for_its_end(virtual):
    ended = []

    @agent
    async def slow(payload):
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(2)
            ended.append(virtual.clock.now())

    async def main():
        task = asyncio.ensure_future(slow.using(Timeout(10))("x", clock=virtual.clock))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return virtual.clock.now()

    assert virtual.run(main()) == 2
    assert ended == []


def test_a_cancelled_caller_is_not_held_longer_than_the_timeout(virtual):
    told = []

    async def main():
        work = stubborn(virtual, told, swallows=3).using(Timeout(10, grace=1))
        task = asyncio.ensure_future(work("x", clock=virtual.clock))
        await asyncio.sleep(4)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return virtual.clock.now()

    assert virtual.run(main()) == 11
    virtual.advance(2000)
    assert told[:2] == [4, 10]


@pytest.mark.parametrize(("deadline", "end"), [(4, 5), (9.5, 10.5), (50, 11)])
def test_a_caller_whose_deadline_has_passed_is_not_held_either(virtual, deadline, end):
    told = []
    work = stubborn(virtual, told, swallows=3).using(Timeout(10, grace=1))
    with pytest.raises(DeadlineExceeded if deadline < 10 else AgentTimeout):
        virtual.run(work("x", clock=virtual.clock, deadline=deadline))
    assert virtual.clock.now() == end
    virtual.advance(2000)
    assert told[-1] == "ended"


def test_a_cancelled_callers_agent_may_fail_in_ending(virtual):
    @agent
    async def breaking(payload):
        try:
            await asyncio.sleep(1000)
        finally:
            raise ValueError("in ending")

    async def main():
        task = asyncio.ensure_future(breaking.using(Timeout(10))("x"))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(ValueError, match="in ending"):
            await task

    virtual.run(main())


async def test_a_caller_that_is_cancelled_before_the_agent_has_begun_goes_on_at_once():
    script = Script((1000.0, "late"))
    task = asyncio.ensure_future(script.agent.using(Timeout(10))("x"))
    asyncio.get_running_loop().call_soon(task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await within(task)


async def test_an_agent_that_cancels_itself_is_cancelled():
    with pytest.raises(asyncio.CancelledError):
        await within(Script(asyncio.CancelledError()).agent.using(Timeout(10))("x"))


def test_chunks_pass_and_the_whole_stream_counts(virtual):
    script = Script((Emit(1), 4.0, Emit(2), 4.0, Emit(3), 4.0, "late"))

    async def main():
        values = []
        async with script.agent.using(Timeout(10)).stream("x", clock=virtual.clock) as stream:
            with pytest.raises(AgentTimeout):
                async for chunk in stream:
                    values.append((chunk.value, chunk.path, virtual.clock.now()))  # noqa: PERF401 - those before the failure
        return values

    assert virtual.run(main()) == [(1, ("scripted",), 0), (2, ("scripted",), 4), (3, ("scripted",), 8)]


def test_what_is_given_up_emits_into_no_later_attempt(virtual):
    told = []
    calls = []

    @agent(name="again")
    async def second_time(payload, ctx: Context):
        calls.append(payload)
        await ctx.emit(f"attempt {len(calls)}")
        if len(calls) == 1:
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                await asyncio.sleep(3)
                await ctx.emit("late")
                told.append("emitted late")
                raise
        await asyncio.sleep(5)
        return "good"

    async def main():
        work = second_time.using(Retry(2, backoff=Backoff(0)), Timeout(10, grace=1))
        async with work.stream("x", clock=virtual.clock) as stream:
            return [(chunk.value, chunk.since) async for chunk in stream], await stream.result()

    assert virtual.run(main()) == ([("attempt 1", None), (None, 1), ("attempt 2", None)], "good")
    assert told == ["emitted late"]


def test_calls_that_overlap_each_have_their_own_time(virtual):
    work = Script((10.5, "x")).agent.using(Timeout(10))

    async def one(start):
        await asyncio.sleep(start)
        with pytest.raises(AgentTimeout):
            await work("x", clock=virtual.clock)
        return virtual.clock.now()

    async def main():
        return await asyncio.gather(*(one(start) for start in (0, 3, 3.5, 20, 40)))

    assert virtual.run(main()) == pytest.approx([10, 13, 13.5, 30, 50])


def test_one_instance_serves_one_event_loop_after_another():
    timeout = Timeout(0.01)
    work = Script((30.0, "late")).agent.using(timeout)
    for _ in range(2):
        with pytest.raises(AgentTimeout):
            asyncio.run(work("x"))
    assert timeout.counters()["timed_out"] == 2


@pytest.mark.real_time  # virtual time stands still while a thread is at work
async def test_a_sync_function_in_a_thread_does_not_hold_the_caller():
    going_on = []

    @agent(use=[Timeout(0.01)])
    def blocking(payload, ctx: Context):
        while not ctx.cancelled:
            time.sleep(0.001)
        going_on.append(payload)

    with pytest.raises(AgentTimeout):
        await within(blocking("x"))
    await until(lambda: bool(going_on))


async def test_it_is_told_to_observers():
    recorder = Recorder()
    with pytest.raises(AgentTimeout):
        await within(Script((30.0, "x")).agent.using(Timeout(0.001))("x", observer=recorder))
    assert [(event.by, event.what, event.agent) for event in recorder.of(Intervened)] == [
        ("timeout", "timed_out", "scripted")
    ]


async def test_a_flow_may_have_one():
    flow = Flow("slow", Script((30.0, "x")).agent)
    with pytest.raises(AgentTimeout):
        await within(flow.using(Timeout(0.01))("x"))
    assert flow.inside == 0


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan, "1", None, True])
def test_it_takes_a_number_of_seconds(seconds):
    with pytest.raises(ValueError, match="above 0"):
        Timeout(seconds)
    with pytest.raises(ValueError, match="0 or more"):
        Timeout(1, grace=-1 if seconds == 0 else seconds)
