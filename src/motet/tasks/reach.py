"""How far something reaches in a tree: what comes after tasks, what they need, what belongs to them. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from motet.tasks.outlines import Outline

__all__ = ["belonging", "downstream", "upstream"]


def downstream(tasks: Sequence[Outline], places: Iterable[int]) -> set[int]:
    """Return these tasks and all that can only be right after them: dependants, and the groups around them."""
    after: dict[int, list[int]] = {}
    groups = {task.seq for task in tasks if task.group}
    for task in tasks:
        for other, _ in task.dependencies:
            after.setdefault(other, []).append(task.seq)
        if task.parent in groups:
            after.setdefault(task.seq, []).append(task.parent)
    return _reached(places, after)


def upstream(tasks: Sequence[Outline], places: Iterable[int]) -> set[int]:
    """Return these tasks and all that they need: their dependencies, and what belongs to them."""
    before: dict[int, list[int]] = {task.seq: [other for other, _ in task.dependencies] for task in tasks}
    for task in tasks:
        if task.parent is not None:
            before[task.parent].append(task.seq)
    return _reached(places, before)


def belonging(tasks: Sequence[Outline], places: Iterable[int]) -> set[int]:
    """Return these tasks and all that belongs to them; parents may come after their children."""
    children: dict[int, list[int]] = {}
    for task in tasks:
        if task.parent is not None:
            children.setdefault(task.parent, []).append(task.seq)
    return _reached(places, children)


def _reached(places: Iterable[int], edges: Mapping[int, Sequence[int]]) -> set[int]:
    seen = set(places)
    work = list(seen)
    while work:
        for there in edges.get(work.pop(), ()):
            if there not in seen:
                seen.add(there)
                work.append(there)
    return seen
