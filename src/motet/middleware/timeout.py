"""`Timeout`: an agent that takes too long is cancelled, and its caller goes on, whatever the agent makes of that."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import CURRENT, Context
from motet.kernel.errors import AgentTimeout
from motet.kernel.events import Intervened
from motet.kernel.invoke import Call
from motet.kernel.relay import Relay
from motet.kernel.spawn import spawn
from motet.kernel.within import Within
from motet.middleware.arguments import LONGEST, SHORTEST, is_number
from motet.middleware.expiry import Expiry

__all__ = ["Timeout"]

logger = logging.getLogger(__name__)


class Timeout(Middleware):
    """Cancel an agent that has no result after some seconds, with everything it has emitted until then included.

    The agent runs in a task of its own. One that ignores its cancellation is given up after `grace` seconds: it goes on
    by itself, what it still emits reaches nobody, and its caller gets the error. What runs below sees the timeout as
    its deadline, in `ctx.remaining()`. A timeout inside the agent is an error of the agent, like any other.

    Args:
        seconds: How long a call may take, its whole stream included; more than 0.
        grace: How many seconds the agent has to end once it is cancelled.

    Raises:
        ValueError: `seconds` or `grace` is no such number.
    """

    def __init__(self, seconds: float, *, grace: float = 0.05) -> None:
        if not is_number(seconds, SHORTEST, LONGEST):
            raise ValueError(f"seconds={seconds!r}: a timeout is a number of seconds above 0")
        if not is_number(grace, 0, LONGEST):
            raise ValueError(f"grace={grace!r}: it is a number of seconds, 0 or more")
        self.seconds = seconds
        self.grace = grace
        self._calls = self._timed_out = 0
        self._expiry: Expiry | None = None
        self._abandoned: set[asyncio.Task[Any]] = set()
        self._given_up = 0

    def counters(self) -> Mapping[str, float]:
        """Return how many calls, timeouts and agents given up there were, and how many of those are still running."""
        return {
            "calls": self._calls,
            "timed_out": self._timed_out,
            "abandoned": self._given_up,
            "abandoned_running": len(self._abandoned),
        }

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that does not take longer."""

        async def timed(payload: Any, ctx: Context) -> Any:
            self._calls += 1
            relay = None if ctx.scope.channel is None else Relay(ctx.scope.channel)
            # What runs below sees when its time is over, and waits for nothing that would come too late.
            inside = Within(ctx, ctx.scope.until(ctx.now() + self.seconds, relay))
            loop = asyncio.get_running_loop()
            wait = Wait(loop, self.grace)
            wait.task = task = spawn(_run(call, payload, inside, wait))
            if task.done():
                return task.result()
            wait.over = loop.create_future()
            expiry = self._line(loop)
            expiry.add(wait)
            try:
                await wait.over
            except asyncio.CancelledError:
                await wait.leave(ctx.remaining())
                if not task.done():
                    self._abandon(task, ctx, relay)
                elif not task.cancelled():
                    task.result()  # an error in ending goes on, as it would without a timeout
                raise
            finally:
                expiry.remove(wait)
                wait.close()
            if not wait.expired:
                return task.result()
            if not task.done():
                self._abandon(task, ctx, relay)
            raise self._late(ctx) from _cause(task)

        return timed

    def _line(self, loop: asyncio.AbstractEventLoop) -> Expiry:
        expiry = self._expiry
        if expiry is None or expiry.loop is not loop:
            # What began in another loop has the line that it began in.
            expiry = self._expiry = Expiry(loop, self.seconds)
        return expiry

    def _late(self, ctx: Context) -> AgentTimeout:
        self._timed_out += 1
        _tell(ctx, "timed_out")
        told = f"{ctx.agent!r} took longer than {self.seconds:g} s, and was cancelled"
        return AgentTimeout(told, agent=ctx.agent, seconds=self.seconds)

    def _abandon(self, task: asyncio.Task[Any], ctx: Context, relay: Relay | None) -> None:
        """Let an agent that ignores its cancellation go on without anybody listening."""
        if relay is not None:
            relay.close()
        self._given_up += 1
        self._abandoned.add(task)
        task.add_done_callback(self._abandoned.discard)
        task.add_done_callback(_seen)
        logger.warning("%r ignores its cancellation after %g s, and goes on by itself", ctx.agent, self.seconds)
        _tell(ctx, "abandoned")


class Wait:
    """A caller's wait for the end of a task, or of its time.

    Args:
        loop: Where it waits.
        grace: How many seconds the task has to end once it is cancelled.

    Attributes:
        task: What it waits for.
        over: Done when there is nothing more to wait for; None before anybody waits.
        expired: Whether the task was cancelled because its time was over.
    """

    __slots__ = ("_given_up", "_grace", "_loop", "_timer", "expired", "over", "task")

    task: asyncio.Task[Any]

    def __init__(self, loop: asyncio.AbstractEventLoop, grace: float) -> None:
        self.over: asyncio.Future[None] | None = None
        self.expired = False
        self._loop = loop
        self._grace = grace
        self._given_up = False
        self._timer: asyncio.TimerHandle | None = None

    def expire(self) -> None:
        """Cancel the task: its time is over."""
        if self._cancel():
            self.expired = True
            self._give_up_after(self._grace)

    async def leave(self, remaining: float | None) -> None:
        """Cancel the task, as its caller was cancelled, and wait until it has ended or is given up.

        Args:
            remaining: The seconds until the caller's deadline, which holds for the wait as well.
        """
        self._cancel()
        if remaining is not None:
            self._give_up_after(max(0.0, remaining) + self._grace)
        while not (self.task.done() or self._given_up):
            self.over = self._loop.create_future()
            try:
                await self.over
            except asyncio.CancelledError:
                self._cancel()

    def end(self, _: object = None) -> None:
        """Take note that the task has ended, or will before anybody can look."""
        if self.over is not None and not self.over.done():
            self.over.set_result(None)

    def close(self) -> None:
        """Leave no timer behind."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cancel(self) -> bool:
        # A task that is cancelled before it has begun runs nothing, so it does not tell of its end by itself.
        self.task.add_done_callback(self.end)
        return self.task.cancel()

    def _give_up_after(self, seconds: float) -> None:
        if self._timer is None or self._timer.when() > self._loop.time() + seconds:
            self.close()
            self._timer = self._loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._given_up = True
        self.end()


async def _run(call: Call[Any, Any], payload: Any, ctx: Context, wait: Wait) -> Any:
    CURRENT.set(ctx)  # in the task's own copy of the contextvars
    try:
        return await call(payload, ctx)
    finally:
        wait.end()


def _cause(task: asyncio.Task[Any]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


def _seen(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        logger.info("What was given up has failed", exc_info=task.exception())


def _tell(ctx: Context, what: str) -> None:
    if ctx.scope.observer is not None:
        ctx.scope.observer(Intervened(ctx.trace, ctx.now(), ctx.span, ctx.agent, "timeout", what))
