"""The call of one agent with a cache around it."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from motet.kernel.channel import Channel
from motet.kernel.context import Context
from motet.kernel.errors import BudgetExceeded
from motet.kernel.invoke import Call
from motet.kernel.within import Within
from motet.middleware.around import flights_above
from motet.middleware.cache_books import CacheBooks
from motet.middleware.cache_key import Keys
from motet.middleware.cache_store import CacheEntry
from motet.middleware.flight import Flight, Landing
from motet.middleware.in_flight import Rider
from motet.middleware.recording import Recording
from motet.middleware.replay import AHEAD, Replay
from motet.middleware.shared_error import SharedError, copy_of

__all__ = ["CachedCall"]

logger = logging.getLogger(__name__)


class CachedCall:
    """Answers the calls of one agent from a cache, or flies to where the answer is.

    Args:
        call: The call below.
        keys: Makes the keys of this agent.
        read: Tells what of a call the key is made of; None means its payload.
        books: Those of the cache.
    """

    def __init__(
        self, call: Call[Any, Any], keys: Keys, read: Callable[[Any, Context], object] | None, books: CacheBooks
    ) -> None:
        self._call = call
        self._keys = keys
        self._read = read
        self._books = books

    async def call(self, payload: Any, ctx: Context) -> Any:
        """Answer a call."""
        books, scope = self._books, ctx.scope
        key = self._keys.of(payload if self._read is None else self._read(payload, ctx))
        entry = books.peek(key, scope.clock)
        if entry is None or not books.usable(entry, listening=scope.channel is not None):
            return await self._fly(key, payload, ctx)
        if scope.channel is None and scope.observer is None and entry.error is None:
            books.counts["hits"] += 1
            return books.copy(entry.value)
        return await self._answer(entry, ctx, key)

    async def _answer(self, entry: CacheEntry, ctx: Context, key: str) -> Any:
        """Answer from an entry: its chunks come before its value or error."""
        books = self._books
        if entry.error is None:
            books.told("hit", "hits", ctx, key)
        else:
            books.told("negative_hit", "negative_hits", ctx, key)
        if entry.chunks and books.replay:
            replay = Replay(ctx, books.copy)
            for chunk in entry.chunks:
                await replay.emit(chunk)
        if entry.error is not None:
            raise copy_of(entry.error) or entry.error.with_traceback(None)
        return books.copy(entry.value)

    async def _fly(self, key: str, payload: Any, ctx: Context) -> Any:
        """Wait for a call below that is under way, or begin one."""
        books, flights = self._books, self._books.flights
        listening = ctx.scope.channel is not None
        while (flight := flights.joinable(key)) is not None:
            if flight.context in flights_above(ctx):
                break  # it waits for this very call
            rider = Rider(ctx, leads=False, replay=Replay(ctx, books.copy) if listening and books.replay else None)
            flight.board(rider)
            complete = await self._ride(flight, rider)
            landing = flight.landing if complete else None
            if landing is not None and self._sharable(landing, listening=listening):
                return await self._share(landing, ctx, key)
            if rider.replay is not None:
                await rider.replay.undo()
            if landing is not None or not complete:
                break
            # What ended the flight was its leader's own affair. Somebody else leads the next one.
        if flight is None:
            return await self._lead(key, payload, ctx)
        books.counts["direct"] += 1
        return await self._call(payload, ctx)

    async def _lead(self, key: str, payload: Any, ctx: Context) -> Any:
        """Begin a call below, and wait for it."""
        books, flights = self._books, self._books.flights
        listening = ctx.scope.channel is not None
        pipe = Channel(AHEAD) if listening else None
        recording = None
        if listening or books.replay:
            recording = Recording(len(ctx.path), pipe, kept=books.replay, copy=books.copies)
        flight = Flight(key, ctx, recording, shared=books.single_flight)
        rider = Rider(ctx, leads=True, replay=Replay(_quiet(ctx), _itself) if listening else None)
        flights.add(flight)
        flight.board(rider)
        flight.begin(lambda: self._work(flight, payload, listening=listening), flights.remove)
        await self._ride(flight, rider)
        landing = flight.outcome()
        if landing.failure is not None:
            raise landing.failure.first()
        if landing.found is not None:
            return await self._answer(landing.found, ctx, key)
        return landing.output

    async def _ride(self, flight: Flight, rider: Rider) -> bool:
        """Wait for a flight; tell whether all its chunks came along."""
        try:
            complete = await flight.ride(rider)
        except (Exception, asyncio.CancelledError):
            await flight.leave(rider)
            raise
        if not complete:
            await flight.leave(rider)
        return complete

    def _sharable(self, landing: Landing, *, listening: bool) -> bool:
        if landing.found is not None:
            return self._books.usable(landing.found, listening=listening)
        return landing.copyable

    async def _share(self, landing: Landing, ctx: Context, key: str) -> Any:
        """Answer with what somebody else's call gave."""
        if landing.found is not None:
            return await self._answer(landing.found, ctx, key)
        self._books.told("shared", "shared", ctx, key)
        if landing.failure is not None:
            raise landing.failure.another()
        return self._books.copy(landing.pristine)

    async def _work(self, flight: Flight, payload: Any, *, listening: bool) -> Landing:
        """Do what a flight is for: look the answer up where that takes time, or call below, and keep what comes."""
        books, context = self._books, flight.context
        found = await books.get(flight.key, context.scope.clock)
        if found is not None and books.usable(found, listening=listening):
            return Landing(found=found)
        books.counts["misses"] += 1
        try:
            output = await self._call(payload, context)
        except Exception as error:
            if _personal(error, context):
                raise
            context.abandon()
            await self._keep_error(flight, error)
            return Landing(failure=SharedError(error))
        return await self._keep(flight, output)

    async def _keep(self, flight: Flight, output: Any) -> Landing:
        """Store a copy of an output, made before anybody else has it."""
        books = self._books
        try:
            pristine = books.copy(output)
        except Exception:
            books.counts["uncopyable"] += 1
            logger.warning("An output of %r cannot be copied, so it is not cached", flight.context.agent, exc_info=True)
            return Landing(output, copyable=False)
        await self._store(flight, pristine, None, books.ttl)
        return Landing(output, pristine)

    async def _keep_error(self, flight: Flight, error: Exception) -> None:
        books = self._books
        if books.negative_ttl and books.negative(error) and (kept := copy_of(error)) is not None:
            await self._store(flight, None, kept, books.negative_ttl)

    async def _store(self, flight: Flight, value: Any, error: Exception | None, ttl: float) -> None:
        books = self._books
        if flight.stale or flight.deserted:
            return
        chunks = None if flight.recording is None else flight.recording.counting()
        if chunks is None and books.replay:
            books.counts["unrecorded"] += 1
        now = books.store.time(flight.context.scope.clock)
        flight.storing = True
        await books.set(flight.key, CacheEntry(value, now + ttl, error, chunks), now)


def _personal(error: Exception, ctx: Context) -> bool:
    """Tell whether an error is about who began a call, and not about the call: a budget around it is used up."""
    ledger = ctx.scope.ledger
    if ledger is None or not isinstance(error, BudgetExceeded):
        return False
    return ledger.overdrawn() is not None or ledger.around() is not None


def _quiet(ctx: Context) -> Context:
    """Return the same call without its observer: it was told of each chunk where that was emitted."""
    if ctx.scope.observer is None:
        return ctx
    scope = ctx.scope.derive({})
    scope.observer = None
    return Within(ctx, scope)


def _itself(value: object) -> object:
    return value
