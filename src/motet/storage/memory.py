"""A store in memory: gone with the process, and otherwise like every other store."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from motet.storage import matching
from motet.storage.books import Books, Place, Todo
from motet.storage.cursors import Entry as ListPlace
from motet.storage.cursors import read_cursor, write_cursor
from motet.storage.encoded import prepare
from motet.storage.memory_state import MemoryState
from motet.storage.operations import Apply, Create, Define, Delete, Operation, checked_tree
from motet.storage.values import check_number, check_text, copied, decode
from motet.storage.written import AttemptRow, attempt_of, outline_from, write_definition
from motet.tasks.changes import Change
from motet.tasks.definition import Definition
from motet.tasks.model import Attempt, Task, Tree
from motet.tasks.outlines import Outline
from motet.tasks.ports import Applied, Filter, Page, TaskStore
from motet.tasks.status import Status

__all__ = ["MemoryStore"]

Found = TypeVar("Found")
Told = TypeVar("Told")


class MemoryStore(MemoryState, TaskStore):
    """Task trees and the state of traces in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._books = Books()
        self._journals: dict[Place, dict[str, bytes]] = {}
        self._attempts: dict[Place, list[AttemptRow]] = {}
        self._workers: dict[str, tuple[float, str, int]] = {}

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do: what is stored stays as long as the object."""

    async def create(self, tree: Tree, definitions: Sequence[Definition], changes: Sequence[Change] = ()) -> str:
        """Store a tree with its tasks, all or nothing."""
        kept = checked_tree(tree, len(definitions))
        written = [write_definition(definition) for definition in definitions]
        return self._do(Create(kept, written, prepare(changes)))

    async def apply(self, changes: Sequence[Change]) -> Applied:
        """Apply changes, each a compare-and-set of its own."""
        return self._do(Apply(prepare(changes)))

    async def update(self, tree_id: str, definition: Definition, sources: frozenset[Status]) -> bool:
        """Replace the definition of a task, if it is in one of these statuses."""
        return self._do(Define(tree_id, write_definition(definition), sources))

    async def delete(self, tree_id: str, seqs: Iterable[int] | None = None) -> bool:
        """Delete a tree that is not in progress, or some of its tasks."""
        return self._do(Delete(tree_id, seqs))

    def _do(self, operation: Operation[Told]) -> Told:
        told = operation.act(self._books)
        self._keep(self._books.settle())
        operation.told()
        return told

    def _keep(self, todo: Todo) -> None:
        """Keep what the books do not hold: journals and attempts."""
        for place in todo.dropped_tasks:
            self._attempts.pop(place, None)
        for place in todo.dropped_tasks | todo.forgotten:
            self._journals.pop(place, None)
        for place, row in todo.attempts:
            self._attempts.setdefault(place, []).append(row)
        for place, steps in todo.steps.items():
            self._journals[place] = steps | self._journals.get(place, {})

    async def tree(self, tree_id: str, *, tasks: bool = True) -> Tree | None:
        """Return a tree, with or without its tasks."""
        tree = self._books.trees.get(tree_id)
        if tree is None:
            return None
        seqs = self._books.states[tree_id] if tasks else ()
        return replace(_out(tree), tasks=tuple(self._books.task(tree_id, seq) for seq in seqs))

    async def outlines(self, tree_id: str) -> tuple[Tree, Sequence[Outline]] | None:
        """Return a tree without its tasks, and the outline of each of them."""
        tree = self._books.trees.get(tree_id)
        if tree is None:
            return None
        definitions = self._books.definitions[tree_id]
        found = ((definitions[seq], state) for seq, state in self._books.states[tree_id].items())
        return _out(tree), [
            outline_from((w.seq, w.name, w.executor, w.plan, state.status, state.wake_at, state.owner, state.attempt))
            for w, state in found
        ]

    async def task(self, tree_id: str, seq: int) -> Task | None:
        """Return one task."""
        return None if self._books.state(tree_id, seq) is None else self._books.task(tree_id, seq)

    async def changed(self, tree_id: str, since: int) -> tuple[Tree, Sequence[Task]] | None:
        """Return a tree, and those of its tasks that have changed after a revision."""
        tree = self._books.trees.get(tree_id)
        if tree is None:
            return None
        states = self._books.states[tree_id].items()
        return _out(tree), [self._books.task(tree_id, seq) for seq, state in states if state.revision > since]

    async def revisions(self, tree_ids: Iterable[str]) -> Mapping[str, int]:
        """Return the revisions of trees."""
        trees = self._books.trees
        return {tree_id: trees[tree_id].revision for tree_id in tree_ids if tree_id in trees}

    async def results(self, tree_id: str, seqs: Iterable[int]) -> Mapping[int, object]:
        """Return the results of completed tasks."""
        states = self._books.states.get(tree_id, {})
        found = ((seq, states[seq].result) for seq in seqs if seq in states)
        return {seq: decode(result) for seq, result in found if result is not None}

    async def journal(self, tree_id: str, seq: int) -> Mapping[str, object]:
        """Return what a task has recorded."""
        return {key: decode(value) for key, value in self._journals.get((tree_id, seq), {}).items()}

    async def attempts(self, tree_id: str, seq: int) -> Sequence[Attempt]:
        """Return the attempts of a task that are over."""
        return [attempt_of(row) for row in self._attempts.get((tree_id, seq), ())]

    async def find(self, text: str, limit: int = 10) -> Sequence[str]:
        """Return the ids of trees that begin with a text, or have it as their key."""
        keyed = self._books.keys.get(text)
        found = sorted(tree_id for tree_id in self._books.trees if tree_id.startswith(text) and tree_id != keyed)
        return ([] if keyed is None else [keyed])[:limit] + found[: limit - (keyed is not None)]

    async def list_trees(self, which: Filter, limit: int = 50, cursor: str | None = None) -> Page:
        """List trees, the newest first."""
        begin = read_cursor(cursor)
        found = [
            tree
            for tree in matching.ranked(self._books.trees.values())
            if matching.after(matching.place_of(tree), begin) and self._matches(which, tree)
        ]
        page, following = _cut(found, limit, matching.place_of)
        return Page(following, trees=tuple(map(_out, page)))

    def _matches(self, which: Filter, tree: Tree) -> bool:
        executors = (written.executor for written in self._books.definitions[tree.id].values())
        return matching.matches_tree(which, tree, executors)

    async def list_tasks(self, which: Filter, limit: int = 50, cursor: str | None = None) -> Page:
        """List tasks, those of the newest trees first."""
        begin = read_cursor(cursor)
        found = [
            (tree, seq)
            for tree in matching.ranked(self._books.trees.values())
            for seq, written in self._books.definitions[tree.id].items()
            if matching.after(matching.place_of(tree, seq), begin)
            and matching.matches_task(which, tree, written, self._books.states[tree.id][seq].status)
        ]
        page, following = _cut(found, limit, lambda pair: matching.place_of(*pair))
        return Page(following, tasks=tuple(self._books.task(tree.id, seq) for tree, seq in page))

    async def counts(self, tree_id: str | None = None) -> Mapping[Status, int]:
        """Count the tasks by status."""
        states = self._books.states
        some = states.values() if tree_id is None else [states.get(tree_id, {})]
        return dict(Counter(state.status for tasks in some for state in tasks.values()))

    async def beat(self, owner: str, until: float, host: str = "", pid: int = 0) -> None:
        """Say that a manager lives."""
        check_text(owner, "An owner")
        check_text(host, "A host")
        check_number(until, "The end of a lease")
        self._workers[owner] = (float(until), host, pid)

    async def leave(self, owner: str) -> None:
        """Say that a manager is gone."""
        self._workers.pop(owner, None)

    async def workers(self) -> Sequence[tuple[str, float, str, int]]:
        """List the managers that have not left."""
        return sorted((owner, *rest) for owner, rest in self._workers.items())

    async def owned(self, owners: Iterable[str], tree_ids: Iterable[str] | None = None) -> Sequence[Task]:
        """Return the tasks in progress that belong to one of these owners."""
        wanted = set(owners)
        within = sorted(self._books.states if tree_ids is None else set(tree_ids) & self._books.states.keys())
        return [
            self._books.task(tree_id, seq)
            for tree_id in within
            for seq, state in self._books.states[tree_id].items()
            if state.status is Status.IN_PROGRESS and state.owner in wanted
        ]

    async def adrift(self, alive: Iterable[str], limit: int = 100) -> Sequence[Tree]:
        """Return trees in progress that nobody of `alive` drives, the oldest first."""
        living = set(alive)
        trees = reversed(matching.ranked(self._books.trees.values()))
        found = [tree for tree in trees if tree.status is Status.IN_PROGRESS and tree.owner not in living]
        return [_out(tree) for tree in found[:limit]]


def _out(tree: Tree) -> Tree:
    """Copy a tree for somebody."""
    return replace(tree, extra=copied(tree.extra))


def _cut(
    found: Sequence[Found], limit: int, place_of: Callable[[Found], ListPlace]
) -> tuple[Sequence[Found], str | None]:
    """Return the first part of a list, and the cursor of the next one; None if there is none."""
    more = len(found) > limit > 0
    return found[:limit], write_cursor(place_of(found[limit - 1])) if more else None
