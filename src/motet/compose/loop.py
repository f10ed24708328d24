"""`loop`: an agent that works on its own output until it is good, or a budget ends it."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, TypeVar, Union

from motet.compose.caller import Caller
from motet.kernel.agent import Agent
from motet.kernel.budget import Budget, Exhausted, Ledger
from motet.kernel.context import CURRENT, Context
from motet.kernel.errors import BudgetExceeded
from motet.kernel.invoke import call_below
from motet.kernel.schema import ANY, Schema
from motet.kernel.sketch import Arrow, Sketch, Spot
from motet.kernel.within import Within

__all__ = ["Loop", "loop"]

T = TypeVar("T")

PAUSE: Final = 64
"""After how many rounds the event loop has its turn: an agent that never waits would keep it for ever."""


class Loop(Agent[T, T | Exhausted]):
    """An agent that is called again with its own output. Made by `loop`."""

    def __init__(
        self, agent: Agent[T, T], until: Callable[[T], bool | Awaitable[bool]], budget: Budget, name: str | None
    ) -> None:
        self.agent = agent
        self.name = name or f"loop of {agent.name}"
        self.description = agent.description
        self.streaming = agent.streaming
        self.validate = "none"  # the agent inside checks every round
        self._until = until
        self._rounds = budget.hops
        # The ledger counts every hop below, such as those of a flow; `hops` means the rounds of this loop alone.
        self._budget = replace(budget, hops=None)

    async def call(self, payload: T, ctx: Context) -> T | Exhausted:
        """Go round until the output is good, or a budget is used up."""
        ledger = Ledger(self._budget, ctx.scope.ledger)
        inside = Within(ctx, ctx.scope.derive({}))
        inside.scope.ledger = ledger
        way = _Way(payload)
        # What `until` spends counts as well: it finds the loop's budget through the current context.
        token = CURRENT.set(inside)
        try:
            if self._budget.seconds is None:
                return await self._go(way, ledger, inside)
            return await self._timed(way, ledger, inside, self._budget.seconds)
        finally:
            CURRENT.reset(token)

    async def _timed(self, way: "_Way", ledger: Ledger, inside: Context, seconds: float) -> T | Exhausted:
        end = asyncio.get_running_loop().time() + seconds
        timer = asyncio.timeout_at(end)
        try:
            async with timer:
                return await self._go(way, ledger, inside, end)
        except Exception:
            if not timer.expired():
                raise
            return Exhausted("seconds", seconds, way.last)

    async def _go(self, way: "_Way", ledger: Ledger, around: Context, end: float | None = None) -> T | Exhausted:
        call, name, clock = self.agent.bound, self.agent.name, asyncio.get_running_loop().time
        rounds, caller = 0, Caller()
        while True:
            if rounds == self._rounds:
                return Exhausted("hops", rounds, way.last)
            rounds += 1
            if not rounds % PAUSE:
                await asyncio.sleep(0)
            if end is not None and clock() >= end:
                # The timer alone is not enough: an agent that would not be interrupted would go round for ever.
                return Exhausted("seconds", self._budget.seconds or 0.0, way.last)
            try:
                ledger.spend(hops=1)
                way.last = await call_below(call, name, way.last, around)
                caller.check()
                good = self._until(way.last)
                if await good if inspect.isawaitable(good) else good:
                    return way.last  # type: ignore[no-any-return]
            except BudgetExceeded as error:
                own, outer = ledger.overdrawn(), ledger.around()
                if own is None:
                    raise
                if outer is not None:
                    raise outer from error  # it ends more than the loop
                return Exhausted(own.budget, own.limit, way.last)

    @cached_property
    def types(self) -> tuple[Schema[T], Schema[T | Exhausted]]:
        """The agent's input, and its output or the word that a budget ran out."""
        taken, given = self.agent.types
        return taken, ANY if given.open else Schema(Union[given.type, Exhausted])  # noqa: UP007 - known at run time

    def sketch(self) -> Sketch:
        """Return the agent with an arrow back to itself."""
        name = self.agent.name
        return Sketch(self.name, (Spot(name, "loop"),), (Arrow(name, name, "until", back=True),))


class _Way:
    """What goes round: the newest value, to be told when time runs out in the middle of a round."""

    __slots__ = ("last",)

    def __init__(self, last: Any) -> None:
        self.last = last


def loop(
    agent: Agent[T, T],
    *,
    until: Callable[[T], bool | Awaitable[bool]],
    max_hops: int | None = None,
    max_tokens: int | None = None,
    max_cost: float | None = None,
    max_seconds: float | None = None,
    name: str | None = None,
) -> Agent[T, T | Exhausted]:
    """Call an agent with its own output until that is good, or a budget is used up.

    Args:
        agent: Takes what it gives.
        until: Tells whether an output is good; sync, async or an agent.
        max_hops: How many rounds at most.
        max_tokens: How many tokens the rounds, and `until`, may report through `ctx.spend`.
        max_cost: How much money they may report through `ctx.spend`.
        max_seconds: How long it may take; the round that is running then is interrupted.
        name: The loop's name.

    Returns:
        An agent whose output is the good value, or an `Exhausted` that says which budget ran out and the last one.
    """
    return Loop(agent, until, Budget(max_hops, max_tokens, max_cost, max_seconds), name)
