"""What a trace was, in a line: its name, how it ended, when, and how long it took; without reading all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from motet.devtools.history import Reader, Record, records_after
from motet.devtools.span import Span
from motet.devtools.spans import grow
from motet.kernel.history import StateStore

__all__ = ["Summary", "summarised", "summary_of"]

HEAD: Final = 3
"""How many records are enough to know what a trace is."""

TAIL: Final = 16
"""Among how many of the last records its end is looked for, before all of them are read."""

NEVER: Final = 5000
"""How many records are too many to read for a line."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a trace was.

    Args:
        trace: Its id.
        name: Of its first agent, flow or task tree.
        status: "completed", "failed", "cancelled", or "open" where there is no end.
        began_at: The time of day, in seconds since 1970 UTC; None where that is not known.
        took: Seconds; None while there is no end.
        records: How many records there are.
        target: What was run, as it was named; empty where that is not known.
    """

    trace: str
    name: str
    status: str
    began_at: float | None
    took: float | None
    records: int
    target: str = ""


async def summary_of(store: StateStore, trace: str) -> Summary:
    """Summarise a trace: its first records and its last ones say enough, as a rule.

    Args:
        store: Where its history is kept.
        trace: Its id.
    """
    last = await store.append(trace, [])  # appends nothing, and tells the number of the last record
    head: Sequence[tuple[int, Record]] = await store.history(trace, limit=HEAD)
    tail = await store.history(trace, after=max(HEAD, last - TAIL)) if last > HEAD else []
    found = summarised(trace, [*(record for _, record in head), *(record for _, record in tail)], last)
    if found.status == "open" and HEAD + TAIL < last <= NEVER:
        return summarised(trace, [record async for _, record in records_after(store, trace)], last)
    return found


def summarised(trace: str, records: Sequence[Record], count: int) -> Summary:
    """Summarise the records of a trace; some in the middle may be left out."""
    reader = Reader(trace)
    reader.add(records)
    history = reader.history
    roots = grow(history.events)
    root = roots[0] if roots else Span("", 0.0)
    took, status = root.took, root.status or "open"
    return Summary(trace, root.name, status, history.began_at, took, count, str(history.about.get("target", "")))
