"""What the tasks need of a store: the contract that every store meets, and what it is asked to change.

A store makes every change a compare-and-set, makes all changes of one call durable together, and answers only when
they are. Calls that come while a commit is under way go into the next one together.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from motet.tasks.changes import Change
from motet.tasks.definition import Definition
from motet.tasks.model import Attempt, Task, Tree
from motet.tasks.outlines import Outline, outline_of
from motet.tasks.status import Status

__all__ = ["Applied", "Filter", "Page", "TaskStore"]


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a call of `apply`; whether each change was applied stands in the change itself.

    Args:
        revisions: The new revision of each tree that the call has changed. A number that is more than one above the
            last one known means that somebody else has changed the tree too.
    """

    revisions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which trees or tasks to list; what is None or empty does not narrow it.

    Args:
        statuses: In one of these statuses.
        name: Whose name contains this, in whatever case.
        user: Whose tree is this user's.
        executor: Tasks of this executor.
        tree_id: Tasks of this tree.
        created_after: Created at or after this wall-clock time, in seconds since 1970 UTC.
        created_before: Created before this wall-clock time.
    """

    statuses: frozenset[Status] = frozenset()
    name: str = ""
    user: str | None = None
    executor: str | None = None
    tree_id: str | None = None
    created_after: float | None = None
    created_before: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list.

    Args:
        cursor: Where the next part begins; None at the end. Opaque.
        tasks: Tasks, the newest trees first, within a tree in the order of creation.
        trees: Trees without their tasks, the newest first.
    """

    cursor: str | None = None
    tasks: tuple[Task, ...] = ()
    trees: tuple[Tree, ...] = ()


class TaskStore(ABC):
    """Where task trees are kept.

    Every method may raise `StoreUnavailable` (locked, full, gone for now: what was acknowledged is safe, and trying
    again may help) or `StoreBroken` (damaged, or written by a newer version). A store is used from one event loop.
    """

    @abstractmethod
    async def open(self) -> None:
        """Make the store ready: connect, create or migrate its tables."""

    @abstractmethod
    async def close(self) -> None:
        """Finish what was asked, and let go of every connection, file and thread. May be called twice."""

    @abstractmethod
    async def create(self, tree: Tree, definitions: Sequence[Definition], changes: Sequence[Change] = ()) -> str:
        """Store a tree with its tasks, all or nothing.

        Args:
            tree: The tree; its id is new, its `tasks` are not looked at.
            definitions: Its tasks in the order of creation; `seq` counts from 1.
            changes: What is applied to it in the same commit; a tree that was there already is left as it is.

        Returns:
            The tree's id; that of the tree that already has this key where there is one.

        Raises:
            InvalidPayload: Something of it cannot be stored, or another tree has this id.
            ValueError: A change is none that the tables of statuses allow.
        """

    @abstractmethod
    async def apply(self, changes: Sequence[Change]) -> Applied:
        """Apply changes, each a compare-and-set of its own, all of them in one commit.

        Within one commit moves come before tree moves, and those before claims; each change's `applied` is filled
        in, and each claim's `task`. The revision of every tree that a move, claim, tree move or progress names goes up
        by one with the commit; records in a journal leave it as it is.

        Raises:
            InvalidPayload: A value cannot be stored; nothing of the call is applied.
            ValueError: A change is none that the tables of statuses allow; nothing of the call is applied.
        """

    @abstractmethod
    async def tree(self, tree_id: str, *, tasks: bool = True) -> Tree | None:
        """Return a tree, with or without its tasks; None if there is none of that id."""

    async def outlines(self, tree_id: str) -> tuple[Tree, Sequence[Outline]] | None:
        """Return a tree without its tasks, and the outline of each of them; None if there is none of that id.

        A large tree is worked on with these alone: a store that can read them without the rest of the tasks should.
        """
        tree = await self.tree(tree_id)
        if tree is None:
            return None
        return replace(tree, tasks=()), [outline_of(task) for task in tree.tasks]

    @abstractmethod
    async def task(self, tree_id: str, seq: int) -> Task | None:
        """Return one task; None if there is none."""

    @abstractmethod
    async def changed(self, tree_id: str, since: int) -> tuple[Tree, Sequence[Task]] | None:
        """Return a tree, and those of its tasks that have changed after a revision; None if it is gone."""

    @abstractmethod
    async def revisions(self, tree_ids: Iterable[str]) -> Mapping[str, int]:
        """Return the revisions of trees; those that are gone are missing."""

    @abstractmethod
    async def results(self, tree_id: str, seqs: Iterable[int]) -> Mapping[int, object]:
        """Return the results of completed tasks of a tree."""

    @abstractmethod
    async def journal(self, tree_id: str, seq: int) -> Mapping[str, object]:
        """Return what a task has recorded: the values by key."""

    @abstractmethod
    async def attempts(self, tree_id: str, seq: int) -> Sequence[Attempt]:
        """Return the attempts of a task that are over, in order."""

    @abstractmethod
    async def find(self, text: str, limit: int = 10) -> Sequence[str]:
        """Return the ids of trees that begin with `text`, or have it as their key."""

    @abstractmethod
    async def list_trees(self, which: Filter, limit: int = 50, cursor: str | None = None) -> Page:
        """List trees, the newest first."""

    @abstractmethod
    async def list_tasks(self, which: Filter, limit: int = 50, cursor: str | None = None) -> Page:
        """List tasks, those of the newest trees first, within a tree in the order of creation."""

    @abstractmethod
    async def counts(self, tree_id: str | None = None) -> Mapping[Status, int]:
        """Count the tasks by status, of one tree or of all; statuses without tasks are missing."""

    @abstractmethod
    async def update(self, tree_id: str, definition: Definition, sources: frozenset[Status]) -> bool:
        """Replace the definition of a task, if it is in one of these statuses; tell whether it was."""

    @abstractmethod
    async def delete(self, tree_id: str, seqs: Iterable[int] | None = None) -> bool:
        """Delete a tree that is not in progress with everything of it, or some of its tasks; tell whether it was."""

    @abstractmethod
    async def beat(self, owner: str, until: float, host: str = "", pid: int = 0) -> None:
        """Say that a manager lives, and until when others shall believe it (wall-clock time)."""

    @abstractmethod
    async def leave(self, owner: str) -> None:
        """Say that a manager is gone: what it owned is free."""

    @abstractmethod
    async def workers(self) -> Sequence[tuple[str, float, str, int]]:
        """List the managers that have not left: owner, until when its lease runs, host and process id."""

    @abstractmethod
    async def owned(self, owners: Iterable[str], tree_ids: Iterable[str] | None = None) -> Sequence[Task]:
        """Return the tasks in progress that belong to one of these owners; in these trees, or in all."""

    @abstractmethod
    async def adrift(self, alive: Iterable[str], limit: int = 100) -> Sequence[Tree]:
        """Return trees in progress that nobody of `alive` drives, without their tasks, the oldest first."""
