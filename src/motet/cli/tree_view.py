"""What a task tree looks like: lines of text, as wide and as many as there is room for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from motet.cli.failures import one_line
from motet.cli.tree_pick import pick
from motet.cli.tree_state import Row, TreeState
from motet.devtools.words import seconds
from motet.tasks.status import Status

__all__ = [
    "ASCII",
    "STYLES",
    "UNICODE",
    "Marks",
    "count_line",
    "marks_for",
    "status_text",
    "tree_lines",
    "words",
]

STYLES: Final = {
    Status.PENDING: "dim",
    Status.IN_PROGRESS: "cyan",
    Status.INPUT_REQUIRED: "yellow",
    Status.COMPLETED: "green",
    Status.FAILED: "red",
    Status.CANCELLED: "magenta",
    Status.SKIPPED: "dim",
}

BAR: Final = 10
NARROW: Final = 60
"""Below so many columns there are neither bars nor messages."""

DEEPEST: Final = 8
"""How many levels deep tasks are drawn; what is below stands at the same place."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The signs of a view: before a child, before the last one, below each; those of the statuses; those of a bar."""

    child: str
    last: str
    below: str
    empty: str
    statuses: dict[Status, str]
    turning: str
    full: str
    rest: str
    cut: str


UNICODE: Final = Marks(
    "├─ ", "└─ ", "│  ", "   ", dict(zip(Status, "·●?✓✗⊘»", strict=True)), "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "━", "─", "…"
)
ASCII: Final = Marks("|- ", "`- ", "|  ", "   ", dict(zip(Status, ".*?+x-~", strict=True)), "|/-\\", "=", "-", "~")


def marks_for(encoding: str) -> Marks:
    """Choose what a stream of that encoding can show."""
    return UNICODE if "utf" in encoding.lower() else ASCII


def tree_lines(
    state: TreeState, width: int, height: int | None, now: float, marks: Marks = UNICODE, *, turning: bool = False
) -> list[Text]:
    """Draw a tree.

    Args:
        state: Where its tasks stand.
        width: The longest line, in cells of a terminal.
        height: How many lines there may be, at least 4; None: as many as it takes.
        now: The wall-clock time.
        marks: What to draw with.
        turning: Whether the marks of running tasks turn with the time.

    Returns:
        A heading, a line for each task that there is room for, one that sums up the others, and the counts.
    """
    shown = state.rows if height is None else pick(state, max(1, height - 2))
    if len(shown) < len(state.rows) and height is not None:
        shown = pick(state, max(1, height - 3))
    turned = marks.turning[int(now * 8) % len(marks.turning)] if turning else ""
    labels = _labels(shown, marks)
    room = max(12, min(40, width * 2 // 5))
    column = min(room, max((cell_len(label) for label in labels), default=0))
    lines = [_heading(state, width, now, marks)]
    for row, label in zip(shown, labels, strict=True):
        lines.append(_line(row, _sized(label, column, marks), width, now, marks, turned))
    hidden = state.counts - Counter(row.status for row in shown)
    if hidden:
        more = f"{marks.cut} {hidden.total():,} more: {_counted(hidden)}"
        lines.append(Text(_fit(f"  {more}", width, marks), "dim"))
    lines.append(count_line(state.counts, width, marks))
    return lines


def count_line(counts: Counter[Status], width: int, marks: Marks = UNICODE) -> Text:
    """Say how many tasks there are in each status."""
    return Text(_fit(f"  {_counted(counts)}", width, marks), "dim")


def words(status: Status) -> str:
    """Write a status as people do."""
    return status.replace("_", " ")


def status_text(status: Status, marks: Marks = UNICODE) -> Text:
    """Write a status with its mark, in its colour."""
    return Text(f"{marks.statuses[status]} {words(status)}", STYLES[status])


def _labels(rows: Sequence[Row], marks: Marks) -> list[str]:
    """Put the branches of a tree before the names; a row belongs to the nearest one above it that is shown."""
    depths = _depths(rows)
    more = [False] * (DEEPEST + 2)
    labels: list[str] = []
    for row, depth in zip(reversed(rows), reversed(depths), strict=True):
        branch = "" if depth == 0 else marks.child if more[depth] else marks.last
        lines = "".join(marks.below if more[level] else marks.empty for level in range(1, depth))
        labels.append(f"{lines}{branch}{row.label}")
        more[depth] = True
        more[depth + 1 :] = [False] * (DEEPEST + 1 - depth)
    return labels[::-1]


def _depths(rows: Iterable[Row]) -> list[int]:
    depths: dict[int, int] = {}
    for row in rows:
        parent = row.parent
        steps = 0
        while parent is not None and parent.seq not in depths and steps < DEEPEST:
            parent, steps = parent.parent, steps + 1
        known = depths.get(parent.seq) if parent is not None else None
        # Below what is not shown: at the place of its nearest shown ancestor's children.
        depth = 1 if known is None and depths else 0 if known is None else known + 1
        depths[row.seq] = min(DEEPEST, depth)
    return list(depths.values())


def _heading(state: TreeState, width: int, now: float, marks: Marks) -> Text:
    told = Text(state.name, "bold")
    told.append(f"  {state.id}", "dim")
    told.append(f"  {words(state.status)}", STYLES[state.status])
    if not state.status.ended and state.progress:
        told.append(f"  {_bar(state.progress, marks) + ' ' if width >= NARROW else ''}{state.progress:.0%}")
    if state.started is not None:
        took = max(0.0, (now if state.ended is None else state.ended) - state.started)
        told.append(f"  {seconds(took)}", "dim")
    told.truncate(width, overflow="ellipsis")
    return told


def _line(row: Row, label: str, width: int, now: float, marks: Marks, turned: str) -> Text:
    status = row.shown
    mark = turned if turned and row.status is Status.IN_PROGRESS else marks.statuses[status]
    took = row.took(now)
    line = Text(f"{mark} ", STYLES[status])
    line.append(label, "bold" if row.status is Status.IN_PROGRESS else "")
    line.append(f"  {words(status):<14}", STYLES[status])
    line.append(f"  {'' if took is None else seconds(took):>8}", "dim")
    if told := _told(row, width, marks):
        line.append(f"  {told}", "dim")
    line.rstrip()
    plain = line.plain
    if cell_len(plain) > width:
        line.truncate(width - 1)
        line.append(marks.cut)
    return line


def _told(row: Row, width: int, marks: Marks) -> str:
    """Say what else there is to say of a task: how far it is, which attempt it is, and its last message."""
    told = []
    if row.group and not row.status.ended:
        told.append(f"{row.over:,} of {row.children:,}")
    elif row.status is Status.IN_PROGRESS and row.progress:
        told.append(f"{_bar(row.progress, marks)} {row.progress:.0%}" if width >= NARROW else f"{row.progress:.0%}")
    if row.attempt > 1 and not row.group:
        told.append(f"attempt {row.attempt}")
    if row.message and row.status is not Status.COMPLETED:
        told.append(one_line(row.message))
    return "  ".join(told)


def _bar(progress: float, marks: Marks) -> str:
    full = round(progress * BAR)
    return marks.full * full + marks.rest * (BAR - full)


def _counted(counts: Counter[Status]) -> str:
    return ", ".join(f"{counts[status]:,} {words(status)}" for status in _ORDER if counts[status])


_ORDER: Final = (
    Status.INPUT_REQUIRED,
    Status.IN_PROGRESS,
    Status.COMPLETED,
    Status.FAILED,
    Status.CANCELLED,
    Status.SKIPPED,
    Status.PENDING,
)


def _fit(text: str, width: int, marks: Marks) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)) + marks.cut


def _sized(text: str, width: int, marks: Marks) -> str:
    return set_cell_size(_fit(text, width, marks), width)
