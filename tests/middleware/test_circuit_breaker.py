"""`CircuitBreaker`: an agent that keeps failing is left alone for a while."""

import pytest

from middleware.crowd import called, crowd_of, kinds
from middleware.worlds import Script, virtual
from motet import Backoff
from motet.kernel.error_payload import from_payload, to_payload
from motet.kernel.errors import Fault
from motet.kernel.events import Intervened
from motet.middleware.circuit_breaker import CircuitBreaker
from motet.middleware.errors import CircuitOpen
from motet.middleware.retry import Retry
from support import Recorder

__all__ = ["virtual"]

WRONG = ValueError("wrong")


def test_it_opens_and_the_agent_is_left_alone(virtual):
    script, breaker = Script(WRONG), CircuitBreaker(3)
    answers = called(virtual, script.agent.using(breaker), *"abcde")
    assert kinds(answers) == ["ValueError"] * 3 + ["CircuitOpen"] * 2
    assert answers[0] is WRONG
    assert (script.calls, breaker.state()) == (3, "open")
    error = answers[-1]
    assert str(error) == "The circuit breaker of 'scripted' is open, for 30 s more"
    assert (error.retry_after, error.fault, error.retryable, error.details) == (
        30,
        Fault.PEER,
        True,
        {"agent": "scripted"},
    )
    assert type(from_payload(to_payload(error))) is CircuitOpen


def test_it_closes_after_a_rest_and_a_success(virtual):
    script, breaker = Script(WRONG, WRONG, WRONG, "good"), CircuitBreaker(2, recovery=10)
    work = script.agent.using(breaker)
    assert kinds(called(virtual, work, *"abc")) == ["ValueError", "ValueError", "CircuitOpen"]
    virtual.advance(9)
    assert called(virtual, work, "d")[0].retry_after == 1
    virtual.advance(1)
    assert kinds(called(virtual, work, *"ef")) == ["ValueError", "CircuitOpen"]
    virtual.advance(10)
    assert kinds(called(virtual, work, *"gh")) == ["good", "good"]
    assert (breaker.state(), script.calls) == ("closed", 5)


def test_a_share_of_failures_opens_it(virtual):
    script = Script(WRONG, "good", WRONG, "good", "good")
    breaker = CircuitBreaker(None, rate=0.5, minimum=4, window=10)
    work = script.agent.using(breaker)
    assert kinds(called(virtual, work, *"abcde")) == ["ValueError", "good", "ValueError", "good", "CircuitOpen"]


@pytest.mark.parametrize(("probes", "passed"), [(1, 1), (7, 7)])
def test_half_open_a_hundred_at_once_are_no_more_than_its_probes(probes, passed):
    breaker = CircuitBreaker(1, recovery=30, probes=probes, successes=probes)
    with crowd_of(breaker) as crowd:
        crowd.end(crowd.call(), WRONG)
        crowd.virtual.advance(30)
        crowd.began.clear()
        hundred = [crowd.begin() for _ in range(100)]
        crowd.virtual.settle()
        assert crowd.began == crowd.inside == hundred[:passed]
        refused = hundred[passed:]
        assert all(isinstance(caller.error, CircuitOpen) for caller in refused)
        assert {caller.error.retry_after for caller in refused} == {None}
        assert "half open" in str(refused[0].error)
        for caller in hundred[:passed]:
            crowd.end(caller)
        assert (breaker.state(), breaker.counters()["refused"]) == ("closed", 100 - passed)


def test_a_cancelled_call_is_neither_and_a_cancelled_probe_is_given_back():
    breaker = CircuitBreaker(2, recovery=30)
    with crowd_of(breaker) as crowd:
        crowd.end(crowd.call(), WRONG)
        crowd.cancel(crowd.call())  # no success, which would begin the row anew, and no failure
        assert breaker.state() == "closed"
        crowd.end(crowd.call(), WRONG)
        assert breaker.state() == "open"
        crowd.virtual.advance(30)
        for _ in range(3):
            probe = crowd.call()
            assert probe.inside
            assert isinstance(crowd.call().error, CircuitOpen)
            crowd.cancel(probe)
            assert breaker.state() == "half_open"
        crowd.end(crowd.call())
        assert breaker.state() == "closed"
        assert breaker.counters()["neither"] == 4


def test_late_results_of_an_earlier_state_change_nothing():
    breaker = CircuitBreaker(1, recovery=30, successes=2)
    with crowd_of(breaker) as crowd:
        late = [crowd.call() for _ in range(5)]
        crowd.end(late[0], WRONG)
        crowd.end(late[1])
        crowd.end(late[2], WRONG)
        assert breaker.state() == "open"
        crowd.virtual.advance(30)
        crowd.end(crowd.call())
        crowd.end(late[3])  # no second success
        assert breaker.state() == "half_open"
        crowd.end(late[4], WRONG)
        assert breaker.state() == "half_open"
        crowd.end(crowd.call())
        assert breaker.state() == "closed"
        assert breaker.counters()["late"] == 4


def test_a_retry_around_it_waits_until_the_agent_is_tried_again(virtual):
    script = Script(WRONG, "good")
    work = script.agent.using(Retry(3, backoff=Backoff(0)), CircuitBreaker(1, recovery=12))
    assert called(virtual, work, "x") == ["good"]
    assert script.times == [0, 12]


@pytest.mark.parametrize("key", [None, lambda payload, ctx: "x"])
def test_a_reset_by_hand_closes_it(virtual, key):
    script, breaker = Script(WRONG, "good"), CircuitBreaker(1, key=key)
    work = script.agent.using(breaker)
    assert kinds(called(virtual, work, *"ab")) == ["ValueError", "CircuitOpen"]
    breaker.reset("unknown" if key else None)
    breaker.reset("x")
    assert breaker.state("x") == "closed"
    assert kinds(called(virtual, work, *"cd")) == ["good", "good"]
    assert breaker.counters()["closed"] == 1


def test_observers_and_counters_tell_what_happened(virtual):
    told, script, breaker = Recorder(), Script(WRONG, WRONG, "good"), CircuitBreaker(1, recovery=5)
    work = script.agent.using(breaker)
    for _ in range(2):
        called(virtual, work, *"xx", observer=told)
        virtual.advance(5)
    called(virtual, work, "x", observer=told)
    assert [(event.by, event.what, event.key) for event in told.of(Intervened)] == [
        ("circuit_breaker", what, "")
        for what in ("opened", "refused", "half_open", "opened", "refused", "half_open", "closed")
    ]
    assert {event.agent for event in told.of(Intervened)} == {"scripted"}
    assert breaker.counters() == {
        "passed": 3,
        "refused": 2,
        "succeeded": 1,
        "failed": 2,
        "neither": 0,
        "late": 0,
        "at_work": 0,
        "opened": 2,
        "half_opened": 2,
        "closed": 1,
        "keys": 1,
        "broken": 0,
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"failures": 0}, "failures=0: it is a whole number from 1"),
        ({"failures": None}, "has to say when"),
        ({"rate": 2}, "rate=2: it is a number from 1e-09 to 1"),
        ({"key": "x"}, "key='x': it is a function"),
        ({"max_keys": 0}, "max_keys=0: it is a whole number from 1"),
        ({"counts": ()}, r"counts=\(\): it is a class of Exception, a tuple of them, or a function"),
        ({"counts": (ValueError, 1)}, "counts=.*: it is a class of Exception"),
        ({"counts": str}, "counts=.*: it is a class of Exception"),
        ({"counts": BaseException}, "counts=.*: it is a class of Exception"),
        ({"counts": "x"}, "counts='x': it is a class of Exception"),
    ],
)
def test_arguments_out_of_bounds_are_refused_at_once(arguments, told):
    with pytest.raises(ValueError, match=told):
        CircuitBreaker(**arguments)
