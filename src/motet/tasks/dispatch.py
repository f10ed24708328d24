"""What starts next, of every tree that is worked on."""

import asyncio
import contextvars
import logging
from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from motet.kernel.error_payload import ErrorPayload, to_payload
from motet.kernel.errors import MotetError
from motet.tasks.changes import Change, Claim, Move, TreeMove
from motet.tasks.desk import Desk
from motet.tasks.errors import GroupFailed, TaskSkipped
from motet.tasks.status import Status
from motet.tasks.tree import Ended, Fallout
from motet.tasks.work import Work

__all__ = ["Dispatch"]

logger = logging.getLogger(__name__)

LONGEST_TIMER: Final = 3600.0
"""Seconds after which a task that waits for a time is looked at again: the wall clock may have been set."""


class Dispatch:
    """Puts ready tasks into the queue, and claims those that may start.

    Args:
        desk: What the attempts share.
        owner: The id of this manager among all that use the store.
    """

    def __init__(self, desk: Desk, owner: str) -> None:
        self.works: dict[str, Work] = {}
        self.owner = owner
        self._desk = desk
        self._tasks: set[asyncio.Task[Any]] = set()
        self._pumping = False
        self._closing = False
        self._context = contextvars.copy_context()
        desk.pump = self.pump
        desk.spawn = self.spawn

    @abstractmethod
    async def commit(self, changes: Sequence[Change]) -> None:
        """Store changes, and go on from what became of them."""

    @abstractmethod
    def abandon(self, error: BaseException) -> None:
        """Stop to work on everything."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside, and keep hold of it."""
        # What one attempt puts into contextvars is not for the next one, which begins when it ends.
        task = asyncio.get_running_loop().create_task(work, context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("The scheduler failed; the trees it works on are taken up again", exc_info=error)
            self.abandon(error)

    def pump(self) -> None:
        """Start what may start, soon."""
        if not self._pumping and not self._closing:
            self._pumping = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._pumping = False
        claims = self._claims()
        if claims:
            self.spawn(self.commit(claims))

    def _claims(self) -> list[Change]:
        claims: list[Change] = []
        if self._closing:
            return claims
        self._desk.freed()
        now = self._desk.clock.wall()
        while (ready := self._desk.queue.pop()) is not None:
            work, seq = ready.work, ready.seq
            work.claiming.add(seq)
            before = tuple(work.unsettled.values())
            claims.append(Claim(work.id, seq, self.owner, now, before, work.attempt_of(seq)))
        return claims

    def _push(self, work: Work, seq: int) -> None:
        """Put a task into the queue, or set a timer where its time has not come."""
        wake_at = work.sleeping.get(seq)
        wait = 0.0 if wake_at is None else wake_at - self._desk.clock.wall()
        if (timer := work.timers.pop(seq, None)) is not None:
            timer.cancel()
        if wait > 0:
            loop = asyncio.get_running_loop()
            work.timers[seq] = loop.call_later(min(wait, LONGEST_TIMER), self._woken, work, seq)
            return
        work.sleeping.pop(seq, None)
        self._desk.queue.push(work.ready(seq))

    def _woken(self, work: Work, seq: int) -> None:
        if not work.over and seq in work.sleeping:
            self._push(work, seq)
            self.pump()

    def _fallout(self, work: Work, fallout: Fallout) -> list[Change]:
        for seq in fallout.ready:
            self._push(work, seq)
        now = self._desk.clock.wall()
        moves = [
            Move(work.id, ended.seq, Status.PENDING, ended.status, now, error=_why(work, ended))
            for ended in fallout.ended
        ]
        for move in moves:
            work.unsettled[move.seq] = move
        return list(moves)

    def _final(self, work: Work) -> list[Change]:
        """Return the end of the tree, where this was the end of its last task."""
        if work.progression.open or work.over or work.finishing or work.doubtful:
            return []
        work.finishing = True
        now, after = self._desk.clock.wall(), tuple(work.unsettled.values())
        return [TreeMove(work.id, Status.IN_PROGRESS, work.progression.outcome, now, after=after)]


def _why(work: Work, ended: Ended) -> ErrorPayload | None:
    """Say why a task ended without having run."""
    error: MotetError
    because = work.name_of(ended.because)
    if work.executor_of(ended.seq) is None and ended.status is not Status.SKIPPED:
        if ended.status is Status.COMPLETED:
            return None
        error = GroupFailed(f"{because!r}, a task of this group, has ended as {ended.status}")
    else:
        how = str(work.progression.status[ended.because])
        error = TaskSkipped(f"It requires {because!r}, which has ended as {how}")
    return to_payload(error)
