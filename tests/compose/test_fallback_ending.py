"""What ends a `fallback` without another try: the caller's own limits, and its cancellation."""

import asyncio

import pytest

from compose.voices import Gate, twice
from motet import Budget, Context, agent
from motet.compose.fallback import fallback
from motet.kernel.errors import (
    BudgetExceeded,
    DeadlineExceeded,
)
from support import until, within


@agent(validate="none")
async def backup(payload):
    return f"backup of {payload!r}"


@agent
async def spending(payload: int, ctx: Context) -> int:
    ctx.spend(tokens=10)
    return payload


async def test_a_budget_around_it_that_is_used_up_ends_it_at_once():
    after = Gate("after")
    with pytest.raises(BudgetExceeded):
        await within(fallback(spending, after.agent)(1, budget=Budget(tokens=5)))
    assert not after.begun


async def test_a_budget_of_one_agents_own_is_its_own_failure():
    @agent
    async def frugal(payload):
        return await spending(payload, budget=Budget(tokens=5))

    assert await fallback(frugal, backup)(1, budget=Budget(tokens=100)) == "backup of 1"


async def test_the_callers_deadline_ends_it_at_once():
    slow, after = Gate("slow"), Gate("after")
    with pytest.raises(DeadlineExceeded):
        await within(fallback(slow.agent, after.agent)(1, deadline=0.02))
    assert (slow.ends, after.begun) == (["CancelledError"], 0)


async def test_a_deadline_of_one_agents_own_is_its_own_failure():
    slow = Gate("slow")

    @agent
    async def hasty(payload):
        return await slow.agent(payload, deadline=0.01)

    assert await within(fallback(hasty, backup)(1, deadline=60)) == "backup of 1"


async def test_cancelling_the_caller_tries_nothing_more():
    slow, after = Gate("slow"), Gate("after")
    task = asyncio.create_task(fallback(slow.agent, after.agent)(1))
    await until(lambda: slow.begun == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert (slow.ends, after.begun) == (["CancelledError"], 0)


async def test_an_error_that_answers_a_cancellation_tries_nothing_more():
    begun, after = asyncio.Event(), Gate("after")

    @agent
    async def angry(payload):
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ValueError("angry") from None

    task = asyncio.create_task(fallback(angry, after.agent)(1))
    await within(begun.wait())
    task.cancel()
    with pytest.raises(ValueError, match="angry"):
        await within(task)
    assert not after.begun


async def test_a_cancellation_that_comes_from_below_is_no_failure():
    @agent
    async def cancelled(payload):
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await fallback(cancelled, twice)(1)
