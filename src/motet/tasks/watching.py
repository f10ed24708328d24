"""Those who watch trees: they are woken when something changed, and read what it was from the store."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from motet.kernel.clock import Clock
from motet.kernel.errors import Cancelled
from motet.kernel.events import Event, TaskChanged, TaskChunk, TreeChanged
from motet.tasks.model import Task, Tree
from motet.tasks.ports import TaskStore
from motet.tasks.spans import attempt_span, tree_span
from motet.tasks.status import Status

__all__ = ["Audience", "Watcher", "task_changed", "tree_changed", "watch"]

POLL = 0.25
"""Seconds between two looks at a tree that another process works on."""

RESTRAINT = 5.0
"""A watcher waits at least so many times as long as its last look at the store took: large trees take long to read."""

CHUNKS = 64
"""How many chunks may wait for a watcher before their emitters wait."""


class Watcher:
    """One who watches a tree.

    Args:
        wants_chunks: Whether the chunks of executors are wanted as well.
    """

    def __init__(self, *, wants_chunks: bool = True) -> None:
        self.wants_chunks = wants_chunks
        self.chunks: deque[TaskChunk] = deque()
        self.woken = asyncio.Event()
        self.changed = True
        self._room = asyncio.Event()
        self._room.set()

    def wake(self) -> None:
        """Say that the tree has changed."""
        self.changed = True
        self.woken.set()

    def push(self, chunk: TaskChunk) -> bool:
        """Add a chunk; tell whether there are enough of them now."""
        self.chunks.append(chunk)
        self.woken.set()
        if len(self.chunks) >= CHUNKS:
            self._room.clear()
            return True
        return False

    def pull(self) -> TaskChunk:
        """Take the oldest chunk."""
        chunk = self.chunks.popleft()
        if len(self.chunks) <= CHUNKS // 2:
            self._room.set()
        return chunk

    async def room(self) -> None:
        """Wait until chunks were taken."""
        await self._room.wait()

    def leave(self) -> None:
        """Keep nobody waiting any more."""
        self.chunks.clear()
        self._room.set()


class Audience:
    """The watchers of every tree of a manager."""

    def __init__(self) -> None:
        self._watchers: dict[str, list[Watcher]] = {}
        self.closed = False

    def close(self) -> None:
        """Send everybody home."""
        self.closed = True
        for tree_id in self._watchers:
            self.wake(tree_id)

    def join(self, tree_id: str, *, chunks: bool) -> Watcher:
        """Add a watcher."""
        watcher = Watcher(wants_chunks=chunks)
        self._watchers.setdefault(tree_id, []).append(watcher)
        return watcher

    def leave(self, tree_id: str, watcher: Watcher) -> None:
        """Take a watcher out."""
        watcher.leave()
        watchers = self._watchers[tree_id]
        watchers.remove(watcher)
        if not watchers:
            del self._watchers[tree_id]

    def listens(self, tree_id: str) -> bool:
        """Tell whether anybody wants the chunks of a tree."""
        return any(watcher.wants_chunks for watcher in self._watchers.get(tree_id, ()))

    def wake(self, tree_id: str) -> None:
        """Say that a tree has changed, and that this is on disk."""
        for watcher in self._watchers.get(tree_id, ()):
            watcher.wake()

    def chunk(self, chunk: TaskChunk) -> bool:
        """Hand a chunk to everybody; tell whether one of them has enough."""
        listening = [watcher for watcher in self._watchers.get(chunk.tree, ()) if watcher.wants_chunks]
        return sum(watcher.push(chunk) for watcher in listening) > 0

    async def room(self, tree_id: str) -> None:
        """Wait until everybody has taken enough chunks."""
        for watcher in tuple(self._watchers.get(tree_id, ())):
            await watcher.room()


async def watch(
    store: TaskStore, audience: Audience, clock: Clock, tree_id: str, *, chunks: bool = True
) -> AsyncGenerator[Event]:
    """Yield what happens in a tree until it has ended or waits for a person: first how it stands, then each change.

    What changes faster than it is read is told once, as it stands then. The last event says how the tree ended.

    Args:
        store: Where the tree is kept.
        audience: Those who are woken by the manager.
        clock: The time of the events.
        tree_id: Which tree; that it exists was checked.
        chunks: Whether the chunks of executors that run in this process are wanted.

    Raises:
        Cancelled: The manager was closed before.
    """
    watcher = audience.join(tree_id, chunks=chunks)
    since = -1
    done = 0.0
    total = 0
    seen: dict[int, tuple[Status, int, float, str]] = {}
    told: tuple[Status, float] | None = None
    pause = 0.0
    try:
        while True:
            while watcher.chunks:
                yield watcher.pull()
            if audience.closed:
                raise Cancelled(f"The manager was closed while tree {tree_id} was watched")
            if watcher.changed:
                watcher.changed = False
                start = clock.now()
                read = await store.changed(tree_id, since)
                pause = min(1.0, RESTRAINT * (clock.now() - start))
                if read is None:
                    return  # deleted meanwhile
                tree, tasks = read
                since, total = max(since, tree.revision), tree.total
                for task in tasks:
                    known = seen.get(task.seq)
                    stands = (task.status, task.attempt, task.progress, task.message)
                    done += _share(task) - (0.0 if known is None else 1.0 if known[0].ended else known[2])
                    seen[task.seq] = stands
                    if stands != known:
                        yield task_changed(task, tree, clock)
                # Chunks that came before the end are read before the end is told.
                while watcher.chunks:
                    yield watcher.pull()
                state = (tree.status, done / total if total else 1.0)
                if state != told:
                    told = state
                    yield tree_changed(tree, told[1], clock)
                if tree.status.ended or tree.status is Status.INPUT_REQUIRED:
                    return
            watcher.woken.clear()
            if watcher.chunks:
                continue
            await _next(watcher, pause)
    finally:
        audience.leave(tree_id, watcher)


async def _next(watcher: Watcher, pause: float) -> None:
    """Wait until there is something to read, or it is time to look again."""
    if watcher.changed:
        await asyncio.sleep(pause)
        return
    try:
        async with asyncio.timeout(max(POLL, pause)):
            await watcher.woken.wait()
    except TimeoutError:
        watcher.changed = True


def _share(task: Task) -> float:
    return 1.0 if task.status.ended else task.progress


def task_changed(task: Task, tree: Tree, clock: Clock) -> TaskChanged:
    """Make the event that says where a task of a tree stands."""
    message = task.message if task.error is None or task.status is Status.COMPLETED else task.error["message"]
    return TaskChanged(
        tree.trace,
        clock.now(),
        task.tree_id,
        task.id,
        task.name,
        task.status,
        task.attempt,
        task.progress,
        message,
        attempt_span(task.tree_id, task.seq, task.attempt),
        tree_span(task.tree_id),
        tree.sampled,
    )


def tree_changed(tree: Tree, progress: float, clock: Clock) -> TreeChanged:
    """Make the event that says where a tree stands."""
    told = tree.status, progress, tree_span(tree.id), tree.caller, tree.sampled
    return TreeChanged(tree.trace, clock.now(), tree.id, tree.name, *told)
