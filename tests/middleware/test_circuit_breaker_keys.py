"""Circuit breakers by key, between agents, and from one event loop to the next."""

import asyncio
import gc

import pytest

import motet
from middleware.crowd import called, crowd_of, kinds
from middleware.worlds import Script, virtual
from motet import Context, InvalidPayload, agent
from motet.kernel.clock import Clock
from motet.kernel.events import Intervened
from motet.kernel.scope import Scope
from motet.middleware.circuit_breaker import CircuitBreaker
from motet.middleware.errors import CircuitOpen

__all__ = ["virtual"]

WRONG = ValueError("wrong")


def test_each_key_has_a_breaker_of_its_own():
    breaker = CircuitBreaker(1, recovery=30, key=lambda caller, ctx: caller.key)
    with crowd_of(breaker) as crowd:
        crowd.end(crowd.call("bad"), WRONG)
        assert isinstance(crowd.call("bad").error, CircuitOpen)
        good = [crowd.call("good"), crowd.call(("good", 2))]
        assert all(caller.inside for caller in good)
        assert (breaker.state("bad"), breaker.state("good"), breaker.state("unknown")) == ("open", "closed", "closed")
        assert [(event.what, event.key) for event in crowd.told.of(Intervened)] == [
            ("opened", "bad"),
            ("refused", "bad"),
        ]
        assert (breaker.counters()["keys"], breaker.counters()["broken"]) == (3, 1)


def test_closed_and_idle_breakers_make_room_first_and_the_oldest_of_them_at_first():
    breaker = CircuitBreaker(2, key=lambda caller, ctx: caller.key, max_keys=4)
    with crowd_of(breaker) as crowd:
        for key, error in (("open", WRONG), ("open", WRONG), ("a", WRONG), ("b", WRONG)):
            crowd.end(crowd.call(key), error)
        busy = crowd.call("busy")
        crowd.end(crowd.call("a"), InvalidPayload("used again"))
        crowd.end(crowd.call("c"))  # drops b
        crowd.end(crowd.call("a"), WRONG)
        assert (breaker.state("a"), breaker.state("open")) == ("open", "open")
        crowd.end(crowd.call("b"), WRONG)  # drops c, and is a new one
        assert breaker.state("b") == "closed"
        crowd.end(crowd.call("b"), WRONG)
        assert breaker.counters()["broken"] == 3
        crowd.end(crowd.call("d"))  # nothing is free: drops the one that was used longest ago
        assert (breaker.state("open"), breaker.state("a"), breaker.state("b")) == ("closed", "open", "open")
        assert breaker.counters()["keys"] == 4
        crowd.end(busy, WRONG)
        assert breaker.counters()["at_work"] == 0


def test_a_key_that_cannot_be_hashed_is_the_callers_fault(virtual):
    script, breaker = Script("good"), CircuitBreaker(1, key=lambda payload, ctx: payload)
    assert kinds(called(virtual, script.agent.using(breaker), ["x"], "x")) == ["InvalidPayload", "good"]
    assert (script.calls, breaker.counters()["passed"]) == (1, 1)


def test_two_agents_with_one_breaker_share_it(virtual):
    breaker, good = CircuitBreaker(1), Script("good")
    called(virtual, Script(WRONG).agent.using(breaker), "x")
    assert kinds(called(virtual, good.agent.using(breaker), "x")) == ["CircuitOpen"]
    assert good.calls == 0


def test_its_state_outlives_the_event_loop():
    class At(Clock):
        now = lambda self: 100.0  # noqa: E731 - the shortest way to stop time

    script, breaker = Script(WRONG, "good"), CircuitBreaker(1, recovery=30)
    work = script.agent.using(breaker)
    with pytest.raises(ValueError, match="wrong"):
        motet.run(work, "x", clock=At())
    with pytest.raises(CircuitOpen):
        motet.run(work, "x", clock=At())
    breaker.reset()
    assert motet.run(work, "x") == "good"


def test_a_probe_that_a_closed_loop_left_undone_is_given_back():
    breaker = CircuitBreaker(1, recovery=0)
    works, script = asyncio.Event(), Script(WRONG)
    with pytest.raises(ValueError, match="wrong"):
        motet.run(script.agent.using(breaker), "x")

    @agent
    async def endless(payload):
        works.set()
        await asyncio.Event().wait()

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # a task that is destroyed is a message there
    task = loop.create_task(endless.using(breaker).bound("x", Context(Scope(), "endless")))
    loop.run_until_complete(works.wait())
    loop.close()
    assert (breaker.state(), breaker.counters()["at_work"]) == ("half_open", 1)
    del task
    gc.collect()
    assert breaker.counters()["at_work"] == 0
    assert motet.run(Script("good").agent.using(breaker), "x") == "good"
