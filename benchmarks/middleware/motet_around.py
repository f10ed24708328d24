"""What Motet's modules share: agents that do nothing, and a call with middleware around it beside one without."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.middleware.harness import Pump, Way, measure, one_by_one
from benchmarks.shared.harness import Sample, require
from motet import Agent, Middleware, agent


@agent(validate="none")
async def step(text: str) -> str:
    """Do nothing."""
    return text


@agent(validate="none")
async def waiting(text: str) -> str:
    """Let the event loop have one turn."""
    await asyncio.sleep(0)
    return text


async def around(
    n: int,
    layers: Sequence[Middleware],
    inputs: Sequence[Any],
    *,
    counted: Mapping[str, float],
    each: Agent[Any, Any] = step,
    pump: Pump = one_by_one,
) -> Sample:
    """Call with middleware around, beside one call after the other without.

    Args:
        n: How many calls to make.
        layers: The middleware, the outermost first.
        inputs: The payloads of one slice, which are the outputs too.
        counted: What the outermost layer must have counted, as a sign that nothing else was measured.
        each: The agent.
        pump: How the agent within its middleware is called.
    """
    sample = await measure(n, inputs, Way(each.using(*layers), inputs, pump), Way(each, inputs))
    counters = layers[0].counters()
    require(any(counters.values()), "the middleware has seen no call")
    found = {name: counters[name] for name in counted}
    require(found == counted, f"{found} were counted instead of {counted}")
    return sample
