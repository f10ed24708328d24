"""Running one call of an agent: its context is current, its deadline interrupts, its events are told."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from motet.kernel.budget import exceeded
from motet.kernel.context import CURRENT, Context
from motet.kernel.errors import DeadlineExceeded, MotetError
from motet.kernel.events import AgentEnded, AgentStarted, DeadlinePassed, Status
from motet.kernel.scope import CallOptions, Scope

__all__ = ["Call", "call_below", "invoke", "limited", "status_of"]

In = TypeVar("In")
Out = TypeVar("Out")

Call = Callable[[In, Context], Awaitable[Out]]
"""The one call shape inside the house."""


async def invoke(call: Call[In, Out], payload: In, context: Context, options: CallOptions) -> Out:
    """Call an agent within its context.

    Args:
        call: What to call.
        payload: Its input.
        context: The context of this very call, made by `open_context`.
        options: What the caller asked for; its deadline and time budget are enforced here.

    Raises:
        DeadlineExceeded: The call's own deadline passed; the agent was interrupted, whatever it made of that.
        BudgetExceeded: The call's own budget of seconds ran out; the agent was interrupted, likewise.
    """
    token = CURRENT.set(context)
    try:
        if context.scope.observer is not None:
            return await _observed(call, payload, context, options)
        return await (_timed(call, payload, context, options) if options else call(payload, context))
    except BaseException:
        context.abandon()
        raise
    finally:
        CURRENT.reset(token)


def call_below(
    call: Call[In, Out], name: str, payload: In, around: Context, scope: Scope | None = None
) -> Coroutine[Any, Any, Out]:
    """Call an agent from within another one, as compositions do.

    Args:
        call: The agent's `bound`.
        name: Its name.
        payload: Its input.
        around: The context of the caller.
        scope: What the call shares with those below it; that of the caller unless given.
    """
    return invoke(call, payload, Context(scope or around.scope, name, around, around.host), {})


async def _observed(call: Call[In, Out], payload: In, context: Context, options: CallOptions) -> Out:
    scope = context.scope
    start = scope.clock.now()
    if scope.observer is not None:
        scope.observer(AgentStarted(scope.trace, start, context.span, context.parent_span, context.agent, payload))
    if scope.stand_in is not None:
        call = scope.stand_in(call, context)
    try:
        output = await _timed(call, payload, context, options)
    except BaseException as error:
        _tell_end(context, start, error)
        raise
    _tell_end(context, start, None, output)
    return output


async def _timed(call: Call[In, Out], payload: In, context: Context, options: CallOptions) -> Out:
    limit = seconds_of(options)
    if limit is None:
        return await call(payload, context)
    if limit <= 0:
        raise _late(context, options)  # nothing is begun that nobody waits for
    return await limited(call, payload, context, limit, lambda: _late(context, options))


async def limited(
    call: Call[In, Out], payload: In, context: Context, seconds: float, late: Callable[[], MotetError]
) -> Out:
    """Call an agent, and interrupt it when its time is over.

    Args:
        call: What to call.
        payload: Its input.
        context: The context of the call.
        seconds: How long it may take, more than 0.
        late: Makes the error that says that it took longer.
    """
    timer = asyncio.timeout(seconds)
    try:
        async with timer:
            output = await call(payload, context)
    except Exception as error:
        if not timer.expired():
            raise  # the agent's own, a TimeoutError too
        raise late() from (None if isinstance(error, TimeoutError) else error)
    if timer.expired():
        raise late()  # the agent would not be interrupted: what it gives comes too late
    return output


def seconds_of(options: CallOptions) -> float | None:
    """Tell how long a call may take by its own options.

    Returns:
        Seconds; None if the call brings no limit: one that it inherits is enforced by whoever set it.
    """
    budget, deadline = options.get("budget"), options.get("deadline")
    seconds = budget.seconds if budget is not None else None
    if deadline is None or seconds is None:
        return seconds if deadline is None else deadline
    return min(deadline, seconds)


def _late(context: Context, options: CallOptions) -> MotetError:
    """Tell that time is over, and make the error that says which limit it was."""
    scope = context.scope
    if scope.observer is not None:
        scope.observer(DeadlinePassed(scope.trace, scope.clock.now(), context.span, context.agent))
    budget, deadline = options.get("budget"), options.get("deadline")
    seconds = budget.seconds if budget is not None else None
    if seconds is not None and (deadline is None or seconds < deadline):
        return exceeded("seconds", seconds)
    return DeadlineExceeded(f"{context.agent!r} had no result within its deadline of {deadline:g} s")


def _tell_end(context: Context, start: float, error: BaseException | None, output: object = None) -> None:
    scope = context.scope
    if scope.observer is not None:
        now, status = scope.clock.now(), status_of(error)
        scope.observer(AgentEnded(scope.trace, now, context.span, context.agent, status, now - start, error, output))


def status_of(error: BaseException | None) -> Status:
    """Name the way a call ended."""
    if error is None:
        return "completed"
    return "cancelled" if isinstance(error, asyncio.CancelledError) else "failed"
