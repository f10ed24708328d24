"""Functions and agents that turn one value into another."""

import functools
from typing import Any

import pytest

from compose.voices import twice
from motet import Agent, Context, agent
from motet.compose.steps import apply, check_step, label_of, types_of_step
from motet.kernel.context import CURRENT
from motet.kernel.errors import InvalidAgent
from motet.kernel.scope import Scope


def add(number: int, other: int = 1) -> float:
    return number + other


async def add_later(number: int) -> float:
    return number + 1


class Adder:
    def __call__(self, number: int) -> float:
        return number + 1


@pytest.mark.parametrize(
    ("step", "wanted"),
    [
        (add, 4),
        (add_later, 4),
        (Adder(), 4),
        (functools.partial(add, other=2), 5),
        (lambda number: number, 3),
        (twice, 6),
        (str, "3"),
    ],
)
async def test_a_step_may_be_written_in_many_ways(step, wanted):
    check_step(step, "x")
    assert await apply(step, 3, Context(Scope(), "x")) == wanted


async def test_an_agent_is_called_as_a_part_of_the_trace():
    ctx, seen = Context(Scope(), "x"), []

    @agent
    async def looks(payload):
        current = CURRENT.get()
        assert current is not None
        seen.append((current.parent, current.path))

    await apply(looks, 1, ctx)
    assert seen == [(ctx, ("x", "looks"))]


@pytest.mark.parametrize(
    ("step", "label"),
    [
        (add, "add"),
        (twice, "twice"),
        (functools.partial(functools.partial(add, 1), 2), "add"),
        (lambda number: number, "unnamed"),
        (Adder(), "unnamed"),
        (max, "max"),
    ],
)
def test_a_step_is_called_after_its_function(step, label):
    assert label_of(step, "unnamed") == label


@pytest.mark.parametrize(
    ("step", "types"),
    [
        (add, (int, float)),
        (add_later, (int, float)),
        (Adder(), (int, float)),
        (twice, (int, int)),
        (lambda number: number, (Any, Any)),
        (max, (Any, Any)),
        (str, (Any, Any)),
        (dict, (Any, Any)),
    ],
)
def test_a_step_tells_its_types_if_it_can(step, types):
    assert tuple(side.type for side in types_of_step(step)) == types


def test_a_step_whose_annotations_cannot_be_read_tells_nothing():
    def strange(number: "Missing") -> "Missing":  # noqa: F821
        return number

    assert [side.open for side in types_of_step(strange)] == [True, True]


class Whole(Agent[int, int]):
    async def call(self, payload: int, ctx: Context) -> int:
        return payload


@pytest.mark.parametrize(("step", "message"), [(3, "not 3"), (None, "not None"), (Whole, r"make one, as in Whole\(\)")])
def test_what_cannot_be_called_is_refused(step, message):
    with pytest.raises(InvalidAgent, match=message):
        check_step(step, "parallel(combine=...)")
