"""`--record`: the history of a command's work, kept in a store."""

import dataclasses
import shlex
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from motet.cli.history_store import DEFAULT_STORE, opened_store, state_of
from motet.config.passwords import without_password
from motet.kernel.agent import Agent
from motet.kernel.events import Event
from motet.observability.history import HistoryRecorder

__all__ = ["Recording"]

T = TypeVar("T")

LIMIT: Final = 4 * 1024 * 1024
"""Bytes up to which values are kept whole: a replay needs them so."""

SHOWN: Final = 12
"""How many characters of a trace's id are shown: enough to find it by."""


class Recording:
    """An observer that keeps the history, and says afterwards how to look at it.

    Args:
        url: The URL of the store.
        target: What is run, as the user wrote it; None where that cannot be run again by its name.
        agent: The agent that is run.
        options: What the recorder is made with, beside that.
    """

    def __init__(
        self,
        url: str,
        *,
        target: str | None,
        agent: Agent[Any, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self._url = url
        self._options = {"limit": LIMIT, **(options or {})}
        self._about = _about(target, agent)
        self._recorder: HistoryRecorder | None = None
        self._traces: dict[str, None] = {}

    def __call__(self, event: Event) -> None:
        """Take an event."""
        self._traces[event.trace] = None
        if self._recorder is not None:
            self._recorder(event)

    @asynccontextmanager
    async def on(self, store: object) -> AsyncIterator[None]:
        """Record into a store that is open."""
        self._recorder = HistoryRecorder(state_of(store, self._url), about=self._about, **self._options)
        async with self._recorder:
            yield

    @asynccontextmanager
    async def beside(self, store: object, url: str) -> AsyncIterator[None]:
        """Record into the store of the work, which is open, where that is the history's too; else into its own."""
        if url == self._url:
            async with self.on(store):
                yield
        else:
            async with opened_store(self._url) as own, self.on(own):
                yield

    async def around(self, work: Coroutine[Any, Any, T]) -> T:
        """Do some work, and record it into the store of the URL."""
        try:
            async with opened_store(self._url) as store, self.on(store):
                return await work
        finally:
            work.close()

    def tell(self) -> None:
        """Say on standard error what was recorded, and how to look at it."""
        for trace in self._traces:
            words = ["motet", "inspect", trace[:SHOWN]]
            words += [] if self._url == DEFAULT_STORE else ["--store", without_password(self._url)]
            print(f"motet: recorded as trace {trace}; to look at it: {shlex.join(words)}", file=sys.stderr)
        if self._recorder is not None and (missing := self._recorder.dropped):
            print(f"motet: the store was too slow: {missing:,} events are missing in the history", file=sys.stderr)


def _about(target: str | None, agent: Agent[Any, Any] | None) -> Mapping[str, Any]:
    told: dict[str, Any] = {} if target is None else {"target": target}
    if agent is not None:
        told["sketch"] = dataclasses.asdict(agent.sketch())
    return told
