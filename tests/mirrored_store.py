"""A store in SQLite with its like in memory beside it: both do the same, and what they say is compared.

Whatever looks into the books of a store in memory sees what stands in the file.
"""

import asyncio
import copy
import functools
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from motet.storage import MemoryStore
from motet.storage.opening import open_store
from motet.tasks.changes import Change, Claim
from motet.tasks.definition import Definition
from motet.tasks.model import Tree
from motet.tasks.ports import Applied

__all__ = ["MirroredStore"]

READS = (
    *("tree", "outlines", "task", "changed", "revisions", "results", "journal", "attempts", "find"),
    *("list_trees", "list_tasks", "counts", "workers", "owned", "adrift"),
)


class MirroredStore(MemoryStore):
    """Reads come from the file, writes go into both, one after another."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[str] = []
        self._folder = tempfile.TemporaryDirectory()
        self._file = open_store(f"sqlite:///{self._folder.name}/work.db")
        self._commit = asyncio.Lock()
        self._writing: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Open the file."""
        await self._file.open()

    async def close(self) -> None:
        """Finish what was asked, and remove the file."""
        while self._writing:
            await asyncio.wait(self._writing)
        await self._file.close()
        self._folder.cleanup()

    async def create(self, tree: Tree, definitions: Sequence[Definition], changes: Sequence[Change] = ()) -> str:
        """Create a tree in both."""
        again = copied(changes)

        async def both() -> str:
            told = await self._file.create(tree, definitions, changes)
            self._same(told, await MemoryStore.create(self, tree, definitions, again), changes, again)
            return told

        return await self._in_turn(both())

    async def apply(self, changes: Sequence[Change]) -> Applied:
        """Apply changes in both."""
        changes = list(changes)

        async def both() -> Applied:
            again = copied(changes)
            told = await self._file.apply(changes)
            self._same(told, await self.mirror(again), changes, again)
            return told

        return await self._in_turn(both())

    async def mirror(self, changes: Sequence[Change]) -> Applied:
        """Apply changes in memory."""
        return await MemoryStore.apply(self, changes)

    async def _in_turn(self, work: Any) -> Any:
        """Do something, one after another, even if whoever asked is cancelled meanwhile."""

        async def commit() -> Any:
            async with self._commit:
                return await work

        task = asyncio.get_running_loop().create_task(commit())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    def _same(self, one: object, other: object, changes: Sequence[Change], again: Sequence[Change]) -> None:
        verdicts = [change.applied for change in changes], [change.applied for change in again]
        if one != other or verdicts[0] != verdicts[1]:
            self.broken.append(f"the file says {one} {verdicts[0]}, memory {other} {verdicts[1]} of {changes}")


def copied(changes: Sequence[Change]) -> list[Change]:
    """Copy changes: each store fills them in. What comes after a move goes by what the file has said of it."""
    made = {id(change): copy.copy(change) for change in changes}
    for change in made.values():
        if isinstance(change, Claim) or hasattr(change, "after"):
            change.after = tuple(made.get(id(move), move) for move in change.after)  # type: ignore[misc]
    return list(made.values())


def _write(name: str) -> Callable[..., Awaitable[Any]]:
    do: Callable[..., Awaitable[Any]] = getattr(MemoryStore, name)

    @functools.wraps(do)
    async def write(self: MirroredStore, *args: Any, **kwargs: Any) -> Any:
        async def both() -> Any:
            told = await getattr(self._file, name)(*args, **kwargs)
            self._same(told, await do(self, *args, **kwargs), (), ())
            return told

        return await self._in_turn(both())

    return write


def _read(name: str) -> Callable[..., Awaitable[Any]]:
    async def read(self: MirroredStore, *args: Any, **kwargs: Any) -> Any:
        return await getattr(self._file, name)(*args, **kwargs)

    return read


for _name in ("update", "delete", "beat", "leave"):
    setattr(MirroredStore, _name, _write(_name))
for _name in READS:
    setattr(MirroredStore, _name, _read(_name))
MirroredStore.__abstractmethods__ = frozenset()
