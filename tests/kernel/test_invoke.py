"""One call: its deadline interrupts it, and its events are told."""

import asyncio
import gc
import weakref
from contextlib import suppress

import pytest

from motet import Budget, Context, agent
from motet.kernel.errors import BudgetExceeded, DeadlineExceeded
from motet.kernel.events import AgentEnded, AgentStarted, DeadlinePassed
from motet.kernel.invoke import call_below, seconds_of, status_of
from support import Recorder, until, within


@agent
async def endless(payload: object) -> object:
    await asyncio.Event().wait()
    return payload


@agent
async def echo(payload: object) -> object:
    return payload


@agent
async def failing(payload: object) -> object:
    raise ValueError(payload)


async def test_a_deadline_interrupts_a_running_agent():
    with pytest.raises(DeadlineExceeded, match=r"'endless' had no result within its deadline of 0\.01 s"):
        await within(endless(1, deadline=0.01))


async def test_a_deadline_interrupts_what_runs_below():
    told = []

    @agent
    async def deep(payload):
        try:
            await asyncio.Event().wait()
        finally:
            told.append("interrupted")

    @agent
    async def outer(payload):
        return await asyncio.gather(deep(1), deep(2))

    with pytest.raises(DeadlineExceeded, match="'outer'"):
        await within(outer(1, deadline=0.01))
    assert told == ["interrupted", "interrupted"]


async def test_of_nested_deadlines_the_nearest_counts():
    @agent
    async def outer(payload):
        await endless(1, deadline=payload)

    with pytest.raises(DeadlineExceeded, match="'endless'"):
        await within(outer(0.01, deadline=600))
    with pytest.raises(DeadlineExceeded, match="'outer'"):
        await within(outer(600, deadline=0.01))


async def test_an_agent_goes_on_after_a_deadline_below_it():
    @agent
    async def patient(payload):
        try:
            await endless(1, deadline=0.01)
        except DeadlineExceeded:
            return "went on"

    assert await within(patient(1, deadline=600)) == "went on"


@pytest.mark.parametrize("deadline", [0, -1])
async def test_nothing_is_begun_once_the_deadline_has_passed(deadline):
    begun = []

    @agent
    async def pays(payload):
        begun.append(payload)

    with pytest.raises(DeadlineExceeded):
        await pays(1, deadline=deadline)
    assert not begun


async def test_an_inner_timeout_error_is_not_mistaken_for_the_deadline():
    @agent
    async def impatient(payload):
        raise TimeoutError("own")

    with pytest.raises(TimeoutError, match="own"):
        await impatient(1, deadline=60)


async def test_cancelling_the_caller_is_not_mistaken_for_the_deadline():
    task = asyncio.create_task(endless(1, deadline=60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


async def test_a_late_result_of_an_agent_that_swallows_the_interruption_does_not_count():
    @agent
    async def stubborn(payload):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "late"

    with pytest.raises(DeadlineExceeded):
        await within(stubborn(1, deadline=0.01))


async def test_an_error_that_the_interruption_is_turned_into_stays_the_cause():
    @agent
    async def wrapping(payload):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as error:
            raise ValueError("aborted") from error

    with pytest.raises(DeadlineExceeded) as caught:
        await within(wrapping(1, deadline=0.01))
    assert isinstance(caught.value.__cause__, ValueError)


async def test_a_budget_of_seconds_interrupts_and_says_so():
    with pytest.raises(BudgetExceeded) as caught:
        await within(endless(1, budget=Budget(seconds=0.01), deadline=60))
    assert (caught.value.budget, caught.value.limit) == ("seconds", 0.01)
    for seconds in (60, 0.01):
        with pytest.raises(DeadlineExceeded):
            await within(endless(1, budget=Budget(seconds=seconds), deadline=0.01))


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ({}, None),
        ({"deadline": None, "budget": None}, None),
        ({"deadline": 3.0}, 3.0),
        ({"budget": Budget(tokens=1)}, None),
        ({"budget": Budget(seconds=2.0)}, 2.0),
        ({"deadline": 3.0, "budget": Budget(seconds=2.0)}, 2.0),
        ({"deadline": 1.0, "budget": Budget(seconds=2.0)}, 1.0),
        ({"metadata": {"a": 1}}, None),
    ],
)
def test_the_nearest_limit_of_a_call_counts(options, limit):
    assert seconds_of(options) == limit


async def test_start_and_end_are_told_in_order_with_their_parents():
    @agent
    async def outer(payload):
        return await echo(payload)

    recorder = Recorder()
    await outer(1, observer=recorder)
    assert [(type(event), event.agent) for event in recorder.events] == [
        (AgentStarted, "outer"),
        (AgentStarted, "echo"),
        (AgentEnded, "echo"),
        (AgentEnded, "outer"),
    ]
    above, below, below_end, above_end = recorder.events
    assert (above.parent, below.parent) == ("", above.span)
    assert (below_end.span, above_end.span) == (below.span, above.span)
    assert len({event.trace for event in recorder.events}) == 1
    assert above.at <= below.at <= below_end.at <= above_end.at
    assert above_end.seconds >= below_end.seconds >= 0
    assert (above_end.status, above_end.error) == ("completed", None)


async def test_a_failure_is_told_with_its_error():
    recorder = Recorder()
    with pytest.raises(ValueError, match="x") as caught:
        await failing("x", observer=recorder)
    end = recorder.events[-1]
    assert (end.status, end.error) == ("failed", caught.value)


async def test_a_cancellation_is_told():
    recorder = Recorder()
    task = asyncio.create_task(endless(1, observer=recorder))
    await until(lambda: bool(recorder.events))
    task.cancel()
    await asyncio.wait([task])
    assert recorder.events[-1].status == "cancelled"


async def test_a_deadline_is_told():
    recorder = Recorder()
    with pytest.raises(DeadlineExceeded):
        await within(endless(1, observer=recorder, deadline=0.01))
    assert [type(event) for event in recorder.events] == [AgentStarted, DeadlinePassed, AgentEnded]
    assert recorder.events[-1].status == "failed"


class Payload:
    """Something that can be seen to vanish."""


@pytest.mark.parametrize(
    ("made", "options"), [(endless, {"deadline": 0.01}), (failing, {"observer": lambda _: None}), (failing, {})]
)
async def test_what_a_failed_call_held_is_free_without_the_garbage_collector(made, options):
    payload = Payload()
    seen = weakref.ref(payload)
    gc.disable()
    try:
        with suppress(DeadlineExceeded, ValueError):
            await made(payload, **options)
        del payload
        await asyncio.sleep(0)
        assert seen() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("error", "status"),
    [(None, "completed"), (ValueError(), "failed"), (asyncio.CancelledError(), "cancelled"), (SystemExit(), "failed")],
)
def test_the_way_a_call_ended_has_a_name(error, status):
    assert status_of(error) == status


async def test_a_call_from_within_another_one_is_a_part_of_it():
    told = Recorder()

    @agent
    async def below(payload, ctx: Context):
        return ctx.path, ctx.metadata["who"], ctx.scope.deadline

    @agent
    async def around(payload, ctx: Context):
        plain = await call_below(below.bound, "renamed", payload, ctx)
        sooner = await call_below(below.bound, "renamed", payload, ctx, ctx.scope.until(1.0, None))
        return plain, sooner

    plain, sooner = await around("x", metadata={"who": "me"}, observer=told)
    assert plain == (("around", "renamed"), "me", None)
    assert sooner == (("around", "renamed"), "me", 1.0)
    started = told.of(AgentStarted)
    assert [event.agent for event in started] == ["around", "renamed", "renamed"]
    assert {event.parent for event in started[1:]} == {started[0].span}
