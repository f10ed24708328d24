"""The layout of a task array: one root, every task below it, and nothing that waits for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from motet.tasks.entries import Entry
from motet.tasks.hints import listed
from motet.tasks.links import Links
from motet.tasks.names import Told
from motet.tasks.shape import ASTRAY, children_of, find_cycles, find_tops, pick_root

__all__ = ["Layout", "lay_out"]

LONGEST: Final = 12
"""How many tasks of a cycle are shown, at most."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The tree that an array makes.

    Args:
        root: The place of its root; None where there is none.
        parents: The parent of each entry, by place, with those that were not written.
    """

    root: int | None
    parents: Sequence[int | None]


def lay_out(entries: Sequence[Entry], links: Links, tell: Told) -> Layout:
    """Find the root, and what stands in the way of a tree.

    Args:
        entries: The entries.
        links: Whom they mean. A reference that means nobody leads to no further problem.
        tell: Takes each problem.
    """
    tops, circles = find_tops(links.parents)
    _tell_circles(entries, tops, circles, tell)
    cycles = _tell_cycles(entries, links, tops, tell)
    free = [place for place, parent in enumerate(links.parents) if parent is None and place not in links.lost]
    pick = pick_root(tops, free, links.waits)
    # Each reference that means nobody could be the one that ties a rival to the others.
    if len(pick.rivals) > 1 + links.broken and not (pick.tangled and cycles):
        _tell_rivals(entries, pick.rivals, tell)
    parents = list(links.parents)
    if pick.root is not None:
        for place in free:
            parents[place] = None if place == pick.root else pick.root
    if not links.lost:
        _tell_childless(entries, parents, pick.root, tell)
    return Layout(pick.root, parents)


def _tell_circles(entries: Sequence[Entry], tops: Sequence[int], circles: list[list[int]], tell: Told) -> None:
    members = {place for circle in circles for place in circle}
    for circle in circles:
        told = f"{_way(entries, circle)} goes round in a circle"
        tell(circle[0], "parent", f"{told}: one of these tasks needs another parent, or none")
    for place, top in enumerate(tops):
        if top == ASTRAY and place not in members:
            tell(place, "parent", "the parents of this task go round in a circle: it is below no root")


def _tell_cycles(entries: Sequence[Entry], links: Links, tops: Sequence[int], tell: Told) -> bool:
    """Tell of the cycles of tasks that wait for each other; a group waits for its children."""
    leads = list(links.waits)
    for parent, children in children_of(links.parents).items():
        # Below a circle of parents everything goes round; it is told already.
        if entries[parent].group and tops[parent] != ASTRAY:
            leads[parent] = [*leads[parent], *children]
    cycles = find_cycles(leads)
    for cycle in cycles:
        start, by_group = _first_written(cycle, links)
        told = f"{_way(entries, cycle[start:] + cycle[:start])} is a cycle, in which no task can be the first"
        why = " (a group waits for its children)" if by_group else ""
        tell(cycle[start], "dependencies", f"{told}{why}: leave out one dependency")
    return bool(cycles)


def _first_written(cycle: Sequence[int], links: Links) -> tuple[int, bool]:
    """Find the first task of a cycle that names the next one itself, and whether others only have it as a child."""
    written = [following in links.waits[task] for task, following in pairwise([*cycle, cycle[0]])]
    return written.index(True), not all(written)


def _tell_rivals(entries: Sequence[Entry], rivals: Sequence[int], tell: Told) -> None:
    names = listed(entries[place].name for place in rivals)
    for place in rivals:
        told = f"a tree has one root, but {names} have no parent, and none of them depends on all others"
        tell(place, "parent", f'{told}: write "parent" in all but one')


def _tell_childless(entries: Sequence[Entry], parents: Sequence[int | None], root: int | None, tell: Told) -> None:
    having = set(parents)
    for place, entry in enumerate(entries):
        # Without a root it is not settled whose children those without parent are.
        if entry.group and place not in having and (root is not None or parents[place] is not None):
            told = "a task without executor is a group, and no task has it as its parent"
            tell(place, "executor", f"{told}: name an executor, or children")


def _way(entries: Sequence[Entry], places: Sequence[int]) -> str:
    names = [entries[place].name or f"entry {place}" for place in places]
    if len(names) > LONGEST:
        names[LONGEST - 1 : -1] = [f"({len(names) - LONGEST} more)"]
    return " -> ".join([*names, names[0]])
