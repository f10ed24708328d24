"""The events of a run as lines of text: a tree with times, for `motet run --trace`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, set_cell_size

from motet.cli.failures import one_line
from motet.devtools.span import Span, walk
from motet.devtools.spans import grow
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

DEEPEST: Final = 8
"""How many levels deep spans are drawn; what is below stands at the same place, with the number of its level."""


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
    rows = _rows(roots, glyphs)
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


def _rows(roots: list[Span], glyphs: Glyphs) -> list[_Row]:
    found = list(_unfolded(roots))
    raised = _raised(found)
    more = [False] * (DEEPEST + 2)
    rows: list[_Row] = []
    # From the last one to the first: whether a branch goes on is then known.
    for (span, depth), is_raised in zip(reversed(found), reversed(raised), strict=True):
        level = min(depth, DEEPEST)
        rails = [glyphs.below if more[each] else glyphs.empty for each in range(1, level + 1)]
        branch = "" if not level else glyphs.child if more[level] else glyphs.last
        name = plain(span.name)
        label = f"{''.join(rails[:-1])}{branch}{name if depth == level else f'{depth}: {name}'}"
        below = "".join(rails) + (glyphs.below if more[level + 1] else "")
        rows.append(_Row(label, below, span, span.error if is_raised else None))
        more[level] = True
        more[level + 1 :] = [False] * (DEEPEST + 1 - level)
    return rows[::-1]


def _unfolded(roots: list[Span]) -> Iterator[tuple[Span, int]]:
    """Yield what is shown, each before what is below it, and how deep it is."""
    stack = [iter(_folded(roots))]
    while stack:
        span = next(stack[-1], None)
        if span is None:
            stack.pop()
        else:
            yield span, len(stack) - 1
            stack.append(iter(_folded(span.children)))


def _raised(found: Sequence[tuple[Span, int]]) -> list[bool]:
    """Tell at which spans errors are shown: where they were raised, so at none that has the same error below it.

    Errors are the same that are called the same and say the same: those of a history were written with every call that
    they passed, and read as one object for each.
    """
    told: list[bool] = []
    nearest: dict[tuple[str, str], int] = {}
    following: list[int] = []  # of all that follow, those that are less deep than what is between
    for place in reversed(range(len(found))):
        span, depth = found[place]
        while following and found[following[-1]][1] > depth:
            following.pop()
        end = following[-1] if following else len(found)
        following.append(place)
        failed = span.error is not None and span.status == "failed"
        told.append(failed and nearest.get(_key(span), end) >= end)
        if span.error is not None:
            nearest[_key(span)] = place
    return told[::-1]


def _key(span: Span) -> tuple[str, str]:
    return ("", "") if span.error is None else (error_name(span.error), text_of(span.error))


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
