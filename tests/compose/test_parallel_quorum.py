"""`parallel(wait="first")` and `parallel(wait=k)`: the first answers count, and what the others did is void."""

import asyncio
from contextlib import suppress

import pytest

from compose.voices import Gate, failing, gates, twice
from motet import Budget, Context, agent
from motet.compose.errors import AllFailed
from motet.compose.parallel import parallel
from motet.kernel.errors import BudgetExceeded, DeadlineExceeded, Unavailable
from motet.kernel.events import AgentChosen
from support import Recorder, until, within


async def begun(gates_, wait):
    """Start a parallel of gates, and wait until all of them are at work."""
    task = asyncio.create_task(parallel(*(gate.agent for gate in gates_), name="p", wait=wait)("x"))
    await until(lambda: gates_[-1].begun == 1)
    return task


async def test_the_first_answer_counts_and_the_others_are_cancelled_and_awaited():
    a, b, c = gates("abc")
    task = await begun([a, b, c], wait="first")
    b.answer(None)
    assert await within(task) is None
    assert (a.ends, c.ends) == (["CancelledError"], ["CancelledError"])


async def test_a_quorum_lists_the_first_answers_in_the_agents_order():
    a, b, c, d = gates("abcd")
    task = await begun([a, b, c, d], wait=2)
    d.answer("D")
    await until(lambda: d.ends == ["answered"])
    assert not task.done()
    b.answer("B")
    assert await within(task) == ["B", "D"]
    assert (a.ends, c.ends) == (["CancelledError"], ["CancelledError"])


async def test_of_answers_that_come_at_once_only_as_many_count_as_are_needed():
    a, b, c = gates("abc")
    task = await begun([a, b, c], wait=2)
    for gate in (c, b, a):
        gate.answer(gate.agent.name)
    assert await within(task) == ["b", "c"]


async def test_errors_are_kept_while_enough_can_still_answer():
    a, b, c = gates("abc")
    task = await begun([a, b, c], wait="first")
    a.fail(ValueError("a"))
    b.fail(ValueError("b"))
    c.answer("C")
    assert await within(task) == "C"


async def test_when_too_few_are_left_all_errors_are_told_at_once():
    a, b, c, d = gates("abcd")
    task = await begun([a, b, c, d], wait=3)
    last = Unavailable("d is busy", retry_after=3.0)
    a.answer("A")
    c.fail(TypeError("c\nbroke"))
    await until(lambda: c.ends == ["TypeError"])
    assert not task.done()
    d.fail(last)
    with pytest.raises(AllFailed) as caught:
        await within(task)
    error = caught.value
    assert str(error).splitlines() == [
        "'p' has too few agents left for 3 answers:",
        "  - c: TypeError: c broke",
        "  - d: Unavailable: d is busy",
    ]
    assert [name for name, _ in error.errors] == ["c", "d"]
    assert error.__cause__ is error.errors[-1][1] is last
    assert (error.retryable, error.retry_after) == (True, 3.0)
    assert b.ends == ["CancelledError"]


async def test_when_nobody_answers_the_first_answer_is_missing():
    with pytest.raises(AllFailed, match="'p' has too few agents left for an answer") as caught:
        await parallel(failing(TypeError("one")), failing(TypeError("two")), name="p", wait="first")(1)
    assert [name for name, _ in caught.value.errors] == ["failing", "failing_2"]
    assert not caught.value.retryable


async def test_with_few_slots_the_others_are_tried_one_after_another():
    a, b, c = gates("abc")
    made = parallel(a.agent, b.agent, c.agent, wait="first", concurrency=1)
    task = asyncio.create_task(made("x"))
    await until(lambda: a.begun == 1)
    a.fail(ValueError())
    await until(lambda: b.begun == 1)
    b.answer("B")
    assert await within(task) == "B"
    assert not c.begun


async def test_the_trace_tells_who_answered_and_who_had_failed_before():
    recorder, errors = Recorder(), [ValueError("a"), ValueError("c")]
    a, b, c, d = gates("abcd")
    made = parallel(*(gate.agent for gate in (a, b, c, d)), name="p", wait=2)
    task = asyncio.create_task(made(1, observer=recorder))
    await until(lambda: d.begun == 1)
    for gate, error in zip((a, c), errors, strict=True):
        gate.fail(error)
    d.answer(1)
    b.answer(1)
    await within(task)
    told = [(event.agent, event.chosen, event.failed) for event in recorder.of(AgentChosen)]
    assert told == [("p", "b", tuple(errors)), ("p", "d", tuple(errors))]
    assert {event.span for event in recorder.of(AgentChosen)} == {recorder.events[0].span}


async def chunks_of(stream):
    """Read a stream; return its chunks, and those of them that still count at the end."""
    chunks = [chunk async for chunk in stream]
    restarts = [chunk for chunk in chunks if chunk.restart]
    valid = [chunk for chunk in chunks if not chunk.restart and not any(mark.replaces(chunk) for mark in restarts)]
    return chunks, valid


@agent(name="same")
async def racing(payload, ctx: Context):
    """Emit a number, the first call's before the second's; the second one answers first."""
    number = payload.pop()
    await ctx.emit(number)
    await asyncio.sleep(0 if number == 2 else 1000)
    await ctx.emit(number)
    return number


async def test_the_chunks_of_those_that_did_not_answer_are_void():
    a, b, c = gates("abc", chunks=True)
    made = parallel(a.agent, b.agent, c.agent, wait="first", name="p")
    async with made.stream("x") as stream:
        first = [await anext(stream) for _ in range(3)]
        assert [chunk.value for chunk in first] == ["a", "b", "c"]
        c.fail(ValueError("c"))
        await until(lambda: bool(c.ends))
        b.answer("B")
        rest, _ = await chunks_of(stream)
        assert await stream.result() == "B"
    assert [(chunk.restart, chunk.path) for chunk in rest] == [(True, ("p", "a")), (True, ("p", "c"))]
    assert [any(mark.replaces(chunk) for mark in rest) for chunk in first] == [True, False, True]


async def test_the_chunks_of_the_same_agent_in_another_place_still_count():
    made = parallel(racing, racing, wait="first")
    async with made.stream([2, 1]) as stream:
        _, valid = await chunks_of(stream)
        assert await stream.result() == 2
    assert [chunk.value for chunk in valid] == [2, 2]


async def test_what_a_loser_emits_while_it_is_cancelled_is_void_as_well():
    @agent
    async def last_words(payload, ctx: Context):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await ctx.emit("but")
            raise

    async with parallel(twice, last_words, wait="first").stream(2) as stream:
        chunks, valid = await chunks_of(stream)
    assert ([chunk.value for chunk in chunks], valid) == (["but", None], [])


async def test_a_loser_that_emitted_nothing_leaves_no_mark():
    a, b = gates("ab")
    made = parallel(a.agent, b.agent, wait="first")
    async with made.stream("x") as stream:
        await until(lambda: b.begun == 1)
        a.answer(1)
        assert await chunks_of(stream) == ([], [])


async def test_a_loser_that_swallows_its_cancellation_and_answers_does_not_count():
    @agent
    async def late(payload):
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return "late"

    assert await within(parallel(late, twice, wait="first")(4)) == 8
    assert await within(parallel(late, twice, wait=1)(4)) == [8]


async def test_a_cancellation_while_the_losers_end_is_not_lost_to_the_result():
    ending = asyncio.Event()

    @agent
    async def slow_to_end(payload):
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    task = asyncio.create_task(parallel(slow_to_end, twice, wait="first")(1))
    await within(ending.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


async def test_a_deadline_ends_all_of_them():
    a, b = gates("ab")
    with pytest.raises(DeadlineExceeded):
        await within(parallel(a.agent, b.agent, wait="first")(1, deadline=0.02))
    assert a.ends == b.ends == ["CancelledError"]


async def test_a_budget_around_it_that_is_used_up_is_no_error_to_bear():
    @agent
    async def spending(payload, ctx: Context):
        ctx.spend(tokens=10)

    gate = Gate("waiting")
    with pytest.raises(BudgetExceeded):
        await within(parallel(spending, gate.agent, wait="first")(1, budget=Budget(tokens=5)))
    assert gate.ends == ["CancelledError"]


async def test_a_budget_of_one_agents_own_is_borne():
    @agent
    async def spending(payload: int, ctx: Context) -> int:
        ctx.spend(tokens=10)
        return payload

    @agent
    async def frugal(payload):
        return await spending(payload, budget=Budget(tokens=5))

    assert await parallel(frugal, spending, wait="first")(1, budget=Budget(tokens=100)) == 1
