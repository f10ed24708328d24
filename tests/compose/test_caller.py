"""Whether anything more may be begun for a caller."""

import asyncio
from contextlib import suppress

import pytest

from motet import Budget
from motet.compose.caller import Caller, spent, tell_chosen
from motet.kernel.budget import Ledger
from motet.kernel.clock import Clock
from motet.kernel.context import Context
from motet.kernel.errors import BudgetExceeded, DeadlineExceeded
from motet.kernel.events import AgentChosen
from motet.kernel.scope import Scope
from support import Recorder


async def test_a_swallowed_cancellation_is_known_afterwards():
    async def work():
        caller = Caller()
        caller.check()
        assert not caller.gone
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        assert caller.gone
        caller.check()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_of_before_does_not_count():
    async def work():
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        caller = Caller()
        caller.check()
        return caller.gone

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    assert await task is False


async def test_a_timeout_further_in_that_is_over_does_not_count():
    caller = Caller()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.Event().wait()
    assert not caller.gone


class At(Clock):
    def now(self):
        return 100.0


def overdrawn(parent=None):
    ledger = Ledger(Budget(tokens=1), parent)
    with suppress(BudgetExceeded):
        ledger.spend(tokens=2)
    return ledger


@pytest.mark.parametrize(
    ("error", "deadline", "ledger", "wanted"),
    [
        (ValueError(), None, None, False),
        (ValueError(), 101.0, Ledger(Budget(tokens=1)), False),
        (ValueError(), 100.0, None, True),
        (DeadlineExceeded("own"), 101.0, None, False),
        (DeadlineExceeded("own"), None, None, False),
        (DeadlineExceeded("the caller's"), 99.0, None, True),
        (BudgetExceeded("own"), None, None, False),
        (BudgetExceeded("own"), None, Ledger(Budget(tokens=1)), False),
        (BudgetExceeded("the caller's"), None, overdrawn(), True),
        (BudgetExceeded("the caller's"), None, Ledger(Budget(), overdrawn()), True),
        (ValueError(), None, overdrawn(), False),
    ],
)
def test_only_the_callers_own_limits_end_everything(error, deadline, ledger, wanted):
    assert spent(error, Context(Scope(At(), deadline, ledger), "x")) is wanted


def test_a_choice_is_told_to_whoever_observes():
    recorder, error = Recorder(), ValueError()
    ctx = Context(Scope(At(), observer=recorder), "composition")
    tell_chosen(ctx, "b", (error,))
    assert recorder.events == [AgentChosen(ctx.trace, 100.0, ctx.span, "composition", "b", (error,))]
    tell_chosen(Context(Scope(), "composition"), "b")
