"""`motet inspect`: what happened in a trace, from its history."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.text import Text

from motet.cli.failures import InvalidUsage
from motet.cli.history_store import find_trace, history_of, is_file, opened_store
from motet.cli.inspect_follow import follow
from motet.cli.paper import WIDE, lay, table
from motet.cli.signals import Signals
from motet.cli.tasks_session import Session, Work
from motet.cli.tasks_setup import Setup, check_there_is
from motet.cli.trace_tree import ASCII, UNICODE, tree_lines
from motet.cli.words_for_traces import heading
from motet.devtools.history import History, to_lines
from motet.devtools.spans import grow
from motet.devtools.summary import Summary, summary_of
from motet.devtools.trace_html import page
from motet.devtools.words import moment, plain, seconds
from motet.kernel.schema import ANY

__all__ = ["InspectOrder", "inspect_trace", "list_traces"]

STYLES: Final = {"completed": "green", "failed": "red", "cancelled": "magenta", "open": "cyan"}

BARS: Final = 24
"""Columns of the timeline, where the terminal has room for it."""

ROOMY: Final = 100


@dataclass(frozen=True, slots=True)
class InspectOrder:
    """What the user asked for.

    Args:
        trace: The beginning of an id, or a file of JSON Lines.
        setup: Where histories are kept.
        follow: Go on until the trace has ended.
        json: Write the records, one in each line.
        html: A file to write a page to.
        export: A file to write the records to.
        debug: Show tracebacks.
    """

    trace: str
    setup: Setup
    follow: bool = False
    json: bool = False
    html: str | None = None
    export: str | None = None
    debug: bool = False


def list_traces(limit: int, setup: Setup, signals: Signals, *, json: bool, debug: bool) -> int:
    """List the traces that have a history, the one that was written to last first."""
    session = Session(setup, signals, json=json, debug=debug)

    async def work() -> int:
        async with opened_store(setup.store) as store:
            found = [await summary_of(store, trace) for trace in await store.traces(limit)]
        if json:
            session.show.result({"traces": [_document(summary) for summary in found]}, ANY)
        elif found:
            _lay_list(session, found)
        else:
            session.say("there are no histories yet: `motet run --record` keeps one")
        return 0

    return session.perform(_looking(setup, work))


def inspect_trace(order: InspectOrder, signals: Signals) -> int:
    """Show a trace, or write it somewhere.

    Returns:
        The exit code: 0 shown, 2 no such trace.
    """
    session = Session(order.setup, signals, json=order.json, lines=order.json, debug=order.debug)

    async def work() -> int:
        if order.follow:
            async with opened_store(order.setup.store) as store:
                trace = await find_trace(store, order.trace)
                history = await follow(session, store, trace)
        else:
            history = await history_of(order.trace, order.setup.store)
            if order.json:
                session.out.write(to_lines(history.records))
        _write(session, order, history)
        return 0

    def from_file() -> Work:
        if order.follow:
            raise InvalidUsage(f"--follow is for a trace in a store, and {order.trace} is a file")
        return work

    return session.perform(from_file if is_file(order.trace) else _looking(order.setup, work))


def _looking(setup: Setup, work: Work) -> Callable[[], Work]:
    def prepared() -> Work:
        check_there_is(setup.store)
        return work

    return prepared


def _write(session: Session, order: InspectOrder, history: History) -> None:
    if order.export is not None:
        _write_file(session, order.export, to_lines(history.records))
    if order.html is not None:
        _write_file(session, order.html, page(history))
    if order.json:
        for problem in history.problems:
            print(f"motet: {problem}", file=sys.stderr)
    elif order.export is None and order.html is None:
        _show(session, history)


def _write_file(session: Session, path: str, text: str) -> None:
    try:
        # A lone surrogate is none of UTF-8's: as an escape, it is what JSON writes for it.
        Path(path).write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise InvalidUsage(f"{path} cannot be written: {error.strerror}") from error
    session.say(f"written to {path}")


def _show(session: Session, history: History) -> None:
    out = session.out
    width = out.width(WIDE)
    glyphs = UNICODE if "utf" in out.encoding.lower() else ASCII
    lines = tree_lines(history.events, width, glyphs, BARS if width >= ROOMY else 0)
    lines = [lines[0], *heading(history, grow(history.events), time.time()), "", *lines[1:]]
    lines += [f"! {problem}" for problem in history.problems]
    out.write(plain("\n".join(lines) + "\n"))


def _lay_list(session: Session, found: list[Summary]) -> None:
    made = table("trace", "name", "status", "took", "began", right=("took",), broken=("name",))
    now = time.time()
    for summary in found:
        made.add_row(
            summary.trace[:12],
            Text(plain(summary.name)),
            Text(summary.status, STYLES.get(summary.status, "")),
            "" if summary.took is None else seconds(summary.took),
            "" if summary.began_at is None else moment(summary.began_at, now),
        )
    lay(session.out, made)


def _document(summary: Summary) -> dict[str, object]:
    return {
        "trace": summary.trace,
        "name": summary.name,
        "status": summary.status,
        "began_at": summary.began_at,
        "seconds": summary.took,
        "records": summary.records,
        "target": summary.target or None,
    }
