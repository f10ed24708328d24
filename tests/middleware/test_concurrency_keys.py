"""Limits on concurrency by key, between agents, and from one event loop to the next."""

import asyncio
import gc

import pytest

import motet
from middleware.crowd import Crowd, crowd_of
from motet import InvalidPayload, agent
from motet.kernel.context import Context
from motet.kernel.events import Intervened
from motet.kernel.scope import Scope
from motet.middleware.concurrency import Concurrency
from motet.middleware.errors import Saturated
from motet.testing.virtual_time import VirtualTime


def keyed(caller, ctx):
    return caller.key


def test_each_key_has_places_of_its_own():
    limit = Concurrency(1, key=keyed)
    with crowd_of(limit) as crowd:
        one, other = [crowd.call("one") for _ in range(2)], [crowd.call("other") for _ in range(2)]
        assert crowd.inside == [one[0], other[0]]
        crowd.end(other[0])
        assert crowd.inside == [one[0], other[1]]
        assert [event.key for event in crowd.told.of(Intervened)] == ["other"]
        assert isinstance(crowd.call(["x"]).error, InvalidPayload)


def test_so_many_keys_are_at_work_at_once():
    limit = Concurrency(1, key=keyed, max_keys=2)
    with crowd_of(limit) as crowd:
        one, other = crowd.call("one"), crowd.call("other")
        waiting = crowd.call("one")
        error = crowd.call("third").error
        assert isinstance(error, Saturated)
        assert "calls with 2 other keys are at work" in str(error)
        crowd.end(one)
        crowd.cancel(waiting)
        assert crowd.call("third").inside
        crowd.open(other)
        crowd.virtual.settle()
        for number in range(100):
            crowd.end(crowd.call(number))
        assert (limit.counters()["at_work"], crowd.call("third").waits) == (1, True)


@pytest.mark.parametrize("turns", range(5))
def test_a_key_whose_last_call_was_cancelled_as_it_got_its_place_makes_room(turns):
    with crowd_of(Concurrency(1, key=keyed, max_keys=1)) as crowd:
        first, second = crowd.call("one"), crowd.call("one")
        crowd.open(first)
        crowd.cancel(second, after=turns)
        assert crowd.call("other").inside


def test_one_limit_around_two_agents_is_one_limit():
    limit = Concurrency(1)
    with VirtualTime() as virtual:
        one, other = Crowd(virtual, limit), Crowd(virtual, limit)
        first, second = one.call(), other.call()
        assert (first.inside, second.waits) == (True, True)
        one.end(first)
        assert second.inside
        other.close()
        one.close()


@agent(validate="none")
async def fine(payload):
    return "fine"


def test_one_limit_serves_one_event_loop_after_another():
    limit = Concurrency(1)
    work = fine.using(limit)
    assert [motet.run(work, "x") for _ in range(3)] == ["fine"] * 3
    assert (limit.counters()["passed"], limit.counters()["at_work"]) == (3, 0)


def test_what_a_closed_loop_left_undone_is_in_nobodys_way():
    limit, begun = Concurrency(1, max_wait=0.01), asyncio.Event()

    @agent
    async def endless(payload):
        begun.set()
        await asyncio.Event().wait()

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # a task that is destroyed is a message there
    work = endless.using(limit)
    left = [loop.create_task(work.bound("x", Context(Scope(), "endless"))) for _ in range(3)]
    loop.run_until_complete(begun.wait())
    loop.close()
    assert motet.run(fine.using(limit), "x") == "fine"
    del left
    gc.collect()
    assert (limit.counters()["at_work"], limit.counters()["waiting"]) == (0, 0)
    assert motet.run(fine.using(limit), "x") == "fine"


def test_calls_are_at_work_in_one_loop_at_a_time():
    limit = Concurrency(5)
    with crowd_of(limit) as crowd:
        crowd.call()
        with crowd_of(limit) as other, pytest.raises(RuntimeError, match="Calls of another event loop are at work"):
            raise other.call().error
        crowd.end(crowd.inside[0])
        with crowd_of(limit) as other:
            assert other.call().inside
