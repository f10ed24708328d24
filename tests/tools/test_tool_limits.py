"""Deadlines and budgets around a tool and inside it: the caller's pass, the tool's own are data."""

import asyncio

import pytest

from motet import Budget, Context, agent
from motet.kernel.errors import BudgetExceeded, DeadlineExceeded
from motet.tools.tool import tool
from support import within


async def test_the_callers_deadline_passes():
    @tool
    async def waits() -> None:
        await asyncio.Event().wait()

    @tool
    def busy(ctx: Context) -> None:
        while True:
            ctx.check()

    for made in (waits, busy):
        with pytest.raises(DeadlineExceeded):
            await within(made({}, deadline=0.01))


async def test_a_deadline_that_the_tool_set_itself_is_data():
    @agent
    async def waits(payload):
        await asyncio.Event().wait()

    @tool
    async def patient() -> None:
        await waits(0, deadline=0.01)

    for options in ({}, {"deadline": 60}):
        assert (await within(patient({}, **options))).error["code"] == "deadline_exceeded"


@tool
async def spender(tokens: int, ctx: Context) -> str:
    ctx.spend(tokens=tokens)
    return "spent"


async def test_a_used_up_budget_of_the_caller_passes():
    assert (await spender({"tokens": 5}, budget=Budget(tokens=5))).value == "spent"
    with pytest.raises(BudgetExceeded, match="5 tokens"):
        await spender({"tokens": 6}, budget=Budget(tokens=5))

    @agent
    async def outer(payload):
        return await spender({"tokens": payload}, budget=Budget(tokens=100))

    with pytest.raises(BudgetExceeded, match="5 tokens"):
        await outer(6, budget=Budget(tokens=5))


async def test_a_budget_that_the_tool_set_itself_is_data():
    @agent
    async def spends(tokens: int, ctx: Context) -> None:
        ctx.spend(tokens=tokens)

    @tool
    async def frugal(tokens: int) -> None:
        await spends(tokens, budget=Budget(tokens=1))

    for options in ({}, {"budget": Budget(tokens=10)}):
        assert (await frugal({"tokens": 2}, **options)).error["code"] == "budget_exceeded"
