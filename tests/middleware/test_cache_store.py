"""The store in memory: bounded, the one that was not used for longest goes first; and the contract of all stores."""

from collections import OrderedDict

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from middleware.cache_store_contract import CacheStoreContract, entry
from middleware.stores import BytesStore
from motet.kernel.clock import Clock
from motet.middleware.cache_store import MemoryCacheStore
from motet.middleware.copying import size_of


class TestInMemory(CacheStoreContract):
    @pytest.fixture
    def store(self):
        return MemoryCacheStore(max_entries=10, max_bytes=10_000)


class TestAsBytes(CacheStoreContract):
    @pytest.fixture
    def store(self):
        return BytesStore()


@pytest.mark.parametrize(
    "bounds", [{"max_entries": 0}, {"max_entries": 1.5}, {"max_entries": True}, {"max_bytes": 0}, {"max_bytes": -1}]
)
def test_a_bound_that_lets_nothing_in_is_refused(bounds):
    with pytest.raises(ValueError, match="whole number from 1"):
        MemoryCacheStore(**bounds)


async def test_the_one_that_was_not_used_for_longest_goes_first():
    store = MemoryCacheStore(max_entries=2)
    await store.set("a", entry(1), 0)
    await store.set("b", entry(2), 0)
    assert store.peek("a", 0) is not None
    await store.set("c", entry(3), 0)
    assert [store.peek(key, 0) is not None for key in "abc"] == [True, False, True]
    assert store.counters() == {"entries": 2, "bytes": 0, "evicted": 1, "expired": 0, "too_large": 0}


async def test_bytes_are_bounded_and_what_is_larger_than_the_bound_is_not_kept():
    one = size_of(entry("x" * 1000))
    store = MemoryCacheStore(max_bytes=2 * one)
    for key in "abc":
        assert await store.set(key, entry("x" * 1000), 0)
    assert [store.peek(key, 0) is not None for key in "abc"] == [False, True, True]
    assert store.counters() == {"entries": 2, "bytes": 2 * one, "evicted": 1, "expired": 0, "too_large": 0}
    assert not await store.set("b", entry("x" * 3000), 0)
    assert [store.peek(key, 0) is not None for key in "bc"] == [False, True]
    assert store.counters()["too_large"] == 1
    assert store.counters()["bytes"] == one


async def test_what_is_over_is_dropped_when_somebody_looks():
    store = MemoryCacheStore(max_bytes=10_000)
    await store.set("a", entry("x", 10.0), 0)
    assert store.peek("a", 10.0) is None
    assert store.counters() == {"entries": 0, "bytes": 0, "evicted": 0, "expired": 1, "too_large": 0}


def test_it_goes_by_the_monotonic_time_and_other_stores_by_the_time_of_day():
    class Still(Clock):
        def now(self):
            return 1.0

        def wall(self):
            return 2.0

    assert MemoryCacheStore().time(Still()) == 1.0
    assert BytesStore().time(Still()) == 2.0


class MemoryMachine(RuleBasedStateMachine):
    """The store in memory beside a plain model: a list of entries in the order of their use."""

    @initialize(most=st.integers(1, 4), bytes_=st.none() | st.integers(200, 2000))
    def begin(self, most, bytes_):
        self.store = MemoryCacheStore(most, bytes_)
        self.most, self.bytes = most, bytes_
        self.model: OrderedDict[str, tuple[object, int]] = OrderedDict()
        self.now = 0.0

    @rule(key=st.sampled_from("abcdef"), length=st.integers(0, 900), ttl=st.integers(1, 5))
    def set(self, key, length, ttl):
        made = entry("x" * length, self.now + ttl)
        kept = drive(self.store.set(key, made, self.now))
        self.model.pop(key, None)
        size = size_of(made)
        assert kept == (self.bytes is None or size <= self.bytes)
        if kept:
            self.model[key] = (made, size)
        while len(self.model) > self.most or (self.bytes is not None and self.used() > self.bytes):
            self.model.popitem(last=False)

    @rule(key=st.sampled_from("abcdef"), how=st.sampled_from(["peek", "get"]))
    def look(self, key, how):
        found = self.store.peek(key, self.now) if how == "peek" else drive(self.store.get(key, self.now))
        made, _ = self.model.get(key, (None, 0))
        if made is not None and made.expires <= self.now:
            del self.model[key]
            made = None
        assert found is made
        if made is not None:
            self.model.move_to_end(key)

    @rule(key=st.sampled_from("abcdef"))
    def delete(self, key):
        drive(self.store.delete(key))
        self.model.pop(key, None)

    @rule()
    def clear(self):
        drive(self.store.clear())
        self.model.clear()

    @rule(seconds=st.integers(1, 3))
    def pass_time(self, seconds):
        self.now += seconds

    def used(self) -> int:
        return sum(size for _, size in self.model.values())

    @invariant()
    def its_books_are_right(self):
        if hasattr(self, "store"):
            counters = self.store.counters()
            assert counters["entries"] == len(self.model) <= self.most
            assert counters["bytes"] == (self.used() if self.bytes is not None else 0)


def drive(work):
    """Run what never waits."""
    with pytest.raises(StopIteration) as ended:
        work.send(None)
    return ended.value.value


TestMemoryAgainstItsModel = MemoryMachine.TestCase
TestMemoryAgainstItsModel.settings = settings(max_examples=80, stateful_step_count=40)
