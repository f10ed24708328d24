"""`Cache`: what was asked before is answered from memory, for a while, by copies, to whoever asked the same."""

import math
import threading
from typing import Any

import pytest
from pydantic import BaseModel

from middleware.counted import counted
from middleware.stores import BytesStore
from middleware.worlds import Script, virtual
from motet import Context, agent
from motet.kernel.errors import (
    InvalidPayload,
    NotFound,
)  # fmt: skip
from motet.kernel.events import Intervened
from motet.middleware.cache import Cache
from motet.middleware.cache_store import MemoryCacheStore
from support import Recorder

__all__ = ["virtual"]


class Box(BaseModel):
    items: list[int]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"ttl": 0}, "ttl=0"),
        ({"ttl": -1}, "ttl=-1"),
        ({"ttl": math.nan}, "ttl=nan"),
        ({"ttl": "5"}, "ttl='5'"),
        ({"max_entries": 0}, "max_entries=0"),
        ({"max_bytes": 0}, "max_bytes=0"),
        ({"negative_ttl": -1}, "negative_ttl=-1"),
        ({"negative_on": ValueError}, "without negative_ttl"),
        ({"negative_ttl": 1, "negative_on": "ValueError"}, "negative_on='ValueError'"),
        ({"key": "id"}, "key='id'"),
        ({"store": MemoryCacheStore(), "max_entries": 5}, "bounds of its own"),
        ({"store": MemoryCacheStore(), "max_bytes": 5}, "bounds of its own"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_at_once(options, problem):
    with pytest.raises(ValueError, match=problem):
        Cache(**options)


async def test_the_same_payload_is_answered_once_and_another_one_anew():
    work, calls = counted()
    cache = Cache()
    asked = work.using(cache)
    payloads = (1, "1", 1, True, "1", 1.0, [1], (1,), [1])
    assert [await asked(payload) for payload in payloads] == [1, 2, 1, 3, 2, 4, 5, 6, 5]
    assert calls == [1, "1", True, 1.0, [1], (1,)]
    assert cache.counters()["hits"] == 3
    assert cache.counters()["misses"] == cache.counters()["stored"] == cache.counters()["entries"] == 6
    assert cache.counters()["flying"] == 0


async def test_metadata_and_deadlines_and_traces_do_not_spoil_hits():
    work, calls = counted()
    asked = work.using(Cache())
    for number in range(5):
        options: dict[str, Any] = {"metadata": {"request": number}, "deadline": 10.0 + number}
        assert await asked("x", traceparent=f"00-{'0' * 31}{number + 1}-{'0' * 15}1-01", **options) == 1
    assert calls == ["x"]


def test_an_answer_is_over_after_its_time(virtual):
    script = Script("first", "second")
    cache = Cache(ttl=10)
    asked = script.agent.using(cache)
    for at, answer in [(0, "first"), (9.5, "first"), (10, "second"), (19.5, "second")]:
        virtual.advance(at - virtual.clock.now())
        assert virtual.run(asked("x", clock=virtual.clock)) == answer
    assert cache.counters()["expired"] == 1


async def test_answers_are_bounded_by_number_and_by_bytes():
    work, calls = counted()
    asked = work.using(Cache(max_entries=2))
    for payload in "abac":
        await asked(payload)
    assert [await asked(payload) for payload in "ac"] == [1, 3]
    await asked("b")
    assert calls == ["a", "b", "c", "b"]
    large, calls = counted("x" * 5000, "y" * 5000)
    cache = Cache(max_bytes=2000)
    for _ in range(2):
        await large.using(cache)(1)
    assert calls == [1, 1]
    assert cache.counters()["too_large"] == 2
    assert cache.counters()["stored"] == cache.counters()["bytes"] == 0


@pytest.mark.parametrize("make", [lambda: Box(items=[1]), lambda: {"a": [1]}, lambda: (Box(items=[1]),)])
async def test_changing_what_one_got_changes_nothing_for_the_others(make):
    work, calls = counted(make())
    asked = work.using(Cache())
    for _ in range(4):
        output = await asked("x")
        assert output == make()
        spoil(output)
    assert calls == ["x"]


def spoil(value: Any) -> None:
    if isinstance(value, tuple):
        spoil(value[0])
    else:
        (value.items if isinstance(value, Box) else value["a"]).append(2)


async def test_the_agent_may_keep_and_change_its_own_output():
    kept: list[int] = []

    @agent(validate="none")
    async def keeping(payload):
        kept.append(1)
        return kept

    asked = keeping.using(Cache())
    assert await asked("x") is kept
    kept.append(2)
    assert await asked("x") == [1]


async def test_without_copies_everybody_gets_the_same_object():
    work, _ = counted({"a": 1})
    asked = work.using(Cache(copy=False))
    assert await asked("x") is await asked("x")


async def test_what_cannot_be_copied_is_not_kept(caplog):
    work, calls = counted(threading.Lock(), threading.Lock())
    cache = Cache()
    locks = [await work.using(cache)("x") for _ in range(2)]
    assert locks[0] is not locks[1]
    assert calls == ["x", "x"]
    assert cache.counters()["uncopyable"] == 2
    assert "An output of 'counted' cannot be copied, so it is not cached" in caplog.text


async def test_a_none_is_an_answer():
    work, calls = counted(None)
    asked = work.using(Cache())
    assert [await asked("x"), await asked("x")] == [None, None]
    assert calls == ["x"]


async def test_one_cache_keeps_agents_apart_by_name_and_version_or_shares_by_namespace():
    for options, answers in [({}, [1, 1, 1]), ({"namespace": "all"}, [1, 1, 1])]:
        cache = Cache(**options)
        made = [counted(name="a"), counted(name="a", version="2"), counted(name="b")]
        assert [await work.using(cache)("x") for work, _ in made] == answers
        total = sum(len(calls) for _, calls in made)
        assert total == (1 if options else 3)


async def test_a_key_of_the_users_own_replaces_the_payload():
    work, calls = counted()

    def by_tenant(payload: Any, ctx: Context) -> Any:
        return payload["id"], ctx.metadata.get("tenant")

    asked = work.using(Cache(key=by_tenant))
    client = object()
    assert await asked({"id": 1, "client": client}, metadata={"tenant": "a"}) == 1
    assert await asked({"id": 1, "client": object()}, metadata={"tenant": "a"}) == 1
    assert await asked({"id": 1, "client": client}, metadata={"tenant": "b"}) == 2
    assert len(calls) == 2
    with pytest.raises(KeyError, match="id"):
        await asked({})
    with pytest.raises(InvalidPayload, match=r"Cache\(key=...\)"):
        await work.using(Cache())({"id": 1, "client": client})


async def test_a_bare_observer_is_told_of_hits_and_of_nothing_else():
    work, _ = counted(NotFound("gone"), "good")
    asked = work.using(Cache(negative_ttl=10))
    recorder = Recorder()
    for payload, good in [("bad", False), ("bad", False), ("x", True), ("x", True)]:
        try:
            await asked(payload, observer=recorder)
        except NotFound:
            assert not good
    told = recorder.of(Intervened)
    assert [(event.agent, event.by, event.what) for event in told] == [
        ("counted", "cache", "negative_hit"),
        ("counted", "cache", "hit"),
    ]
    assert all(len(event.key) == 40 for event in told)


async def test_another_store_serves_several_caches():
    store = BytesStore()
    work, calls = counted(Box(items=[1]))
    first, second = Cache(store=store), Cache(store=store)
    assert await work.using(first)({"a": 1}) == Box(items=[1])
    assert await work.using(second)({"a": 1}) == Box(items=[1])
    assert calls == [{"a": 1}]
    assert (first.counters()["misses"], second.counters()["hits"], second.counters()["misses"]) == (1, 1, 0)


async def test_a_wrapped_agent_looks_the_same():
    work, _ = counted()
    asked = work.using(Cache())
    assert (asked.name, asked.version, asked.types) == (work.name, work.version, work.types)
    assert asked.card == work.card


class Empty(BytesStore):
    def __len__(self) -> int:
        return 0


async def test_a_store_that_is_empty_is_used_all_the_same_and_something_else_is_refused():
    work, calls = counted(Box(items=[1]))
    store = Empty()
    assert await work.using(Cache(store=store))("x") == await work.using(Cache(store=store))("x") == Box(items=[1])
    assert calls == ["x"]
    with pytest.raises(ValueError, match="store={}: it is a CacheStore"):
        Cache(store={})
