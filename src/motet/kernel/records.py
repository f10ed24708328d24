"""Events as records: the format in which histories are kept, and the way back.

A record is JSON data: `kind` names what happened, `at` is the event's time, and the other keys are the event's fields
by their names; a field that has its default is left out, and so is a value that was not to be captured. The format is
frozen: a key never changes its meaning, `VERSION` goes up where a reader has to know, and readers pass over kinds and
keys that they do not know.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

from motet.kernel import events as e
from motet.kernel.errors import InvalidPayload
from motet.kernel.frozen import LIMIT
from motet.kernel.record_fields import (
    CHUNK,
    ERROR,
    ERRORS,
    FLAG,
    NUMBER,
    OPTIONAL_FLAG,
    OPTIONAL_NUMBER,
    STATUS,
    TEXT,
    VALUE,
    WHOLE,
    Codec,
)

__all__ = ["KINDS", "VERSION", "Capture", "Keeper", "Kept", "keep", "keepers", "read_event", "write_event"]

VERSION: Final = 1
"""Of the format of records."""

Capture = Literal["all", "outputs", "none"]
"""Which values are kept: all; not what agents were given; or none at all."""

Kept = Sequence[Any]
"""The frozen values of an event, in the order of its kind's fields that are frozen."""

_CALL: Final = {"span": TEXT, "agent": TEXT}
_FLOW: Final = {"span": TEXT, "flow": TEXT}
_BEGIN: Final = {"span": TEXT, "parent": TEXT}
_END: Final = {"status": STATUS, "seconds": NUMBER, "error": ERROR}
_PAYLOAD: Final = {"payload": VALUE}
_OUTPUT: Final = {"output": VALUE}
_REMOTE: Final = {**_CALL, "protocol": TEXT, "peer": TEXT}

KINDS: Final[Mapping[type[e.Event], tuple[str, Mapping[str, Codec]]]] = {
    e.AgentStarted: ("agent_started", {**_BEGIN, "agent": TEXT, **_PAYLOAD}),
    e.AgentEnded: ("agent_ended", {**_CALL, **_END, **_OUTPUT}),
    e.AgentChosen: ("agent_chosen", {**_CALL, "chosen": TEXT, "failed": ERRORS}),
    e.Intervened: ("intervened", {**_CALL, "by": TEXT, "what": TEXT, "key": TEXT}),
    e.ChunkEmitted: ("chunk_emitted", {**_CALL, "seq": WHOLE, "restart": FLAG, "value": VALUE}),
    e.RetryScheduled: ("retry_scheduled", {**_CALL, "attempt": WHOLE, "delay": NUMBER, "error": ERROR}),
    e.DeadlinePassed: ("deadline_passed", _CALL),
    e.BudgetSpent: (
        "budget_spent",
        {
            **_CALL,
            "tokens": WHOLE,
            "cost": NUMBER,
            "model": TEXT,
            "provider": TEXT,
            "input_tokens": WHOLE,
            "output_tokens": WHOLE,
        },
    ),
    e.ToolCalled: ("tool_called", {**_CALL, "description": TEXT}),
    e.RemoteStarted: ("remote_started", {**_REMOTE, "call": WHOLE, "client": TEXT}),
    e.RemoteEnded: (
        "remote_ended",
        {**_REMOTE, **_END, "sent": WHOLE, "received": WHOLE, "cancelling": OPTIONAL_NUMBER, "call": WHOLE},
    ),
    e.RunStarted: ("run_started", {**_BEGIN, "flow": TEXT, **_PAYLOAD}),
    e.RunEnded: ("run_ended", {**_FLOW, **_END, **_OUTPUT}),
    e.RunCancelled: ("run_cancelled", _FLOW),
    e.NodeStarted: ("node_started", {**_BEGIN, "flow": TEXT, "node": TEXT, "attempt": WHOLE, **_PAYLOAD}),
    e.NodeEnded: ("node_ended", {**_FLOW, "node": TEXT, **_END, **_OUTPUT}),
    e.MessageSent: ("message_sent", {**_FLOW, "node": TEXT, "to": TEXT, "value": VALUE}),
    e.JoinFired: ("join_fired", {**_FLOW, "node": TEXT, "size": WHOLE, "complete": FLAG}),
    e.LateDropped: ("late_dropped", {**_FLOW, "node": TEXT}),
    e.TaskChanged: (
        "task_changed",
        {
            "tree": TEXT,
            "task": TEXT,
            "name": TEXT,
            "status": TEXT,
            "attempt": WHOLE,
            "progress": NUMBER,
            "message": TEXT,
            **_BEGIN,
            "sampled": OPTIONAL_FLAG,
        },
    ),
    e.TreeChanged: (
        "tree_changed",
        {"tree": TEXT, "name": TEXT, "status": TEXT, "progress": NUMBER, **_BEGIN, "sampled": OPTIONAL_FLAG},
    ),
    e.TaskChunk: ("task_chunk", {"tree": TEXT, "task": TEXT, "name": TEXT, "chunk": CHUNK}),
}
"""What each event is called in a record, and how its fields are written."""

_BY_NAME: Final = {name: (kind, fields) for kind, (name, fields) in KINDS.items()}
_DEFAULTS: Final = {
    kind: {field.name: field.default for field in dataclasses.fields(kind) if field.default is not dataclasses.MISSING}
    for kind in KINDS
}
_CAPTURED: Final[Mapping[Capture, frozenset[str]]] = {
    "all": frozenset({"payload", "output", "value", "chunk"}),
    "outputs": frozenset({"output", "value", "chunk"}),
    "none": frozenset(),
}

Keeper = tuple[tuple[str, Callable[[Any, int], Any]], ...]
"""Which fields of an event are frozen, and how."""


def keepers(capture: Capture = "all") -> Mapping[type[e.Event], Keeper]:
    """Return for each kind of event which of its fields are frozen when it happens.

    Args:
        capture: Which values are kept; errors always are.
    """
    wanted = _CAPTURED[capture] | {"error", "failed"}
    return {
        kind: tuple((name, codec.freeze) for name, codec in fields.items() if codec.freeze and name in wanted)
        for kind, (_, fields) in KINDS.items()
    }


def keep(event: e.Event, keeper: Keeper, limit: int = LIMIT) -> Kept:
    """Freeze what may change of an event; to be called when it happens."""
    values = ((getattr(event, name), freeze) for name, freeze in keeper)
    return [None if value is None else freeze(value, limit) for value, freeze in values]


def write_event(event: e.Event, keeper: Keeper, kept: Kept, limit: int = LIMIT) -> dict[str, object]:
    """Make the record of an event.

    Args:
        event: What happened.
        keeper: What was frozen of it.
        kept: What `keep` returned.
        limit: Bytes of JSON up to which a value is kept whole.
    """
    kind = type(event)
    name, fields = KINDS[kind]
    defaults = _DEFAULTS[kind]
    frozen = {field: value for (field, _), value in zip(keeper, kept, strict=True)}
    record: dict[str, object] = {"kind": name, "at": event.at}
    for field, codec in fields.items():
        if field in frozen:
            data = codec.write(frozen[field], limit)
            if codec is VALUE or data:
                record[field] = data
        elif codec.freeze is None:
            value = getattr(event, field)
            if field not in defaults or value != defaults[field]:
                record[field] = codec.write(value, limit)
        elif codec is CHUNK:
            record[field] = codec.write(codec.freeze(dataclasses.replace(event.chunk, value=None), limit), limit)  # type: ignore[attr-defined]
    return record


def read_event(record: Mapping[str, object], trace: str) -> e.Event | None:
    """Make the event again that a record tells of.

    Values come back as the JSON data that was kept, and errors as `from_payload` makes them.

    Args:
        record: What `write_event` returned.
        trace: The id of the trace it belongs to.

    Returns:
        The event; None for a kind that is unknown here.

    Raises:
        InvalidPayload: It is no record of an event.
    """
    name = record.get("kind")
    if not isinstance(name, str):
        raise InvalidPayload("A record says what `kind` it is")
    if name not in _BY_NAME:
        return None
    kind, fields = _BY_NAME[name]
    at = NUMBER.read(record.get("at"))
    given: dict[str, Any] = {"trace": trace, "at": at}
    for field, codec in fields.items():
        if field in record:
            try:
                given[field] = codec.read(record[field])
            except InvalidPayload as error:
                raise InvalidPayload(f"`{field}` of {name!r}: {error.message}") from error
        elif field not in _DEFAULTS[kind]:
            raise InvalidPayload(f"{name!r} has no `{field}`")
    return kind(**given)
