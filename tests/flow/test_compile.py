"""From a graph to the states that the runtime works with."""

import asyncio
from typing import Any

import pytest

from motet import Node, Policy, RetryPolicy, agent, join, route
from motet.flow.books import Link, NodeState
from motet.flow.compile import Program, compile_graph, timed
from motet.flow.graph import build
from motet.kernel.context import Context
from motet.kernel.errors import AgentTimeout
from motet.kernel.scope import Scope
from support import echo, node, within


def program(*parts: Any, concurrency: int = 16, inbox: int = 64) -> Program:
    return compile_graph(build("p", parts, []), concurrency=concurrency, inbox=inbox)


def state(made: Program, name: str) -> NodeState:
    (found,) = [each for each in made.states if each.name == name]
    return found


def told(links: tuple[Link, ...] | None) -> str:
    """Tell links by target and rank; a star stands for one that closes a cycle."""
    return " ".join(f"{link.target.name}{link.rank}{'*' * link.closing}" for link in links or ())


def context(name: str = "agent") -> Context:
    return Context(Scope(), name)


A, B, C, D = map(node, "abcd")


@pytest.mark.parametrize(
    ("parts", "ways", "entries"),
    [
        ([A], {"a": ""}, "a-1"),
        ([A >> B >> C], {"a": "b0", "b": "c0", "c": ""}, "a-1"),
        ([A, B], {"a": "", "b": ""}, "a-1 b-1"),
        ([A >> [B, C] >> D], {"a": "b0 c0", "b": "d0", "c": "d1", "d": ""}, "a-1"),
        ([[A, B, C] >> D], {"a": "d0", "b": "d1", "c": "d2"}, "a-1 b-1 c-1"),
        ([A >> C, B >> C, A >> D], {"a": "c0 d0", "b": "c1"}, "a-1 b-1"),
        ([A >> A, A >> B], {"a": "a0* b0"}, "a-1"),
        ([A >> B >> C >> B], {"a": "b0", "b": "c0", "c": "b1*"}, "a-1"),
        ([A >> B >> A], {"a": "b0", "b": "a0*"}, "a-1"),
        ([A >> [B, C] >> join()], {"a": "b0 c0", "b": "join0", "c": "join1"}, "a-1"),
        ([A >> route({"x": B, "y": [C, D]}, by=str)], {"a": "route0", "route": "b0 c0 d0"}, "a-1"),
    ],
)
def test_states_are_linked_as_the_graph_is(parts, ways, entries):
    made = program(*parts)
    assert {name: told(state(made, name).out) for name in ways} == ways
    assert told(made.entries) == entries
    assert made.name == "p"


def test_the_last_nodes_lead_out_of_the_flow():
    made = program(A >> B)
    assert state(made, "a").onward == state(made, "a").out
    assert state(made, "b").onward is None


def test_a_router_knows_where_each_label_leads():
    router = route({"x": A, "y": [A, B], "z": None}, by=str, default=C)
    made = program(router)
    assert {label: told(links) for label, links in state(made, "route").ways.items()} == {
        "x": "a0",
        "y": "a1 b0",
        "z": "",
        "otherwise": "c0",
    }
    assert state(made, "route").router
    assert not state(made, "a").router
    assert {link.target.name for link in state(made, "route").out} == {"a", "b", "c"}


def test_a_label_that_leads_back_is_a_link_that_never_blocks():
    made = program(A >> route({"again": A, "done": B}, by=str))
    assert {label: told(links) for label, links in state(made, "route").ways.items()} == {"again": "a0*", "done": "b0"}
    assert made.cyclic
    assert [each.name for each in made.states if each.cyclic] == ["a", "route"]


def test_a_join_knows_what_is_before_it():
    made = program(A >> [B, C] >> join() >> D)
    joint = state(made, "join")
    assert {before.name for before in joint.ancestors} == {"a", "b", "c"}
    assert made.joins == (joint,)
    assert joint.join is joint.node
    assert not state(made, "d").ancestors


@pytest.mark.parametrize(
    ("joint", "barriers"),
    [(join(), True), (join(timeout=1), True), (join(2), False), (join(2, timeout=1), False)],
)
def test_only_a_join_without_a_number_looks_at_what_is_upstream(joint, barriers):
    assert program(A >> joint).barriers is barriers


def test_without_joins_and_cycles_there_is_nothing_to_watch():
    made = program(A >> B)
    assert (made.joins, made.barriers, made.cyclic) == ((), False, False)


def test_a_nodes_own_sizes_go_before_those_of_the_flow():
    own = Node(echo, name="own", concurrency=3, inbox=5)
    made = program(own >> A >> route({"x": B}, by=str), concurrency=7, inbox=9)
    assert [(each.limit, each.capacity) for each in made.states] == [(3, 5), (7, 9), (7, 9), (7, 9)]


@pytest.mark.parametrize(
    ("options", "ordered"),
    [
        ({"concurrency": 1}, False),
        ({"concurrency": 2}, True),
        ({"concurrency": 1, "policy": Policy(retry=RetryPolicy())}, True),
        ({"concurrency": 1, "policy": Policy(timeout=1)}, False),
    ],
)
def test_a_single_slot_keeps_the_order_by_itself(options, ordered):
    assert state(program(node("n", **options)), "n").ordered is ordered


async def test_a_node_calls_its_agent_a_router_itself_and_a_join_nobody():
    @agent
    async def double(number: int) -> int:
        return number * 2

    made = program(Node(double, name="d") >> route({"x": A}, by=lambda _: "x") >> join())
    assert await state(made, "d").call(2, context()) == 4
    assert await state(made, "route").call(2, context()) == "x"
    with pytest.raises(NotImplementedError, match="'join' is a join, and joins are not called"):
        await state(made, "join").call(2, context("join"))


async def test_a_policys_timeout_bounds_the_call():
    interrupted = asyncio.Event()

    async def hang(payload: object) -> object:
        try:
            await asyncio.sleep(3600)
        finally:
            interrupted.set()
        return payload

    made = program(node("slow", hang, policy=Policy(timeout=0.01)))
    with pytest.raises(AgentTimeout, match=r"'slow' took longer than 0.01 s"):
        await within(state(made, "slow").call(1, context()))
    assert interrupted.is_set()
    assert state(program(A), "a").call is echo.bound


async def test_a_limit_lets_through_what_is_in_time_and_what_it_raises():
    async def answer(payload: Any, ctx: Context) -> Any:
        if payload == "own":
            raise TimeoutError("the agent's own")
        return payload

    limited = timed(answer, 60, "n")
    assert await limited("in time", context()) == "in time"
    with pytest.raises(TimeoutError, match="the agent's own") as caught:
        await limited("own", context())
    assert not isinstance(caught.value, AgentTimeout)


async def test_a_limit_lets_a_cancellation_from_outside_through():
    async def hang(payload: Any, ctx: Context) -> Any:
        await asyncio.sleep(3600)

    calling = asyncio.ensure_future(timed(hang, 60, "n")(1, context()))
    await asyncio.sleep(0)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(calling)


def test_a_graph_can_be_compiled_more_than_once_and_shares_nothing():
    graph = build("p", [A >> B], [])
    first, second = (compile_graph(graph, concurrency=1, inbox=1) for _ in range(2))
    assert not set(first.states) & set(second.states)
    assert [each.node for each in first.states] == [each.node for each in second.states]
