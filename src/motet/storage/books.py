"""Trees and tasks at hand, what changes make of them, and what has to be written down of that.

A store in memory has everything at hand, for good. One that stands on a database has what a commit is about: it reads
that, lets the changes be applied here, and writes down what came of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from motet.storage import state as rules
from motet.storage.encoded import EncodedMove, EncodedRecord, Prepared, Steps
from motet.storage.state import State
from motet.storage.written import AttemptRow, Written, task_of
from motet.tasks.changes import Change, Claim, Progress, TreeMove
from motet.tasks.model import Task, Tree
from motet.tasks.status import Status

__all__ = ["Books", "Place", "Todo", "Verdict"]

Place = tuple[str, int]
"""A task: its tree's id, and its place in that."""


@dataclass(slots=True)
class Verdict:
    """What came of a change; told to whoever holds the change once it is durable."""

    change: Change
    applied: bool
    task: Task | None = None

    def tell(self) -> None:
        """Fill in the change."""
        if isinstance(self.change, Claim):
            self.change.task = self.task
        self.change.applied = self.applied


@dataclass(slots=True)
class Todo:
    """What has to be written down."""

    new_trees: dict[str, Tree] = field(default_factory=dict)
    trees: dict[str, Tree] = field(default_factory=dict)
    new_tasks: dict[Place, State] = field(default_factory=dict)
    tasks: dict[Place, State] = field(default_factory=dict)
    new_definitions: dict[Place, Written] = field(default_factory=dict)
    definitions: dict[Place, Written] = field(default_factory=dict)
    attempts: list[tuple[Place, AttemptRow]] = field(default_factory=list)
    forgotten: set[Place] = field(default_factory=set)
    """Tasks whose journal begins anew, before `steps` are written."""
    steps: dict[Place, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    dropped_trees: set[str] = field(default_factory=set)
    dropped_tasks: set[Place] = field(default_factory=set)
    workers: dict[str, tuple[float, str, int] | None] = field(default_factory=dict)
    """Leases by owner; None where one has left."""
    events: list[tuple[str, int, str]] = field(default_factory=list)
    traces: dict[str, tuple[int, float]] = field(default_factory=dict)
    dropped_traces: set[str] = field(default_factory=set)
    """Traces that are forgotten, before `events` and `bindings` are written."""
    bindings: dict[tuple[str, str], str] = field(default_factory=dict)
    answers: dict[str, str | None] = field(default_factory=dict)
    """Answers by key; None where one was taken."""


class Books:
    """Trees and tasks at hand."""

    def __init__(self) -> None:
        self.trees: dict[str, Tree] = {}
        self.keys: dict[str, str] = {}
        self.states: dict[str, dict[int, State]] = {}
        self.definitions: dict[str, dict[int, Written]] = {}
        self.numbers: dict[str, int] = {}
        self.answers: dict[str, str] = {}
        self.todo = Todo()
        self._verdicts: dict[int, bool] = {}

    def create(self, tree: Tree, definitions: Iterable[Written]) -> None:
        """Add a tree with its tasks."""
        self.trees[tree.id] = self.todo.new_trees[tree.id] = tree
        if tree.key is not None:
            self.keys[tree.key] = tree.id
        states, known = self.states.setdefault(tree.id, {}), self.definitions.setdefault(tree.id, {})
        for written in definitions:
            seq = written.seq
            known[seq] = self.todo.new_definitions[tree.id, seq] = written
            states[seq] = self.todo.new_tasks[tree.id, seq] = State(wake_at=written.not_before, revision=tree.revision)

    def settle(self) -> Todo:
        """Begin a new list of what has to be written down, and return the old one."""
        done, self.todo = self.todo, Todo()
        self._verdicts.clear()
        return done

    def state(self, tree_id: str, seq: int) -> State | None:
        """Return where a task stands; None if it is not at hand."""
        states = self.states.get(tree_id)
        return None if states is None else states.get(seq)

    def task(self, tree_id: str, seq: int) -> Task:
        """Make a task that is at hand."""
        tree, written = self.trees[tree_id], self.definitions[tree_id][seq]
        return task_of(tree_id, tree.created_at, written, self.states[tree_id][seq])

    def apply(self, changes: Sequence[Prepared]) -> tuple[dict[str, int], list[Verdict]]:
        """Apply the changes of one call.

        Returns:
            The new revision of each tree that was changed, and what came of each change.
        """
        revisions: dict[str, int] = {}
        verdicts: list[Verdict] = []
        for one in changes:
            change = one.change if isinstance(one, EncodedMove | EncodedRecord) else one
            if not isinstance(one, EncodedRecord) and change.tree_id not in revisions:
                self._bump(change.tree_id, revisions)
            verdict = self._judge(one)
            # By identity: a change has no other. Whoever made it holds on to it until it is told.
            self._verdicts[id(change)] = verdict.applied
            verdicts.append(verdict)
        return revisions, verdicts

    def _bump(self, tree_id: str, revisions: dict[str, int]) -> None:
        tree = self.trees.get(tree_id)
        if tree is not None:
            self._put(replace(tree, revision=tree.revision + 1))
            revisions[tree_id] = tree.revision + 1

    def _put(self, tree: Tree) -> None:
        self.trees[tree.id] = tree
        (self.todo.new_trees if tree.id in self.todo.new_trees else self.todo.trees)[tree.id] = tree

    def _judge(self, one: Prepared) -> Verdict:
        if isinstance(one, EncodedMove):
            return Verdict(one.change, self._move(one))
        if isinstance(one, EncodedRecord):
            return Verdict(one.change, self._record(one))
        if isinstance(one, Progress):
            return Verdict(one, self._tell(one))
        if not all(self._verdicts.get(id(move), move.applied) is True for move in one.after):
            return Verdict(one, applied=False)
        if isinstance(one, TreeMove):
            return Verdict(one, self._move_tree(one))
        task = self._claim(one)
        return Verdict(one, task is not None, task)

    def _move(self, encoded: EncodedMove) -> bool:
        change = encoded.change
        place = change.tree_id, change.seq
        state = self.state(*place)
        if state is None:
            return False
        number, started_at = state.attempt, state.started_at
        if not rules.move(state, encoded, self.trees[change.tree_id].revision):
            return rules.was_moved(state, encoded)
        self._changed(place, state)
        if encoded.ends_attempt and change.owner is not None:
            began = started_at if change.started_at is None else change.started_at
            row = AttemptRow(number, change.target, change.owner, encoded.inputs, began, change.at, encoded.error)
            self.todo.attempts.append((place, row))
        if change.reset:
            self.todo.forgotten.add(place)
            self.todo.steps.pop(place, None)
        self._write(place, encoded.steps)
        return True

    def _move_tree(self, change: TreeMove) -> bool:
        tree = self.trees.get(change.tree_id)
        moved = None if tree is None else rules.move_tree(tree, change)
        if moved is not None and moved is not tree:
            self._put(moved)
        return moved is not None

    def _claim(self, change: Claim) -> Task | None:
        place = change.tree_id, change.seq
        state = self.state(*place)
        if state is None:
            return None
        if rules.claim(state, change, self.trees[change.tree_id].revision):
            self._changed(place, state)
        elif not rules.was_claimed(state, change):
            return None
        return self.task(*place)

    def _tell(self, change: Progress) -> bool:
        place = change.tree_id, change.seq
        state = self.state(*place)
        if state is None or not rules.tell(state, change, self.trees[change.tree_id].revision):
            return False
        self._changed(place, state)
        return True

    def _record(self, encoded: EncodedRecord) -> bool:
        place = encoded.change.tree_id, encoded.change.seq
        state = self.state(*place)
        if state is None or not rules.runs(state, encoded.change):
            return False
        self._write(place, encoded.steps)
        return True

    def _changed(self, place: Place, state: State) -> None:
        if place not in self.todo.new_tasks:
            self.todo.tasks[place] = state

    def _write(self, place: Place, steps: Steps) -> None:
        for key, value in steps:
            self.todo.steps[place].setdefault(key, value)

    def define(self, tree_id: str, written: Written, sources: frozenset[Status]) -> bool:
        """Replace the definition of a task that is in one of these statuses; tell whether it was."""
        place = tree_id, written.seq
        state = self.state(*place)
        if state is None or state.status not in sources:
            return False
        self._bump(tree_id, {})
        if self.definitions[tree_id][written.seq].not_before != written.not_before:
            state.wake_at = written.not_before
        state.revision = self.trees[tree_id].revision
        self._changed(place, state)
        new = place in self.todo.new_definitions
        (self.todo.new_definitions if new else self.todo.definitions)[place] = written
        self.definitions[tree_id][written.seq] = written
        return True

    def delete(self, tree_id: str, seqs: Iterable[int] | None) -> bool:
        """Delete a tree that is not in progress, or some of its tasks; tell whether anything was."""
        tree = self.trees.get(tree_id)
        if tree is None or tree.status is Status.IN_PROGRESS:
            return False
        if seqs is None:
            self._drop(tree)
            return True
        gone = set(seqs) & self.states.get(tree_id, {}).keys()
        for seq in gone:
            self._drop_task(tree_id, seq)
        if gone:
            self._put(replace(tree, revision=tree.revision + 1, total=tree.total - len(gone)))
        return bool(gone)

    def _drop(self, tree: Tree) -> None:
        for seq in list(self.states.get(tree.id, ())):
            self._drop_task(tree.id, seq)
        for kept in (self.trees, self.states, self.definitions, self.todo.trees, self.todo.new_trees):
            kept.pop(tree.id, None)
        if tree.key is not None:
            self.keys.pop(tree.key, None)
        self.todo.dropped_trees.add(tree.id)

    def _drop_task(self, tree_id: str, seq: int) -> None:
        todo, place = self.todo, (tree_id, seq)
        self.states[tree_id].pop(seq, None)
        self.definitions.get(tree_id, {}).pop(seq, None)
        for kept in (todo.tasks, todo.new_tasks, todo.definitions, todo.new_definitions, todo.steps):
            kept.pop(place, None)
        if todo.attempts:
            todo.attempts = [entry for entry in todo.attempts if entry[0] != place]
        todo.dropped_tasks.add(place)
