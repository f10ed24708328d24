"""The shape of a task tree: which task is the root, and what goes round in a circle.

Tasks are numbers from 0. Everything here takes time in proportion to the tree, and nothing recurses: a chain may be as
long as it likes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["ASTRAY", "Pick", "children_of", "find_cycles", "find_tops", "pick_root"]

ASTRAY: Final = -1
"""The top of a task whose parents lead into a circle."""

NEW: Final = -2
ON_THE_WAY: Final = -3
DONE: Final = -4


def find_tops(parents: Sequence[int | None]) -> tuple[list[int], list[list[int]]]:
    """Find the task at the top of each task's parents.

    Args:
        parents: The parent of each task.

    Returns:
        The top of each task, `ASTRAY` where there is none, and the circles of parents.
    """
    tops = [NEW] * len(parents)
    circles: list[list[int]] = []
    for start in range(len(parents)):
        way: list[int] = []
        task = start
        while tops[task] == NEW:
            tops[task] = ON_THE_WAY
            way.append(task)
            parent = parents[task]
            if parent is None:
                tops[task] = task
                break
            task = parent
        if tops[task] == ON_THE_WAY:
            circles.append(way[way.index(task) :])
            tops[task] = ASTRAY
        top = tops[task]
        for passed in way:
            tops[passed] = top
    return tops, circles


def children_of(parents: Sequence[int | None]) -> dict[int, list[int]]:
    """List the children of each task that has some.

    Args:
        parents: The parent of each task.
    """
    children: dict[int, list[int]] = {}
    for task, parent in enumerate(parents):
        if parent is not None:
            children.setdefault(parent, []).append(task)
    return children


@dataclass(frozen=True, slots=True)
class Pick:
    """Which of the tasks without parent is the root.

    Args:
        root: The root; None where there is none.
        rivals: The tasks of which only one can stay without parent.
        tangled: Whether rivals wait for each other's tasks, so that a cycle may be the reason.
    """

    root: int | None
    rivals: Sequence[int] = ()
    tangled: bool = False


def pick_root(tops: Sequence[int], free: Sequence[int], waits: Sequence[Iterable[int]]) -> Pick:
    """Pick the root among the tasks that have no parent.

    With their children and theirs, those are small trees. The root is at the top of the one that no task of another
    one waits for, if it is the only such, and every other one is waited for by way of it.

    Args:
        tops: The top of each task.
        free: The tasks without parent.
        waits: What each task waits for.
    """
    if len(free) < 2:
        return Pick(free[0] if free else None)
    leads: dict[int, set[int]] = {}
    for top, targets in zip(tops, waits, strict=True):
        leads.setdefault(top, set()).update(tops[target] for target in targets)
    waited_for = {target for top, targets in leads.items() for target in targets if target != top}
    first = [task for task in free if task not in waited_for]
    if len(first) > 1:
        return Pick(None, first)
    reached = _reached(first, leads)
    missed = [task for task in free if task not in reached]
    return Pick(None, first + missed, tangled=True) if missed else Pick(first[0])


def _reached(starts: Iterable[int], leads: dict[int, set[int]]) -> set[int]:
    ahead = list(starts)
    reached = set(ahead)
    while ahead:
        fresh = leads.get(ahead.pop(), set()) - reached
        reached |= fresh
        ahead += fresh
    return reached


def find_cycles(leads: Sequence[Sequence[int]]) -> list[list[int]]:
    """Find cycles, at least one in every part of the graph that has some, and no task in two of them.

    A depth-first walk: every cycle closes with an edge back to a task on the way. Source: R. Tarjan, "Depth-first
    search and linear graph algorithms", SIAM Journal on Computing 1(2), 1972.

    Args:
        leads: Where each task leads.

    Returns:
        Each cycle as its tasks in order, every one of which leads to the next, and the last to the first.
    """
    places = [NEW] * len(leads)
    found: list[list[int]] = []
    for start in range(len(leads)):
        if places[start] == NEW:
            _walk(start, leads, places, found)
    return found


def _walk(start: int, leads: Sequence[Sequence[int]], places: list[int], found: list[list[int]]) -> None:
    """Walk through what can be reached from a task.

    Args:
        start: The task.
        leads: Where each task leads.
        places: The place of each task on the way from the start, or `NEW` or `DONE`.
        found: The cycles found so far.
    """
    way, ahead = [start], [iter(leads[start])]
    places[start] = 0
    told = [0]  # how many tasks on the way, up to each place, are in a cycle that was found
    while way:
        for target in ahead[-1]:
            place = places[target]
            if place == NEW:
                if not leads[target]:
                    places[target] = DONE
                    continue
                places[target] = len(way)
                way.append(target)
                ahead.append(iter(leads[target]))
                told.append(told[-1])
                break
            before = told[place - 1] if place > 0 else 0
            if place >= 0 and told[-1] == before:
                found.append(way[place:])
                told[place:] = range(before + 1, before + 1 + len(way) - place)
        else:
            places[way.pop()] = DONE
            ahead.pop()
            told.pop()
