"""`EventLog`: an observer that writes events into the log, without their payloads."""

import logging
from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from motet.kernel import events
from motet.kernel.event import Event
from motet.observability.errors import error_code
from motet.observability.plain import word_of

__all__ = ["LEVELS", "EventLog"]

LEVELS: Final[Mapping[type[Event], int]] = {
    events.AgentChosen: logging.DEBUG,
    events.AgentEnded: logging.DEBUG,
    events.AgentStarted: logging.DEBUG,
    events.BudgetSpent: logging.INFO,
    events.ChunkEmitted: logging.NOTSET,
    events.DeadlinePassed: logging.WARNING,
    events.Intervened: logging.DEBUG,
    events.JoinFired: logging.DEBUG,
    events.LateDropped: logging.WARNING,
    events.MessageSent: logging.NOTSET,
    events.NodeEnded: logging.DEBUG,
    events.NodeStarted: logging.DEBUG,
    events.RemoteEnded: logging.INFO,
    events.RemoteStarted: logging.DEBUG,
    events.RetryScheduled: logging.WARNING,
    events.RunCancelled: logging.INFO,
    events.RunEnded: logging.INFO,
    events.RunStarted: logging.DEBUG,
    events.TaskChanged: logging.INFO,
    events.TaskChunk: logging.NOTSET,
    events.ToolCalled: logging.DEBUG,
    events.TreeChanged: logging.INFO,
}
"""How loud each kind of event is; NOTSET is never written. What failed is a warning."""

HIDDEN: Final = frozenset(
    {
        "trace",
        "span",
        "at",
        "payload",
        "output",
        "value",
        "description",
        "chunk",
        "parent",
        "sampled",
        "client",
        "message",
    }
)
RENAMED: Final = {"name": "title", "error": "code"}
"""What would be taken for a part of the record itself."""

WORDS: Final = ("flow", "node", "agent", "name", "by", "what", "status", "error")
"""What stands in the message; everything is an extra."""


class EventLog:
    """Writes a line for every event: what happened to whom, with trace and span; an error by its code.

    Args:
        logger: Where to; the logger "motet.events" unless given.
        levels: How loud kinds of events are, where that differs from `LEVELS`.
    """

    def __init__(self, logger: logging.Logger | None = None, levels: Mapping[type[Event], int] | None = None) -> None:
        self._logger = logging.getLogger("motet.events") if logger is None else logger
        self._levels = {**LEVELS, **(levels or {})}
        self._shown = {
            kind: [field.name for field in fields(kind) if field.name not in HIDDEN] for kind in self._levels
        }

    def __call__(self, event: Event) -> None:
        """Write a line, if the logger wants one of this level."""
        kind = type(event)
        level = self._levels.get(kind, logging.NOTSET)
        if not level:
            return
        if getattr(event, "status", "") == "failed":
            level = max(level, logging.WARNING)
        if not self._logger.isEnabledFor(level):
            return
        told = {name: value for name in self._shown[kind] if (value := _shown(getattr(event, name))) not in {"", None}}
        extra = {RENAMED.get(name, name): value for name, value in told.items()}
        extra |= {"trace": event.trace, "span": getattr(event, "span", ""), "event": kind.__name__}
        words = [str(told[name]) for name in WORDS if name in told]
        self._logger.log(level, "%s", " ".join([kind.__name__, *words]), extra=extra)


def _shown(value: object) -> str | int | float | None:
    if isinstance(value, BaseException):
        return error_code(value)
    if isinstance(value, tuple):
        return ",".join(error_code(each) if isinstance(each, BaseException) else word_of(each) for each in value)
    return value if value is None or isinstance(value, int | float) else word_of(value)
