"""A thousand calls at once of agents that fail in every way there is: most are answered, and none is lost or hangs."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from middleware.worlds import virtual
from motet import Agent, Backoff, Context, agent, fallback
from motet.compose.errors import AllFailed
from motet.kernel.errors import AgentTimeout, DeadlineExceeded, InvalidPayload, Unavailable
from motet.middleware.circuit_breaker import CircuitBreaker
from motet.middleware.errors import CircuitOpen
from motet.middleware.retry import Retry
from motet.middleware.timeout import Timeout
from support import Recorder

__all__ = ["virtual"]

CALLS = 1000
FAULTS = 0.3
"""How many of the attempts meet a fault."""

RATE = 0.99
"""How many of the calls must be answered. One agent answers at least 93 % of them: with three attempts, 30 % faults and
one kind of fault in eight that is not tried again; and a second agent stands behind it."""

KINDS = ("raises", "refuses", "busy", "hangs", "swallows", "slow", "garbage", "dies")


class Flaky:
    """An agent's work with injected faults."""

    def __init__(self, name: str, seed: int, clock: Any, faults: float = FAULTS) -> None:
        self.dice = random.Random(seed)
        self.clock = clock
        self.faults = faults
        self.met: Counter[str] = Counter()
        self.inside = 0
        self.agent: Agent[int, int] = agent(name=name)(self.call)

    async def call(self, payload: int, ctx: Context) -> int:
        self.inside += 1
        try:
            await ctx.emit(payload)
            await asyncio.sleep(self.dice.uniform(0.01, 0.2))
            if self.dice.random() < self.faults:
                kind = self.dice.choice(KINDS)
                self.met[kind] += 1
                return await self.fault(kind, payload)
            return payload * 2
        finally:
            self.inside -= 1

    async def fault(self, kind: str, payload: int) -> Any:
        if kind == "raises":
            raise ConnectionResetError("the connection broke")
        if kind == "refuses":
            raise Unavailable("not now")
        if kind == "busy":
            raise Unavailable("busy", retry_after=0.5)
        if kind == "hangs":
            await asyncio.Event().wait()
        if kind == "swallows":
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await asyncio.sleep(30)
                return payload
        if kind == "slow":
            await asyncio.sleep(60)
        if kind == "garbage":
            return "no number"
        raise RuntimeError("died in the middle")


def guarded(flaky: Flaky, **limits: Any) -> tuple[Agent[int, int], CircuitBreaker]:
    breaker = CircuitBreaker(failures=None, rate=0.9, minimum=50, window=10, recovery=5, **limits)
    steps = Retry(3, backoff=Backoff(0.1, cap=1)), breaker, Timeout(1)
    return flaky.agent.using(*steps), breaker


async def all_of(work: Agent[int, int], clock: Any, **options: Any) -> list[Any]:
    calls = (work(number, clock=clock, **options) for number in range(CALLS))
    return await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.parametrize("seed", range(5))
def test_most_calls_are_answered_and_each_gets_its_own_answer_or_error(virtual, seed):
    first, second = Flaky("first", seed, virtual.clock), Flaky("second", seed + 100, virtual.clock)
    work = fallback(guarded(first)[0], guarded(second)[0])
    found = virtual.run(all_of(work, virtual.clock))
    assert len(found) == CALLS
    good = [number for number, value in enumerate(found) if value == number * 2]
    failed = [value for value in found if isinstance(value, BaseException)]
    assert len(good) + len(failed) == CALLS
    assert len(good) >= RATE * CALLS
    assert all(isinstance(error, AllFailed) and len(error.errors) == 2 for error in failed)
    assert set(first.met) == set(KINDS)
    assert virtual.clock.now() < 60
    virtual.advance(100)  # those that ignored their cancellation come to their end by themselves
    assert (first.inside, second.inside) == (0, 0)


def test_an_agent_that_is_down_is_left_alone_and_the_other_one_answers(virtual):
    first, second = Flaky("first", 1, virtual.clock, faults=1.0), Flaky("second", 2, virtual.clock, faults=0.0)
    left_alone, breaker = guarded(first)
    work = fallback(left_alone, guarded(second)[0])

    async def main():
        waves = []
        for _ in range(10):
            waves += await all_of(work, virtual.clock)
            await asyncio.sleep(0.1)
        return waves

    found = virtual.run(main())
    assert [value for value in found if not isinstance(value, int)] == []
    assert breaker.state() != "closed"
    assert sum(first.met.values()) < len(found) / 2
    virtual.advance(100)
    assert first.inside == 0


def test_deadlines_of_the_callers_hold_and_nobody_is_lost(virtual):
    flaky = Flaky("first", 3, virtual.clock)
    recorder = Recorder()
    work, _ = guarded(flaky)
    found = virtual.run(all_of(work, virtual.clock, deadline=0.5, observer=recorder))
    assert virtual.clock.now() <= 0.6
    kinds = Counter(type(value) for value in found)
    allowed = {int, DeadlineExceeded, AgentTimeout, ConnectionResetError, Unavailable, RuntimeError, InvalidPayload}
    assert set(kinds) <= allowed | {CircuitOpen}
    assert sum(kinds.values()) == CALLS
    assert kinds[int] > CALLS / 2
    assert kinds[DeadlineExceeded] > 0
    virtual.advance(100)
    assert flaky.inside == 0


def test_cancelling_half_of_the_callers_harms_nobody_else(virtual):
    flaky = Flaky("first", 4, virtual.clock, faults=0.0)
    work, _ = guarded(flaky)

    async def main():
        tasks = [asyncio.ensure_future(work(number, clock=virtual.clock)) for number in range(CALLS)]
        await asyncio.sleep(0.005)
        for task in tasks[::2]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = virtual.run(main())
    assert found[1::2] == [number * 2 for number in range(1, CALLS, 2)]
    assert all(isinstance(value, asyncio.CancelledError) for value in found[::2])
    assert flaky.inside == 0
