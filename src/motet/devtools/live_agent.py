"""An agent whose code may be replaced while it is called."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from motet.devtools.stale import is_stale, renewed
from motet.kernel.agent import Agent
from motet.kernel.card import Card
from motet.kernel.channel import Channel
from motet.kernel.context import Context
from motet.kernel.invoke import Call
from motet.kernel.schema import Schema
from motet.kernel.scope import CallOptions
from motet.kernel.sketch import Sketch

__all__ = ["LiveAgent"]


class LiveAgent(Agent[Any, Any]):
    """The current version of an agent; to everybody else it is that agent.

    A call is made with the version that is current when it begins, and ends with that one. A payload that was made of
    classes of an earlier version is made anew of those of the version that gets it. It belongs to one event loop.

    Args:
        current: The first version.
    """

    def __init__(self, current: Agent[Any, Any]) -> None:
        self._inside: Counter[int] = Counter()
        self._drained = asyncio.Event()
        self._number = 0
        self._adopt(current)

    @property
    def current(self) -> Agent[Any, Any]:
        """The version that the next call is made with."""
        return self._current

    @property
    def number(self) -> int:
        """The number of the current version, from 1."""
        return self._number

    @property
    def inside(self) -> int:
        """How many calls are in flight, of all versions."""
        return self._inside.total()

    @property
    def lagging(self) -> int:
        """How many calls are in flight of versions that are not current any more."""
        return self.inside - self._inside[self._number]

    def replace(self, agent: Agent[Any, Any]) -> None:
        """Make another version the current one; calls in flight end with theirs."""
        self._adopt(agent)
        if not self.lagging:
            self._drained.set()

    async def drained(self) -> None:
        """Wait until no call of an earlier version is in flight."""
        while self.lagging:
            self._drained.clear()
            await self._drained.wait()

    @contextmanager
    def held(self) -> Iterator[Agent[Any, Any]]:
        """Hold the current version, for several things that have to be done with the same one."""
        number, agent = self._number, self._current
        self._inside[number] += 1
        try:
            yield agent
        finally:
            self._inside[number] -= 1
            if not self._inside[number]:
                del self._inside[number]
            if not self.lagging:
                self._drained.set()

    async def call(self, payload: Any, ctx: Context) -> Any:
        """Call the current version."""
        with self.held() as agent:
            return await agent.bound(_fitting(payload), ctx)

    async def _begin(self, payload: Any, options: CallOptions, channel: Channel | None = None) -> Any:
        with self.held() as agent:
            return await agent._begin(_fitting(payload), options, channel)  # noqa: SLF001 - an agent as this one is

    @cached_property
    def types(self) -> tuple[Schema[Any], Schema[Any]]:
        """The types of the current version."""
        return self._current.types

    @property
    def bound(self) -> Call[Any, Any]:
        """The call; the current version checks what it takes and gives."""
        return self.call

    @property
    def card(self) -> Card:
        """The card of the current version."""
        return self._current.card

    def sketch(self) -> Sketch:
        """Return the sketch of the current version."""
        return self._current.sketch()

    def _adopt(self, agent: Agent[Any, Any]) -> None:
        self._current = agent
        self._number += 1
        self.__dict__.pop("types", None)
        self.name, self.description, self.tags = agent.name, agent.description, agent.tags
        self.version, self.examples, self.streaming = agent.version, agent.examples, agent.streaming
        self.validate = agent.validate


def _fitting(payload: object) -> object:
    return renewed(payload) if is_stale(payload) else payload
