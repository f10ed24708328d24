"""`motet inspect --follow`: a trace while it goes on."""

import asyncio
import math
import sys
from collections.abc import Sequence
from typing import Final

from motet.cli.tasks_session import Session
from motet.devtools.event_lines import event_line
from motet.devtools.history import History, Reader, Record, records_after, to_lines
from motet.devtools.words import plain, seconds
from motet.kernel.events import Event
from motet.kernel.history import StateStore

__all__ = ["follow"]

PAUSE: Final = 0.2
"""Seconds between two looks at the store."""

QUIET: Final = 10.0
"""Seconds without anything new after which it is said what that may mean."""


async def follow(session: Session, store: StateStore, trace: str) -> History:
    """Write what happens, as it is stored, until the trace has ended.

    Args:
        session: Where to write, and how.
        store: Where the history is kept.
        trace: Its id.
    """
    reader, after, loop = Reader(trace), 0, asyncio.get_running_loop()
    say_at = loop.time() + QUIET
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
        if records:
            say_at = loop.time() + QUIET
        elif loop.time() >= say_at:
            # A process that was killed leaves no end, and one that works for long writes nothing meanwhile.
            told = f"nothing new for {QUIET:g} s: it works, it waits, or its process was killed. Ctrl-C ends this"
            print(f"motet: {told}", file=sys.stderr)
            say_at = math.inf
        await asyncio.sleep(PAUSE)


def _lines(events: Sequence[Event], start: float) -> str:
    told = [(event, event_line(event)) for event in events]
    return plain("".join(f"{'+' + seconds(max(0.0, event.at - start)):>9}  {line}\n" for event, line in told if line))
