"""Virtual time for the tests of middleware, and agents that behave as a test tells them."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from motet import Context, agent
from motet.testing.virtual_time import VirtualTime

__all__ = ["Emit", "Script", "virtual"]


@pytest.fixture
def virtual() -> Iterator[VirtualTime]:
    """A world in which nobody waits."""
    with VirtualTime() as world:
        yield world


class Script:
    """An agent's work, call by call: an exception is raised, seconds are slept, anything else is returned.

    Args:
        steps: What each call does; the last one goes on for all that follow. A tuple is done from left to right.
    """

    def __init__(self, *steps: Any) -> None:
        self.steps = steps
        self.calls = 0
        self.times: list[float] = []
        self.agent = agent(validate="none", name="scripted")(self.call)

    async def call(self, payload: Any, ctx: Context) -> Any:
        step = self.steps[min(self.calls, len(self.steps) - 1)]
        self.calls += 1
        self.times.append(ctx.now())
        output = payload
        for part in step if isinstance(step, tuple) else (step,):
            if isinstance(part, BaseException):
                raise part
            if isinstance(part, Emit):
                await ctx.emit(part.value)
            elif isinstance(part, float):
                await asyncio.sleep(part)
            else:
                output = part
        return output


class Emit:
    """A step that emits a chunk."""

    def __init__(self, value: Any) -> None:
        self.value = value
