"""What came of a commit's operations, written into the database."""

from collections.abc import Iterator

from motet.storage.books import Place, Todo
from motet.storage.bulk import Bulk, Row, Statement
from motet.storage.packing import LARGE, blob_of, pack
from motet.storage.rows import attempt_row, definition_row, state_row, tree_row
from motet.storage.schema import (
    ANSWERS,
    ATTEMPTS,
    BINDINGS,
    BLOBS,
    DEFINITIONS,
    EVENTS,
    OF_A_TREE,
    STEPS,
    TASKS,
    TRACES,
    TREES,
    WORKERS,
)
from motet.storage.state import State, Stored
from motet.storage.written import Written

__all__ = ["flush"]

TASK = ["tree_id", "seq"]

MANY = 1_000
"""New tasks from which on a database should count again."""


def flush(todo: Todo, bulk: Bulk) -> Iterator[Statement]:
    """Return the statements that write down what has to be: what is deleted comes first."""
    yield from _deletions(todo, bulk)
    blobs: dict[tuple[str, str], bytes] = {}
    yield from _trees_and_tasks(todo, bulk, blobs)
    yield from _histories_of_tasks(todo, bulk, blobs)
    if blobs:
        rows = [(*known, data) for known, data in blobs.items()]
        yield from bulk.insert(BLOBS, rows, ignore=True)
    yield from _workers(todo, bulk)
    yield from _traces(todo, bulk)
    if len(todo.new_tasks) >= MANY:
        yield from bulk.learn([TASKS, DEFINITIONS])


def _deletions(todo: Todo, bulk: Bulk) -> Iterator[Statement]:
    if todo.dropped_trees:
        trees = [(tree_id,) for tree_id in sorted(todo.dropped_trees)]
        yield from bulk.delete(TREES, trees, ["id"])
        for table in OF_A_TREE:
            yield from bulk.delete(table, trees, ["tree_id"])
    tasks = sorted(place for place in todo.dropped_tasks if place[0] not in todo.dropped_trees)
    if tasks:
        for table in (TASKS, DEFINITIONS, ATTEMPTS, STEPS):
            yield from bulk.delete(table, tasks, TASK)
    if todo.forgotten:
        yield from bulk.delete(STEPS, sorted(todo.forgotten), TASK)


def _trees_and_tasks(todo: Todo, bulk: Bulk, blobs: dict[tuple[str, str], bytes]) -> Iterator[Statement]:
    def definition(place: Place, written: Written) -> Row:
        return definition_row(place[0], written, _stored(place[0], written.inputs, blobs))

    def task(place: Place, state: State) -> Row:
        values = (_stored(place[0], value, blobs) for value in (state.result, state.error, state.question))
        return state_row(place, state, *values)

    if todo.new_trees:
        yield from bulk.insert(TREES, [tree_row(tree) for tree in todo.new_trees.values()])
    if todo.trees:
        yield from bulk.update(TREES, [tree_row(tree) for tree in todo.trees.values()])
    if todo.new_definitions:
        yield from bulk.insert(DEFINITIONS, [definition(*entry) for entry in todo.new_definitions.items()])
    if todo.definitions:
        yield from bulk.update(DEFINITIONS, [definition(*entry) for entry in todo.definitions.items()])
    if todo.new_tasks:
        yield from bulk.insert(TASKS, [task(*entry) for entry in todo.new_tasks.items()])
    if todo.tasks:
        yield from bulk.update(TASKS, [task(*entry) for entry in todo.tasks.items()])


def _histories_of_tasks(todo: Todo, bulk: Bulk, blobs: dict[tuple[str, str], bytes]) -> Iterator[Statement]:
    if todo.attempts:
        rows = [
            attempt_row(place, row, _stored(place[0], row.inputs, blobs), _stored(place[0], row.error, blobs))
            for place, row in todo.attempts
        ]
        yield from bulk.insert(ATTEMPTS, rows, ignore=True)
    steps = [
        (*place, key, _packed(place[0], value, blobs))
        for place, kept in todo.steps.items()
        for key, value in kept.items()
    ]
    if steps:
        yield from bulk.insert(STEPS, steps, ignore=True)


def _stored(tree_id: str, value: Stored, blobs: dict[tuple[str, str], bytes]) -> str | None:
    """Return a value as its column keeps it: what the database had already stays."""
    if value is None or isinstance(value, str):
        return value
    if len(value) <= LARGE:
        return value.decode()
    return _put_aside(tree_id, value, blobs)


def _packed(tree_id: str, value: bytes, blobs: dict[tuple[str, str], bytes]) -> bytes:
    return pack(value) if len(value) <= LARGE else _put_aside(tree_id, value, blobs).encode()


def _put_aside(tree_id: str, value: bytes, blobs: dict[tuple[str, str], bytes]) -> str:
    reference = blob_of(value)
    blobs[tree_id, reference[1:]] = pack(value)
    return reference


def _workers(todo: Todo, bulk: Bulk) -> Iterator[Statement]:
    beats = [(owner, *lease) for owner, lease in sorted(todo.workers.items()) if lease is not None]
    if beats:
        yield from bulk.put(WORKERS, beats)
    gone = [(owner,) for owner, lease in sorted(todo.workers.items()) if lease is None]
    if gone:
        yield from bulk.delete(WORKERS, gone, ["owner"])


def _traces(todo: Todo, bulk: Bulk) -> Iterator[Statement]:
    if todo.dropped_traces:
        for table in (TRACES, EVENTS, BINDINGS):
            yield from bulk.delete(table, [(trace,) for trace in sorted(todo.dropped_traces)], ["trace"])
    if todo.traces:
        yield from bulk.put(TRACES, [(trace, *row) for trace, row in todo.traces.items()])
    if todo.events:
        yield from bulk.insert(EVENTS, todo.events)
    if todo.bindings:
        yield from bulk.put(BINDINGS, [(*place, value) for place, value in sorted(todo.bindings.items())])
    put = [(key, value) for key, value in sorted(todo.answers.items()) if value is not None]
    if put:
        yield from bulk.put(ANSWERS, put)
    taken = [(key,) for key, value in sorted(todo.answers.items()) if value is None]
    if taken:
        yield from bulk.delete(ANSWERS, taken, ["key"])
