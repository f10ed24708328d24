"""What a manager does now and then: say that it lives, look what others did, take up what is left over."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from motet.tasks.desk import Desk
from motet.tasks.errors import StoreBroken, StoreUnavailable
from motet.tasks.membership import Membership
from motet.tasks.scheduler import Scheduler

__all__ = ["Housekeeping"]

logger = logging.getLogger(__name__)

TakeUp = Callable[[str], Awaitable[None]]


class Housekeeping:
    """The background work of a manager.

    Args:
        desk: Where store and clock are.
        scheduler: What works on trees.
        membership: This manager among others.
        poll: Seconds between two looks at the trees that are worked on.
        take_up: Takes up a tree; None leaves those alone that nobody works on.

    Attributes:
        others: The other managers that live.
    """

    def __init__(
        self, desk: Desk, scheduler: Scheduler, membership: Membership, poll: float, take_up: TakeUp | None
    ) -> None:
        self.others: set[str] = set()
        self._desk = desk
        self._scheduler = scheduler
        self._membership = membership
        self._poll = poll
        self._take_up = take_up
        self._left_alone: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Announce this manager, and take up what is left over."""
        await self._round()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._forever(self._round, self._membership.lease / 3))]
        self._tasks.append(loop.create_task(self._forever(self._look, self._poll)))

    async def stop(self) -> None:
        """End the background work."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def take_up_all(self, take_up: TakeUp) -> list[str]:
        """Take up every tree that nobody works on; return their ids."""
        taken: list[str] = []
        alive = (self.others | {self._membership.owner}) if self._scheduler.works else self.others
        for tree in await self._desk.store.adrift(alive, 100 + len(self._left_alone)):
            if tree.id in self._scheduler.works or tree.id in self._left_alone:
                continue
            if not await self._able(tree.id):
                continue
            try:
                await take_up(tree.id)
            except (StoreUnavailable, StoreBroken):
                raise
            except Exception:  # a hook has refused, or somebody has deleted it: the others go on
                logger.exception("Tree %s could not be taken up", tree.id)
            else:
                taken.append(tree.id)
        return taken

    async def _able(self, tree_id: str) -> bool:
        """Tell whether this manager knows every executor that a tree still needs: another one may."""
        read = await self._desk.store.outlines(tree_id)
        if read is None:
            return False
        needed = {outline.executor for outline in read[1] if outline.executor is not None and not outline.status.ended}
        unknown = sorted(id_ for id_ in needed if id_ not in self._desk.executors)
        if unknown:
            self._left_alone.add(tree_id)
            logger.warning("Tree %s is left to others: no executor here is called %s", tree_id, ", ".join(unknown))
        return not unknown

    async def look_round(self) -> None:
        """Look which other managers live, and take over what the others were running."""
        # Whose tasks were seen before the look, and who is not seen in it, is gone: each announces itself first.
        seen = self._scheduler.strangers()
        self.others = await self._membership.alive() - {self._membership.owner}
        self._scheduler.reclaim(seen - self.others)

    async def _round(self) -> None:
        await self._membership.beat()
        await self.look_round()
        if self._take_up is not None:
            await self.take_up_all(self._take_up)

    async def _look(self) -> None:
        works = self._scheduler.works
        if not works:
            return
        revisions = await self._desk.store.revisions(list(works))
        for work in list(works.values()):
            if revisions.get(work.id, work.revision + 1) > work.revision:
                await self._scheduler.refresh(work)

    async def _forever(self, step: Callable[[], Awaitable[None]], seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await step()
            except (StoreUnavailable, StoreBroken) as error:
                logger.warning("The task store cannot be reached: %s", error)
            except Exception:
                # Others would think that this manager is gone, and run again what runs here.
                logger.exception("The housekeeping of a task manager failed, and goes on")
