"""`Cache`: what is a caller's own affair, such as its deadline and its budget, and what is everybody's."""

import asyncio

import pytest

from middleware.counted import counted
from middleware.gate import Gate, asking
from middleware.worlds import virtual
from motet import Backoff, Budget, Context, agent
from motet.kernel.errors import BudgetExceeded, DeadlineExceeded
from motet.middleware.cache import Cache
from motet.middleware.retry import Retry
from support import within

__all__ = ["virtual"]


def test_a_deadline_is_its_callers_alone_and_the_work_has_time_until_the_latest(virtual):
    async def main():
        gate = Gate()
        asked = gate.agent.using(Cache())

        async def ask(deadline):
            return await asked("x", clock=virtual.clock, **({} if deadline is None else {"deadline": deadline}))

        tasks = [asyncio.create_task(ask(deadline)) for deadline in (1, 5, 3, None)]
        for task, late in zip(tasks, [1, 5, 3, None], strict=True):
            if late is not None:
                with pytest.raises(DeadlineExceeded, match=f"deadline of {late} s"):
                    await task
        assert virtual.clock.now() == 5
        gate.go_on.set()
        assert await tasks[-1] == "answer"
        assert (gate.begun, gate.told, gate.remaining) == (1, ["done"], [None])

    virtual.run(main())


@pytest.mark.parametrize(
    ("deadlines", "remaining"), [((2, 5, 3), 4), ((5, 2), 4), ((None, 5), None), ((5, None), None)]
)
def test_the_work_sees_the_latest_deadline_of_those_who_wait(virtual, deadlines, remaining):
    async def main():
        gate = Gate()
        asked = gate.agent.using(Cache())
        tasks = [asyncio.create_task(asked("x", clock=virtual.clock, deadline=deadline)) for deadline in deadlines]
        await asyncio.sleep(1)
        gate.go_on.set()
        await asyncio.gather(*tasks)
        assert gate.remaining == [remaining]

    virtual.run(main())


async def test_a_failure_is_raised_for_everybody_and_nobody_sees_the_others_notes():
    gate, cache = Gate(ValueError("bad")), Cache()
    tasks = await asking(gate.agent.using(cache), 3)
    gate.go_on.set()
    errors = await within(asyncio.gather(*tasks, return_exceptions=True))
    assert errors[0] is gate.output
    for error in errors:
        assert (type(error), str(error), getattr(error, "__notes__", None)) == (ValueError, "bad", None)
        error.add_note("mine")
    assert len(set(map(id, errors))) == 3
    assert cache.counters()["stored"] == 0


async def test_a_retry_around_the_cache_asks_anew():
    work, calls = counted(ValueError("first"), ValueError("second"), "third")
    asked = work.using(Retry(attempts=3, backoff=Backoff(initial=0)), Cache())
    assert await within(asyncio.gather(asked("x"), asked("x"))) == ["third", "third"]
    assert len(calls) == 3


async def test_a_budget_that_is_used_up_is_the_first_callers_own_affair():
    calls = []

    @agent(validate="none")
    async def spending(payload, ctx: Context):
        calls.append(payload)
        await asyncio.sleep(0)
        ctx.spend(tokens=10)
        return len(calls)

    asked = spending.using(Cache())
    outcomes = await within(
        asyncio.gather(asked("x", budget=Budget(tokens=5)), asked("x"), asked("x"), return_exceptions=True)
    )
    assert isinstance(outcomes[0], BudgetExceeded)
    assert outcomes[1:] == [2, 2]
    assert len(calls) == 2


async def test_a_budget_of_the_agents_own_is_everybodys():
    calls = []

    @agent(validate="none")
    async def inner(payload, ctx: Context):
        await asyncio.sleep(0)
        ctx.spend(tokens=10)

    @agent(validate="none")
    async def frugal(payload):
        calls.append(payload)
        await inner(payload, budget=Budget(tokens=5))

    asked = frugal.using(Cache())
    outcomes = await within(
        asyncio.gather(*(asked("x", budget=Budget(tokens=99)) for _ in range(3)), return_exceptions=True)
    )
    assert [type(outcome) for outcome in outcomes] == [BudgetExceeded] * 3
    assert len(calls) == 1


async def test_an_agent_that_cancels_itself_does_so_for_one_caller_at_a_time():
    calls = []

    @agent(validate="none")
    async def giving_up(payload):
        calls.append(payload)
        await asyncio.sleep(0)
        if len(calls) < 3:
            raise asyncio.CancelledError
        return "at last"

    asked = giving_up.using(Cache())
    outcomes = await within(asyncio.gather(*(asked("x") for _ in range(5)), return_exceptions=True))
    assert [type(outcome) for outcome in outcomes[:2]] == [asyncio.CancelledError] * 2
    assert outcomes[2:] == ["at last"] * 3
