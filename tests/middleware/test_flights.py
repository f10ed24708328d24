"""Calls that would wait for themselves: an agent that asks itself the same goes below directly."""

import asyncio

import pytest

from motet import Context, Flow, Middleware, agent, loop
from motet.kernel.scope import Scope
from motet.middleware.cache import Cache
from motet.middleware.flight import Flight
from motet.middleware.flights import Flights
from motet.middleware.in_flight import Rider
from motet.middleware.observe import Observe
from motet.middleware.retry import Retry
from motet.middleware.timeout import Timeout
from support import Recorder, within


def itself(depth: int, *inside: Middleware, make=lambda asked: asked):
    """Make an agent that asks itself the same, so many times, through its cache."""
    cache, calls = Cache(), []

    @agent(name="asking", validate="none")
    async def asking(payload, ctx: Context):
        calls.append(payload)
        await asyncio.sleep(0)
        return await asked("x") if len(calls) < depth else f"after {depth}"

    asked = make(asking).using(cache, *inside)
    return asked, cache, calls


@pytest.mark.parametrize(
    "inside", [(), (Timeout(60),), (Retry(),), (Observe(Recorder()),), (Timeout(60), Observe(Recorder()), Timeout(50))]
)
async def test_an_agent_that_asks_itself_the_same_does_not_wait_for_itself(inside):
    asked, cache, calls = itself(3, *inside)
    assert await within(asked("x")) == "after 3"
    assert len(calls) == 3
    assert cache.counters()["direct"] == 2
    assert await within(asked("x")) == "after 3"
    assert len(calls) == 3


@pytest.mark.parametrize(
    "make", [lambda asked: loop(asked, until=lambda _: True, max_seconds=60), lambda asked: Flow("flow", asked)]
)
async def test_neither_does_one_in_a_composition_or_in_a_flow(make):
    asked, cache, calls = itself(3, make=make)
    assert await within(asked("x")) == "after 3"
    assert (len(calls), cache.counters()["direct"]) == (3, 2)


@pytest.mark.parametrize("caches", [(Cache(), None), (Cache(), Cache())])
async def test_two_that_ask_one_another_do_not_wait_for_one_another(caches):
    first_cache, second_cache = caches[0], caches[1] or caches[0]
    both = asyncio.Barrier(2)
    depths = []

    def linked(name: str, ask):
        @agent(name=name, validate="none")
        async def linking(payload, ctx: Context):
            depth = int(ctx.metadata.get("depth", 0))  # type: ignore[call-overload]
            depths.append((name, depth))
            if depth == 0:
                await both.wait()
            return name if depth > 2 else await ask(metadata={"depth": depth + 1})

        return linking

    there = linked("there", lambda **options: back_asked("x", **options)).using(first_cache)
    back_asked = linked("back", lambda **options: there("x", **options)).using(second_cache)
    outcomes = await within(asyncio.gather(there("x"), back_asked("x")))
    assert set(outcomes) <= {"there", "back"}
    assert sum(cache.counters()["direct"] for cache in {first_cache, second_cache}) >= 1


async def test_one_cache_twice_around_an_agent_does_not_wait_for_itself():
    asked, cache, calls = itself(1)
    assert await within(asked.using(cache)("x")) == "after 1"
    assert (len(calls), cache.counters()["direct"]) == (1, 1)


async def test_another_payload_and_another_caller_do_wait():
    cache, calls = Cache(), []

    @agent(name="deep", validate="none")
    async def deep(payload):
        calls.append(payload)
        await asyncio.sleep(0)
        return await asyncio.gather(asked(payload - 1), asked(payload - 1)) if payload else []

    asked = deep.using(cache)
    await within(asyncio.gather(asked(5), asked(5), asked(4)))
    assert sorted(calls) == [0, 1, 2, 3, 4, 5]
    assert cache.counters()["direct"] == 0


def flight(key: str, ctx: Context) -> Flight:
    made = Flight(key, ctx, None, shared=True)
    made.board(Rider(ctx, leads=True))
    return made


async def test_the_table_knows_what_is_under_way():
    flights = Flights(asyncio.get_running_loop())
    ctx = Context(Scope(), "top")
    first, second, other = flight("a", ctx), flight("a", ctx), flight("b", ctx)
    for each in (first, second, other):
        flights.add(each)
    assert flights.joinable("a") is first
    first.storing = True
    assert flights.spoil("a") == [first]
    assert (flights.joinable("a"), first.stale, second.stale, other.stale) == (None, True, True, False)
    assert flights.spoil(None) == [first]
    assert other.stale
    for each in (first, other, second):
        flights.remove(each)
    assert len(flights) == 0
    assert flights.joinable("b") is None
    assert flights.spoil("never seen") == []
