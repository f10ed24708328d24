"""Carriers: the tasks that take messages from node to node, and what a failure in a node means.

A carrier goes on with its message for as long as the next node has a free slot. Where none is free the message waits as
data, and whoever frees a slot starts a new carrier for it. So an idle flow has no task, a node that awaits something
holds up nobody else, and what a node's code sees of asyncio is a task, and contextvars, of its own.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from typing import Any, Final

from motet.flow.books import Parcel, Run
from motet.flow.gather import Gather
from motet.flow.graph import FlowError
from motet.kernel.context import CURRENT, Context
from motet.kernel.errors import BudgetExceeded, Cancelled
from motet.kernel.policy import RetryAfter

__all__ = ["Carrier"]

AnyRun = Run[Any]

NewTask = Callable[..., "asyncio.Task[None]"]

PAUSE: Final = 64
"""After how many hops a carrier lets the event loop have its turn: nodes that never wait would keep it for ever."""


class Carrier(Gather):
    """The part of the runtime that runs nodes.

    Attributes:
        live: How many carriers there are.
        name: The name of the flow.
        new_task: Starts a task in the event loop of the flow.
    """

    live: int
    name: str
    new_task: NewTask

    @abstractmethod
    def exhaust(self, run: AnyRun, last: object) -> bool:
        """End a run with a value that says which of its own budgets ran out; return whether that is so."""

    @abstractmethod
    def cancel_runs(self) -> None:
        """Cancel everything that is in the flow."""

    @abstractmethod
    def rest(self) -> None:
        """Take note that the last carrier has ended."""

    def launch(self, parcel: Parcel) -> None:
        """Start a carrier for a message that has a slot."""
        run, variables = parcel.run, parcel.variables
        parcel.variables = None
        task = self.new_task(self._carry(parcel), context=variables or copy_context())
        if run.carriers is None:
            run.carriers = {}
        run.carriers[task] = parcel
        parcel.unbegun = task
        self.live += 1

    async def _carry(self, parcel: Parcel) -> None:
        run, hops = parcel.run, 0
        scope, around = run.context.scope, run.context
        task, parcel.unbegun = parcel.unbegun, None
        ahead: Parcel | None = parcel
        try:
            while ahead is not None:
                parcel, hops = ahead, hops + 1
                state = parcel.state
                context = Context(scope, state.name, around, parcel)
                CURRENT.set(context)
                try:
                    if not hops % PAUSE:
                        await asyncio.sleep(0)
                    if parcel.attempt > 1:
                        value = await self._again(parcel, context)
                    elif run.plain:
                        value = await state.call(parcel.payload, context)
                    else:
                        value = await self._watched(parcel, context)
                    ahead = self.passed(parcel, value)
                except BaseException as error:  # noqa: BLE001 - `_failed` raises what is not ours
                    ahead = self._failed(parcel, context, error)
        finally:
            self.live -= 1
            if run.carriers is not None and task is not None:
                run.carriers.pop(task, None)
            if not self.live:
                self.rest()

    def _watched(self, parcel: Parcel, context: Context) -> Awaitable[Any]:
        """Run a node for somebody who observes it or counts it."""
        run, state, ledger = parcel.run, parcel.state, context.scope.ledger
        if ledger is not None:
            if state.cyclic:
                run.last = parcel.payload
            if parcel.attempt == 1 and not state.router:
                ledger.spend(hops=1)
        if context.scope.observer is None:
            return state.call(parcel.payload, context)
        return self.watch.node(parcel, context)

    async def _again(self, parcel: Parcel, context: Context) -> Any:
        """Run a node for another attempt."""
        before, parcel.context = parcel.context, None
        if before is not None:
            context.first_chunk = before.first_chunk
            await context.restart()
        return await self._watched(parcel, context)

    def _failed(self, parcel: Parcel, context: Context, error: BaseException) -> Parcel | None:
        """Decide what a failure means for a message, and do that."""
        run, state, policy = parcel.run, parcel.state, parcel.state.node.policy
        context.abandon()
        if run.status != "running":
            self.release(state)
            return None
        if not isinstance(error, Exception):
            self._interrupted(parcel, error)
            return None
        if isinstance(error, BudgetExceeded) and self.exhaust(run, parcel.payload):
            self.release(state)
            return None
        if policy.retry is not None:
            clock = context.scope.clock
            decision = policy.retry.decide(parcel.attempt, error, random=clock.random(), remaining=context.remaining())
            if isinstance(decision, RetryAfter):
                self._try_again(parcel, context, decision.delay, error)
                return None
        if state.node.on_error == "emit":
            return self.leave(parcel, FlowError(state.name, error, parcel.payload), state.onward)
        error.add_note(f"in node {state.name!r} of flow {self.name!r}")
        self.end(run, "failed", error)
        self.release(state)
        return None

    def _interrupted(self, parcel: Parcel, error: BaseException) -> None:
        """End a run whose node was cancelled by somebody else, or hit by an interrupt of the whole program."""
        run, state = parcel.run, parcel.state
        task = asyncio.current_task()
        from_outside = task is not None and bool(task.cancelling())
        if isinstance(error, asyncio.CancelledError):
            who = "from outside" if from_outside else "by something that it awaited"
            self.end(run, "cancelled", Cancelled(f"Node {state.name!r} was cancelled {who}"))
            if from_outside and all(other.cancelling() for other in asyncio.all_tasks(self.loop)):
                # The event loop is being closed: a carrier that was started now would never end.
                self.cancel_runs()
        else:
            self.end(run, "failed", error)
        self.release(state)
        if from_outside or not isinstance(error, asyncio.CancelledError):
            raise error

    def _try_again(self, parcel: Parcel, context: Context, delay: float, error: BaseException) -> None:
        if context.scope.observer is not None:
            self.watch.retry(parcel, context, delay, error)
        parcel.attempt += 1
        parcel.context = context
        parcel.variables = copy_context()
        timer: asyncio.TimerHandle | None = None

        def again() -> None:
            if timer is not None:
                self.drop_timer(parcel.run, timer)
            parcel.state.retries.append(parcel)
            self.refill(parcel.state)

        # The slot is free while the message waits: others are not held up by its failures.
        timer = self.loop.call_later(delay, again)
        self.keep_timer(parcel.run, timer)
        self.release(parcel.state)
