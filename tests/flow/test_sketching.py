"""Graphs as pictures: whole small drawings."""

from textwrap import dedent, indent
from typing import Any

import pytest

from motet import DROP, Flow, Node, agent, join, loop, route
from motet.flow.graph import build
from motet.flow.sketching import sketch
from motet.kernel.agent import Agent, Middleware
from motet.kernel.sketch import Arrow, Sketch, Spot
from support import echo, node

A, B, C, D, E = map(node, "abcde")


def kind(payload: object) -> str:
    return str(payload)


@agent(validate="none")
async def turn(payload: object) -> object:
    return payload


def drawn(lines: str) -> str:
    return "flowchart LR\n" + indent(dedent(lines).strip("\n"), "    ") + "\n"


@pytest.mark.parametrize(
    ("flow", "lines"),
    [
        (Flow("f", A), 'na["a"]'),
        (
            Flow("f", A, B),
            """
            na["a"]
            nb["b"]
            """,
        ),
        (
            Flow("f", A >> [B, C] >> join() >> D),
            """
            na["a"]
            nb["b"]
            nc["c"]
            njoin[/"join"\\]
            nd["d"]
            na --> nb
            na --> nc
            nb --> njoin
            nc --> njoin
            njoin --> nd
            """,
        ),
        (
            Flow("f", A >> route({"x": B, "y": [B, C], "z": None}, by=kind, default=D) >> E),
            """
            na["a"]
            nroute{"route"}
            nb["b"]
            nc["c"]
            nd["d"]
            ne["e"]
            na --> nroute
            nroute -->|"x"| nb
            nroute -->|"y"| nb
            nroute -->|"y"| nc
            nroute -->|"otherwise"| nd
            nb --> ne
            nc --> ne
            nd --> ne
            """,
        ),
        (
            Flow("f", A >> B >> route({"again": A, "done": C}, by=kind), cycles=True),
            """
            na["a"]
            nb["b"]
            nroute{"route"}
            nc["c"]
            na --> nb
            nb --> nroute
            nroute -.->|"again"| na
            nroute -->|"done"| nc
            """,
        ),
        (
            Flow("f", A >> A, A >> B, cycles=True),
            """
            na["a"]
            nb["b"]
            na -.-> na
            na --> nb
            """,
        ),
    ],
)
def test_a_whole_drawing(flow, lines):
    assert flow.draw() == drawn(lines)


def test_a_subflow_is_drawn_as_a_box_around_its_graph():
    flow = Flow("outer", A >> Flow("inner", B >> route({"x": C}, by=kind)) >> D)
    assert flow.sketch() == Sketch(
        "outer",
        (
            Spot("a"),
            Spot(
                "inner",
                "flow",
                Sketch(
                    "inner",
                    (Spot("b"), Spot("route", "router"), Spot("c")),
                    (Arrow("b", "route"), Arrow("route", "c", "x")),
                ),
            ),
            Spot("d"),
        ),
        (Arrow("a", "inner"), Arrow("inner", "d")),
    )


def test_subflows_are_drawn_as_deep_as_they_go():
    flow = Flow("outer", A >> Flow("middle", B >> Flow("deep", C >> D)))
    (_, middle) = flow.sketch().spots
    (_, deep) = middle.inside.spots
    assert [(spot.name, spot.shape) for spot in (middle, deep)] == [("middle", "flow"), ("deep", "flow")]
    assert deep.inside == Sketch("deep", (Spot("c"), Spot("d")), (Arrow("c", "d"),))
    assert flow.draw().count("subgraph") == 2


def test_a_subflow_of_one_node_is_drawn_as_that_node():
    assert Flow("outer", A >> Flow("inner", B)).sketch().spots == (Spot("a"), Spot("inner"))


def test_a_subflow_of_nodes_side_by_side_is_a_box_too():
    (_, inner) = Flow("outer", A >> Flow("inner", B, C)).sketch().spots
    assert inner == Spot("inner", "flow", Sketch("inner", (Spot("b"), Spot("c"))))


def test_a_loop_is_drawn_with_its_arrow_back():
    (_, spot) = Flow("f", A >> Node(loop(turn, until=bool), name="again")).sketch().spots
    assert (spot.name, spot.shape) == ("again", "flow")
    assert [(inner.name, inner.shape) for inner in spot.inside.spots] == [("turn", "loop")]
    assert [arrow.back for arrow in spot.inside.arrows] == [True]


def test_an_agent_in_middleware_is_drawn_as_the_agent():
    class Nothing(Middleware):
        def wrap(self, call: Any, agent: Agent[Any, Any]) -> Any:
            return call

    wrapped = Flow("inner", B >> C).using(Nothing())
    plain, around = (Flow("f", A >> part).sketch() for part in (Flow("inner", B >> C), wrapped))
    assert plain == around


def test_places_are_drawn_by_their_names_in_the_graph():
    flow = Flow("f", Node(echo, name="first") >> route({"x": join(), "y": join()}, by=kind) >> Node(echo, name="last"))
    assert [(spot.name, spot.shape) for spot in flow.sketch().spots] == [
        ("first", "agent"),
        ("route", "router"),
        ("join", "join"),
        ("join_2", "join"),
        ("last", "agent"),
    ]


def test_what_is_dropped_leads_nowhere():
    flow = Flow("f", route({"x": A, "y": None}, by=kind, default=DROP))
    assert flow.sketch().arrows == (Arrow("route", "a", "x"),)


def test_only_arrows_that_close_a_cycle_are_marked():
    made = sketch(build("g", [A >> [B, C] >> D >> B], []))
    assert made.name == "g"
    assert [(arrow.source, arrow.target) for arrow in made.arrows if arrow.back] == [("d", "b")]
