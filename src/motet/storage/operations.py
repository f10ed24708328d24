"""What a store is asked to do, one class each: what it needs at hand, and what it does with that.

They are the same for every store. In memory everything is at hand; a database's writer reads what the operations of
a commit need, lets each of them act on it in turn, and writes down what came of that.
"""

from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from motet.kernel.errors import InvalidPayload
from motet.storage.books import Books, Place, Verdict
from motet.storage.encoded import EncodedMove, EncodedRecord, Prepared
from motet.storage.values import check_number, check_text, decode, encode
from motet.storage.written import Written
from motet.tasks.changes import Claim, TreeMove
from motet.tasks.model import Tree
from motet.tasks.ports import Applied
from motet.tasks.status import Status

__all__ = ["Apply", "Create", "Define", "Delete", "Needs", "Operation", "checked_tree"]

Told = TypeVar("Told")


@dataclass(slots=True)
class Needs:
    """What operations need at hand."""

    trees: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    tasks: set[Place] = field(default_factory=set)
    definitions: set[Place] = field(default_factory=set)
    traces: set[str] = field(default_factory=set)
    answers: set[str] = field(default_factory=set)


class Operation(ABC, Generic[Told]):
    """Something a store is asked to do, checked and with its values as JSON."""

    __slots__ = ()

    @abstractmethod
    def need(self, needs: Needs) -> None:
        """Say what has to be at hand."""

    @abstractmethod
    def act(self, books: Books) -> Told:
        """Do it, and return what the caller is told. It may be asked to do it again, on other books."""

    def told(self) -> None:
        """Tell the caller's own objects what came of it: it is durable now."""


class Create(Operation[str]):
    """Store a tree with its tasks."""

    __slots__ = ("_apply", "_definitions", "_tree")

    def __init__(self, tree: Tree, definitions: Sequence[Written], changes: Sequence[Prepared]) -> None:
        self._tree = tree
        self._definitions = definitions
        self._apply = Apply(changes)

    def need(self, needs: Needs) -> None:
        """Say what has to be at hand: what may be there already, and what the changes are about."""
        needs.trees.add(self._tree.id)
        if self._tree.key is not None:
            needs.keys.add(self._tree.key)
        self._apply.need(needs, new=self._tree.id)

    def act(self, books: Books) -> str:
        """Store the tree, unless it is there already; return its id."""
        tree = self._tree
        self._apply.verdicts = []
        known = books.keys.get(tree.key) if tree.key is not None else None
        if known is not None:
            return known
        if (there := books.trees.get(tree.id)) is not None:
            if (there.trace, there.created_at) == (tree.trace, tree.created_at):
                return tree.id  # this very tree: the answer to an earlier try was lost
            raise InvalidPayload(f"There is another tree {tree.id!r} already")
        books.create(tree, self._definitions)
        if self._apply.changes:
            self._apply.act(books)
        return tree.id

    def told(self) -> None:
        """Tell what came of the changes."""
        self._apply.told()


class Apply(Operation[Applied]):
    """Apply changes."""

    __slots__ = ("changes", "verdicts")

    def __init__(self, changes: Sequence[Prepared]) -> None:
        self.changes = changes
        self.verdicts: Sequence[Verdict] = ()

    def need(self, needs: Needs, new: str = "") -> None:
        """Say what has to be at hand: the trees, the tasks, and the definitions of what is claimed.

        Args:
            needs: Where to say it.
            new: A tree that the same commit stores: there is nothing of it to read.
        """
        for one in self.changes:
            change = one.change if isinstance(one, EncodedMove | EncodedRecord) else one
            if change.tree_id == new:
                continue
            if isinstance(one, EncodedRecord):
                needs.tasks.add((change.tree_id, one.change.seq))
                continue
            needs.trees.add(change.tree_id)
            if isinstance(change, TreeMove):
                continue
            needs.tasks.add((change.tree_id, change.seq))
            if isinstance(change, Claim):
                needs.definitions.add((change.tree_id, change.seq))

    def act(self, books: Books) -> Applied:
        """Apply the changes; return the new revisions."""
        revisions, self.verdicts = books.apply(self.changes)
        return Applied(revisions)

    @property
    def records(self) -> Sequence[EncodedRecord] | None:
        """The changes, if all of them are records."""
        found = [one for one in self.changes if isinstance(one, EncodedRecord)]
        return found if len(found) == len(self.changes) else None

    def judge(self, running: Container[tuple[str, int, str, int]]) -> Applied:
        """Take note of which records were written."""
        records = [one.change for one in self.records or ()]
        self.verdicts = [
            Verdict(record, (record.tree_id, record.seq, record.owner, record.attempt) in running) for record in records
        ]
        return Applied({})

    def told(self) -> None:
        """Tell what came of each change."""
        for verdict in self.verdicts:
            verdict.tell()


class Define(Operation[bool]):
    """Replace a task's definition."""

    __slots__ = ("_sources", "_tree_id", "_written")

    def __init__(self, tree_id: str, written: Written, sources: frozenset[Status]) -> None:
        self._tree_id = tree_id
        self._written = written
        self._sources = sources

    def need(self, needs: Needs) -> None:
        """Say what has to be at hand."""
        place = self._tree_id, self._written.seq
        needs.trees.add(self._tree_id)
        needs.tasks.add(place)
        needs.definitions.add(place)

    def act(self, books: Books) -> bool:
        """Replace the definition; tell whether it was."""
        return books.define(self._tree_id, self._written, self._sources)


class Delete(Operation[bool]):
    """Delete a tree, or some of its tasks."""

    __slots__ = ("_seqs", "_tree_id")

    def __init__(self, tree_id: str, seqs: Iterable[int] | None) -> None:
        self._tree_id = tree_id
        self._seqs = None if seqs is None else frozenset(seqs)

    def need(self, needs: Needs) -> None:
        """Say what has to be at hand."""
        needs.trees.add(self._tree_id)
        needs.tasks.update((self._tree_id, seq) for seq in self._seqs or ())

    def act(self, books: Books) -> bool:
        """Delete; tell whether anything was."""
        return books.delete(self._tree_id, self._seqs)


def checked_tree(tree: Tree, total: int) -> Tree:
    """Return a tree that can be stored, without its tasks and with values of its own.

    Raises:
        InvalidPayload: Something of it cannot be stored.
    """
    for text in (tree.id, tree.name, tree.user, tree.trace, tree.key or "", tree.owner or ""):
        check_text(text, "A text of a tree")
    for number in (tree.created_at, tree.started_at, tree.ended_at):
        check_number(number, "A time")
    extra = decode(encode(dict(tree.extra), "The extra fields of a tree"))
    return replace(tree, extra=extra, total=total, tasks=())
