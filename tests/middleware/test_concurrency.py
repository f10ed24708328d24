"""`Concurrency`: so many calls at once, and the others wait in the order in which they came."""

from math import inf, nan

import pytest

from middleware.crowd import crowd_of
from motet.kernel.context import Context
from motet.kernel.error_payload import from_payload, to_payload
from motet.kernel.errors import DeadlineExceeded, Fault
from motet.kernel.events import Intervened
from motet.kernel.scope import Scope
from motet.middleware.concurrency import Concurrency
from motet.middleware.errors import Saturated


def test_so_many_are_at_work_at_once_and_the_others_follow_in_order():
    limit = Concurrency(3)
    with crowd_of(limit) as crowd:
        callers = [crowd.begin() for _ in range(10)]
        crowd.virtual.settle()
        for caller in callers[:7]:
            assert crowd.inside == callers[caller.number : caller.number + 3]
            crowd.virtual.advance(1)
            crowd.end(caller)
        assert crowd.began == callers
        assert limit.counters() == {
            "passed": 10,
            "waited": 7,
            "seconds_waited": sum(range(1, 8)),
            "refused": 0,
            "cancelled": 0,
            "waiting": 0,
            "at_work": 3,
        }
        assert [(event.by, event.what, event.key) for event in crowd.told.of(Intervened)] == [
            ("concurrency", "waited", "")
        ] * 7


@pytest.mark.parametrize("end", ["success", "failure", "cancel"])
def test_however_a_call_ends_its_place_goes_to_the_next(end):
    with crowd_of(Concurrency(1)) as crowd:
        first, second = crowd.call(), crowd.call()
        if end == "cancel":
            crowd.cancel(first)
        else:
            crowd.end(first, None if end == "success" else ValueError("x"))
        assert second.inside


def test_who_comes_at_the_moment_a_place_is_given_up_is_not_faster():
    with crowd_of(Concurrency(1)) as crowd:
        first, second = crowd.call(), crowd.call()
        crowd.open(first)
        newcomers = [crowd.begin() for _ in range(3)]
        for _ in range(6):
            crowd.cancel(after=1)
            newcomers.append(crowd.begin())
        crowd.virtual.settle()
        assert crowd.began == [first, second]
        assert len(crowd.waiting) == 9


@pytest.mark.parametrize(
    ("options", "waiting", "told"),
    [
        ({"max_waiting": 2}, 2, "1 calls are at work, and 2 wait already"),
        ({"max_waiting": 0}, 0, "1 calls are at work, and 0 wait already"),
        ({"max_wait": 0}, 0, "1 calls are at work, and it has no time to wait"),
    ],
)
def test_a_call_that_may_not_wait_is_refused_at_once_and_harms_nobody(options, waiting, told):
    limit = Concurrency(1, **options)
    with crowd_of(limit) as crowd:
        callers = [crowd.call() for _ in range(1 + waiting)]
        error = crowd.call().error
        assert str(error) == f"A call of 'work' was refused: {told}"
        assert (error.retry_after, error.fault, error.retryable, error.details) == (
            None,
            Fault.SYSTEM,
            True,
            {"agent": "work"},
        )
        assert type(from_payload(to_payload(error))) is Saturated
        for caller in callers:
            crowd.end(caller)
        assert crowd.began == callers
        assert (limit.counters()["refused"], crowd.whats().count("refused")) == (1, 1)


def test_who_has_waited_for_too_long_is_refused_and_those_behind_it_move_up():
    limit = Concurrency(1, max_wait=10)
    with crowd_of(limit) as crowd:
        first, second = crowd.call(), crowd.call()
        crowd.virtual.advance(0.5)
        third = crowd.call()
        crowd.virtual.advance(3.5)
        fourth = crowd.call()
        assert len(crowd.timers()) == 1
        crowd.virtual.advance(9)
        assert (second.ended, third.ended) == (10, 10.5)
        assert "it has waited for 10 s, and no place was free" in str(second.error)
        crowd.end(first)
        assert fourth.began == 13
        assert not crowd.timers()
        counters = limit.counters()
        assert (counters["refused"], counters["waited"], counters["seconds_waited"]) == (2, 1, 9)


def test_without_a_bound_on_waiting_there_is_no_timer():
    with crowd_of(Concurrency(1)) as crowd:
        crowd.call()
        crowd.call()
        assert not crowd.timers()


def test_a_deadline_ends_the_wait_and_one_that_has_passed_lets_nobody_wait():
    limit = Concurrency(1)
    with crowd_of(limit) as crowd:
        crowd.call()
        late, after = crowd.call(deadline=5), crowd.call()
        crowd.virtual.advance(5)
        assert isinstance(late.error, DeadlineExceeded)
        assert after.waits
        assert (limit.counters()["cancelled"], limit.counters()["waiting"]) == (1, 1)

        ctx = Context(Scope(crowd.virtual.clock, deadline=4), "work")
        with pytest.raises(Saturated, match="it has no time to wait"):
            crowd.virtual.run(crowd.agent.bound(crowd.callers[0], ctx))


def test_who_is_cancelled_while_it_waits_makes_room_at_once():
    with crowd_of(Concurrency(1, max_waiting=2, max_wait=100)) as crowd:
        first, second, third = (crowd.call() for _ in range(3))
        assert isinstance(crowd.call().error, Saturated)
        crowd.cancel(second)
        assert crowd.call().waits
        crowd.end(first)
        assert third.inside
        crowd.cancel(*crowd.waiting)
        assert not crowd.timers()


@pytest.mark.parametrize("turns", range(6))
@pytest.mark.parametrize("unlucky", [1, 2])
def test_who_is_cancelled_when_its_place_is_handed_over_passes_it_on(turns, unlucky):
    limit = Concurrency(1)
    with crowd_of(limit) as crowd:
        callers = [crowd.call() for _ in range(4)]
        crowd.open(callers[0])
        crowd.cancel(*callers[1 : 1 + unlucky], after=turns)
        assert crowd.inside == [callers[1 + unlucky]]
        while crowd.inside:
            crowd.end(crowd.inside[0])
        assert (limit.counters()["at_work"], limit.counters()["waiting"]) == (0, 0)
        assert crowd.call().inside


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        *[({"limit": bad}, "limit=.*whole number from 1") for bad in (0, -1, 1.5, nan, inf, True, "1", None)],
        ({"limit": 1, "key": "x"}, "key='x': it is a function"),
        *[({"limit": 1, "max_waiting": bad}, "max_waiting=.*whole number from 0") for bad in (-1, 1.5, True, None)],
        *[({"limit": 1, "max_wait": bad}, "max_wait=.*number from 0") for bad in (-1, nan, inf, True)],
        *[({"limit": 1, "max_keys": bad}, "max_keys=.*whole number from 1") for bad in (0, 1.5, True)],
    ],
)
def test_arguments_out_of_bounds_are_refused_at_once(arguments, told):
    with pytest.raises(ValueError, match=told):
        Concurrency(**arguments)
