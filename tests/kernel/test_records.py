"""Events as records: the format is frozen, every kind has one, and every record is an event again."""

import dataclasses
import json
from contextlib import suppress
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motet.kernel import events as events_module
from motet.kernel.error_payload import to_payload
from motet.kernel.errors import AgentFailed, InvalidPayload, MotetError, NotFound
from motet.kernel.event import Event, Status
from motet.kernel.message import Chunk
from motet.kernel.records import KINDS, VERSION, Capture, keep, keepers, read_event, write_event

TRACE = "0123456789abcdef" * 2
ERROR = {
    "code": "agent_failed",
    "message": "no",
    "fault": "agent",
    "retryable": True,
    "details": {"type": "ValueError"},
}


def record_of(event: Event, capture: Capture = "all") -> dict[str, Any]:
    keeper = keepers(capture)[type(event)]
    return write_event(event, keeper, keep(event, keeper))


def test_every_event_has_a_kind_and_every_field_a_codec() -> None:
    known = {kind for kind in vars(events_module).values() if isinstance(kind, type) and issubclass(kind, Event)}
    assert known - {Event} == set(KINDS)
    for kind, (_, fields) in KINDS.items():
        assert ["trace", "at", *fields] == sorted(
            (field.name for field in dataclasses.fields(kind)), key=["trace", "at", *fields].index
        )
    assert len({name for name, _ in KINDS.values()}) == len(KINDS)


FROZEN: list[tuple[Event, dict[str, Any]]] = [
    (
        events_module.AgentStarted(TRACE, 1.5, "s", "p", "a", {"x": 1}),
        {"kind": "agent_started", "at": 1.5, "span": "s", "parent": "p", "agent": "a", "payload": {"x": 1}},
    ),
    (
        events_module.AgentEnded(TRACE, 1.5, "s", "a", "failed", 0.5, ValueError("no")),
        {
            "kind": "agent_ended",
            "at": 1.5,
            "span": "s",
            "agent": "a",
            "status": "failed",
            "seconds": 0.5,
            "error": ERROR,
            "output": None,
        },
    ),
    (
        events_module.AgentChosen(TRACE, 1.5, "s", "a", "b", (ValueError("no"),)),
        {"kind": "agent_chosen", "at": 1.5, "span": "s", "agent": "a", "chosen": "b", "failed": [ERROR]},
    ),
    (
        events_module.Intervened(TRACE, 1.5, "s", "a", "cache", "hit"),
        {"kind": "intervened", "at": 1.5, "span": "s", "agent": "a", "by": "cache", "what": "hit"},
    ),
    (
        events_module.ChunkEmitted(TRACE, 1.5, "s", "a", 3, False, "hi"),
        {"kind": "chunk_emitted", "at": 1.5, "span": "s", "agent": "a", "seq": 3, "restart": False, "value": "hi"},
    ),
    (
        events_module.RetryScheduled(TRACE, 1.5, "s", "a", 1, 0.1, ValueError("no")),
        {"kind": "retry_scheduled", "at": 1.5, "span": "s", "agent": "a", "attempt": 1, "delay": 0.1, "error": ERROR},
    ),
    (
        events_module.DeadlinePassed(TRACE, 1.5, "s", "a"),
        {"kind": "deadline_passed", "at": 1.5, "span": "s", "agent": "a"},
    ),
    (
        events_module.BudgetSpent(TRACE, 1.5, "s", "a", 5, 0.5, "m", "p", 2, 3),
        {
            "kind": "budget_spent",
            "at": 1.5,
            "span": "s",
            "agent": "a",
            "tokens": 5,
            "cost": 0.5,
            "model": "m",
            "provider": "p",
            "input_tokens": 2,
            "output_tokens": 3,
        },
    ),
    (
        events_module.ToolCalled(TRACE, 1.5, "s", "a", "finds"),
        {"kind": "tool_called", "at": 1.5, "span": "s", "agent": "a", "description": "finds"},
    ),
    (
        events_module.RemoteStarted(TRACE, 1.5, "s", "a", "http", "h:1", 2),
        {
            "kind": "remote_started",
            "at": 1.5,
            "span": "s",
            "agent": "a",
            "protocol": "http",
            "peer": "h:1",
            "call": 2,
        },
    ),
    (
        events_module.RemoteEnded(TRACE, 1.5, "s", "a", "http", "h:1", "cancelled", 0.5, 10, 20, None, 0.25),
        {
            "kind": "remote_ended",
            "at": 1.5,
            "span": "s",
            "agent": "a",
            "protocol": "http",
            "peer": "h:1",
            "status": "cancelled",
            "seconds": 0.5,
            "sent": 10,
            "received": 20,
            "cancelling": 0.25,
        },
    ),
    (
        events_module.RunStarted(TRACE, 1.5, "s", "", "f", [1]),
        {"kind": "run_started", "at": 1.5, "span": "s", "parent": "", "flow": "f", "payload": [1]},
    ),
    (
        events_module.RunEnded(TRACE, 1.5, "s", "f", "completed", 0.5, None, "out"),
        {
            "kind": "run_ended",
            "at": 1.5,
            "span": "s",
            "flow": "f",
            "status": "completed",
            "seconds": 0.5,
            "output": "out",
        },
    ),
    (
        events_module.RunCancelled(TRACE, 1.5, "s", "f"),
        {"kind": "run_cancelled", "at": 1.5, "span": "s", "flow": "f"},
    ),
    (
        events_module.NodeStarted(TRACE, 1.5, "s", "p", "f", "n", 2, 5),
        {
            "kind": "node_started",
            "at": 1.5,
            "span": "s",
            "parent": "p",
            "flow": "f",
            "node": "n",
            "attempt": 2,
            "payload": 5,
        },
    ),
    (
        events_module.NodeEnded(TRACE, 1.5, "s", "f", "n", "completed", 0.5, None, 6),
        {
            "kind": "node_ended",
            "at": 1.5,
            "span": "s",
            "flow": "f",
            "node": "n",
            "status": "completed",
            "seconds": 0.5,
            "output": 6,
        },
    ),
    (
        events_module.MessageSent(TRACE, 1.5, "s", "f", "n", "m", 7),
        {"kind": "message_sent", "at": 1.5, "span": "s", "flow": "f", "node": "n", "to": "m", "value": 7},
    ),
    (
        events_module.JoinFired(TRACE, 1.5, "s", "f", "j", 3, True),
        {"kind": "join_fired", "at": 1.5, "span": "s", "flow": "f", "node": "j", "size": 3, "complete": True},
    ),
    (
        events_module.LateDropped(TRACE, 1.5, "s", "f", "j"),
        {"kind": "late_dropped", "at": 1.5, "span": "s", "flow": "f", "node": "j"},
    ),
    (
        events_module.TaskChanged(TRACE, 1.5, "t", "t-1", "n", "failed", 2, 1.0, "why", "s", "p"),
        {
            "kind": "task_changed",
            "at": 1.5,
            "tree": "t",
            "task": "t-1",
            "name": "n",
            "status": "failed",
            "attempt": 2,
            "progress": 1.0,
            "message": "why",
            "span": "s",
            "parent": "p",
        },
    ),
    (
        events_module.TreeChanged(TRACE, 1.5, "t", "n", "completed", 1.0, "s", sampled=False),
        {
            "kind": "tree_changed",
            "at": 1.5,
            "tree": "t",
            "name": "n",
            "status": "completed",
            "progress": 1.0,
            "span": "s",
            "sampled": False,
        },
    ),
    (
        events_module.TaskChunk(TRACE, 1.5, "t", "t-1", "n", Chunk("v", 1, ("a", "b"), None)),
        {
            "kind": "task_chunk",
            "at": 1.5,
            "tree": "t",
            "task": "t-1",
            "name": "n",
            "chunk": {"seq": 1, "path": ["a", "b"], "value": "v"},
        },
    ),
]


@pytest.mark.parametrize(("event", "record"), FROZEN, ids=lambda it: it["kind"] if isinstance(it, dict) else "")
def test_the_format_is_frozen(event: Event, record: dict[str, Any]) -> None:
    assert VERSION == 1
    assert record_of(event) == record
    again = read_event(record, TRACE)
    assert again is not None
    assert record_of(again) == record


def test_the_frozen_format_has_every_kind() -> None:
    assert {type(event) for event, _ in FROZEN} == set(KINDS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[b-g]{1,4}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=5,
)
TEXT = st.text(max_size=8)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(0, 10**9)


def _error(code: str, details: dict[str, Any]) -> MotetError:
    error: MotetError = NotFound(code) if len(code) % 2 else AgentFailed(code)
    error.details = details
    error.__cause__ = ValueError("below") if details else None
    return error


ERRORS = st.builds(_error, TEXT, st.dictionaries(st.sampled_from(["one", "two"]), st.integers() | TEXT, max_size=2))
FIELDS = {
    "status": st.sampled_from(get_args(Status)),
    "error": st.none() | ERRORS,
    "failed": st.lists(ERRORS, max_size=2).map(tuple),
    "payload": JSON,
    "output": JSON,
    "value": JSON,
    "chunk": st.builds(Chunk, JSON, WHOLE, st.lists(TEXT, max_size=3).map(tuple), st.none() | WHOLE),
    "cancelling": st.none() | FINITE,
    "sampled": st.none() | st.booleans(),
}
BY_TYPE = {"str": TEXT, "int": WHOLE, "float": FINITE, "bool": st.booleans()}


def _strategy(kind: type[Event]) -> st.SearchStrategy[Event]:
    fields = {}
    for field in dataclasses.fields(kind):
        name = getattr(field.type, "__name__", str(field.type))
        fields[field.name] = FIELDS.get(field.name, BY_TYPE.get(name, TEXT))
    fields["trace"] = st.just(TRACE)
    if kind is events_module.TaskChanged or kind is events_module.TreeChanged:
        fields["status"] = TEXT
    if kind is events_module.RetryScheduled:
        fields["error"] = ERRORS
    return st.builds(kind, **fields)


def _comparable(event: Event) -> dict[str, Any]:
    told = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}
    if isinstance(told.get("error"), BaseException):
        told["error"] = to_payload(told["error"])
    if "failed" in told:
        told["failed"] = [to_payload(error) for error in told["failed"]]
    return told


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_every_event_comes_back_from_its_record(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(_strategy(kind))
    record = json.loads(json.dumps(record_of(event), allow_nan=False))
    again = read_event(record, TRACE)
    assert type(again) is kind
    assert _comparable(again) == _comparable(event)


@pytest.mark.parametrize(
    ("capture", "kept"), [("all", {"payload", "output"}), ("outputs", {"output"}), ("none", set[str]())]
)
def test_what_is_captured_can_be_said(capture: Capture, kept: set[str]) -> None:
    started = record_of(events_module.AgentStarted(TRACE, 1, "s", "", "a", 1), capture)
    ended = record_of(events_module.AgentEnded(TRACE, 1, "s", "a", "failed", 1, ValueError("no"), 2), capture)
    chunk = record_of(events_module.TaskChunk(TRACE, 1, "t", "t-1", "n", Chunk("v", 1, ("a",))), capture)
    assert {"payload", "output"} & (started.keys() | ended.keys()) == kept
    assert ended["error"] == ERROR
    assert chunk["chunk"]["value"] == ("v" if kept else None)
    assert read_event(ended, TRACE) is not None


def test_payloads_are_kept_as_they_were_when_it_happened() -> None:
    payload = [1]
    event = events_module.AgentStarted(TRACE, 1, "s", "", "a", payload)
    keeper = keepers()[type(event)]
    kept = keep(event, keeper)
    payload.append(2)
    assert write_event(event, keeper, kept)["payload"] == [1]


def test_a_kind_that_is_not_known_is_passed_over_and_so_are_other_keys() -> None:
    assert read_event({"kind": "made_later", "at": 1}, TRACE) is None
    event = read_event({"kind": "run_cancelled", "at": 1, "span": "s", "flow": "f", "more": [1]}, TRACE)
    assert event == events_module.RunCancelled(TRACE, 1, "s", "f")


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({}, "kind"),
        ({"kind": 5}, "kind"),
        ({"kind": "run_cancelled", "at": "soon", "span": "s", "flow": "f"}, "str, not float"),
        ({"kind": "run_cancelled", "at": True, "span": "s", "flow": "f"}, "bool"),
        ({"kind": "run_cancelled", "at": 1, "flow": "f"}, "has no `span`"),
        ({"kind": "run_cancelled", "at": 1, "span": 5, "flow": "f"}, "`span` of 'run_cancelled': it is int"),
        ({"kind": "agent_ended", "at": 1, "span": "s", "agent": "a", "status": "odd", "seconds": 1}, "no status"),
        (
            {"kind": "agent_ended", "at": 1, "span": "s", "agent": "a", "status": "failed", "seconds": 1, "error": 5},
            "no error",
        ),
        ({"kind": "agent_chosen", "at": 1, "span": "s", "agent": "a", "chosen": "b", "failed": 1}, "no list"),
        ({"kind": "task_chunk", "at": 1, "tree": "t", "task": "k", "name": "n", "chunk": 1}, "no chunk"),
        ({"kind": "task_chunk", "at": 1, "tree": "t", "task": "k", "name": "n", "chunk": {"seq": "x"}}, "no chunk"),
    ],
)
def test_what_is_no_record_is_refused_with_the_reason(record: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidPayload, match=why):
        read_event(record, TRACE)


@given(st.dictionaries(st.sampled_from(["kind", "at", "span", "agent", "chunk", "error", "status"]), JSON, max_size=5))
def test_odd_data_is_an_event_or_refused(record: dict[str, Any]) -> None:
    record["kind"] = record.get("kind") if isinstance(record.get("kind"), str) else "agent_ended"
    found: object = None
    with suppress(InvalidPayload):
        found = read_event(record, TRACE)
    assert found is None or type(found) in KINDS
