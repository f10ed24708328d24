"""A Gantt chart in text: a line for each task, a column for each stretch of time."""

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Protocol

from motet.tasks.model import Task, Tree

__all__ = ["gantt", "seconds_told"]

COLUMNS: Final = 60

MARKS: Final = {"completed": "█", "failed": "▓", "cancelled": "░"}
WAITING: Final = "·"


class Bar(Protocol):
    """One attempt of a task."""

    @property
    def task(self) -> str:
        """The name of the task."""

    @property
    def start(self) -> float:
        """When it began, in seconds."""

    @property
    def end(self) -> float:
        """When it ended."""

    @property
    def ended(self) -> str:
        """How it ended."""


def gantt(
    tree: Tree,
    bars: Sequence[Bar],
    critical: Sequence[str],
    held: Collection[str],
    makespan: float,
    peak: int,
) -> str:
    """Draw what a task tree did.

    Args:
        tree: The tree.
        bars: Every attempt.
        critical: The names of the tasks that decided the length.
        held: Those of them that waited for room.
        makespan: How many seconds it took.
        peak: How many tasks ran at once at most.
    """
    wide = max([len("task"), *(len(task.name) for task in tree.tasks)])
    counts = f"{len(tree.tasks)} tasks, {len(bars)} attempts, at most {peak} at once"
    lines = [f"{tree.name}: {tree.status} after {seconds_told(makespan)} ({counts})"]
    if critical:
        lines.append(
            f"decided by {' > '.join(name + (' (waited for room)' if name in held else '') for name in critical)}"
        )
    right = seconds_told(makespan)
    lines.append(f"\n{'task':<{wide}}  0 s{right:>{COLUMNS - 3}}")
    for task in _in_order(tree.tasks, bars):
        own = [bar for bar in bars if bar.task == task.name]
        mark = "*" if task.name in critical else " "
        lines.append(f"{task.name:<{wide}} {mark}{_row(own, makespan)}{_note(task, len(own))}".rstrip())
    lines.append(
        f"\n{MARKS['completed']} runs  {MARKS['failed']} fails  {WAITING} waits to try again  * decides the length"
    )
    return "\n".join(lines)


def seconds_told(seconds: float) -> str:
    """Tell a duration as people do: "1 h 20 min", "3 min 20 s", "12.5 s"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {seconds % 60:.0f} s"
    return f"{int(seconds // 3600)} h {seconds % 3600 // 60:.0f} min"


def _in_order(tasks: Iterable[Task], bars: Sequence[Bar]) -> list[Task]:
    begun = {bar.task: index for index, bar in reversed(list(enumerate(bars)))}
    return sorted(tasks, key=lambda task: (begun.get(task.name, math.inf), task.seq))


def _row(bars: Sequence[Bar], makespan: float) -> str:
    if not bars:
        return " " * COLUMNS
    scale = COLUMNS / makespan if makespan else 0.0
    cells = [" "] * COLUMNS
    begin, end = (round(moment * scale) for moment in (bars[0].start, bars[-1].end))
    cells[begin:end] = WAITING * (end - begin)
    for bar in bars:
        at = min(round(bar.start * scale), COLUMNS - 1)
        length = max(round(bar.end * scale) - at, 1)
        cells[at : at + length] = MARKS.get(bar.ended, "?") * length
    return "".join(cells[:COLUMNS])


def _note(task: Task, attempts: int) -> str:
    told = [f"{attempts} attempts"] if attempts > 1 else []
    if str(task.status) != "completed":
        why = f": {task.error['message']}" if task.error is not None else ""
        told.insert(0, f"{task.status}{why}")
    elif task.executor is None:
        told.insert(0, "group")
    return f"  {', '.join(told)}" if told else ""
