"""Agents and checks that the tests of several rooms share."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

from motet import Flow, Node, agent
from motet.kernel.agent import Agent
from motet.kernel.clock import Clock
from motet.kernel.events import Event

SOON = 60.0
"""Seconds after which something that should have happened counts as hanging."""


@agent(validate="none")
async def echo(payload: Any) -> Any:
    """Return what comes in."""
    return payload


def node(name: str, function: Callable[..., Any] | None = None, **options: Any) -> Node:
    """Make a node of a function, or one that returns what comes in."""
    made: Agent[Any, Any] = echo if function is None else agent(validate="none")(function)
    return Node(made, name=name, **options)


def chain(length: int, **options: Any) -> Flow[Any, Any]:
    """Make a flow of nodes that return what comes in, one after another."""
    nodes = [node(f"n{number}") for number in range(length)]
    return Flow("chain", edges=list(pairwise(nodes)), **options) if length > 1 else Flow("chain", nodes[0], **options)


def assert_empty(flow: Flow[Any, Any]) -> None:
    """Check that nothing is in the books of a flow: no run, no message, no slot taken."""
    runtime = flow._runtime
    assert flow.inside == 0
    assert runtime.live == 0
    for state in runtime.program.states:
        assert (state.active, state.held, state.queued) == (0, 0, 0), state
        assert not state.inbox
        assert not state.blocked
        assert not state.waiting
        assert not state.retries


TURNS, TICK = 100, 0.0002
"""How many turns of the event loop are taken at once, and the seconds that pass with each one after those."""


async def turn(number: int) -> None:
    """Let the event loop run while something is waited for; only after some turns does virtual time pass with it."""
    await asyncio.sleep(TICK if number > TURNS else 0)


async def until(condition: Callable[[], bool]) -> None:
    """Let the event loop run until something is so."""
    async with asyncio.timeout(SOON):
        for number in itertools.count():
            if condition():
                return
            await turn(number)


async def within(work: Awaitable[Any]) -> Any:
    """Await something that must not hang."""
    async with asyncio.timeout(SOON):
        return await work


class Recorder:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[Event]) -> list[Any]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


class StillClock(Clock):
    """A clock whose randomness and ids are known; its time is the real one."""

    def __init__(self, random: float = 0.5) -> None:
        self._random = random
        self._ids = 0

    def random(self) -> float:
        """Return the number that was set."""
        return self._random

    def hex_id(self, size: int) -> str:
        """Return the next number."""
        self._ids += 1
        return f"{self._ids:0{2 * size}x}"
