"""Telling observers what happens in a flow. Nothing here is called for a run that nobody observes."""

from typing import Any

from motet.flow.books import Parcel, Run
from motet.kernel.context import CURRENT, Context
from motet.kernel.events import (
    DeadlinePassed,
    Event,
    MessageSent,
    NodeEnded,
    NodeStarted,
    RetryScheduled,
    RunCancelled,
    RunEnded,
    RunStarted,
    Status,
)
from motet.kernel.invoke import status_of

__all__ = ["Watch"]

AnyRun = Run[Any]


class Watch:
    """Builds the events of one flow.

    Args:
        flow: The name of the flow.
    """

    def __init__(self, flow: str) -> None:
        self._flow = flow

    def run_started(self, run: AnyRun, payload: object) -> None:
        """Tell that a run has begun."""
        context = run.context
        run.started = context.scope.clock.now()
        if context.scope.observer is not None:
            tell(
                context, RunStarted(context.trace, run.started, context.span, context.parent_span, self._flow, payload)
            )

    def run_cancelled(self, run: AnyRun) -> None:
        """Tell that somebody cancelled a run."""
        context = run.context
        if context.scope.observer is not None:
            tell(context, RunCancelled(context.trace, context.scope.clock.now(), context.span, self._flow))

    def deadline(self, run: AnyRun) -> None:
        """Tell that a run's deadline has passed."""
        context = run.context
        if context.scope.observer is not None:
            tell(context, DeadlinePassed(context.trace, context.scope.clock.now(), context.span, self._flow))

    def run_ended(self, run: AnyRun) -> None:
        """Tell that a run is over."""
        context = run.context
        if context.scope.observer is None or run.status == "running":
            return
        now = context.scope.clock.now()
        status: Status = run.status
        output = run.outputs[-1] if run.outputs else None
        tell(
            context,
            RunEnded(context.trace, now, context.span, self._flow, status, now - run.started, run.failure, output),
        )

    def retry(self, parcel: Parcel, context: Context, delay: float, error: BaseException) -> None:
        """Tell that a node tries a message again."""
        now, name = context.scope.clock.now(), parcel.state.name
        tell(context, RetryScheduled(context.trace, now, context.span, name, parcel.attempt, delay, error))

    def sent(self, parcel: Parcel, value: object, to: str | None) -> None:
        """Tell that a node has sent a value on, ahead of its output."""
        context = parcel.context
        if context is not None and context.scope.observer is not None:
            now, name = context.scope.clock.now(), parcel.state.name
            tell(context, MessageSent(context.trace, now, context.span, self._flow, name, to or "", value))

    async def node(self, parcel: Parcel, context: Context) -> Any:
        """Run a node, and tell when it begins and ends."""
        scope, state = context.scope, parcel.state
        observer = scope.observer
        if observer is None:
            return await state.call(parcel.payload, context)
        trace, span, now, name = scope.ids.trace, context.span, scope.clock.now, state.name
        start = now()
        payload, call, parcel.context = parcel.payload, state.call, context
        observer(NodeStarted(trace, start, span, context.parent_span, self._flow, name, parcel.attempt, payload))
        if scope.stand_in is not None:
            call = scope.stand_in(call, context)
        failure: BaseException | None = None
        output: object = None
        try:
            output = await call(payload, context)
        except BaseException as error:
            failure = error
            raise
        finally:
            end = now()
            observer(NodeEnded(trace, end, span, self._flow, name, status_of(failure), end - start, failure, output))
        return output


def tell(context: Context, event: Event) -> None:
    """Give an event to whoever observes, who finds in `CURRENT` the context of what it tells of."""
    if context.scope.observer is not None:
        token = CURRENT.set(context)
        try:
            context.scope.observer(event)
        finally:
            CURRENT.reset(token)
