"""The events of a run as lines of text: a tree with times, for `motet run --trace`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, set_cell_size

from motet.cli.failures import one_line
from motet.devtools.spans import Span, grow, walk
from motet.devtools.words import counted, error_name, plain, seconds
from motet.kernel.error_payload import text_of
from motet.kernel.events import Event

__all__ = ["ASCII", "UNICODE", "Glyphs", "tree_lines"]

ALIKE: Final = 6
"""How many spans of one name a parent shows one by one; where there are more, the others are summed up."""

KEPT: Final = 3
"""How many of those are shown nevertheless: the first ones, and as many that failed."""

LABEL: Final = 36
"""The widest column of names, in cells of a terminal."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs of a tree: before a child, before the last one, and below each of them."""

    child: str
    last: str
    below: str
    empty: str
    failed: str
    cut: str
    bar: str
    rail: str


UNICODE: Final = Glyphs("├─ ", "└─ ", "│  ", "   ", "✗", "…", "━", "·")
ASCII: Final = Glyphs("|- ", "`- ", "|  ", "   ", "x", "~", "=", ".")


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    below: str
    span: Span
    error: BaseException | None


def tree_lines(events: Sequence[Event], width: int = 80, glyphs: Glyphs = UNICODE, bars: int = 0) -> list[str]:
    """Draw the events of a run as a tree.

    Args:
        events: In the order in which they happened.
        width: The longest line, in cells of a terminal.
        glyphs: What to draw with.
        bars: How many columns of a timeline to draw.

    Returns:
        A heading of two lines, and then one line for each span and one for each error where it was raised.
    """
    roots = grow(events)
    if not roots:
        return ["no events"]
    rows = list(_rows(_folded(roots), "", glyphs, top=True))
    label = min(LABEL, max(cell_len(row.label) for row in rows))
    start = roots[0].start
    whole = max((span.start + (span.took or 0) for span in walk(roots)), default=start) - start
    lines = [f"trace {events[0].trace}", f"{'':{label}}  {'start':>9}  {'took':>8}"]
    for row in rows:
        span = row.span
        took = "" if span.took is None else seconds(span.took)
        if span.took is None and span.status is None:
            took = "not over"
        ended = [span.status] if span.status in {"failed", "cancelled", "skipped"} else []
        told = ", ".join([*ended, *span.remarks])
        times = f"{'+' + seconds(max(0.0, span.start - start)):>9}  {took:>8}"
        times += f"  {_bar(span, start, whole, bars, glyphs)}" if bars else ""
        lines.append(_fit(f"{_padded(row.label, label, glyphs)}  {times}  {told}", width, glyphs).rstrip())
        if row.error is not None:
            error = one_line(f"{error_name(row.error)}: {text_of(row.error)}")
            lines.append(_fit(f"{row.below}{glyphs.failed} {error}", width, glyphs))
    return lines


def _rows(spans: Sequence[Span], prefix: str, glyphs: Glyphs, *, top: bool = False) -> Iterable[_Row]:
    for place, span in enumerate(spans):
        last = place == len(spans) - 1
        branch, below = (glyphs.last, glyphs.empty) if last else (glyphs.child, glyphs.below)
        inner = prefix if top else prefix + below
        children = list(_rows(_folded(span.children), inner, glyphs))
        # An error that came from further below is shown there.
        raised = span.status == "failed" and all(row.span.error is not span.error for row in children)
        name = plain(span.name)
        label = name if top else prefix + branch + name
        yield _Row(label, inner + (glyphs.below if children else ""), span, span.error if raised else None)
        yield from children


def _folded(spans: list[Span]) -> list[Span]:
    """Sum up what there is too much of under one name."""
    many = [name for name, number in Counter(span.name for span in spans).items() if number > ALIKE]
    if not many:
        return spans
    shown: list[Span] = []
    seen: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    rest: dict[str, list[Span]] = {name: [] for name in many}
    for span in spans:
        seen[span.name] += 1
        broken = span.status == "failed" and failed[span.name] < KEPT
        failed[span.name] += broken
        if span.name not in many or seen[span.name] <= KEPT or broken:
            shown.append(span)
        else:
            rest[span.name].append(span)
    return [*shown, *(_summary(name, left) for name, left in rest.items() if left)]


def _summary(name: str, spans: list[Span]) -> Span:
    took = [span.took for span in spans if span.took is not None]
    ended = Counter(span.status for span in spans if span.status != "completed")
    notes = [f"{number:,} {status or 'not over'}" for status, number in ended.items()]
    if took:
        notes.append(f"{seconds(min(took))} to {seconds(max(took))}")
    notes += [counted(chunks, "chunk")] if (chunks := sum(span.chunks for span in spans)) else []
    return Span(f"{name}: {len(spans):,} more", spans[0].start, status="completed", notes=notes)


def _bar(span: Span, start: float, whole: float, columns: int, glyphs: Glyphs) -> str:
    """Draw when a span was at work, between the beginning and the end of everything."""
    if whole <= 0:
        return glyphs.bar * columns
    begin = min(columns - 1, int((span.start - start) / whole * columns))
    end = span.start + span.took if span.took is not None else start + whole if span.status is None else span.start
    length = max(1, round((end - start) / whole * columns) - begin)
    return (glyphs.rail * begin + glyphs.bar * length).ljust(columns, glyphs.rail)[:columns]


def _fit(text: str, width: int, glyphs: Glyphs) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 1) + glyphs.cut


def _padded(text: str, width: int, glyphs: Glyphs) -> str:
    return set_cell_size(_fit(text, width, glyphs), width)
