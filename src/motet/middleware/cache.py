"""`Cache`: an agent that was asked the same before answers from memory, and is asked once where many ask at once."""

from collections.abc import Callable, Mapping
from typing import Any

from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import CURRENT, Context
from motet.kernel.invoke import Call
from motet.kernel.policy import RetryOn
from motet.kernel.scope import Scope
from motet.middleware.arguments import check_callable, check_number
from motet.middleware.cache_books import CacheBooks, decider
from motet.middleware.cache_key import Keys
from motet.middleware.cache_store import CacheStore, MemoryCacheStore
from motet.middleware.cached_call import CachedCall

__all__ = ["Cache"]

MOST_ENTRIES = 1024


class Cache(Middleware):
    """Keep what an agent answers, and answer the same payload with it for a while.

    **Keys.** A payload is known by its types and values (see `cache_key`); an agent by its name and version. Metadata,
    deadlines and traces do not count: where the answer depends on more than the payload, or on less, give `key`.

    **Single flight.** Calls with the same key that come while one is under way wait for it. The work runs in a task of
    its own, in the trace of the caller who began it and on that caller's budget, with the latest deadline of all who
    wait. A caller who is cancelled, or whose deadline passes, leaves the others alone; when nobody waits any more the
    work is cancelled. A failure is raised for all who wait, unless it is the first caller's own affair: where that
    caller's budget is used up, the others begin anew. A call that the work itself waits for, an agent that asks itself
    the same, goes below directly.

    **Copies.** What is kept is a deep copy, and everybody gets a copy of their own. The one whose call it was gets the
    output itself. What cannot be copied is not kept, and not shared.

    **Streams.** Chunks are recorded, and emitted again: those that count, as the agent's. Who joins a flight gets the
    chunks so far and then the others as they come, as fast as that reader is; the work waits for the first caller's
    reader alone. A recording that grows too long is given up (see `recording`): the answer is kept without chunks, for
    callers who do not listen, and everybody who listens gets a call of their own. What an agent sends on with
    `ctx.send`, spends or records as a step does not happen again.

    One cache may stand around several agents, and is for one event loop at a time.

    Args:
        ttl: How many seconds an answer is good for, more than 0.
        max_entries: How many answers are kept in memory.
        max_bytes: How much memory they may take, as `copying.size_of` estimates; None sets no limit.
        key: Returns what the answer depends on, from (payload, ctx): any value that a key can be made of.
        store: Where answers are kept instead; its bounds are its own.
        negative_ttl: How many seconds an error is good for; 0 keeps no errors. It is kept without its cause and its
            traceback, and not at all where it cannot be copied.
        negative_on: Which errors are kept: types, or a predicate. None means those that would come again: not
            retryable, and not about a deadline, a budget, a cancellation or something that is out of reach.
        single_flight: Whether calls with the same key share one call below.
        copy: Whether everybody gets a copy; without that nobody may change what they get.
        replay: Whether chunks are recorded and emitted again; without that a hit emits none.
        namespace: What the keys say in place of the agent's name and version. All agents that the cache stands around
            share their answers then.

    Raises:
        ValueError: An argument makes no sense; the message says what is allowed.
    """

    def __init__(
        self,
        ttl: float = 300.0,
        *,
        max_entries: int = MOST_ENTRIES,
        max_bytes: int | None = None,
        key: Callable[[Any, Context], object] | None = None,
        store: CacheStore | None = None,
        negative_ttl: float = 0.0,
        negative_on: type[BaseException] | RetryOn | None = None,
        single_flight: bool = True,
        copy: bool = True,
        replay: bool = True,
        namespace: str | None = None,
    ) -> None:
        check_number("ttl", ttl, 0)
        check_number("negative_ttl", negative_ttl, 0)
        check_callable("key", key)
        if ttl == 0:
            raise ValueError("ttl=0: an answer that is over at once is never used; it is a number of seconds above 0")
        if negative_on is not None and not negative_ttl:
            raise ValueError("negative_on=... keeps nothing without negative_ttl=SECONDS")
        if not (negative_on is None or callable(negative_on) or isinstance(negative_on, tuple)):
            raise ValueError(f"negative_on={negative_on!r}: it is exception types, or a function of the error")
        if store is not None and (max_entries != MOST_ENTRIES or max_bytes is not None):
            raise ValueError("store=... has bounds of its own: max_entries and max_bytes are those of the memory")
        if not isinstance(store, CacheStore | None):
            raise ValueError(f"store={store!r}: it is a CacheStore, such as MemoryCacheStore()")  # noqa: TRY004
        self._read = key
        self._namespace = namespace
        self._keys: dict[tuple[str, ...], Keys] = {}
        self._books = CacheBooks(
            MemoryCacheStore(max_entries, max_bytes) if store is None else store,
            ttl=ttl,
            negative_ttl=negative_ttl,
            negative=decider(negative_on),
            single_flight=single_flight,
            copy=copy,
            replay=replay,
        )

    def counters(self) -> Mapping[str, float]:
        """Return what was counted: how calls were answered, what was kept, what failed, and what the store counts."""
        return {**self._books.counts, "flying": self._books.flying, **self._books.store.counters()}

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that answers from the cache."""
        return CachedCall(call, self._keys_of(agent), self._read, self._books).call

    async def invalidate(
        self, payload: object, *, agent: Agent[Any, Any] | None = None, ctx: Context | None = None
    ) -> None:
        """Forget the answer to a payload. Who has asked already still gets it; nobody who asks from now on does.

        Args:
            payload: What was asked.
            agent: Whose answer; None means every agent that the cache stands around.
            ctx: What `key` is given beside the payload; None means the call that is running, if there is one.

        Raises:
            ValueError: It is not known which agent is meant: the cache has not been called yet.
            Exception: Whatever the store raises: the answer may still be there.
        """
        if agent is None and self._namespace is None and not self._keys:
            raise ValueError("The cache knows no agent before the first call: say whose answer, with agent=...")
        chosen = list(self._keys.values()) if agent is None and self._keys else [self._keys_of(agent)]
        if self._read is not None:
            payload = self._read(payload, ctx or CURRENT.get() or Context(Scope(), ""))
        for keys in chosen:
            await self._forget(keys.of(payload))

    async def clear(self) -> None:
        """Forget all answers of the store, those that are still to come from calls under way included.

        Raises:
            Exception: Whatever the store raises.
        """
        await self._forget(None)

    async def _forget(self, key: str | None) -> None:
        for storing in self._books.flights.spoil(key):
            await storing.over()  # what is on its way into the store would get there after this
        if key is None:
            await self._books.store.clear()
        else:
            await self._books.store.delete(key)

    def _keys_of(self, agent: Agent[Any, Any] | None) -> Keys:
        name = "" if agent is None else agent.name
        version = "" if agent is None else agent.version
        identity = (name, version) if self._namespace is None else (self._namespace,)
        if identity not in self._keys:
            self._keys[identity] = Keys(name, *identity)
        return self._keys[identity]
