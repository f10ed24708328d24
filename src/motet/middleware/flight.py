"""One call that any number of callers wait for."""

from asyncio import CancelledError, Task
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from motet.kernel.context import CURRENT, Context
from motet.kernel.spawn import spawn
from motet.middleware.bell import Bell
from motet.middleware.cache_store import CacheEntry
from motet.middleware.ending import end
from motet.middleware.in_flight import InFlight, Rider
from motet.middleware.recording import Recording
from motet.middleware.replay import drain
from motet.middleware.shared_error import SharedError

__all__ = ["Flight", "Landing"]


@dataclass(frozen=True, slots=True)
class Landing:
    """What came of a flight.

    Args:
        output: The output itself, for the one who began it.
        pristine: What the others get copies of.
        copyable: Whether they can have copies.
        failure: What was raised in place of an output.
        found: What the store had, in place of all this.
    """

    output: object = None
    pristine: object = None
    copyable: bool = True
    failure: SharedError | None = None
    found: CacheEntry | None = None


class Flight:
    """One call below, and those who wait for it. It is cancelled when nobody waits for it any more.

    Args:
        key: Of the payload.
        ctx: The context of the caller who begins it: its trace and budget are those of the work. The deadline of the
            work is the latest of those who wait.
        recording: Where chunks go; None where nobody will ever want them.

    Attributes:
        context: The context of the work.
        riders: Who waits.
        shared: Whether others may join.
        stale: Whether its answer must not be kept.
        storing: Whether its answer is being stored right now.
        ended: Whether it is over.
    """

    __slots__ = (
        "_bell",
        "_landed",
        "_task",
        "context",
        "ended",
        "key",
        "recording",
        "riders",
        "shared",
        "stale",
        "storing",
    )

    _task: Task[Landing]
    _landed: "Callable[[Flight], None]"

    def __init__(self, key: str, ctx: Context, recording: Recording | None, *, shared: bool) -> None:
        self.key = key
        self.riders: set[Rider] = set()
        self.context = InFlight(ctx, ctx.scope.derive({}, recording), self.riders)
        self.recording = recording
        self.shared = shared
        self.stale = self.storing = self.ended = False
        self._bell = Bell()

    @property
    def deserted(self) -> bool:
        """Whether nobody waits any more."""
        return not self.riders

    @property
    def landing(self) -> Landing | None:
        """What came of it, for everybody; None if it was cancelled, so that it is only the leader's."""
        task = self._task
        return None if task.cancelled() or task.exception() is not None else task.result()

    def begin(self, work: Callable[[], Awaitable[Landing]], landed: "Callable[[Flight], None]") -> None:
        """Let it begin: in a task of its own, which no caller's cancellation reaches.

        Args:
            work: What to do.
            landed: Called when it is over.
        """
        self._landed = landed
        self._task = spawn(self._run(work))
        self._task.add_done_callback(self._land)

    def board(self, rider: Rider) -> None:
        """Let somebody wait for it: the work has time until the latest deadline."""
        if self.riders:
            scope, deadline = self.context.scope, rider.ctx.scope.deadline
            later = scope.deadline is not None and (deadline is None or deadline > scope.deadline)
            scope.deadline = deadline if later else scope.deadline
        self.riders.add(rider)

    async def ride(self, rider: Rider) -> bool:
        """Wait until it is over, and pass on the chunks meanwhile.

        Returns:
            Whether the chunks, where they are wanted, were all of them.
        """
        recording, replay = self.recording, rider.replay
        if recording is not None and replay is not None:
            if not rider.leads:
                if not await recording.follow(replay):
                    return False
            elif recording.pipe is not None:
                await drain(recording.pipe, replay)
        await self.over()
        return True

    async def over(self) -> None:
        """Wait until it is over."""
        while not self._task.done():
            await self._bell.wait()

    async def leave(self, rider: Rider) -> None:
        """Let somebody go before the end; the last one ends the work, and waits until it has ended."""
        self.riders.discard(rider)
        if rider.leads and self.recording is not None:
            self.recording.close()
        if self.riders:
            return
        self.shared = False
        await end(self._task)

    def outcome(self) -> Landing:
        """Return what came of it, or raise what ended it without an outcome, such as its cancellation."""
        return self._task.result()

    async def _run(self, work: Callable[[], Awaitable[Landing]]) -> Landing:
        CURRENT.set(self.context)  # in the task's own copy of the contextvars
        try:
            landing = await work()
        except (Exception, CancelledError):
            self.context.abandon()
            self._end()
            raise
        self._end()
        return landing

    def _land(self, task: Task[Landing]) -> None:
        self._end()  # once more: a task that is cancelled before it has begun has run nothing
        if not task.cancelled():
            task.exception()  # seen: it is raised for the leader, if that one still waits

    def _end(self) -> None:
        if self.ended:
            return
        self.ended = True
        if self.recording is not None:
            self.recording.end()
        self._bell.ring()
        self._landed(self)
