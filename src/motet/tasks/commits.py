"""What is stored, and what follows from it: attempts begin and end, trees end.

The end of a task and the starts that it makes possible are one commit: nothing starts before what it needs is on disk,
and a chain costs one commit a task.
"""

import logging
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from motet.tasks.attempt import Attempting
from motet.tasks.changes import Change, Claim, Move, TreeMove
from motet.tasks.desk import Desk
from motet.tasks.dispatch import Dispatch
from motet.tasks.errors import StoreBroken, StoreUnavailable
from motet.tasks.model import Task
from motet.tasks.outcome import Lost, move_for
from motet.tasks.status import Status
from motet.tasks.telling import Telling
from motet.tasks.work import Work

__all__ = ["Commits"]

logger = logging.getLogger(__name__)


NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


class Commits(Dispatch):
    """Runs what was claimed, and stores what comes of it.

    Args:
        desk: What the attempts share.
        owner: The id of this manager among all that use the store.
    """

    def __init__(self, desk: Desk, owner: str) -> None:
        super().__init__(desk, owner)
        self.telling = Telling(desk)
        self._executing: dict[str, Attempting] = {}

    @abstractmethod
    async def refresh(self, work: Work) -> None:
        """Read what somebody else has done to a tree, and go on from there."""

    def _begin(self, work: Work, task: Task) -> None:
        """Begin what was claimed."""
        attempt = work.running[task.seq] = Attempting(self._desk, work, task)
        work.begun(task.seq, task.attempt)
        if self._closing:
            attempt.interrupt(lost=False)
        self.spawn(self._attempt(work, attempt))
        self.telling.task(work, task)

    async def _attempt(self, work: Work, attempt: Attempting) -> None:
        task = attempt.task
        earlier = self._executing.get(task.id)
        self._executing[task.id] = attempt
        if earlier is not None:
            # Its task was cancelled, and then run again, while it was still being interrupted.
            await earlier.gone()
        outcome = await attempt.run()
        if self._executing.get(task.id) is attempt:
            del self._executing[task.id]
        del work.running[task.seq]
        self._desk.queue.release(work, task.seq)
        if isinstance(outcome, Lost):
            self.pump()
            await self.refresh(work)
            return
        clock = self._desk.clock
        await self.settle(work, move_for(task, outcome, attempt.inputs, clock.wall(), clock.random()))

    async def settle(self, work: Work, move: Move) -> None:
        """Store the end of an attempt, with everything that follows from it."""
        changes: list[Change] = [move, *self._fallout(work, work.ended(move))]
        changes += self._final(work)
        await self.commit(changes + self._claims())

    async def commit(self, changes: Sequence[Change]) -> None:
        """Store changes, and go on from what became of them."""
        try:
            applied = await self._desk.store.apply(changes)
        except (StoreUnavailable, StoreBroken) as error:
            self.abandon(error)
            return
        stale = self.enter(changes, applied.revisions)
        for tree_id, revision in applied.revisions.items():
            work = self.works.get(tree_id)
            if work is not None:
                if revision > work.revision + 1 or work.doubtful:
                    stale.add(work)  # somebody else has changed the tree, too
                elif work not in stale:
                    work.revision = max(work.revision, revision)
            self._desk.audience.wake(tree_id)
        for work in stale:
            await self.refresh(work)
        self._again(changes)
        for tree_id, revision in applied.revisions.items():
            work = self.works.get(tree_id)
            if work is not None and work.revision >= revision:
                self.round_off(work)

    def enter(self, changes: Iterable[Change], revisions: Mapping[str, int] = NOTHING) -> set[Work]:
        """Enter what became of changes: start what was claimed.

        Args:
            changes: What was to be changed.
            revisions: The revisions that the commit has given to trees.

        Returns:
            The trees whose books are not right.
        """
        stale: set[Work] = set()
        for change in changes:
            work = self.works.get(change.tree_id)
            if work is None:
                if isinstance(change, Claim) and change.task is not None:
                    self._give_back(change.task)
                continue
            if change.applied and isinstance(change, Claim | Move):
                work.touch(change.seq, revisions.get(change.tree_id, 0))
            match change:
                case Claim(task=Task() as task):
                    self._begin(work, task)
                case Claim():
                    work.claiming.discard(change.seq)
                    self._desk.queue.release(work, change.seq)
                    stale.add(work)
                    self.pump()
                case Move():
                    known = work.unsettled.get(change.seq) is change
                    work.settled((change,))
                    self.telling.move(work, change)
                    if not change.applied:
                        work.doubtful = True
                    if not change.applied or not known:  # what an earlier taking up of the tree has left
                        stale.add(work)
                case TreeMove(applied=True):
                    self._tree_moved(work, change)
                case TreeMove():
                    work.finishing = False
                    stale.add(work)
        return stale

    def _again(self, changes: Iterable[Change]) -> None:
        """Put into the queue again what was not claimed, and is ready all the same."""
        for change in changes:
            if isinstance(change, Claim) and not change.applied:
                work = self.works.get(change.tree_id)
                if work is not None and work.is_ready(change.seq):
                    self._push(work, change.seq)
                    self.pump()

    def _give_back(self, task: Task) -> None:
        """Let others have a task that was claimed for a tree that this manager no longer works on."""
        now, owner = self._desk.clock.wall(), self.owner
        move = Move(task.tree_id, task.seq, Status.IN_PROGRESS, Status.PENDING, now, owner, task.attempt)
        self.spawn(self.commit((move,)))

    def _tree_moved(self, work: Work, move: TreeMove) -> None:
        work.tree = self.telling.tree(work, move)
        work.finishing = False
        if move.target.ended:
            self.drop(work)

    def interrupt(self, changes: Iterable[Change]) -> None:
        """End what runs here and was cancelled by changes that are on disk, before the books are brought up to date."""
        for change in changes:
            work = self.works.get(change.tree_id)
            if work is None or not change.applied or not isinstance(change, Move):
                continue
            attempt = work.running.get(change.seq)
            if attempt is not None and attempt.task.attempt == change.attempt:
                attempt.interrupt(lost=True)

    def drop(self, work: Work, error: BaseException | None = None) -> None:
        """Stop to work on a tree, and tell those who wait for it."""
        work.stop()
        if self.works.get(work.id) is work:
            del self.works[work.id]
        for attempt in list(work.running.values()):
            attempt.interrupt(lost=error is None)
        for seq in work.claiming:
            self._desk.queue.release(work, seq)
        work.claiming.clear()
        self.pump()
        for future in work.waiters:
            if not future.done():
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

    def abandon(self, error: BaseException) -> None:
        """Stop to work on everything: what was not stored is done again when the trees are taken up anew."""
        logger.error("Work on %d task trees has stopped: %s", len(self.works), error)
        for work in list(self.works.values()):
            self.drop(work, error)

    def round_off(self, work: Work) -> None:
        """End a tree in which all has ended; let go of one in which nothing can happen before a person answers."""
        if work.over or work.finishing or work.unsettled or work.doubtful:
            return  # the end of that commit comes here again
        if work.progression.open == 0:
            self.spawn(self.commit(self._final(work)))
        elif work.idle and work.tree.status is Status.INPUT_REQUIRED:
            self.drop(work)
        elif work.idle:
            work.finishing = True
            move = TreeMove(work.id, Status.IN_PROGRESS, Status.INPUT_REQUIRED, self._desk.clock.wall())
            self.spawn(self.commit((move,)))
