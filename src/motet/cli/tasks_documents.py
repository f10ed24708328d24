"""Trees, tasks and their events as JSON data: what programs read."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from motet.cli.show import jsonable
from motet.kernel.events import Event, TaskChanged, TaskChunk
from motet.tasks.definition import Definition
from motet.tasks.model import Attempt, Task, Tree
from motet.tasks.status import Status

__all__ = ["attempt_document", "event_document", "task_document", "tree_document"]

Document = dict[str, Any]


def tree_document(tree: Tree, counts: Mapping[Status, int] | None = None) -> Document:
    """Return a tree as JSON data, with the tasks that were loaded with it.

    Args:
        tree: The tree.
        counts: How many tasks it has in each status, where the tasks were not loaded.
    """
    document: Document = {
        "id": tree.id,
        "name": tree.name,
        "status": tree.status,
        "progress": tree.progress,
        "total": tree.total,
        "key": tree.key,
        "user": tree.user,
        "extra": dict(tree.extra),
        "trace": tree.trace,
        "created_at": tree.created_at,
        "started_at": tree.started_at,
        "ended_at": tree.ended_at,
    }
    if counts is not None:
        ended = sum(number for status, number in counts.items() if status.ended)
        document["progress"] = ended / tree.total if tree.total else 1.0
        document["counts"] = {status: number for status, number in counts.items() if number}
    if tree.tasks:
        root = next((task for task in tree.tasks if task.seq == tree.root), None)
        document["root"] = f"{tree.id}-{tree.root}"
        document["result"] = None if root is None else root.result
        document["tasks"] = [task_document(task) for task in tree.tasks]
    return document


def task_document(task: Task) -> Document:
    """Return a task as JSON data: what was defined, and where it stands."""
    question = task.question
    return {
        "id": task.id,
        "tree": task.tree_id,
        **_definition(task.definition, task.tree_id),
        "status": task.status,
        "attempt": task.attempt,
        "failures": task.failures,
        "progress": task.progress,
        "message": task.message,
        "result": task.result,
        "error": task.error,
        "question": None if question is None else {"text": question.text, "schema": dict(question.schema)},
        "owner": task.owner,
        "wake_at": task.wake_at,
        "created_at": task.created_at,
        "started_at": task.started_at,
        "ended_at": task.ended_at,
    }


def attempt_document(attempt: Attempt) -> Document:
    """Return an attempt that is over as JSON data."""
    return {field.name: getattr(attempt, field.name) for field in fields(attempt)} | {
        "inputs": None if attempt.inputs is None else dict(attempt.inputs)
    }


_OF_TRACES: Final = {"trace", "at", "span", "parent", "sampled"}
"""What places an event within its trace: `motet inspect` shows that."""


def event_document(event: Event) -> Document:
    """Return what happened as JSON data, in an object whose key says what it is: task, chunk or tree."""
    if isinstance(event, TaskChunk):
        chunk = event.chunk
        told: Document = {"seq": chunk.seq, "path": list(chunk.path), "value": jsonable(chunk.value)}
        if chunk.restart:
            told = {"seq": chunk.seq, "path": list(chunk.path), "since": chunk.since}
        return {"restart" if chunk.restart else "chunk": {"task": event.task, "name": event.name, **told}}
    kind = "task" if isinstance(event, TaskChanged) else "tree"
    renamed = {"task": "id"} if kind == "task" else {"tree": "id"}
    return {
        kind: {
            renamed.get(field.name, field.name): getattr(event, field.name)
            for field in fields(event)
            if field.name not in _OF_TRACES
        }
    }


def _definition(definition: Definition, tree_id: str) -> Document:
    return {
        "name": definition.name,
        "executor": definition.executor,
        "inputs": dict(definition.inputs),
        "parent": None if definition.parent is None else f"{tree_id}-{definition.parent}",
        "dependencies": [
            {"id": f"{tree_id}-{other.seq}", "name": other.name, "required": other.required}
            for other in definition.dependencies
        ],
        "priority": definition.priority,
        "retry": None
        if definition.retry is None
        else {field.name: getattr(definition.retry, field.name) for field in fields(definition.retry)},
        "timeout": definition.timeout,
        "not_before": definition.not_before,
        "concurrency_key": definition.concurrency_key,
        "extra": dict(definition.extra),
    }
