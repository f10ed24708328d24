"""Many calls of one agent in virtual time: begun, ended and cancelled one by one, as a test says."""

import asyncio
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from motet import Agent, Context, Middleware, agent
from motet.middleware.line import Line
from motet.testing.virtual_time import VirtualTime
from support import Recorder

__all__ = ["Caller", "Crowd", "called", "crowd_of", "kinds"]


class Caller:
    """One call, which is its own payload: what it asks for, and what became of it.

    Attributes:
        began: When the agent began to work on it; None if it has not.
        ended: When the call was over; None if it is not.
        task: The call.
        gate: What the agent waits for.
    """

    task: "asyncio.Task[Any]"
    gate: "asyncio.Future[Any]"

    def __init__(self, number: int, key: Hashable, cost: float) -> None:
        self.number = number
        self.key = key
        self.cost = cost
        self.began: float | None = None
        self.ended: float | None = None

    def __repr__(self) -> str:
        return f"<{self.number}>"

    @property
    def inside(self) -> bool:
        """Whether the agent works on it now."""
        return self.began is not None and not self.task.done()

    @property
    def waits(self) -> bool:
        """Whether it has not got as far as the agent yet."""
        return self.began is None and not self.task.done()

    @property
    def error(self) -> BaseException | None:
        """What it has raised."""
        if not self.task.done():
            return None
        return asyncio.CancelledError() if self.task.cancelled() else self.task.exception()


class Crowd:
    """Those who call one agent, each of which works until the test ends it.

    Args:
        virtual: Where they live.
        middleware: What stands around the agent.

    Attributes:
        began: Those that the agent began to work on, in that order.
        told: What an observer of all calls was told.
    """

    def __init__(self, virtual: VirtualTime, *middleware: Middleware) -> None:
        self.virtual = virtual
        self.callers: list[Caller] = []
        self.began: list[Caller] = []
        self.told = Recorder()
        self.unseen: list[dict[str, Any]] = []
        self.agent = agent(name="work", validate="none")(self._work).using(*middleware)
        virtual.loop.set_exception_handler(lambda _, told: self.unseen.append(told))

    async def _work(self, caller: Caller, ctx: Context) -> Any:
        caller.began = ctx.now()
        self.began.append(caller)
        return await caller.gate

    @property
    def now(self) -> float:
        """The time."""
        return self.virtual.clock.now()

    @property
    def waiting(self) -> list[Caller]:
        """Those who wait for the agent, in the order in which they came."""
        return [caller for caller in self.callers if caller.waits]

    @property
    def inside(self) -> list[Caller]:
        """Those whom the agent works for."""
        return [caller for caller in self.callers if caller.inside]

    def call(self, key: Hashable = None, cost: float = 1, **options: Any) -> Caller:
        """Begin a call, and let it get as far as it gets without time passing."""
        caller = self.begin(key, cost, **options)
        self.virtual.settle()
        return caller

    def begin(self, key: Hashable = None, cost: float = 1, **options: Any) -> Caller:
        """Begin a call, which gets nowhere yet."""
        caller = Caller(len(self.callers), key, cost)
        caller.gate = self.virtual.loop.create_future()
        work = self.agent(caller, clock=self.virtual.clock, observer=self.told, **options)
        caller.task = self.virtual.loop.create_task(work)
        caller.task.add_done_callback(lambda _: setattr(caller, "ended", self.now))
        self.callers.append(caller)
        return caller

    def end(self, caller: Caller, error: Exception | None = None) -> None:
        """End the agent's work on a call."""
        self.open(caller, error)
        self.virtual.settle()

    def open(self, caller: Caller, error: Exception | None = None) -> None:
        """Let the agent's work on a call end as soon as something is done."""
        if error is None:
            caller.gate.set_result(caller.number)
        else:
            caller.gate.set_exception(error)

    def cancel(self, *callers: Caller, after: int = 0) -> None:
        """Cancel calls, once the event loop has had some turns in which what is due already happens."""
        self.virtual.run(_cancel(callers, after))
        self.virtual.settle()

    def timers(self) -> list[asyncio.TimerHandle]:
        """List the timers of waiting lines that are still to fire."""
        handles = self.virtual.loop._scheduled
        return [
            handle
            for handle in handles
            if not handle.cancelled() and isinstance(getattr(handle._callback, "__self__", None), Line)
        ]

    def whats(self) -> list[str]:
        """List what middleware told of itself."""
        return [event.what for event in self.told.events if hasattr(event, "what")]

    def close(self) -> None:
        """End everything, and check that nothing is left."""
        self.cancel(*(caller for caller in self.callers if not caller.task.done()))
        assert all(caller.task.done() for caller in self.callers)
        assert not asyncio.all_tasks(self.virtual.loop)
        assert not self.timers()
        for caller in self.callers:
            if caller.error is not None:  # seen; and errors that are raised again keep nothing of this
                caller.error.__traceback__ = None
            del caller.task, caller.gate  # Hypothesis keeps callers
        assert not self.unseen


@contextmanager
def crowd_of(*middleware: Middleware) -> Iterator[Crowd]:
    """Make a crowd in a world of its own, in which nothing may be left."""
    with VirtualTime() as virtual:
        crowd = Crowd(virtual, *middleware)
        yield crowd
        crowd.close()


async def _cancel(callers: tuple[Caller, ...], after: int) -> None:
    for _ in range(after):
        await asyncio.sleep(0)
    for caller in callers:
        caller.task.cancel()


def called(virtual: VirtualTime, work: Agent[Any, Any], *payloads: Any, **options: Any) -> list[Any]:
    """Call an agent with one payload after another; what it raises is an answer like any other."""

    async def one(payload: Any) -> list[Any]:
        return await asyncio.gather(work(payload, clock=virtual.clock, **options), return_exceptions=True)

    return [answer for payload in payloads for answer in virtual.run(one(payload))]


def kinds(answers: list[Any]) -> list[str]:
    """Name answers: a text by itself, anything else by its type."""
    return [answer if isinstance(answer, str) else type(answer).__name__ for answer in answers]
