"""The task manager: what creates, runs and looks after durable task trees."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from motet.kernel.clock import SYSTEM_CLOCK, Clock
from motet.kernel.errors import InvalidPayload, NotAvailable
from motet.kernel.observers import Observer, combine
from motet.tasks.desk import Desk
from motet.tasks.errors import StoreBroken, StoreUnavailable
from motet.tasks.executors import DEFAULT_EXECUTORS, Executors
from motet.tasks.hooks import Hook
from motet.tasks.housekeeping import Housekeeping
from motet.tasks.launching import TaskLauncher
from motet.tasks.membership import LEASE, Membership
from motet.tasks.ports import TaskStore
from motet.tasks.ready import Limits, ReadyQueue
from motet.tasks.running import TreeRun
from motet.tasks.stores import open_store
from motet.tasks.watching import Audience

__all__ = ["TaskManager"]

logger = logging.getLogger(__name__)

Entries = Sequence[Mapping[str, Any]]


class TaskManager(TaskLauncher):
    """Creates, runs and looks after durable task trees; used as `async with TaskManager("sqlite:///work.db") as m:`.

    Several managers, in one process or in many, may use one store: they share the work of its trees, and each goes
    on with what another one left when it died.

    Args:
        store: Where trees are kept: a URL (`sqlite:///work.db`, `duckdb:///work.duckdb`, `postgresql://...`,
            `memory://`), or a store, which is opened, and left open afterwards.
        executors: Who runs tasks, before the default ones.
        hooks: Who is asked before and after; more can be appended to `hooks` at any time.
        max_concurrency: How many tasks run at once.
        per_executor: How many tasks of an executor run at once, by its id.
        per_key: How many tasks of a concurrency key run at once, by the key.
        key_concurrency: How many tasks of a key run at once that `per_key` does not name.
        resume: Whether trees are taken up that nobody works on any more, now and later.
        lease: Seconds for which other managers believe that this one lives after it last said so.
        poll: Seconds between two looks at what other processes do to the trees that are worked on.
        demo: Whether executors answer with their declared demo results instead of running.
        observer: Who is told of events.
        clock: Where time, ids and randomness come from.

    Raises:
        InvalidPayload: A limit is below 1, or a time is not above 0.
    """

    def __init__(
        self,
        store: TaskStore | str = "memory://",
        *,
        executors: Executors | None = None,
        hooks: Iterable[Hook] = (),
        max_concurrency: int = 16,
        per_executor: Mapping[str, int] | None = None,
        per_key: Mapping[str, int] | None = None,
        key_concurrency: int = 1,
        resume: bool = True,
        lease: float = LEASE,
        poll: float = 0.25,
        demo: bool = False,
        observer: Observer | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        limits = Limits(max_concurrency, per_executor or {}, per_key or {}, key_concurrency)
        times = {"lease": lease, "poll": poll}
        problems = limits.problems() + [f"{name} is not above 0" for name, time in times.items() if time <= 0]
        if problems:
            raise InvalidPayload("; ".join(problems))
        self._own = isinstance(store, str)
        opened = open_store(store) if isinstance(store, str) else store
        own = Executors(executors or DEFAULT_EXECUTORS)
        told = None if observer is None else combine((observer,))
        self.hooks: list[Hook] = list(hooks)
        desk = Desk(opened, own, self.hooks, clock, ReadyQueue(limits), Audience(), told, demo=demo)
        super().__init__(desk, Membership(opened, clock, lease), resumes=resume)
        self._keeping = Housekeeping(desk, self._scheduler, self._membership, poll, self._take_up if resume else None)

    @property
    def executors(self) -> Executors:
        """Who runs tasks; what is added here is known to this manager only."""
        return self._desk.executors

    async def __aenter__(self) -> Self:
        if self._open:
            raise NotAvailable("This task manager is open already: make another one, on the same store")
        await self._desk.store.open()
        self._open = True
        self._scheduler.open()
        self._desk.audience.closed = False
        try:
            await self._keeping.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Put back what runs, and let go of the store; trees that have not ended are taken up by the next manager."""
        if not self._open:
            return
        self._open = False
        self._desk.audience.close()
        await self._keeping.stop()
        await self._scheduler.close()
        with suppress(StoreUnavailable, StoreBroken):  # then the lease runs out by itself
            await self._membership.leave()
        if self._own:
            await self._desk.store.close()

    async def resume(self) -> list[TreeRun]:
        """Take up the trees that are in progress, and that nobody works on."""
        self._check_open()
        await self._keeping.look_round()
        return [TreeRun(self, tree_id) for tree_id in await self._keeping.take_up_all(self._take_up)]

    def _others(self) -> set[str]:
        return self._keeping.others

    async def _look_round(self) -> None:
        await self._keeping.look_round()

    def running(self) -> list[str]:
        """Return the ids of the tasks that run in this manager now."""
        return [attempt.task.id for work in self._scheduler.works.values() for attempt in work.running.values()]
