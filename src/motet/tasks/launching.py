"""Trees are created, and begun to be worked on."""

import asyncio
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from motet.kernel.errors import Cancelled, MotetError, NotAvailable
from motet.tasks.around import around
from motet.tasks.changes import Change
from motet.tasks.desk import Desk
from motet.tasks.editing import TaskEditor
from motet.tasks.membership import Membership
from motet.tasks.model import Task, Tree
from motet.tasks.plan import Plan, make_plan
from motet.tasks.reading import no_tree
from motet.tasks.running import TreeRun
from motet.tasks.scheduler import Scheduler
from motet.tasks.status import Status
from motet.tasks.telling import Telling

__all__ = ["Entries", "TaskLauncher"]

Entries = Sequence[Mapping[str, Any]]


class TaskLauncher(TaskEditor):
    """Creates trees and works on them.

    Args:
        desk: What every attempt shares.
        membership: This manager among others.
        resumes: Whether trees that can go on are taken up.
    """

    def __init__(self, desk: Desk, membership: Membership, *, resumes: bool) -> None:
        super().__init__(desk, resumes=resumes)
        self._membership = membership
        self._scheduler = Scheduler(desk, membership.owner)
        self._open = False

    @property
    def _telling(self) -> Telling:
        return self._scheduler.telling

    @abstractmethod
    def _others(self) -> set[str]:
        """Return the other managers that are known to live."""

    @abstractmethod
    async def _look_round(self) -> None:
        """Look which other managers live now."""

    async def create(
        self,
        tasks: Entries,
        *,
        name: str | None = None,
        key: str | None = None,
        user: str = "",
        extra: Mapping[str, object] | None = None,
    ) -> Tree:
        """Store a task tree, all or nothing; it is not started.

        Args:
            tasks: The array: see `make_plan` for its entries.
            name: What to call the tree; the name of its root unless given.
            key: Makes the creation idempotent: with a key that there is already, that tree is returned.
            user: Whose tree it is.
            extra: Fields of the user's own for the tree, JSON values.

        Returns:
            The tree with its tasks.

        Raises:
            InvalidPlan: The array is no tree; nothing is stored, and every problem is listed.
        """
        tree_id, _ = await self._create(make_plan(tasks, name=name), key, user, extra, start=False)
        return await self.tree(tree_id)

    async def submit(self, what: str | Tree | Entries, **options: Any) -> TreeRun:
        """Begin to work on a tree, and return its handle at once.

        Args:
            what: A tree, its id, or an array of tasks, which is created.
            **options: As `create` takes them, for an array.

        Raises:
            NotFound: There is no such tree.
            InvalidPlan: The array is no tree.
        """
        return await self._begin(what, options)

    async def _begin(self, what: str | Tree | Entries, options: dict[str, Any], *, wanted: bool = False) -> TreeRun:
        """Begin to work on a tree.

        Args:
            what: A tree, its id, or an array of tasks.
            options: As `create` takes them, for an array.
            wanted: Whether the tree is cancelled where the caller is before it has the handle.
        """
        self._check_open()
        beginning = asyncio.get_running_loop().create_task(self._begun(what, options))
        try:
            return await asyncio.shield(beginning)
        except asyncio.CancelledError:
            # What a store was asked for happens: whether the tree is there now, nobody could tell.
            with suppress(Exception):
                run = await beginning
                if wanted:
                    await run.cancel()
            raise

    async def _begun(self, what: str | Tree | Entries, options: dict[str, Any]) -> TreeRun:
        if isinstance(what, str | Tree):
            tree_id = what if isinstance(what, str) else what.id
            await self._take_up(tree_id)
            return TreeRun(self, tree_id)
        plan = make_plan(what, name=options.pop("name", None))
        tree_id, new = await self._create(plan, **{"key": None, "user": "", "extra": None, **options}, start=True)
        if not new:
            await self._take_up(tree_id)
        return TreeRun(self, tree_id)

    async def execute(self, what: str | Tree | Entries, **options: Any) -> Tree:
        """Work on a tree until it has ended, or waits for a person; cancelling this cancels the tree.

        Args:
            what: A tree, its id, or an array of tasks, which is created.
            **options: As `create` takes them, for an array.

        Returns:
            The tree as it is then. A tree that failed is returned, too: look at its `status`.

        Raises:
            NotFound: There is no such tree.
            InvalidPlan: The array is no tree.
        """
        run = await self._begin(what, options, wanted=True)
        try:
            return await run.wait()
        except asyncio.CancelledError:
            with suppress(MotetError):  # closed, or the store is gone: the caller is cancelled all the same
                await asyncio.shield(asyncio.ensure_future(self.cancel(run.id, "Whoever waited for it was cancelled")))
            raise
        except NotAvailable as error:
            raise Cancelled(f"The manager was closed before tree {run.id} had ended") from error

    async def wait(self, tree_id: str, *, tasks: bool = True) -> Tree:
        """Wait until a tree has ended or waits for a person, whoever works on it.

        Args:
            tree_id: Which tree.
            tasks: Whether to return it with its tasks: those of a large tree take memory.
        """
        self._check_open()
        work = self._scheduler.works.get(tree_id)
        if work is not None:
            await self._scheduler.wait(work)
        tree = await self.tree(tree_id, tasks=tasks)
        if tree.status is Status.IN_PROGRESS:
            async for _ in self.watch(tree_id, chunks=False):
                pass
            tree = await self.tree(tree_id, tasks=tasks)
        return tree

    async def _create(
        self, plan: Plan, key: str | None, user: str, extra: Mapping[str, object] | None, *, start: bool
    ) -> tuple[str, bool]:
        """Store a plan, and begin to work on it; tell whether it is new."""
        self._check_open()
        desk, now = self._desk, self._desk.clock.wall()
        trace, caller, sampled = around(desk.observer, desk.clock)
        for id_, agent in plan.agents.items():
            desk.executors.add(agent, id_)
        tree = Tree(
            desk.clock.hex_id(8),
            plan.name,
            plan.root,
            len(plan.definitions),
            Status.IN_PROGRESS if start else Status.PENDING,
            key,
            user,
            desk.plain_extra(extra),
            trace,
            self._membership.owner if start else None,
            created_at=now,
            started_at=now if start else None,
            tasks=tuple(Task("", definition) for definition in plan.definitions) if desk.hooks else (),
            caller=caller,
            sampled=sampled,
        )
        for hook in tuple(desk.hooks):
            await hook.tree_creating(tree)
        if start:
            for hook in tuple(desk.hooks):
                await hook.tree_started(tree)
        if start:
            stored = await self._scheduler.launch(tree, plan.definitions)
        else:
            stored = await desk.store.create(tree, plan.definitions)
        return stored, stored == tree.id

    async def _take_up(self, tree_id: str) -> None:
        """Begin to work on a stored tree, unless it has ended; share it where another manager works on it."""
        self._check_open()
        if tree_id in self._scheduler.works:
            return
        read = await self.store.outlines(tree_id)
        if read is None:
            raise no_tree(tree_id)
        tree, outlines = read
        if tree.status.ended or tree_id in self._scheduler.works:
            return
        if self._desk.hooks:
            with_tasks = await self.tree(tree_id)
            for hook in tuple(self._desk.hooks):
                await hook.tree_started(with_tasks)
        found = (tree.owner, *(task.owner for task in outlines))
        owners = {owner for owner in found if owner is not None} - {self._membership.owner}
        if not owners <= self._others():
            await self._look_round()  # who has come only lately is not gone
        if tree_id in self._scheduler.works:
            return
        if tree.status is Status.IN_PROGRESS and tree.owner in self._others():
            self._scheduler.take(tree, outlines)
        else:
            await self._scheduler.adopt(tree, outlines)
        self._scheduler.reclaim(owners - self._others())

    def _interrupt(self, changes: Iterable[Change]) -> None:
        """End what runs here and was cancelled by changes that are on disk."""
        self._scheduler.interrupt(changes)

    async def _changed(self, tree_id: str) -> None:
        """Let everybody here know that a tree was changed in the store."""
        self._desk.audience.wake(tree_id)
        work = self._scheduler.works.get(tree_id)
        if work is not None:
            await self._scheduler.refresh(work)

    def _check_open(self) -> None:
        if not self._open:
            raise NotAvailable("This task manager is not open: write `async with TaskManager(...) as manager:`")
