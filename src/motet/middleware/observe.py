"""`Observe`: what one agent does, counted, and told to observers of its own."""

import asyncio
from collections.abc import Mapping
from typing import Any

from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import CURRENT, Context
from motet.kernel.events import AgentEnded, AgentStarted
from motet.kernel.invoke import Call, status_of
from motet.kernel.observers import Observer, combine
from motet.kernel.within import Within
from motet.middleware.arguments import check_callable

__all__ = ["Observe"]


class Observe(Middleware):
    """Count the calls of an agent, and tell observers of them and of all that happens below.

    Neither payloads nor outputs nor metadata are looked at, so they can break nothing here, and leak nowhere.

    Args:
        *observers: Told of this agent's calls and of every event below them, beside those who observe the whole trace.

    Raises:
        ValueError: One of them cannot be called.
    """

    def __init__(self, *observers: Observer) -> None:
        for observer in observers:
            check_callable("observer", observer)
        self._observer = combine(observers)
        self._counts = {"calls": 0.0, "completed": 0.0, "failed": 0.0, "cancelled": 0.0}
        self._seconds = self._slowest = 0.0

    def counters(self) -> Mapping[str, float]:
        """Return how many calls began, how they ended, how many run, and the seconds they took, in all and at most."""
        counts = self._counts
        running = counts["calls"] - counts["completed"] - counts["failed"] - counts["cancelled"]
        return {**counts, "running": running, "seconds": self._seconds, "slowest_seconds": self._slowest}

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that is counted and told of."""
        observer = self._observer
        inner = call if observer is None else _told(call, observer)

        async def counted(payload: Any, ctx: Context) -> Any:
            self._counts["calls"] += 1
            start = ctx.scope.clock.now()
            try:
                output = await inner(payload, ctx)
            except BaseException as error:
                self._end(start, ctx, "cancelled" if isinstance(error, asyncio.CancelledError) else "failed")
                raise
            self._end(start, ctx, "completed")
            return output

        return counted

    def _end(self, start: float, ctx: Context, status: str) -> None:
        seconds = ctx.scope.clock.now() - start
        self._counts[status] += 1
        self._seconds += seconds
        self._slowest = max(self._slowest, seconds)


def _told(call: Call[Any, Any], observer: Observer) -> Call[Any, Any]:
    async def told(payload: Any, ctx: Context) -> Any:
        inside = Within(ctx, ctx.scope.derive({"observer": observer}))
        # Who observes the whole trace knows of this call already.
        trace, span, start = ctx.trace, ctx.span, ctx.now()
        observer(AgentStarted(trace, start, span, ctx.parent_span, ctx.agent))
        token = CURRENT.set(inside)
        failure: BaseException | None = None
        try:
            return await call(payload, inside)
        except BaseException as error:
            failure = error
            raise
        finally:
            CURRENT.reset(token)
            now = ctx.now()
            observer(AgentEnded(trace, now, span, ctx.agent, status_of(failure), now - start, failure))

    return told
