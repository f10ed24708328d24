"""The scheduler: an asyncio shell that carries out what the books of each tree, the queue and the policies decide."""

import asyncio
import contextvars
import logging
from collections.abc import Container, Sequence
from dataclasses import replace

from motet.kernel.errors import Cancelled
from motet.tasks.catching_up import News, catch_up
from motet.tasks.changes import Change, Move, TreeMove
from motet.tasks.commits import Commits
from motet.tasks.definition import Definition
from motet.tasks.desk import Desk
from motet.tasks.errors import StoreBroken, StoreUnavailable
from motet.tasks.model import Tree
from motet.tasks.outlines import Outline, outline_of_new
from motet.tasks.status import Status
from motet.tasks.work import Work

__all__ = ["Scheduler"]

logger = logging.getLogger(__name__)


class Scheduler(Commits):
    """Works on trees, beside other managers.

    Args:
        desk: What its attempts share.
        owner: The id of this manager among all that use the store.
    """

    def __init__(self, desk: Desk, owner: str) -> None:
        super().__init__(desk, owner)
        self._order = 0

    def open(self) -> None:
        """Begin to start what may start, with the contextvars that are set now."""
        self._closing = False
        self._context = contextvars.copy_context()

    def take(self, tree: Tree, outlines: Sequence[Outline], *, adopt: bool = False) -> Work:
        """Begin to work on a tree, or return the work that is under way.

        Args:
            tree: The tree.
            outlines: Its tasks, as they stood at the tree's revision.
            adopt: Whether the tree has yet to be moved: nothing else is done about its status before.
        """
        known = self.works.get(tree.id)
        if known is not None:
            return known
        self._order += 1
        work = self.works[tree.id] = Work(tree, outlines, self._order)
        work.finishing = adopt
        self._follow_up(work)
        return work

    async def launch(self, tree: Tree, definitions: Sequence[Definition]) -> str:
        """Store a new tree, and begin to work on it with the same commit.

        Args:
            tree: The tree, in progress and owned by this manager.
            definitions: Its tasks.

        Returns:
            The id of the tree; another one's where that has the same key: then nothing was stored.
        """
        self._order += 1
        work = self.works[tree.id] = Work(tree, [outline_of_new(definition) for definition in definitions], self._order)
        changes = [*self._fallout(work, work.progression.first()), *self._final(work), *self._claims()]
        if any(change.tree_id == tree.id for change in changes):
            work.revision += 1  # by the commit that stores it
        work.refreshing = True  # there is nothing yet that could be read
        try:
            stored = await self._desk.store.create(tree, definitions, changes)
        except BaseException as error:
            self.drop(work, error)
            self.enter(changes)
            self._again(changes)
            raise
        finally:
            work.refreshing = False
        if stored != tree.id:
            self.drop(work)
        for other in self.enter(changes, {tree.id: work.revision}):
            await self.refresh(other)
        self._again(changes)
        self.round_off(work)
        return stored

    async def adopt(self, tree: Tree, outlines: Sequence[Outline]) -> None:
        """Begin to work on a tree that nobody works on, and let everybody know."""
        self.take(tree, outlines, adopt=True)
        now = self._desk.clock.wall()
        await self.commit((TreeMove(tree.id, tree.status, Status.IN_PROGRESS, now, self.owner),))

    def _follow_up(self, work: Work) -> None:
        """Put what is ready into the queue, and store what ended before these books were opened."""
        changes = self._fallout(work, work.progression.first()) + self._final(work)
        if changes:
            self.spawn(self.commit(changes))
        self.pump()

    async def wait(self, work: Work) -> None:
        """Wait until a tree has ended, or waits for a person.

        Raises:
            StoreUnavailable: The store is gone, and this manager has stopped to work on the tree.
        """
        if not work.over:
            future = asyncio.get_running_loop().create_future()
            work.waiters.append(future)
            try:
                await future
            finally:
                work.waiters.remove(future)

    async def refresh(self, work: Work) -> None:
        """Read what somebody else has done to a tree, and go on from there."""
        if work.over or work.refreshing:
            return
        work.refreshing = True
        try:
            read = await self._desk.store.changed(work.id, work.revision)
            if self.works.get(work.id) is not work:
                return
            if read is None:
                self.drop(work, Cancelled(f"Tree {work.id} was deleted while it was worked on"))
                return
            tree, tasks = read
            news = catch_up(work, tasks, self.owner, tree.revision)
            for attempt in news.lost:
                attempt.interrupt(lost=True)
            if news.reload or work.doubtful:
                news.reload = await self._reload(work)
                tree = work.tree if news.reload else tree
            elif not news.pending:
                work.revision = max(work.revision, tree.revision)
        except (StoreUnavailable, StoreBroken) as error:
            self.abandon(error)
            return
        finally:
            work.refreshing = False
        self._go_on(work, tree, news)

    async def _reload(self, work: Work) -> bool:
        """Begin the books of a tree anew, unless something of it is on the way to the store; tell whether it was done.

        The end of that commit finds the old revision, and comes here again.
        """
        work.doubtful = True
        if work.unsettled or work.claiming:
            return False
        read = await self._desk.store.outlines(work.id)
        if read is None or work.unsettled or work.claiming or read[0].revision < work.newest:
            return False
        work.reload(*read)
        for seq, attempt in work.running.items():
            if work.progression.status[seq] is not Status.IN_PROGRESS:
                attempt.interrupt(lost=True)
        return True

    def _go_on(self, work: Work, tree: Tree, news: News) -> None:
        if work.over:
            return
        if tree.status.ended or (tree.status is Status.PENDING and not work.finishing):
            # Somebody else has ended it, or reset it.
            work.tree = replace(work.tree, status=tree.status)
            self.drop(work)
            return
        if not work.finishing:
            work.tree = replace(work.tree, status=tree.status, owner=tree.owner)
        fallout = work.progression.first() if news.reload else news.fallout
        changes = self._fallout(work, fallout)
        if tree.status is Status.INPUT_REQUIRED and not work.finishing and not (work.idle and work.progression.open):
            # It was parked by somebody who did not know yet of an answer.
            work.finishing = True
            now = self._desk.clock.wall()
            changes.append(TreeMove(work.id, Status.INPUT_REQUIRED, Status.IN_PROGRESS, now, self.owner))
        changes += self._final(work)
        if changes:
            self.spawn(self.commit(changes))
        elif work.revision >= tree.revision:
            self.round_off(work)
        self.pump()

    def strangers(self) -> set[str]:
        """Return the other managers that run tasks of the trees that are worked on here."""
        owners = {owner for work in self.works.values() for owner, _ in work.elsewhere.values()}
        return owners - {self.owner}

    def reclaim(self, gone: Container[str]) -> None:
        """Make tasks pending again whose managers are gone, and those that this one has lost sight of."""
        now = self._desk.clock.wall()
        for work in list(self.works.values()):
            changes: list[Change] = []
            for seq, (owner, attempt) in list(work.elsewhere.items()):
                if owner not in gone and owner != self.owner:
                    continue
                del work.elsewhere[seq]
                if seq in work.running or seq in work.claiming:
                    continue
                work.note_attempts(seq, attempt)
                move = Move(work.id, seq, Status.IN_PROGRESS, Status.PENDING, now, owner, attempt)
                changes += [move, *self._fallout(work, work.ended(move))]
            if changes:
                logger.info("Tree %s: %d tasks of managers that are gone are run again", work.id, len(changes))
                self.spawn(self.commit(changes))
                self.pump()

    async def close(self) -> None:
        """Put back what runs, so that somebody else can go on with it, and wait until all of that is stored."""
        self._closing = True
        for work in list(self.works.values()):
            for attempt in list(work.running.values()):
                attempt.interrupt(lost=False)
        while tasks := self._tasks - {asyncio.current_task()}:
            await asyncio.wait(tasks)
        for work in list(self.works.values()):
            work.stop()
            for future in work.waiters:
                if not future.done():
                    future.set_exception(Cancelled(f"The manager was closed before tree {work.id} had ended"))
        self.works.clear()
