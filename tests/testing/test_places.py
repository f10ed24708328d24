"""Every place of an agent is found, once each, with what stands around it."""

from typing import Any

import pytest

from motet import (
    Flow,
    Node,
    agent,
    conditional,
    fallback,
    fan_in,
    fan_out,
    join,
    loop,
    map_reduce,
    parallel,
    route,
    sequential,
    tool,
)
from motet.kernel.agent import Agent
from motet.middleware import Batch, Retry
from motet.testing import echo, recording, scripted
from motet.testing.places import innermost, places_of


@agent
async def work(payload: int) -> int:
    """Work."""
    return payload


def names(*roots: Agent[Any, Any]):
    return sorted({place.name for place in places_of(roots)})


@pytest.mark.parametrize(
    ("root", "found"),
    [
        (work, ["work"]),
        (Flow("f", echo("a") >> echo("b")), ["a", "b"]),
        (Flow("f", echo("a") >> [echo("b"), echo("c")] >> join()), ["a", "b", "c", "join"]),
        (Flow("f", echo("a") >> route({"x": echo("b")}, by=str)), ["a", "b", "route"]),
        (Flow("f", Node(Flow("g", echo("a")), name="sub")), ["a", "sub"]),
        (sequential(echo("a"), echo("b"), name="s"), ["a", "b", "s"]),
        (parallel(echo("a"), echo("b"), name="s"), ["a", "b", "s"]),
        (fallback(echo("a"), echo("b"), name="s"), ["a", "b", "s"]),
        (loop(echo("a"), until=bool, max_hops=2), ["a", "loop of a"]),
        (sequential(fan_out(echo("a"), name="o"), fan_in(echo("c"), name="i"), name="s"), ["a", "c", "i", "o", "s"]),
    ],
)
def test_nodes_and_parts_are_found(root, found):
    assert names(root) == found


def test_what_compositions_choose_and_reduce_with_is_found():
    chosen = conditional((bool, echo("yes")), default=echo("no"), name="if")
    assert names(chosen) == ["if", "no", "yes"]
    assert set(names(map_reduce(map=echo("m"), reduce=echo("r"), name="mr"))) >= {"m", "r", "mr"}


def test_middleware_is_around_and_what_it_calls_is_found():
    guarded = recording(work.using(Retry()))
    (place,) = places_of([guarded])
    assert place.agent is work
    assert [type(one).__name__ for one in place.around] == ["Recording", "Wrapped"]
    assert innermost(guarded) is work
    batched = echo("one").using(Batch(call=scripted([], name="all")))
    assert names(batched) == ["all", "one"]


def test_a_tool_is_one_place_with_the_function_in_it():
    @tool
    async def search(query: str) -> str:
        """Search."""
        return query

    (place,) = places_of([search])
    assert (place.name, place.agent) == ("search", innermost(search))
    assert place.agent is not search


def test_a_stand_in_does_not_lead_to_the_agent_that_it_looks_like():
    assert names(scripted([], like=sequential(work, name="real"))) == ["real"]


def test_an_agent_that_contains_itself_ends_the_walk():
    outer = sequential(work, name="outer")
    outer.agents = (outer, work)  # type: ignore[attr-defined]
    assert names(outer) == ["outer", "work"]
