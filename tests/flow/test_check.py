"""Every problem of a graph, each with its place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from motet import DROP, Flow, FlowError, Node, agent, join, route
from motet.flow.check import check
from motet.flow.graph import build
from motet.kernel.errors import InvalidGraph
from motet.kernel.wiring import Wirable
from support import node


class Question(BaseModel):
    text: str


class Answer(BaseModel):
    text: str


def typed(name: str, taken: Any, given_: Any, **options: Any) -> Node:
    """Make a node of an agent that takes one type and gives another."""

    async def work(payload: Any) -> Any:
        return payload

    work.__annotations__ = {"payload": taken, "return": given_}
    return Node(agent(work), name=name, **options)


def problems(*parts: Wirable, cycles: bool = False) -> list[str]:
    return check(build("g", parts, []), cycles=cycles)


def by(payload: object) -> str:
    return "x"


A, B, C, D = map(node, "abcd")
ASKS = typed("asks", str, Question)
ANSWERS = typed("answers", Question, Answer)
COUNTS = typed("counts", Any, int)
MAYBE = typed("maybe", Any, Question | None)
SUMS = typed("sums", list[int], int)
READS = typed("reads", Question, str)
FAILS = typed("fails", Any, Question, on_error="emit")
HANDLES = typed("handles", FlowError, str)
ENTRY = route({"x": READS}, by=by)
CONVERTS = "change one of the annotations, or put an agent that converts in between"


@pytest.mark.parametrize(
    "parts",
    [
        [A],
        [A, B],
        [A >> [B, C] >> D],
        [A >> [B, C] >> join() >> D],
        [A >> route({"x": B, "y": None}, by=by, default=C)],
        [route({"x": A}, by=by)],
        [ASKS >> ANSWERS],
        [MAYBE >> ANSWERS],
        [[ASKS, MAYBE] >> ANSWERS],
        [[COUNTS, A] >> join() >> SUMS],
        [FAILS >> A],
        [FAILS >> typed("both", Question | FlowError, str)],
        [A, Node(B.agent, name="named", concurrency=1, inbox=1)],
    ],
)
def test_a_graph_that_can_run_has_no_problems(parts):
    assert problems(*parts) == []


def test_two_nodes_of_one_name_are_a_problem():
    (problem,) = problems(A, node("a"))
    assert problem == (
        "2 nodes are called 'a': give each its own name, as in Node(agent, name='a_2'), "
        "or use the same agent object where the same place is meant"
    )


def test_a_node_that_nothing_can_reach_is_a_problem():
    assert problems(A, B >> C >> B, cycles=True) == [
        "'b' can never get a message: nothing leads to it from 'a'",
        "'c' can never get a message: nothing leads to it from 'a'",
    ]


def test_a_cycle_is_a_problem_unless_it_is_meant():
    assert problems(A >> B >> C >> B) == [
        "b >> c >> b is a cycle: pass cycles=True if it is meant, and give runs a budget that ends it"
    ]
    assert problems(A >> B >> C >> B, cycles=True) == []


@pytest.mark.parametrize(
    ("parts", "way"),
    [
        ([A >> A], "a >> a"),
        ([A >> B >> A], "a >> b >> a"),
        ([A >> route({"x": A, "y": B}, by=by)], "a >> route >> a"),
        ([A >> join() >> A], "a >> join >> a"),
        ([A >> [B, C] >> D >> A], "a >> b >> d >> a"),
    ],
)
def test_a_cycle_is_told_as_the_way_round(parts, way):
    (problem,) = [found for found in problems(*parts) if "is a cycle" in found]
    assert problem.startswith(f"{way} is a cycle")


@pytest.mark.parametrize("what", ["concurrency", "inbox"])
@pytest.mark.parametrize("value", [0, -1, 2.5, "3"])
def test_a_size_that_is_no_positive_number_is_a_problem(what, value):
    assert problems(node("n", **{what: value})) == [f"'n' has {what}={value!r}: it takes a whole number of at least 1"]


def test_an_unknown_way_to_treat_errors_is_a_problem():
    assert problems(node("n", on_error="ignore")) == ["'n' has on_error='ignore': it is one of 'raise', 'emit'"]


def test_a_join_without_anything_before_it_is_a_problem():
    assert problems(join() >> A) == [
        "'join' is a join that nothing leads to: wire what it should collect in front of it"
    ]


def test_types_that_cannot_fit_are_a_problem():
    assert problems(ASKS >> SUMS) == [f"'sums' takes list[int], but gets Question from 'asks': {CONVERTS}"]
    assert problems(COUNTS >> ANSWERS >> READS) == [
        f"'answers' takes Question, but gets int from 'counts': {CONVERTS}",
        f"'reads' takes Question, but gets Answer from 'answers': {CONVERTS}",
    ]


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        # A router passes on what it gets, and one type that fits is enough.
        ([COUNTS >> route({"x": READS}, by=by)], ["'reads' takes Question, but gets int from 'counts'"]),
        ([[COUNTS, ASKS] >> route({"x": READS}, by=by)], []),
        ([[COUNTS, ASKS] >> route({Question: READS, int: B})], []),
        (
            [[COUNTS, ANSWERS] >> route({"x": READS}, by=by, default=DROP)],
            [
                "'reads' takes Question, but gets int from 'counts'",
                "'reads' takes Question, but gets Answer from 'answers'",
            ],
        ),
        ([COUNTS >> route({"x": READS, "y": READS}, by=by)], ["'reads' takes Question, but gets int from 'counts'"]),
        (
            [COUNTS >> route({"x": route({"y": READS}, by=by)}, by=by)],
            ["'reads' takes Question, but gets int from 'counts'"],
        ),
        ([route({"x": READS, "y": SUMS}, by=by)], []),
        ([FAILS >> route({FlowError: HANDLES, Question: READS})], []),
        # A join makes lists of what it gets, and everything in them has to fit.
        ([COUNTS >> join() >> SUMS], []),
        ([COUNTS >> join() >> C], []),
        ([COUNTS >> join() >> READS], ["'reads' takes Question, but gets list[int] from 'counts'"]),
        (
            [[COUNTS, MAYBE] >> join(2) >> SUMS],
            ["'sums' takes list[int], but gets list["],
        ),
        ([COUNTS >> join(2) >> join(3) >> SUMS], ["'sums' takes list[int], but gets list[list[int]] from 'counts'"]),
        ([[COUNTS, ASKS] >> join() >> typed("pair", tuple[int, Question], int)], []),
        # Routers and joins in turn.
        ([[COUNTS, ASKS] >> route({"x": join() >> SUMS}, by=by)], []),
        ([A >> [COUNTS, ASKS] >> route({"x": join() >> READS}, by=by)], ["'reads' takes Question, but gets list"] * 2),
        ([ASKS >> join() >> route({"x": READS, "y": SUMS}, by=by)], ["'reads' takes", "'sums' takes"]),
        # Errors as values.
        (
            [FAILS >> READS],
            ["'reads' takes Question, but gets FlowError (it has on_error='emit', so its successors get FlowError val"],
        ),
        ([FAILS >> HANDLES], ["'handles' takes FlowError, but gets Question from 'fails'"]),
        ([FAILS >> join() >> typed("all", list[Question], int)], ["'all' takes"]),
        # In a cycle, too.
        ([SUMS >> SUMS], ["'sums' takes list[int], but gets int from 'sums'"]),
        ([A >> route({"x": READS}, by=by) >> A], []),
        # What comes from outside to a router may be anything.
        ([ENTRY >> COUNTS >> ENTRY], []),
    ],
)
def test_types_are_followed_through_routers_and_joins(parts, told):
    found = problems(*parts, cycles=True)
    assert len(found) == len(told), found
    assert all(sentence.startswith(start) for sentence, start in zip(found, told, strict=True)), found


def test_senders_of_one_type_through_one_router_are_told_in_one_sentence():
    more = typed("more", Any, int)
    assert problems([COUNTS, more] >> route({"x": READS}, by=by)) == [
        f"'reads' takes Question, but gets int from 'counts', 'more': {CONVERTS}"
    ]


def test_layers_of_routers_and_joins_are_checked_once_each():
    asked: list[object] = []

    class Watched(Node):
        @property
        def given(self) -> Any:
            asked.append(self)
            return super().given

    wiring = Watched(COUNTS.agent, name="first").wiring()
    for _ in range(7):
        wiring = wiring >> [route({"x": join(1)}, by=by), route({"x": join(1)}, by=by)]
    assert problems(wiring >> READS)
    assert len(asked) < 50


def test_cycles_of_routers_and_joins_alone_are_walked_to_their_end():
    first, second = join(name="first"), join(name="second")
    assert problems(COUNTS >> first >> second >> first, second >> SUMS, cycles=True)


def test_types_are_followed_through_a_long_row_of_routers():
    behind: Wirable = READS
    for _ in range(50):
        behind = route({"x": behind}, by=by)
    assert problems(COUNTS >> behind) == [f"'reads' takes Question, but gets int from 'counts': {CONVERTS}"]


def test_all_problems_are_told_at_once():
    parts = [
        node("n", concurrency=0) >> node("m") >> node("m", inbox=0),
        join() >> B,
        ASKS >> SUMS,
        C >> D >> C,
    ]
    found = problems(*parts)
    assert len(found) == 8
    for told in [
        "2 nodes",
        "'c' can never",
        "'d' can never",
        "c >> d >> c is",
        "concurrency=0",
        "inbox=0",
        "'join' is",
        "'sums'",
    ]:
        assert sum(told in problem for problem in found) == 1, told


def test_a_flow_lists_every_problem_in_its_error():
    with pytest.raises(InvalidGraph) as caught:
        Flow("wrong", node("a") >> node("a") >> A, ASKS >> SUMS)
    assert str(caught.value) == "The graph of 'wrong' cannot run:" + "".join(
        f"\n  - {problem}" for problem in caught.value.problems
    )
    assert len(caught.value.problems) == 2


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=10),
    st.lists(st.sampled_from([A, B, ASKS, COUNTS, SUMS, READS]), min_size=6, max_size=6, unique_by=id),
)
def test_a_problem_always_names_a_place(pairs, places):
    graph = build("g", [], [(places[source], places[target]) for source, target in pairs])
    found = check(graph)
    assert len(set(found)) == len(found)
    assert all(any(name in problem for name in graph.names) for problem in found)
