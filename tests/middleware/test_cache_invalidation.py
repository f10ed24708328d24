"""`Cache`: what was invalidated is asked anew, also where its answer was just on its way."""

import asyncio

import pytest

from middleware.counted import counted
from middleware.gate import Gate, asking
from middleware.stores import BytesStore, FailingStore, SlowStore
from middleware.worlds import virtual
from motet import Context, agent
from motet.kernel.errors import InvalidPayload
from motet.middleware.cache import Cache
from support import until, within

__all__ = ["virtual"]


@pytest.mark.parametrize("store", [None, BytesStore()])
async def test_one_answer_is_forgotten_or_all_of_them(store):
    work, _ = counted()
    cache = Cache(store=store)
    asked = work.using(cache)
    assert [await asked(payload) for payload in "ab"] == [1, 2]
    await cache.invalidate("a")
    await cache.invalidate("never asked")
    assert [await asked(payload) for payload in "ab"] == [3, 2]
    await cache.clear()
    assert [await asked(payload) for payload in "ab"] == [4, 5]


async def test_it_may_be_the_answer_of_one_agent_or_of_all():
    cache = Cache()
    (first, _), (second, _) = counted("a", "b", "c", name="first"), counted("d", "e", name="second")
    both = [first.using(cache), second.using(cache)]
    assert [await asked("x") for asked in both] == ["a", "d"]
    await cache.invalidate("x", agent=first)
    assert [await asked("x") for asked in both] == ["b", "d"]
    await cache.invalidate("x", agent=both[1])
    assert [await asked("x") for asked in both] == ["b", "e"]
    await cache.invalidate("x")
    assert [await asked("x") for asked in both] == ["c", 3]


async def test_before_the_first_call_it_has_to_be_said_whose_answer():
    store = BytesStore()
    work, _ = counted()
    await work.using(Cache(store=store))("x")
    cache = Cache(store=store)
    with pytest.raises(ValueError, match="agent="):
        await cache.invalidate("x")
    await cache.invalidate("x", agent=work)
    assert await work.using(cache)("x") == 2
    with pytest.raises(InvalidPayload, match=r"Cache\(key=...\)"):
        await cache.invalidate(object(), agent=work)
    named = Cache(store=store, namespace="n")
    await named.invalidate("x")
    assert len(store.kept) == 1


async def test_a_key_of_the_users_own_may_look_at_the_call_that_invalidates():
    work, _ = counted()
    cache = Cache(key=lambda payload, ctx: (payload, ctx.metadata.get("tenant")))
    asked = work.using(cache)

    @agent(validate="none")
    async def renewing(payload):
        await cache.invalidate(payload)

    assert [await asked("x", metadata={"tenant": tenant}) for tenant in "ab"] == [1, 2]
    await cache.invalidate("x")
    assert [await asked("x", metadata={"tenant": tenant}) for tenant in "ab"] == [1, 2]
    await renewing("x", metadata={"tenant": "a"})
    assert [await asked("x", metadata={"tenant": tenant}) for tenant in "ab"] == [3, 2]


@pytest.mark.parametrize("how", ["invalidate", "clear"])
async def test_an_answer_that_is_on_its_way_is_not_kept_and_nobody_else_gets_it(how):
    gate, cache = Gate("stale"), Cache()
    asked = gate.agent.using(cache)
    early = await asking(asked, 2)
    await (cache.invalidate("x") if how == "invalidate" else cache.clear())
    late = await asking(asked, 2)
    assert gate.begun == 2
    gate.go_on.set()
    assert await within(asyncio.gather(*early)) == ["stale"] * 2
    gate.output = "fresh"
    await within(asyncio.gather(*late))
    assert cache.counters()["stored"] == 1
    assert gate.begun == 2


async def test_an_unshared_call_that_is_on_its_way_is_not_kept_either():
    gate, cache = Gate(), Cache(single_flight=False)
    tasks = await asking(gate.agent.using(cache), 2)
    await cache.invalidate("x")
    gate.go_on.set()
    await within(asyncio.gather(*tasks))
    assert cache.counters()["stored"] == 0


def test_an_answer_that_is_being_stored_is_waited_for_and_forgotten(virtual):
    store = SlowStore(set=10.0)
    work, calls = counted()
    cache = Cache(store=store)
    asked = work.using(cache)

    async def main():
        task = asyncio.create_task(asked("x", clock=virtual.clock))
        await asyncio.sleep(5)
        assert calls == ["x"]
        await cache.invalidate("x")
        assert virtual.clock.now() == 10
        assert store.kept == {}
        assert await task == 1
        assert await asked("x", clock=virtual.clock) == 2

    virtual.run(main())


def test_an_agent_may_invalidate_its_own_answer(virtual):
    cache, calls = Cache(), []

    @agent(validate="none")
    async def volatile(payload, ctx: Context):
        calls.append(payload)
        await cache.invalidate(payload)
        return len(calls)

    asked = volatile.using(cache)
    assert [virtual.run(asked("x", clock=virtual.clock)) for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("how", ["delete", "clear"])
async def test_a_store_that_cannot_forget_says_so(how):
    work, _ = counted()
    cache = Cache(store=FailingStore(how))
    await work.using(cache)("x")
    with pytest.raises(ConnectionError, match=f"no {how} today"):
        await (cache.invalidate("x") if how == "delete" else cache.clear())


def test_look_ups_in_a_slow_store_are_shared_as_calls_are(virtual):
    store = SlowStore(get=1.0)
    work, calls = counted({"items": []})
    cache = Cache(store=store)
    asked = work.using(cache)

    async def ask(count):
        return await asyncio.gather(*(asked("x", clock=virtual.clock) for _ in range(count)))

    virtual.run(ask(10))
    assert (store.looked_up, calls, virtual.clock.now()) == (1, ["x"], 1)
    outputs = virtual.run(ask(10))
    assert (store.looked_up, calls) == (2, ["x"])
    assert len(set(map(id, outputs))) == 10
    assert (cache.counters()["hits"], cache.counters()["shared"]) == (10, 9)


async def test_a_call_that_is_cancelled_in_the_look_up_leaves_the_others_alone():
    gate = Gate()
    gate.go_on.set()
    looked_up = asyncio.Event()

    class Waiting(BytesStore):
        async def get(self, key, now):
            await looked_up.wait()
            return await super().get(key, now)

    tasks = await asking(gate.agent.using(Cache(store=Waiting())), 2)
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(tasks[0])
    looked_up.set()
    assert await within(tasks[1]) == "answer"
    await until(lambda: gate.begun == 1)
