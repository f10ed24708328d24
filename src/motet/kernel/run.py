"""`run`: call an agent from a program that has no event loop."""

import asyncio
from typing import TypeVar, Unpack

from motet.kernel.agent import Agent
from motet.kernel.context import CURRENT
from motet.kernel.scope import CallOptions

__all__ = ["run"]

In = TypeVar("In")
Out = TypeVar("Out")


def run(agent: Agent[In, Out], payload: In, **options: Unpack[CallOptions]) -> Out:
    """Call an agent from code without an event loop, at the top of a trace of its own.

    Args:
        agent: What to call.
        payload: Its input.
        **options: See `CallOptions`: deadline, budget, metadata, observer, traceparent, clock.

    Returns:
        The output.

    Raises:
        RuntimeError: There is an event loop already.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_call(agent, payload, options))
    raise RuntimeError("motet.run() is for code without an event loop; in async code, write `await agent(payload)`")


async def _call(agent: Agent[In, Out], payload: In, options: CallOptions) -> Out:
    CURRENT.set(None)
    return await agent(payload, **options)
