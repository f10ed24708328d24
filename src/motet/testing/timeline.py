"""What a simulated task tree did when: attempts over time, what decided its length, and how much ran at once."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from motet.tasks.model import Task, Tree
from motet.testing.gantt import gantt

__all__ = ["Simulation", "Span", "critical_path", "levels"]

Ended = Literal["completed", "failed", "cancelled"]

NEAR: Final = 1e-6
"""Seconds within which two moments are one."""


@dataclass(frozen=True, slots=True)
class Span:
    """One attempt of a task.

    Args:
        task: The name of the task.
        attempt: Which attempt, from 1.
        start: When it began, in seconds from the start of the simulation.
        end: When it ended.
        ended: How.
    """

    task: str
    attempt: int
    start: float
    end: float
    ended: Ended

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a task tree did. Made by `simulate_workflow`; `str()` of it draws it.

    Args:
        tree: The tree as it was in the end.
        spans: Every attempt, in the order in which they began.
        critical: The names of the tasks that decided how long it took, first to last.
        held: Those of them that began only when another task, which they do not depend on, had made room.
    """

    tree: Tree
    spans: tuple[Span, ...]
    critical: tuple[str, ...]
    held: frozenset[str] = frozenset()

    @property
    def makespan(self) -> float:
        """How many seconds it took from the first start to the last end."""
        return max((span.end for span in self.spans), default=0.0) - min(
            (span.start for span in self.spans), default=0.0
        )

    @property
    def work(self) -> float:
        """How many seconds of work it was: what it would take one task at a time, without waiting."""
        return sum(span.seconds for span in self.spans)

    @property
    def concurrency(self) -> list[tuple[float, int]]:
        """How many tasks ran at once: each moment at which that changed, and the number from there on."""
        return levels(self.spans)

    @property
    def peak(self) -> int:
        """How many tasks ran at once at most."""
        return max((count for _, count in self.concurrency), default=0)

    @property
    def statuses(self) -> Mapping[str, str]:
        """How each task ended, by name."""
        return {task.name: str(task.status) for task in self.tree.tasks}

    def of(self, name: str) -> list[Span]:
        """Return the attempts of a task.

        Args:
            name: Its name.

        Raises:
            KeyError: There is no such task.
        """
        self.tree.task(name)
        return [span for span in self.spans if span.task == name]

    def start(self, name: str) -> float | None:
        """Return when a task first began, in seconds; None if it never ran."""
        return min((span.start for span in self.of(name)), default=None)

    def end(self, name: str) -> float | None:
        """Return when a task ended, in seconds; None if it never ran."""
        return max((span.end for span in self.of(name)), default=None)

    def __str__(self) -> str:
        return gantt(self.tree, self.spans, self.critical, self.held, self.makespan, self.peak)


def levels(spans: Sequence[Span]) -> list[tuple[float, int]]:
    """Count how many attempts ran at once over time; those that begin where others end are no more at once."""
    changes: dict[float, int] = {}
    for span in spans:
        if span.end - span.start > NEAR:
            changes[span.start] = changes.get(span.start, 0) + 1
            changes[span.end] = changes.get(span.end, 0) - 1
    running, told = 0, list[tuple[float, int]]()
    for moment in sorted(changes):
        if changes[moment]:
            running += changes[moment]
            told.append((moment, running))
    return told


def critical_path(tree: Tree, spans: Sequence[Span]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Find what decided the length: back from the last end, each time to what the start waited for.

    Source: J. E. Kelley and M. R. Walker, "Critical-Path Planning and Scheduling", 1959, on what happened rather than
    on what was planned.

    Args:
        tree: The tree.
        spans: Every attempt.

    Returns:
        The names of the tasks, first to last, and those of them that waited for room rather than for a dependency.
    """
    if not spans:
        return (), frozenset()
    first = {span.task: span for span in reversed(spans)}
    last = {span.task: span for span in spans}
    names = {task.seq: task.name for task in tree.tasks}
    tasks = {task.name: task for task in tree.tasks}
    at, path, held = max(last.values(), key=lambda span: span.end).task, list[str](), set[str]()
    while at not in path:
        path.append(at)
        before, room = _before(tasks[at], first[at].start, names, last)
        if before is None:
            break
        if room:
            held.add(at)
        at = before
    return tuple(reversed(path)), frozenset(held)


def _before(task: Task, start: float, names: Mapping[int, str], last: Mapping[str, Span]) -> tuple[str | None, bool]:
    """Find what a task waited for, and whether it was room."""
    wanted = [names[dependency.seq] for dependency in task.definition.dependencies]
    ended = [(last[name].end, name) for name in wanted if name in last]
    moment, name = max(ended, default=(-math.inf, None))
    if name is not None and start - moment <= NEAR:
        return name, False
    freed = [other.task for other in last.values() if abs(other.end - start) <= NEAR and other.seconds > NEAR]
    freed = [other for other in freed if other != task.name]
    return (freed[0], True) if freed else (name, False)
