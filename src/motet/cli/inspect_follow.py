"""`motet inspect --follow`: a trace while it goes on."""

import asyncio
from collections.abc import Sequence
from typing import Final

from motet.cli.failures import one_line
from motet.cli.tasks_session import Session
from motet.devtools.history import History, Reader, Record, records_after, to_lines
from motet.devtools.words import error_name, seconds
from motet.kernel.events import (
    AgentEnded,
    AgentStarted,
    ChunkEmitted,
    Event,
    Intervened,
    NodeEnded,
    NodeStarted,
    RemoteEnded,
    RetryScheduled,
    RunCancelled,
    TaskChanged,
    TreeChanged,
)
from motet.kernel.history import StateStore

__all__ = ["event_line", "follow"]

PAUSE: Final = 0.2
"""Seconds between two looks at the store."""


async def follow(session: Session, store: StateStore, trace: str) -> History:
    """Write what happens, as it is stored, until the trace has ended.

    Args:
        session: Where to write, and how.
        store: Where the history is kept.
        trace: Its id.
    """
    reader, after = Reader(trace), 0
    while True:
        records: list[Record] = []
        async for number, record in records_after(store, trace, after):
            records.append(record)
            after = number
        events = reader.add(records)
        if session.json:
            session.out.write(to_lines(records))
        elif events:
            session.out.write(_lines(events, reader.history.events[0].at))
        if reader.history.over:
            return reader.history
        await asyncio.sleep(PAUSE)


def _lines(events: Sequence[Event], start: float) -> str:
    told = [(event, event_line(event)) for event in events]
    return "".join(f"{'+' + seconds(max(0.0, event.at - start)):>9}  {line}\n" for event, line in told if line)


def event_line(event: Event) -> str:
    """Say in a line what has happened; empty for what is not worth one."""
    line = ""
    match event:
        case AgentStarted():
            line = f"{event.agent} begins"
        case NodeStarted():
            line = f"{event.node} begins{_again(event.attempt)}"
        case AgentEnded():
            line = _ended(event.agent, event.status, event.seconds, event.error)
        case NodeEnded():
            line = _ended(event.node, event.status, event.seconds, event.error)
        case ChunkEmitted():
            line = f"{event.agent} starts again" if event.restart else f"{event.agent}: {one_line(str(event.value))}"
        case RetryScheduled():
            line = f"{event.agent} is tried again after {seconds(event.delay)}: {one_line(str(event.error))}"
        case TaskChanged():
            why = f": {one_line(event.message)}" if event.message else ""
            line = f"task {event.name}: {event.status.replace('_', ' ')}{_again(event.attempt)}{why}"
        case TreeChanged():
            line = f"tree {event.name}: {event.status.replace('_', ' ')}, {event.progress:.0%}"
        case Intervened():
            line = f"{event.agent}: {event.by} {event.what}".replace("_", " ")
        case RunCancelled():
            line = f"{event.flow} is cancelled"
        case RemoteEnded():
            line = f"{event.agent}: {event.protocol} {event.peer} {event.status}, {event.received:,} B read"
    return line


def _again(attempt: int) -> str:
    return f", attempt {attempt}" if attempt > 1 else ""


def _ended(name: str, status: str, took: float, error: BaseException | None) -> str:
    return f"{name} {status} after {seconds(took)}" + (
        f": {error_name(error)}: {one_line(str(error))}" if error and status == "failed" else ""
    )
