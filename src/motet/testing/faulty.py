"""Agents that misbehave: `flaky` fails now and then, `slow` takes its time, `hanging` never answers."""

import asyncio
import random
from collections.abc import Container, Iterable
from typing import Any

from motet.kernel.agent import Agent, Middleware, Wrapped
from motet.kernel.context import Context
from motet.kernel.invoke import Call
from motet.testing.showing import ordinal
from motet.testing.stand_in import Failure, StandIn, a_failure, an_agent, made

__all__ = ["Flaky", "Hanging", "flaky", "hanging", "slow"]


class _Flaws(Middleware):
    """Decides which calls fail."""

    def __init__(
        self, fail: Container[int], every: int | None, rate: float, error: Failure | None, random_: random.Random
    ) -> None:
        self.calls = 0
        self.failed = 0
        self._fail = fail
        self._every = every
        self._rate = rate
        self._error = error
        self._random = random_

    def fails(self) -> bool:
        """Tell whether the call that begins now fails."""
        self.calls += 1
        # The number is drawn for each call, so that which ones fail does not depend on the other rules.
        unlucky = self._random.random() < self._rate
        due = self._every is not None and self.calls % self._every == 0
        return unlucky or due or self.calls in self._fail

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that fails when it is its turn."""

        async def flawed(payload: Any, ctx: Context) -> Any:
            if self.fails():
                self.failed += 1
                raise made(self._error, payload, f"the {ordinal(self.calls)} call of {agent.name!r} was to fail")
            return await call(payload, ctx)

        return flawed


class Flaky(Wrapped[Any, Any]):
    """An agent that fails now and then. Made by `flaky`."""

    def __init__(self, inner: Agent[Any, Any], flaws: _Flaws) -> None:
        self._flaws = flaws
        super().__init__(inner, (flaws,))

    @property
    def calls(self) -> int:
        """How often it was called."""
        return self._flaws.calls

    @property
    def failed(self) -> int:
        """How many of the calls it has failed on purpose."""
        return self._flaws.failed


def flaky(
    agent: Agent[Any, Any],
    *,
    fail: Iterable[int] = (),
    every: int | None = None,
    rate: float = 0.0,
    error: Failure | None = None,
    seed: int = 0,
) -> Flaky:
    """Make an agent fail now and then; what it does otherwise it does as before.

    Args:
        agent: Which agent; it is not changed: put what is returned in its place.
        fail: Which calls fail, from 1.
        every: Each so many-th call fails.
        rate: Which part of the calls fails, from 0 to 1: the same ones with the same seed.
        error: What they raise: an exception, its class, or a function that makes it of the payload; an
            `InjectedFault`, which is retryable, unless given.
        seed: Of the random numbers for `rate`.

    Raises:
        ValueError: No call would ever fail, or a number makes no sense.
        TypeError: It is no agent, or no error.
    """
    an_agent("flaky()", agent)
    a_failure("error", error)
    numbers = frozenset(fail)
    if not numbers and every is None and not rate:
        raise ValueError(f"flaky({agent.name!r}) never fails: say fail=[1, 3], every=3 or rate=0.1")
    if not 0 <= rate <= 1 or (every is not None and every < 1) or any(number < 1 for number in numbers):
        raise ValueError(f"fail={sorted(numbers)}, every={every}, rate={rate}: calls count from 1, a rate is 0 to 1")
    return Flaky(agent, _Flaws(numbers, every, rate, error, random.Random(seed)))  # noqa: S311 - no secret


class _Delay(Middleware):
    """Waits before a call."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that begins later."""

        async def delayed(payload: Any, ctx: Context) -> Any:
            await asyncio.sleep(self._seconds)
            return await call(payload, ctx)

        return delayed


def slow(agent: Agent[Any, Any], seconds: float) -> Agent[Any, Any]:
    """Make an agent take longer, by the time of the event loop: in virtual time that costs none.

    Args:
        agent: Which agent; it is not changed: put what is returned in its place.
        seconds: How long it waits before it does its work.

    Raises:
        ValueError: That is no time.
    """
    if seconds < 0:
        raise ValueError(f"slow({agent!r}, {seconds}): it takes a number of seconds from 0")
    return Wrapped(an_agent("slow()", agent), (_Delay(seconds),))


class Hanging(StandIn):
    """An agent that never answers, and ends only by being cancelled. Made by `hanging`.

    Attributes:
        calls: How often it was called.
        inside: How many calls hang now.
        cancelled: How many calls were cancelled.
    """

    name = "hanging"

    def __init__(self, name: str | None = None, like: Agent[Any, Any] | None = None) -> None:
        super().__init__(name, like)
        self.calls = self.inside = self.cancelled = 0

    async def call(self, payload: Any, ctx: Context) -> Any:
        """Wait for ever."""
        self.calls += 1
        self.inside += 1
        try:
            return await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.inside -= 1


def hanging(name: str | None = None, *, like: Agent[Any, Any] | None = None) -> Hanging:
    """Make an agent that never answers.

    Args:
        name: Its name; that of `like`, or "hanging", unless given.
        like: The agent whose place it takes.
    """
    return Hanging(name, like)
