"""What every store of a cache does: a suite for each implementation to inherit."""

import asyncio

import pytest

from motet.kernel.clock import SYSTEM_CLOCK
from motet.kernel.message import Chunk
from motet.middleware.cache_store import CacheEntry, CacheStore

__all__ = ["CacheStoreContract"]


def entry(value: object, expires: float = 1e12, **options: object) -> CacheEntry:
    return CacheEntry(value, expires, **options)  # type: ignore[arg-type]


class CacheStoreContract:
    """The tests. A subclass has a fixture `store` that gives an empty store with room for ten small entries."""

    async def test_what_was_set_is_there(self, store: CacheStore):
        kept = entry({"a": [1, None]}, chunks=(Chunk("x", 1, ()), Chunk(None, 3, ("below",))))
        assert await store.set("k", kept, 0.0)
        assert await store.get("k", 1.0) == kept
        assert store.peek("k", 1.0) in (None, kept)

    async def test_what_was_never_set_is_not_there(self, store: CacheStore):
        assert await store.get("k", 0.0) is None
        assert store.peek("k", 0.0) is None

    async def test_a_none_and_an_empty_recording_are_kept_as_such(self, store: CacheStore):
        await store.set("none", entry(None, chunks=()), 0.0)
        await store.set("unrecorded", entry(None), 0.0)
        assert await store.get("none", 0.0) == entry(None, chunks=())
        assert await store.get("unrecorded", 0.0) == entry(None)

    async def test_an_error_comes_back_as_its_class(self, store: CacheStore):
        await store.set("k", entry(None, error=ValueError("bad")), 0.0)
        found = await store.get("k", 0.0)
        assert found is not None
        assert (type(found.error), str(found.error)) == (ValueError, "bad")

    @pytest.mark.parametrize(("now", "there"), [(9.9, True), (10.0, False), (11.0, False)])
    async def test_an_entry_is_over_from_the_moment_it_expires(self, store: CacheStore, now: float, there: bool):
        await store.set("k", entry("v", 10.0), 0.0)
        assert (store.peek("k", now) is None) or there
        assert ((await store.get("k", now)) is not None) == there

    async def test_an_entry_takes_the_place_of_the_one_before(self, store: CacheStore):
        await store.set("k", entry("old", 5.0), 0.0)
        await store.set("k", entry("new", 50.0), 0.0)
        found = await store.get("k", 20.0)
        assert found is not None
        assert found.value == "new"

    async def test_deleting_forgets_one_and_clearing_all(self, store: CacheStore):
        for key in ("a", "b", "c"):
            await store.set(key, entry(key), 0.0)
        await store.delete("a")
        await store.delete("never set")
        assert await store.get("a", 0.0) is None
        assert await store.get("b", 0.0) is not None
        await store.clear()
        assert [await store.get(key, 0.0) for key in ("a", "b", "c")] == [None, None, None]
        await store.set("a", entry("again"), 0.0)
        assert await store.get("a", 0.0) is not None

    async def test_keys_do_not_run_into_one_another(self, store: CacheStore):
        for key in ("a", "A", "aa", "0" * 40, "0" * 39 + "1"):
            await store.set(key, entry(key), 0.0)
        for key in ("a", "A", "aa", "0" * 40, "0" * 39 + "1"):
            found = await store.get(key, 0.0)
            assert found is not None
            assert found.value == key

    async def test_many_may_use_it_at_once(self, store: CacheStore):
        await asyncio.gather(*(store.set(str(number), entry(number), 0.0) for number in range(10)))
        found = await asyncio.gather(*(store.get(str(number), 0.0) for number in range(10)))
        assert [one.value for one in found if one is not None] == list(range(10))

    async def test_it_goes_by_a_time_that_grows(self, store: CacheStore):
        assert store.time(SYSTEM_CLOCK) <= store.time(SYSTEM_CLOCK)

    async def test_its_counters_are_numbers(self, store: CacheStore):
        assert all(isinstance(number, int | float) for number in store.counters().values())
