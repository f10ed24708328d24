"""What stands in between goes away again without a trace, in whatever order it comes and goes."""

import itertools

import pytest

from motet import Flow, Node, Policy, agent
from motet.middleware import Retry
from motet.testing.interposing import Interposed, interpose, interpose_node, withdraw, withdraw_node
from motet.testing.places import places_of


@agent
async def work(payload: str) -> str:
    """Work."""
    return payload


def marking(mark):
    async def layer(call, payload, ctx):
        return f"{mark}({await call(payload, ctx)})"

    return layer


A, B, N = marking("a"), marking("b"), marking("n")


def flow_of_one():
    return Flow("one", Node(work.using(Retry(attempts=1)), name="node", policy=Policy(timeout=60)))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_layers_come_and_go_in_any_order(order):
    flow = flow_of_one()
    (place,) = places_of([flow])
    assert place.state is not None
    state = place.state
    puts = [lambda: interpose(place, A), lambda: interpose(place, B), lambda: interpose_node(state, N)]
    takes = [lambda: withdraw(place, A), lambda: withdraw(place, B), lambda: withdraw_node(state, N)]
    for number in order:
        puts[number]()
    for number in order:  # again: each is there once
        puts[number]()
    came = await flow("x")
    assert came.startswith("n(")
    assert sorted(came) == sorted("n(a(b(x)))")
    left = set(range(3))
    for number in order:
        takes[number]()
        left.discard(number)
        assert {"abn".index(mark) for mark in await flow("x") if mark in "abn"} == left
    assert "bound" not in vars(work) or not isinstance(vars(work)["bound"], Interposed)
    assert not isinstance(state.call, Interposed)


async def test_taking_away_what_is_not_there_changes_nothing():
    flow = flow_of_one()
    (place,) = places_of([flow])
    assert place.state is not None
    withdraw(place, A)
    withdraw_node(place.state, A)
    assert await flow("x") == "x"
