"""What one cache knows and counts, for all agents that it stands around."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from motet.kernel.clock import Clock
from motet.kernel.context import Context
from motet.kernel.errors import BudgetExceeded, Cancelled, DeadlineExceeded, Unavailable, is_retryable
from motet.kernel.events import Intervened
from motet.kernel.policy import RetryOn
from motet.middleware.cache_store import CacheEntry, CacheStore
from motet.middleware.copying import copied
from motet.middleware.flights import Flights

__all__ = ["CacheBooks", "decider"]

logger = logging.getLogger(__name__)

_CIRCUMSTANCES: Final = (BudgetExceeded, Cancelled, DeadlineExceeded, Unavailable)
"""Errors that say something about one call or one moment, and nothing about the payload."""


class CacheBooks:
    """The store, the flights and the counters of one cache, and how it was told to behave.

    Args:
        store: Where entries are.
        ttl: How many seconds an answer is good for.
        negative_ttl: How many seconds an error is good for; 0 keeps none.
        negative: Tells which errors are kept.
        single_flight: Whether calls with the same key share one call below.
        copy: Whether everybody gets a copy of their own.
        replay: Whether chunks are recorded, and emitted again.
    """

    def __init__(
        self,
        store: CacheStore,
        *,
        ttl: float,
        negative_ttl: float,
        negative: Callable[[Exception], bool],
        single_flight: bool,
        copy: bool,
        replay: bool,
    ) -> None:
        self.store = store
        self.ttl = ttl
        self.negative_ttl = negative_ttl
        self.negative = negative
        self.single_flight = single_flight
        self.copies = copy
        self.copy: Callable[[object], object] = copied if copy else _itself
        self.replay = replay
        self.counts = dict.fromkeys(
            (
                "hits",
                "negative_hits",
                "shared",
                "misses",
                "direct",
                "stored",
                "unrecorded",
                "uncopyable",
                "store_failures",
            ),
            0,
        )
        self._flights: Flights | None = None

    @property
    def flights(self) -> Flights:
        """The flights of the running event loop; those of another one are none of its business."""
        loop = asyncio.get_running_loop()
        if self._flights is None or self._flights.loop is not loop:
            self._flights = Flights(loop)
        return self._flights

    @property
    def flying(self) -> int:
        """How many flights are under way."""
        return 0 if self._flights is None else len(self._flights)

    def usable(self, entry: CacheEntry, *, listening: bool) -> bool:
        """Tell whether an entry answers a call: whoever listens has to get the chunks as well."""
        return entry.chunks is not None or not (listening and self.replay)

    def peek(self, key: str, clock: Clock) -> CacheEntry | None:
        """Look for an entry that is at hand."""
        try:
            return self.store.peek(key, self.store.time(clock))
        except Exception:
            self.counts["store_failures"] += 1
            logger.warning("The store of a cache failed; the call goes on without it", exc_info=True)
            return None

    async def get(self, key: str, clock: Clock) -> CacheEntry | None:
        """Look for an entry, wherever it is."""
        try:
            return await self.store.get(key, self.store.time(clock))
        except Exception:
            self.counts["store_failures"] += 1
            logger.warning("The store of a cache failed; the call goes on without it", exc_info=True)
            return None

    async def set(self, key: str, entry: CacheEntry, now: float) -> None:
        """Keep an entry."""
        try:
            if await self.store.set(key, entry, now):
                self.counts["stored"] += 1
        except Exception:
            self.counts["store_failures"] += 1
            logger.warning("The store of a cache failed to keep an answer", exc_info=True)

    def told(self, what: str, counted: str, ctx: Context, key: str) -> None:
        """Count an answer that was had without a call, and tell of it."""
        self.counts[counted] += 1
        if ctx.scope.observer is not None:
            ctx.scope.observer(Intervened(ctx.trace, ctx.now(), ctx.span, ctx.agent, "cache", what, key))


def decider(on: type[BaseException] | RetryOn | None) -> Callable[[Exception], bool]:
    """Make what tells which errors are kept.

    Args:
        on: Exception types, or a predicate; None means errors that would come again, whoever asks and whenever.
    """
    if on is None:
        return lambda error: not is_retryable(error) and not isinstance(error, _CIRCUMSTANCES)
    if isinstance(on, type | tuple):
        return lambda error: isinstance(error, on)
    return on


def _itself(value: object) -> object:
    return value
