"""What every attempt of a manager shares: the store, the executors, the hooks, the clock, and who watches."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from motet.kernel.agent import Agent
from motet.kernel.clock import Clock
from motet.kernel.errors import InvalidPayload
from motet.kernel.events import TaskChunk
from motet.kernel.message import Chunk
from motet.kernel.observers import Observer
from motet.kernel.schema import ANY
from motet.tasks.changes import Progress
from motet.tasks.executors import Executors
from motet.tasks.hooks import Hook
from motet.tasks.journal import as_json
from motet.tasks.model import Task
from motet.tasks.ports import TaskStore
from motet.tasks.ready import ReadyQueue
from motet.tasks.watching import Audience
from motet.tasks.work import Work

__all__ = ["Desk"]


class Desk:
    """What the attempts of a manager share.

    Args:
        store: Where the trees are kept.
        executors: Who runs tasks.
        hooks: Who is asked before and after; the list may change at any time.
        clock: Where time, ids and randomness come from.
        queue: What may run, and how much at once.
        audience: Who watches.
        observer: Who is told of events.
        demo: Whether executors answer with their demo results.
    """

    def __init__(
        self,
        store: TaskStore,
        executors: Executors,
        hooks: list[Hook],
        clock: Clock,
        queue: ReadyQueue[Work],
        audience: Audience,
        observer: Observer | None,
        *,
        demo: bool,
    ) -> None:
        self.store = store
        self.executors = executors
        self.hooks = hooks
        self.clock = clock
        self.queue = queue
        self.audience = audience
        self.observer = observer
        self.demo = demo
        self.pump: Callable[[], None] = _nobody
        self.spawn: Callable[[Coroutine[Any, Any, None]], object] = _drop
        self._accepted: WeakKeyDictionary[Agent[Any, Any], Callable[[str], bool]] = WeakKeyDictionary()
        self._regaining: list[tuple[Work, int, asyncio.Future[None]]] = []

    def accepts(self, agent: Agent[Any, Any]) -> Callable[[str], bool]:
        """Return what tells whether an executor takes an input of some name.

        One that forbids inputs that it does not know is not given the results of dependencies that only order it.
        """
        found = self._accepted.get(agent)
        if found is None:
            schema = agent.types[0].json_schema
            closed = schema.get("additionalProperties") is False
            known = frozenset(schema.get("properties", ()))
            found = self._accepted[agent] = (lambda name: name in known) if closed else _everything
        return found

    def plain(self, value: object, task: Task) -> Any:
        """Return a hook's or a demo result as JSON data."""
        return as_json(ANY, value, f"a hook or demo result for {task.name!r}")

    def plain_inputs(self, value: Mapping[str, object], task: Task) -> dict[str, object]:
        """Return the inputs that a hook gave as JSON data.

        Raises:
            InvalidPayload: They are no object.
        """
        plain: object = as_json(ANY, value, f"a hook for {task.name!r}")
        if not isinstance(plain, dict):
            raise InvalidPayload(f"A hook gave {plain!r} as the inputs of {task.name!r}: return an object, or None")
        return plain

    def plain_extra(self, extra: Mapping[str, object] | None) -> dict[str, object]:
        """Return the fields of the user's own for a tree as JSON data."""
        plain: object = as_json(ANY, dict(extra or {}), "`extra`")
        return plain if isinstance(plain, dict) else {}

    def chunk(self, task: Task, trace: str, chunk: Chunk) -> bool:
        """Hand a chunk to those who watch; tell whether its emitter should wait for them."""
        if not self.audience.listens(task.tree_id):
            return False
        event = TaskChunk(trace, self.clock.now(), task.tree_id, task.id, task.name, chunk)
        return self.audience.chunk(event)

    async def room(self, tree_id: str) -> None:
        """Wait until those who watch have taken enough."""
        await self.audience.room(tree_id)

    def tell(self, progress: Progress) -> None:
        """Note in the store how far a task is; nobody waits for that."""
        self.spawn(self._tell(progress))

    async def _tell(self, progress: Progress) -> None:
        await self.store.apply((progress,))
        self.audience.wake(progress.tree_id)

    async def pause(self, work: Work, seq: int, seconds: float) -> None:
        """Wait within a task, and let another one run meanwhile.

        Args:
            work: Its tree.
            seq: Its place.
            seconds: How long.
        """
        self.queue.rest(work, seq)
        self.pump()
        try:
            await asyncio.sleep(seconds)
            if not self.queue.retake(work, seq):
                room = asyncio.get_running_loop().create_future()
                self._regaining.append((work, seq, room))
                await room
        except BaseException:
            # Whoever ends the attempt releases its place: it has to have one.
            self.queue.force(work, seq)
            raise

    def freed(self) -> None:
        """Let those who have waited go on, as far as there is room: they come before anything new."""
        waiting, self._regaining = self._regaining, []
        for work, seq, room in waiting:
            if room.done():
                continue
            if self.queue.retake(work, seq):
                room.set_result(None)
            else:
                self._regaining.append((work, seq, room))


def _everything(_: str) -> bool:
    return True


def _nobody() -> None:
    """Stand in until there is a scheduler."""


def _drop(work: Coroutine[Any, Any, None]) -> None:
    work.close()
