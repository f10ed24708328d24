import pytest

from motet.devtools.span import Span, walk
from motet.devtools.spans import grow
from motet.kernel.events import (
    AgentChosen,
    AgentEnded,
    AgentStarted,
    BudgetSpent,
    ChunkEmitted,
    DeadlinePassed,
    Event,
    Intervened,
    JoinFired,
    LateDropped,
    NodeEnded,
    NodeStarted,
    RetryScheduled,
    RunCancelled,
    RunEnded,
    RunStarted,
    TaskChanged,
    TreeChanged,
)

ERROR = ValueError("no")


def began(span: str, parent: str = "", name: str = "it") -> Event:
    return AgentStarted("t", 1.0, span, parent, name)


@pytest.mark.parametrize(
    ("events", "remarks"),
    [
        ([], []),
        ([ChunkEmitted("t", 1, "s", "it", 1, False)], ["1 chunk"]),
        (
            [ChunkEmitted("t", 1, "s", "it", 1, False), ChunkEmitted("t", 1, "s", "it", 2, True)],
            ["its chunks start again", "1 chunk"],
        ),
        (
            [BudgetSpent("t", 1, "s", "it", 5, 0.25), BudgetSpent("t", 1, "s", "it", 5, 0.25)],
            ["10 tokens", "cost 0.5"],
        ),
        ([DeadlinePassed("t", 1, "s", "it")], ["deadline passed"]),
        ([RetryScheduled("t", 1, "s", "it", 1, 0.5, ERROR)], ["tried again after 500 ms"]),
        ([LateDropped("t", 1, "s", "f", "join"), LateDropped("t", 1, "s", "f", "join")], ["2 late messages dropped"]),
        ([RunStarted("t", 1, "s", "", "it"), RunCancelled("t", 1, "s", "it")], []),
        ([RunStarted("t", 1, "s", "", "other")], ["flow other"]),
        ([AgentChosen("t", 1, "s", "it", "b", (ERROR,))], ["chose b, after 1 failure"]),
        ([AgentChosen("t", 1, "s", "it", "a")], ["chose a"]),
        ([Intervened("t", 1, "s", "it", "rate_limit", "waited")], ["rate limit: waited"]),
        ([ChunkEmitted("t", 1, "unknown", "it", 1, False)], []),
    ],
)
def test_what_happens_to_a_span_is_remarked(events: list[Event], remarks: list[str]) -> None:
    (span,) = grow([began("s"), *events])
    assert span.remarks == remarks


@pytest.mark.parametrize(
    "end",
    [
        AgentEnded("t", 3.0, "s", "it", "failed", 2.0, ERROR),
        NodeEnded("t", 3.0, "s", "f", "it", "failed", 2.0, ERROR),
        RunEnded("t", 3.0, "s", "it", "failed", 2.0, ERROR),
    ],
)
def test_an_end_says_how_and_how_long(end: Event) -> None:
    assert grow([began("s"), end]) == [Span("it", 1.0, 2.0, "failed", ERROR, id="s", events=[began("s"), end])]


def test_what_has_not_ended_says_so() -> None:
    (span,) = grow([began("s")])
    assert (span.took, span.status) == (None, None)


def test_an_end_without_a_beginning_is_left_out() -> None:
    assert grow([AgentEnded("t", 3.0, "s", "it", "completed", 2.0)]) == []


def test_spans_are_nested_by_their_parents() -> None:
    (root,) = grow(
        [
            began("1", "", "flow"),
            RunStarted("t", 1, "1", "", "flow"),
            NodeStarted("t", 2, "2", "1", "flow", "a", 1),
            began("3", "2", "helper"),
            NodeStarted("t", 2, "4", "1", "flow", "a", 2),
            JoinFired("t", 3, "1", "flow", "join", 2, False),
        ]
    )
    assert [child.name for child in root.children] == ["a", "a", "join"]
    assert [child.name for child in root.children[0].children] == ["helper"]
    assert root.children[1].remarks == ["attempt 2"]
    assert root.children[2].remarks == ["joined 2 messages, cut short"]


def task(status: str, at: float = 1.0) -> Event:
    return TaskChanged("t", at, "id", "id-1", "first", status, 1, 0.0, span="task", parent="tree")


def tree(status: str, parent: str = "", at: float = 2.0) -> Event:
    return TreeChanged("t", at, "id", "trip", status, 1.0, "tree", parent)


@pytest.mark.parametrize("status", ["completed", "input_required"])
def test_a_tree_whose_tasks_come_before_it_has_its_name_and_stands_below_the_call_that_created_it(status: str) -> None:
    events = [began("s"), began("a", "s", "a"), task("in_progress"), task(status)]
    later = AgentStarted("t", 1.5, "b", "s", "b")
    (root,) = grow([*events, later, tree(status, "s"), tree(status, "s")])
    assert [(child.name, child.kind) for child in root.children] == [("a", "agent"), ("trip", "tree"), ("b", "agent")]
    (found,) = [child for child in root.children if child.kind == "tree"]
    assert found.notes == ["task tree id"]
    assert [child.name for child in found.children] == ["first"]


def test_a_tree_at_the_top_has_its_name() -> None:
    (root,) = grow([task("in_progress"), task("completed"), tree("completed")])
    assert (root.name, root.kind, root.status, root.took) == ("trip", "tree", "completed", 1.0)


@pytest.mark.parametrize("parent", ["tree", "task", "nobody"])
def test_a_tree_that_a_broken_history_has_below_itself_stays_at_the_top(parent: str) -> None:
    (root,) = grow([task("in_progress"), tree("completed", parent)])
    assert [span.name for span in walk([root])] == ["trip", "first"]


def test_a_span_of_an_unknown_parent_is_a_root() -> None:
    assert [span.name for span in grow([began("1", "elsewhere", "a"), began("2", "elsewhere", "b")])] == ["a", "b"]
