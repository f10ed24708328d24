"""Compositions as plain data, and a plain recursive model of what each gives, how long it takes, and what it emits.

Time is virtual and every call of a leaf takes a time of its own, so it is known which of several comes first.
"""

import asyncio
import heapq
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from motet import Agent, Context, agent
from motet.compose.conditional import conditional
from motet.compose.errors import AllFailed, Failed
from motet.compose.fallback import fallback
from motet.compose.fan_in import fan_in
from motet.compose.fan_out import fan_out
from motet.compose.map_reduce import map_reduce
from motet.compose.parallel import parallel
from motet.compose.sequential import sequential

__all__ = ["Beside", "Boom", "Branch", "Chain", "Leaf", "Node", "Outcome", "Spread", "Tries", "build", "expect", "told"]


class Boom(Exception):
    """The failure of a leaf."""


@dataclass(frozen=True)
class Leaf:
    """Adds to a number, and fails where the sum is a multiple of `fails`."""

    key: int
    adds: int
    fails: int


@dataclass(frozen=True)
class Chain:
    """One after another."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Tries:
    """One after another until one answers."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Branch:
    """One for even numbers, one for odd ones."""

    even: "Node"
    odd: "Node"


@dataclass(frozen=True)
class Beside:
    """Beside one another: all (`wait` is 0) or as many as `wait` says; the answers are added up."""

    parts: tuple["Node", ...]
    wait: int
    slots: int | None


@dataclass(frozen=True)
class Spread:
    """For each of some numbers in a row; the answers are added up."""

    part: "Node"
    count: int
    slots: int | None
    errors: str


Node = Leaf | Chain | Tries | Branch | Beside | Spread


@dataclass
class Outcome:
    """What comes of a call.

    Args:
        seconds: How long it takes.
        value: What it gives, where it does not fail.
        error: What it fails with, as `told` writes it.
        emitted: What it has emitted that still counts, where it does not fail.
    """

    seconds: float
    value: int = 0
    error: tuple[Any, ...] | None = None
    emitted: Counter[Any] = field(default_factory=Counter)


def told(error: BaseException) -> tuple[Any, ...]:
    """Write an error as plain data."""
    if isinstance(error, AllFailed):
        return ("all", tuple(told(one) for _, one in error.errors))
    assert isinstance(error, Boom)
    return error.args


def length(key: int, number: int) -> float:
    """Tell how long a leaf takes: different for each leaf and number."""
    return 0.1 + random.Random(f"{key} {number}").random()


def build(node: Node) -> Agent[int, int]:
    """Make the agent that a node describes."""
    match node:
        case Leaf():
            made: Agent[Any, Any] = _leaf(node)
        case Chain(parts):
            made = sequential(*map(build, parts), name="chain")
        case Tries(parts):
            made = fallback(*map(build, parts), name="tries")
        case Branch(even, odd):
            made = conditional((lambda number: number % 2 == 0, build(even)), default=build(odd), name="branch")
        case Beside(parts, wait, slots):
            made = parallel(*map(build, parts), wait=wait or "all", concurrency=slots, combine=sum, name="beside")
        case Spread():
            made = _spread_out(node)
    return made


def _spread_out(node: Spread) -> Agent[Any, Any]:
    part, slots = build(node.part), node.slots
    if node.errors == "skip":
        rows = agent(lambda number: row(number, node.count), thread=False, name="row")
        return sequential(rows, map_reduce(map=part, reduce=sum, concurrency=slots, errors="skip", name="spread"))
    split, errors = (lambda number: row(number, node.count)), node.errors
    spread = fan_out(part, split=split, concurrency=slots, errors=errors, name="spread")
    return sequential(spread, fan_in(_answers), name="spread and add")


def row(number: int, count: int) -> range:
    """Return the numbers that a spread is for."""
    return range(number, number + count)


def _answers(found: list[Any]) -> int:
    return sum(one for one in found if not isinstance(one, Failed))


def _leaf(node: Leaf) -> Agent[int, int]:
    @agent(name=f"leaf{node.key}")
    async def work(number: int, ctx: Context) -> int:
        await ctx.emit((node.key, number))
        await asyncio.sleep(length(node.key, number))
        if (number + node.adds) % node.fails == 0:
            raise Boom(node.key, number)
        return number + node.adds

    return work


def expect(node: Node, number: int) -> Outcome:
    """Tell what comes of calling the agent that a node describes."""
    match node:
        case Leaf(key, adds, fails):
            failed = (key, number) if (number + adds) % fails == 0 else None
            return Outcome(length(key, number), number + adds, failed, Counter([(key, number)]))
        case Chain(parts):
            return _chain(parts, number)
        case Tries(parts):
            return _tries(parts, number)
        case Branch(even, odd):
            return expect(odd if number % 2 else even, number)
        case Beside(parts, wait, slots):
            return _beside([expect(part, number) for part in parts], wait, slots)
    return _spread([expect(node.part, one) for one in row(number, node.count)], node.slots, node.errors)


def _chain(parts: tuple[Node, ...], number: int) -> Outcome:
    whole = Outcome(0.0, number)
    for part in parts:
        step = expect(part, whole.value)
        whole = Outcome(whole.seconds + step.seconds, step.value, step.error, whole.emitted + step.emitted)
        if step.error is not None:
            break
    return whole


def _tries(parts: tuple[Node, ...], number: int) -> Outcome:
    seconds, errors = 0.0, []
    for part in parts:
        one = expect(part, number)
        seconds += one.seconds
        if one.error is None:
            return Outcome(seconds, one.value, None, one.emitted)
        errors.append(one.error)
    return Outcome(seconds, error=("all", tuple(errors)))


def _ends(outcomes: list[Outcome], slots: int | None) -> list[tuple[float, Outcome]]:
    """Tell when each of several calls ends, in that order, where no more than `slots` run at once."""
    free = [0.0] * min(slots or len(outcomes), len(outcomes))
    ends = []
    for outcome in outcomes:
        end = heapq.heappop(free) + outcome.seconds
        heapq.heappush(free, end)
        ends.append((end, outcome))
    return sorted(ends, key=lambda pair: pair[0])


def _beside(outcomes: list[Outcome], wait: int, slots: int | None) -> Outcome:
    needed = wait or len(outcomes)
    good: list[Outcome] = []
    errors: list[tuple[Any, ...]] = []
    for end, outcome in _ends(outcomes, slots):
        if outcome.error is None:
            good.append(outcome)
        else:
            errors.append(outcome.error)
        if len(good) == needed:
            return Outcome(end, sum(one.value for one in good), None, _together(good))
        if len(errors) > len(outcomes) - needed:
            return Outcome(end, error=("all", tuple(errors)) if wait else errors[0])
    raise AssertionError


def _spread(outcomes: list[Outcome], slots: int | None, errors: str) -> Outcome:
    ends = _ends(outcomes, slots)
    if errors == "fail":
        first = next((pair for pair in ends if pair[1].error is not None), None)
        if first is not None:
            return Outcome(first[0], error=first[1].error)
    good = [outcome for outcome in outcomes if outcome.error is None]
    return Outcome(ends[-1][0] if ends else 0.0, sum(one.value for one in good), None, _together(good))


def _together(outcomes: list[Outcome]) -> Counter[Any]:
    return sum((outcome.emitted for outcome in outcomes), Counter[Any]())
