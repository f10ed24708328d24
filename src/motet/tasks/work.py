"""A tree that is worked on: its books, what of it runs here, and what others are known to do."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from motet.tasks.changes import Move
from motet.tasks.model import Task, Tree
from motet.tasks.outlines import Outline
from motet.tasks.ready import Ready
from motet.tasks.status import Status
from motet.tasks.tree import Fallout, Progression

__all__ = ["Running", "Work"]

REMEMBERED: Final = 1024
"""How many of the last own changes are remembered: what is read meanwhile may be older than they are."""

KEPT: Final = 4096
"""How many results are kept for dependants; those that came earlier are read from the store again."""


class Running(Protocol):
    """An attempt that runs here."""

    task: Task

    def interrupt(self, *, lost: bool) -> None:
        """End it: it is no longer this manager's, or the manager is closing."""


class Work:
    """What a manager knows of a tree that it works on.

    Args:
        tree: The tree, as it was when the outlines were read.
        outlines: Its tasks, in the order of creation.
        order: Which tree came first, for tasks of one priority.

    Attributes:
        running: The attempts that run here, by place.
        elsewhere: Who else runs a task, and which attempt: by place.
        sleeping: When a task that waits for a time may start, wall-clock time, by place.
        timers: What will wake them.
        unsettled: Ends of tasks that are not on disk yet, by place.
        results: What completed tasks gave, as far as it is kept.
        doubtful: Whether a move of this manager was refused: what followed from it did not happen.
        revision: The revision up to which every change is known.
    """

    def __init__(self, tree: Tree, outlines: Sequence[Outline], order: int) -> None:
        self.tree = tree
        self.order = order
        self.running: dict[int, Running] = {}
        self.claiming: set[int] = set()
        self.elsewhere: dict[int, tuple[str, int]] = {}
        self.sleeping: dict[int, float] = {}
        self.timers: dict[int, asyncio.TimerHandle] = {}
        self.unsettled: dict[int, Move] = {}
        self.results: dict[int, object] = {}
        self.revision = tree.revision
        self.waiters: list[asyncio.Future[None]] = []
        self.over = False
        self.finishing = False
        self.refreshing = False
        self.doubtful = False
        self._touched: dict[int, int] = {}
        self._load(outlines)

    @property
    def id(self) -> str:
        """The tree's id."""
        return self.tree.id

    def stop(self) -> None:
        """Begin nothing of it any more."""
        self.over = True
        for timer in self.timers.values():
            timer.cancel()
        self.timers.clear()

    def reload(self, tree: Tree, outlines: Sequence[Outline]) -> None:
        """Begin the books anew: the tree was changed in ways that cannot be followed."""
        self.tree, self.revision = tree, tree.revision
        self.doubtful = False
        self.elsewhere.clear()
        self.sleeping.clear()
        self.results.clear()
        self._load(outlines)

    def _load(self, outlines: Sequence[Outline]) -> None:
        self.progression = Progression(outlines)
        size = len(self.progression.status)
        self._executors: list[str | None] = [None] * size
        self._names = [""] * size
        self._priorities = bytearray(size)
        self._keys: dict[int, str] = {}
        for outline in outlines:
            self._executors[outline.seq] = outline.executor
            self._names[outline.seq] = outline.name
            self._priorities[outline.seq] = outline.priority
            if outline.key is not None:
                self._keys[outline.seq] = outline.key
        self._attempts = {outline.seq: outline.attempt for outline in outlines if outline.attempt}
        self.sleeping = {outline.seq: outline.wake_at for outline in outlines if outline.wake_at is not None}
        for outline in outlines:
            if outline.status is Status.IN_PROGRESS and outline.seq not in self.running and outline.owner is not None:
                self.elsewhere[outline.seq] = (outline.owner, outline.attempt)

    def touch(self, seq: int, revision: int) -> None:
        """Enter in which revision of the tree this manager has last changed a task."""
        self._touched.pop(seq, None)
        self._touched[seq] = revision
        if len(self._touched) > REMEMBERED:
            del self._touched[next(iter(self._touched))]

    @property
    def newest(self) -> int:
        """The revision of the last own change that is remembered."""
        return max(self._touched.values(), default=0)

    def is_newer(self, seq: int, revision: int) -> bool:
        """Tell whether the books know more of a task than what was read of the tree at a revision."""
        return self._touched.get(seq, revision) > revision

    def is_ready(self, seq: int) -> bool:
        """Tell whether a task may start now."""
        return not self.over and not self.doubtful and seq not in self.claiming and self.progression.is_ready(seq)

    def priority_of(self, seq: int) -> int:
        """Return how urgent a task is."""
        return self._priorities[seq]

    def executor_of(self, seq: int) -> str | None:
        """Return the id of a task's executor."""
        return self._executors[seq]

    def name_of(self, seq: int) -> str:
        """Return a task's name."""
        return self._names[seq]

    def key_of(self, seq: int) -> str | None:
        """Return a task's concurrency key."""
        return self._keys.get(seq)

    def attempt_of(self, seq: int) -> int:
        """Return how many attempts of a task are known."""
        return self._attempts.get(seq, 0)

    def renew(self, outline: Outline) -> None:
        """Enter that the definition of a task was updated before it has started."""
        self._executors[outline.seq] = outline.executor
        self._priorities[outline.seq] = outline.priority
        if outline.key is None:
            self._keys.pop(outline.seq, None)
        else:
            self._keys[outline.seq] = outline.key

    def note_attempts(self, seq: int, attempt: int) -> None:
        """Enter how many attempts of a task there were."""
        self._attempts[seq] = attempt

    def ready(self, seq: int) -> "Ready[Work]":
        """Return a task's entry for the queue."""
        return Ready(self._priorities[seq], self.order, seq, self)

    def begun(self, seq: int, attempt: int) -> None:
        """Enter that an attempt of a task runs here."""
        self.claiming.discard(seq)
        self._attempts[seq] = attempt
        self.progression.begin(seq)

    def ended(self, move: Move) -> Fallout:
        """Enter a move that is about to be stored; return what follows from it."""
        seq = move.seq
        self.unsettled[seq] = move
        if not move.target.ended:
            self.progression.begin(seq, move.target)
            if move.target is Status.PENDING and move.wake_at is not None:
                self.sleeping[seq] = move.wake_at
            return Fallout(ready=[seq] if move.target is Status.PENDING else [])
        if move.target is Status.COMPLETED:
            if len(self.results) >= KEPT:
                del self.results[next(iter(self.results))]
            self.results[seq] = move.result
        return self.progression.end(seq, move.target)

    def settled(self, moves: Iterable[Move]) -> None:
        """Enter that moves are on disk, or were refused."""
        for move in moves:
            if self.unsettled.get(move.seq) is move:
                del self.unsettled[move.seq]

    @property
    def idle(self) -> bool:
        """Whether nothing of the tree runs, is about to, or will by itself; then it waits for people."""
        if self.running or self.claiming or self.elsewhere:
            return False
        progression = self.progression
        # What waits for a time is ready too; what waits for others will not begin by itself. What is in progress and
        # runs nowhere was ended by somebody: what follows from that is known when it is read.
        return not any(
            status is Status.IN_PROGRESS or progression.is_ready(seq) for seq, status in enumerate(progression.status)
        )
