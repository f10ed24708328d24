"""From stored tasks back to the array that would make them: for copies, updates and export."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from motet.tasks.definition import NORMAL, Definition
from motet.tasks.model import Tree

__all__ = ["entries_of", "entry_of"]


def entries_of(tree: Tree, places: Collection[int] | None = None) -> list[dict[str, Any]]:
    """Return the array of tasks that would make a tree.

    Args:
        tree: The tree with its tasks.
        places: Which of its tasks to take; all unless given. Links to others are left out, and tasks whose parent is
            left out belong to nobody.
    """
    taken = {task.seq for task in tree.tasks} if places is None else set(places)
    definitions = [task.definition for task in tree.tasks if task.seq in taken]
    ids = _ids(definitions)
    return [entry_of(definition, ids) for definition in definitions]


def entry_of(definition: Definition, ids: Mapping[int, str]) -> dict[str, Any]:
    """Return the entry that would make a task.

    Args:
        definition: The task.
        ids: What the tasks of the array are called in it, by place; links to others are left out.
    """
    parent = definition.parent
    entry: dict[str, Any] = {
        **definition.extra,
        "id": ids[definition.seq],
        "name": definition.name,
        "executor": definition.executor,
        "inputs": dict(definition.inputs) or None,
        "parent": ids.get(parent) if parent is not None else None,
        "dependencies": [
            {"id": ids[dependency.seq], "required": dependency.required}
            for dependency in definition.dependencies
            if dependency.seq in ids
        ]
        or None,
        "priority": definition.priority if definition.priority != NORMAL else None,
        "retry": asdict(definition.retry) if definition.retry is not None else None,
        "timeout": definition.timeout,
        "not_before": definition.not_before,
        "concurrency_key": definition.concurrency_key,
    }
    return {key: value for key, value in entry.items() if value is not None}


def _ids(definitions: Sequence[Definition]) -> dict[int, str]:
    """Call each task by its name where that is enough, otherwise by its name and place."""
    names = [definition.name for definition in definitions]
    seen = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set[str]()
    ids: dict[int, str] = {}
    for definition in definitions:
        id_ = f"{definition.name} #{definition.seq}" if definition.name in seen else definition.name
        while definition.name in seen and id_ in names:
            id_ += "'"  # another task has this very name
        ids[definition.seq] = id_
    return ids
