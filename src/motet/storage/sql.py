"""Task trees and the state of traces in a database: SQLite, DuckDB or PostgreSQL."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from motet.kernel.clock import SYSTEM_CLOCK, Clock
from motet.storage import checking, listing, reading
from motet.storage.asking import Database
from motet.storage.encoded import prepare
from motet.storage.operations import Apply, Create, Define, Delete, checked_tree
from motet.storage.sql_state import SqlState
from motet.storage.state_operations import Beat, Leave
from motet.storage.urls import parse_address
from motet.storage.values import check_number, check_text
from motet.storage.written import Written, write_definition
from motet.tasks.changes import Change
from motet.tasks.definition import Definition
from motet.tasks.errors import StoreBroken
from motet.tasks.model import Attempt, Task, Tree
from motet.tasks.outlines import Outline
from motet.tasks.ports import Applied, Filter, Page, TaskStore
from motet.tasks.status import Status

__all__ = ["SqlStore"]

AT_ONCE: Final = 500
"""Definitions that are written as JSON before the event loop gets its turn."""


class SqlStore(SqlState, TaskStore):
    """A store in a database.

    Args:
        url: `sqlite:///work.db`, `duckdb:///work.duckdb` or `postgresql://user@host/database`.
        patience: Seconds for which trouble that may pass is waited out: a lock, a full disk, a lost connection.
        clock: Where times come from.

    Raises:
        InvalidPayload: The URL is no address of a database.
    """

    def __init__(self, url: str, *, patience: float = 30.0, clock: Clock = SYSTEM_CLOCK) -> None:
        self._database = Database(parse_address(url), patience)
        self._clock = clock

    async def open(self) -> None:
        """Make the store ready: connect, create or migrate its tables."""
        await self._database.open()

    async def close(self) -> None:
        """Finish what was asked, and let go of every connection, file and thread."""
        await self._database.close()

    async def check(self) -> Sequence[str]:
        """Look for damage: in the file, and in what has to be true of trees and tasks.

        Returns:
            What is wrong, each in one sentence; nothing if all is well.
        """
        try:
            return await self._database.read(checking.problems)
        except StoreBroken as error:
            return [str(error)]

    async def create(self, tree: Tree, definitions: Sequence[Definition], changes: Sequence[Change] = ()) -> str:
        """Store a tree with its tasks, all or nothing."""
        kept = checked_tree(tree, len(definitions))
        prepared = prepare(changes)
        written: list[Written] = []
        for begin in range(0, len(definitions), AT_ONCE):
            written += map(write_definition, definitions[begin : begin + AT_ONCE])
            if len(written) < len(definitions):
                await asyncio.sleep(0)
        return await self._database.write(Create(kept, written, prepared))

    async def apply(self, changes: Sequence[Change]) -> Applied:
        """Apply changes, each a compare-and-set of its own, all of them in one commit."""
        return await self._database.write(Apply(prepare(changes)))

    async def tree(self, tree_id: str, *, tasks: bool = True) -> Tree | None:
        """Return a tree, with or without its tasks."""
        return await self._database.read(reading.tree, tree_id, tasks)

    async def outlines(self, tree_id: str) -> tuple[Tree, Sequence[Outline]] | None:
        """Return a tree without its tasks, and the outline of each of them."""
        return await self._database.read(reading.outlines, tree_id)

    async def task(self, tree_id: str, seq: int) -> Task | None:
        """Return one task."""
        return await self._database.read(reading.task, tree_id, seq)

    async def changed(self, tree_id: str, since: int) -> tuple[Tree, Sequence[Task]] | None:
        """Return a tree, and those of its tasks that have changed after a revision."""
        return await self._database.read(reading.changed, tree_id, since)

    async def revisions(self, tree_ids: Iterable[str]) -> Mapping[str, int]:
        """Return the revisions of trees."""
        return await self._database.read(reading.revisions, list(tree_ids))

    async def results(self, tree_id: str, seqs: Iterable[int]) -> Mapping[int, object]:
        """Return the results of completed tasks."""
        return await self._database.read(reading.results, tree_id, list(seqs))

    async def journal(self, tree_id: str, seq: int) -> Mapping[str, object]:
        """Return what a task has recorded."""
        return await self._database.read(reading.journal, tree_id, seq)

    async def attempts(self, tree_id: str, seq: int) -> Sequence[Attempt]:
        """Return the attempts of a task that are over."""
        return await self._database.read(reading.attempts, tree_id, seq)

    async def find(self, text: str, limit: int = 10) -> Sequence[str]:
        """Return the ids of trees that begin with a text, or have it as their key."""
        return await self._database.read(reading.find, text, limit)

    async def list_trees(self, which: Filter, limit: int = 50, cursor: str | None = None) -> Page:
        """List trees, the newest first."""
        return await self._database.read(listing.list_trees, which, limit, cursor)

    async def list_tasks(self, which: Filter, limit: int = 50, cursor: str | None = None) -> Page:
        """List tasks, those of the newest trees first."""
        return await self._database.read(listing.list_tasks, which, limit, cursor)

    async def counts(self, tree_id: str | None = None) -> Mapping[Status, int]:
        """Count the tasks by status."""
        return await self._database.read(reading.counts, tree_id)

    async def update(self, tree_id: str, definition: Definition, sources: frozenset[Status]) -> bool:
        """Replace the definition of a task, if it is in one of these statuses."""
        return await self._database.write(Define(tree_id, write_definition(definition), sources))

    async def delete(self, tree_id: str, seqs: Iterable[int] | None = None) -> bool:
        """Delete a tree that is not in progress, or some of its tasks."""
        return await self._database.write(Delete(tree_id, seqs))

    async def beat(self, owner: str, until: float, host: str = "", pid: int = 0) -> None:
        """Say that a manager lives, and until when others shall believe it."""
        check_text(owner, "An owner")
        check_text(host, "A host")
        check_number(until, "The end of a lease")
        await self._database.write(Beat(owner, until, host, pid))

    async def leave(self, owner: str) -> None:
        """Say that a manager is gone."""
        await self._database.write(Leave(check_text(owner, "An owner")))

    async def workers(self) -> Sequence[tuple[str, float, str, int]]:
        """List the managers that have not left."""
        return await self._database.read(reading.workers)

    async def owned(self, owners: Iterable[str], tree_ids: Iterable[str] | None = None) -> Sequence[Task]:
        """Return the tasks in progress that belong to one of these owners."""
        within = None if tree_ids is None else list(tree_ids)
        return await self._database.read(reading.owned, list(owners), within)

    async def adrift(self, alive: Iterable[str], limit: int = 100) -> Sequence[Tree]:
        """Return trees in progress that nobody of `alive` drives, the oldest first."""
        return await self._database.read(reading.adrift, list(alive), limit)
