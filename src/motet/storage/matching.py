"""Which trees and tasks a filter lets through, and in which order they are listed."""

from collections.abc import Iterable

from motet.storage.cursors import Entry
from motet.storage.written import Written
from motet.tasks.model import Tree
from motet.tasks.ports import Filter
from motet.tasks.status import Status

__all__ = ["after", "folded", "matches_task", "matches_tree", "place_of", "ranked"]


def folded(name: str) -> str:
    """Return a name in the form in which names are compared, in whatever case they are."""
    return name.casefold()


def matches_tree(which: Filter, tree: Tree, executors: Iterable[str | None]) -> bool:
    """Tell whether a tree is listed.

    Args:
        which: The filter.
        tree: The tree.
        executors: Those of its tasks.
    """
    return (
        _surroundings_match(which, tree)
        and (not which.statuses or tree.status in which.statuses)
        and (not which.name or folded(which.name) in folded(tree.name))
        and (which.executor is None or which.executor in executors)
    )


def matches_task(which: Filter, tree: Tree, written: Written, status: Status) -> bool:
    """Tell whether a task is listed."""
    return (
        _surroundings_match(which, tree)
        and (not which.statuses or status in which.statuses)
        and (not which.name or folded(which.name) in folded(written.name))
        and (which.executor is None or written.executor == which.executor)
    )


def _surroundings_match(which: Filter, tree: Tree) -> bool:
    return (
        (which.tree_id is None or tree.id == which.tree_id)
        and (which.user is None or tree.user == which.user)
        and (which.created_after is None or tree.created_at >= which.created_after)
        and (which.created_before is None or tree.created_at < which.created_before)
    )


def place_of(tree: Tree, seq: int = 0) -> Entry:
    """Return where something stands in a list."""
    return tree.created_at, tree.id, seq


def ranked(trees: Iterable[Tree]) -> list[Tree]:
    """Sort trees, the newest first."""
    return sorted(trees, key=place_of, reverse=True)


def after(place: Entry, begin: Entry | None) -> bool:
    """Tell whether something stands after the place where the last page ended: trees fall, tasks of one tree rise."""
    if begin is None:
        return True
    if place[:2] != begin[:2]:
        return place[:2] < begin[:2]
    return place[2] > begin[2]
