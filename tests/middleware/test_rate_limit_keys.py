"""Buckets by key, and waiting lines from one event loop to the next."""

import asyncio
import gc

import pytest

import motet
from middleware.crowd import Crowd, crowd_of
from motet import InvalidPayload, agent
from motet.kernel.clock import Clock
from motet.kernel.context import Context
from motet.kernel.events import Intervened
from motet.kernel.scope import Scope
from motet.middleware.errors import RateLimited
from motet.middleware.rate_limit import RateLimit
from motet.testing.virtual_time import VirtualTime


def keyed(caller, ctx):
    return caller.key


def test_each_key_has_a_bucket_and_a_line_of_its_own():
    limit = RateLimit(1, burst=1, key=keyed, max_waiting=1)
    with crowd_of(limit) as crowd:
        one, other = [crowd.call("one") for _ in range(2)], [crowd.call("other") for _ in range(2)]
        assert crowd.began == [one[0], other[0]]
        assert len(crowd.timers()) == 2
        assert isinstance(crowd.call("one").error, RateLimited)
        crowd.virtual.advance(1)
        assert crowd.began[2:] == [one[1], other[1]]
        told = [(event.by, event.what, event.key) for event in crowd.told.of(Intervened)]
        assert told == [
            ("rate_limit", what, key) for what, key in (("refused", "one"), ("waited", "one"), ("waited", "other"))
        ]
        assert limit.counters()["keys"] == 2


def test_a_full_bucket_makes_room_for_a_new_key_and_no_other_one_does():
    limit = RateLimit(1, burst=2, key=keyed, max_keys=2)
    with crowd_of(limit) as crowd:
        for key in ("a", "b", "a", "a"):  # "a" waits for its third token
            crowd.call(key)
        error = crowd.call("c").error
        assert isinstance(error, RateLimited)
        assert (error.retry_after, "calls with 2 other keys use the rate up" in str(error)) == (1, True)
        crowd.virtual.advance(1)
        assert crowd.call("c").inside  # "b" was full again
        assert crowd.call("b").error.retry_after == 2  # when "a" will be full, which was used before "c"
        crowd.virtual.advance(1)
        assert limit.counters()["keys"] == 2
        assert crowd.call("a").inside  # "a" was never dropped: one token has come since it waited
        assert crowd.call("a").waits


def test_while_somebody_waits_for_each_bucket_nobody_knows_when_there_is_room():
    with crowd_of(RateLimit(1, burst=1, key=keyed, max_keys=1)) as crowd:
        crowd.call("a")
        waiting = crowd.call("a")
        assert crowd.call("b").error.retry_after is None
        crowd.cancel(waiting)
        assert crowd.call("b").error.retry_after == 1


def test_a_thousand_keys_keep_no_more_than_may_be():
    limit = RateLimit(1000, burst=1, key=keyed, max_keys=10)
    with crowd_of(limit) as crowd:
        for number in range(1000):
            assert crowd.call(number).inside
            crowd.virtual.advance(0.001)
        assert limit.counters()["keys"] == 10


def test_a_key_that_cannot_be_hashed_is_the_callers_fault():
    limit = RateLimit(1, key=keyed)
    with crowd_of(limit) as crowd:
        assert isinstance(crowd.call(["x"]).error, InvalidPayload)
        assert crowd.call("x").inside


def test_one_limit_around_two_agents_is_one_limit():
    limit = RateLimit(1, burst=2)
    with VirtualTime() as virtual:
        crowds = [Crowd(virtual, limit) for _ in range(2)]
        callers = [crowd.call() for crowd in crowds + crowds]
        virtual.advance(10)
        assert [caller.began for caller in callers] == [0, 0, 1, 2]
        crowds[1].cancel(*crowds[1].inside)
        for crowd in crowds:
            crowd.close()


@agent(validate="none")
async def fine(payload):
    return "fine"


def hurried(work):
    """Call it so that it is left waiting when its loop ends."""

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await work("x")

    return main()


def test_who_waited_when_its_loop_ended_is_in_nobodys_way():
    limit = RateLimit(20, burst=1)
    work = fine.using(limit)
    assert motet.run(work, "x") == "fine"
    asyncio.run(hurried(work))
    assert motet.run(work, "x") == "fine"
    assert (limit.counters()["waited"], limit.counters()["cancelled"], limit.counters()["waiting"]) == (1, 1, 0)


@pytest.mark.parametrize("key", [None, lambda payload, ctx: "k"])
def test_what_a_closed_loop_left_waiting_is_in_nobodys_way(key):
    limit = RateLimit(20, burst=1, max_waiting=2, key=key, max_keys=1)
    work = fine.using(limit)
    assert motet.run(work, "x") == "fine"
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # a task that is destroyed is a message there
    left = [loop.create_task(work.bound("x", Context(Scope(), "fine"))) for _ in range(2)]
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert limit.counters()["waiting"] == 2
    assert motet.run(work, "x") == "fine"  # it waits for its own token alone
    assert limit.counters()["waiting"] == 0
    del left
    gc.collect()
    assert motet.run(work, "x") == "fine"
    assert limit.counters()["waiting"] == 0


def test_where_a_closed_loop_left_somebody_waiting_and_there_are_tokens_nobody_waits():
    class At(Clock):
        time = 0.0

        def now(self) -> float:
            return self.time

    clock, limit = At(), RateLimit(1, burst=1)
    work = fine.using(limit)
    assert motet.run(work, "x", clock=clock) == "fine"
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)
    left = loop.create_task(work.bound("x", Context(Scope(clock), "fine")))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    clock.time = 1.0
    assert motet.run(work, "x", clock=clock) == "fine"
    assert (limit.counters()["waited"], limit.counters()["passed"]) == (0, 2)
    del left
    gc.collect()


def test_nobody_waits_in_two_loops_at_a_time():
    limit = RateLimit(1, burst=1)
    with crowd_of(limit) as crowd:
        crowd.call()
        crowd.call()
        with crowd_of(limit) as other, pytest.raises(RuntimeError, match="Calls of another event loop wait here"):
            raise other.call().error
