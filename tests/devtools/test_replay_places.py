"""The calls of a recorded trace, from its records."""

from typing import Any

from motet.devtools.replay_places import ABSENT, places_of, walk


def began(kind: str, span: str, parent: str, **fields: object) -> dict[str, Any]:
    return {"kind": kind, "at": 1.0, "span": span, "parent": parent, **fields}


def ended(kind: str, span: str, status: str = "completed", **fields: object) -> dict[str, Any]:
    return {"kind": kind, "at": 2.0, "span": span, "status": status, "seconds": 1.0, **fields}


RECORDS = [
    {"kind": "begin"},
    began("agent_started", "1", "", agent="f", payload=1),
    began("run_started", "1", "", flow="f", payload=1),
    began("node_started", "2", "1", flow="f", node="n", attempt=1, payload=None),
    began("agent_started", "3", "2", agent="a"),
    {"kind": "chunk_emitted", "at": 1.5, "span": "3", "agent": "a", "seq": 1, "restart": False, "value": "c"},
    {"kind": "chunk_emitted", "at": 1.5, "span": "3", "agent": "a", "seq": 2, "restart": True},
    {"kind": "agent_ended"},
    ended("agent_ended", "3", agent="a", output=5),
    {"kind": "message_sent", "at": 1.5, "span": "2", "flow": "f", "node": "n", "to": "m", "value": 6},
    ended("node_ended", "2", "failed", flow="f", node="n", error={"message": "no"}),
    {"kind": "made_later"},
    ended("agent_ended", "unknown", agent="a"),
]


def test_calls_are_found_with_what_happened_in_them() -> None:
    (root,) = places_of(RECORDS, "t")
    node, inner = list(walk(root))[1:]
    assert [(place.name, place.path, place.leaf) for place in walk(root)] == [
        ("f", ("f",), False),
        ("n", ("f", "n"), False),
        ("a", ("f", "n", "a"), True),
    ]
    assert (root.flow, root.payload, root.status, root.ended) == (True, 1, "", 0)
    assert (node.node, node.payload, node.status, node.error) == (True, None, "failed", {"message": "no"})
    assert node.sent == [{"to": "m", "value": 6}]
    assert (inner.payload, inner.output, inner.around) == (ABSENT, 5, node)
    assert inner.chunks == ["c", {"restart": True}]


def test_whoever_created_a_task_tree_is_a_leaf() -> None:
    tree = {"kind": "tree_changed", "at": 1.0, "tree": "t", "name": "n", "status": "pending", "progress": 0.0}
    records = [*RECORDS[:5], {**tree, "span": "9", "parent": "2"}]
    (root,) = places_of(records, "t")
    assert root.children[0].durable
    assert root.children[0].leaf


def test_without_calls_there_are_no_places() -> None:
    assert places_of([{"kind": "begin"}, {}, {"kind": "tree_changed"}], "t") == []
