"""Calls beside one another: bounded, ended together, and never left behind."""

import asyncio
from contextlib import suppress
from contextvars import ContextVar

import pytest

from compose.crews import Counted, around, crew
from compose.voices import gates
from motet import Budget
from motet.compose.crew import PAUSE
from motet.compose.tally import Tally, tally_of
from motet.kernel.budget import Ledger
from motet.kernel.errors import BudgetExceeded
from support import until, within


async def test_without_a_limit_everything_runs_at_once():
    counted, tally = Counted(turns=20), Tally()
    await crew(counted.work, tally).run(iter(range(100)))
    assert counted.most == 100


async def test_two_that_fail_at_once_leave_no_failure_unseen():
    a, b, c = gates("abc")
    tally = Tally()
    task = asyncio.create_task(crew(lambda gate: gate.call(1, around()), tally).run(iter([a, b, c])))
    await until(lambda: c.begun == 1)
    a.fail(ValueError("a"))
    b.fail(ValueError("b"))
    await within(task)
    assert [str(error) for _, error in tally.errors] == ["a"]
    assert (a.ends, b.ends, c.ends) == (["ValueError"], ["ValueError"], ["CancelledError"])


async def test_one_that_swallows_its_cancellation_is_awaited_and_its_answer_dropped():
    ended = []

    async def stubborn(part):
        if part == "fails":
            raise ValueError(part)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        for _ in range(10):
            await asyncio.sleep(0)
        ended.append(part)
        return part

    tally = Tally()
    await within(crew(stubborn, tally).run(iter(["stays", "fails"])))
    assert (ended, tally.answers, len(tally.errors)) == (["stays"], {}, 1)


async def test_an_error_that_answers_a_cancellation_is_dropped_as_well():
    async def angry(part):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RuntimeError("how dare you") from None

    task = asyncio.create_task(crew(angry).run(iter(range(3))))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


async def test_a_cancellation_while_the_others_are_awaited_is_passed_on_and_has_its_way():
    cancelled = []

    async def slow_to_end(part):
        if part == "fails":
            raise ValueError(part)
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(part)

    task = asyncio.create_task(crew(slow_to_end).run(iter(["a", "b", "fails"])))
    await until(lambda: len(cancelled) == 2)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()
    task.cancel("now")
    with pytest.raises(asyncio.CancelledError, match="now"):
        await within(task)
    assert cancelled == ["a", "b", "a", "b"]


async def test_a_cancellation_counts_more_than_the_error_that_ended_the_calls():
    ending = asyncio.Event()

    async def source():
        yield 1
        await asyncio.sleep(0)
        raise ValueError("source")

    def quick_source():
        yield from range(PAUSE)
        raise ValueError("source")

    async def slow_to_end(part):
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ending.set()

    for parts in (source(), quick_source()):
        ending.clear()
        task = asyncio.create_task(crew(slow_to_end).run(parts))
        await within(ending.wait())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(task)


async def test_a_cancellation_again_and_again_leaves_nothing_behind():
    ended = []

    async def hard_to_end(part):
        for _ in range(4):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        ended.append(part)

    task = asyncio.create_task(crew(hard_to_end).run(iter(range(3))))
    await asyncio.sleep(0)
    for _ in range(4):
        assert not task.done()
        task.cancel()
        for _ in range(5):
            await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert ended == [0, 1, 2]


async def test_a_call_that_somebody_else_cancels_ends_everything_as_a_cancellation():
    tasks = []

    async def work(part):
        tasks.append(asyncio.current_task())
        await asyncio.Event().wait()

    # Not even where failures are borne: a cancellation is none.
    task = asyncio.create_task(crew(work, tally_of("skip", str)).run(iter(range(3))))
    await until(lambda: len(tasks) == 3)
    tasks[1].cancel("from outside")
    with pytest.raises(asyncio.CancelledError, match="from outside"):
        await within(task)
    assert all(other.cancelled() for other in tasks)
    assert not task.cancelling()


async def test_what_is_no_exception_of_the_work_ends_everything():
    class Halt(BaseException):
        pass

    async def work(part):
        if part == 2:
            raise Halt
        await asyncio.Event().wait()

    with pytest.raises(Halt):
        await within(crew(work, tally_of("collect", str)).run(iter(range(3))))


@pytest.mark.parametrize("policy", ["collect", "skip"])
async def test_a_budget_around_it_that_is_used_up_ends_everything(policy):
    ledger = Ledger(Budget(tokens=10))
    ctx = around(ledger)

    async def work(part):
        if part == 0:
            ledger.spend(tokens=11)
        await asyncio.Event().wait()

    with pytest.raises(BudgetExceeded):
        await within(crew(work, tally_of(policy, str), ctx=ctx).run(iter(range(3))))


@pytest.mark.parametrize("policy", ["collect", "skip"])
async def test_a_budget_of_a_calls_own_is_its_own_failure(policy):
    async def work(part):
        Ledger(Budget(tokens=1)).spend(tokens=2)

    tally = tally_of(policy, str)
    await crew(work, tally, ctx=around(Ledger(Budget(tokens=10)))).run(iter(range(3)))
    assert len(tally.answers) == (3 if policy == "collect" else 0)


async def test_each_call_has_a_task_and_contextvars_of_its_own():
    variable: ContextVar[int] = ContextVar("variable", default=0)
    seen = []

    async def work(part):
        seen.append(variable.get())
        variable.set(part)

    await crew(work, concurrency=1).run(iter([1, 2, 3]))
    assert seen == [0, 0, 0]
    assert variable.get() == 0
