"""`RateLimit`: calls wait, in the order in which they came, until there are tokens for them."""

import asyncio
from math import inf, nan

import pytest

import motet
from middleware.crowd import crowd_of
from motet import agent
from motet.kernel.context import Context
from motet.kernel.error_payload import from_payload, to_payload
from motet.kernel.errors import Fault
from motet.kernel.scope import Scope
from motet.middleware.errors import RateLimited
from motet.middleware.rate_limit import RateLimit


def priced(caller, ctx) -> float:
    return caller.cost


def test_thirty_at_once_at_fifty_a_second_all_pass_in_order_and_in_time():
    limit = RateLimit(50, burst=5)
    with crowd_of(limit) as crowd:
        callers = [crowd.begin() for _ in range(30)]
        crowd.virtual.settle()
        assert (len(crowd.began), len(crowd.timers())) == (5, 1)
        crowd.virtual.advance(10)
        assert crowd.began == callers
        assert [caller.began for caller in callers] == pytest.approx([0.0] * 5 + [n / 50 for n in range(1, 26)])
        assert not crowd.timers()
        counters = limit.counters()
        assert counters.pop("seconds_waited") == pytest.approx(sum(range(1, 26)) / 50)
        assert counters == {"passed": 30, "waited": 25, "refused": 0, "cancelled": 0, "waiting": 0, "keys": 1}
        assert crowd.whats() == ["waited"] * 25


@pytest.mark.parametrize(
    ("limit", "free", "seconds"),
    [
        (RateLimit(3), 3, 1 / 3),
        (RateLimit(0.5), 1, 2),
        (RateLimit(6, per=60), 6, 10),
        (RateLimit(2, per=0.5), 2, 0.25),
        (RateLimit(10, burst=1), 1, 0.1),
        (RateLimit(10, burst=4), 4, 0.1),
    ],
)
def test_so_many_at_once_and_then_one_after_another(limit, free, seconds):
    with crowd_of(limit) as crowd:
        callers = [crowd.call() for _ in range(free + 3)]
        assert crowd.began == callers[:free]
        crowd.virtual.advance(1000)
        assert [caller.began for caller in callers[free:]] == pytest.approx([n * seconds for n in (1, 2, 3)])
        callers = [crowd.call() for _ in range(free + 1)]
        assert callers[-1].waits  # after any rest there are no more than the burst
        assert not callers[-2].waits


def test_tokens_are_not_given_back_when_the_agent_fails():
    with crowd_of(RateLimit(1, burst=2)) as crowd:
        for _ in range(2):
            crowd.end(crowd.call(), ValueError("x"))
        assert crowd.call().waits
        crowd.cancel(crowd.callers[-1])
        crowd.virtual.advance(1)
        inside = crowd.call()
        crowd.cancel(inside)  # nor when it is cancelled at work
        assert inside.began == 1
        assert crowd.call().waits


@pytest.mark.parametrize(
    ("options", "waiting", "told", "seconds"),
    [
        ({"max_waiting": 2}, 2, "2 calls wait already", 3),
        ({"max_waiting": 0}, 0, "0 calls wait already", 1),
        ({"max_wait": 2.5}, 2, "it would wait longer than 2.5 s", 3),
        ({"max_wait": 0}, 0, "it would wait longer than 0 s", 1),
    ],
)
def test_a_call_that_may_not_wait_is_refused_at_once_and_harms_nobody(options, waiting, told, seconds):
    limit = RateLimit(1, burst=1, **options)
    with crowd_of(limit) as crowd:
        callers = [crowd.call() for _ in range(1 + waiting)]
        refused = [crowd.call() for _ in range(3)]
        for caller in refused:
            error = caller.error
            assert str(error) == f"A call of 'work' was refused: {told}"
            assert (error.retry_after, error.fault, error.retryable, error.details) == (
                seconds,
                Fault.SYSTEM,
                True,
                {"agent": "work"},
            )
            assert type(from_payload(to_payload(error))) is RateLimited
        crowd.virtual.advance(100)
        assert [caller.began for caller in callers] == list(range(1 + waiting))
        assert (limit.counters()["refused"], limit.counters()["passed"]) == (3, 1 + waiting)
        assert crowd.whats().count("refused") == 3


def test_a_call_that_waits_for_as_long_as_it_was_told_passes():
    with crowd_of(RateLimit(7, per=3, burst=2, max_wait=0)) as crowd:
        for _ in range(200):
            caller = crowd.call()
            if caller.error is not None:
                crowd.virtual.advance(caller.error.retry_after)
                assert crowd.call().inside


@pytest.mark.parametrize(("deadline", "passes"), [(2.9, False), (3, False), (3.1, True), (None, True)])
def test_a_deadline_that_would_pass_before_its_turn_refuses_at_once(deadline, passes):
    with crowd_of(RateLimit(1, burst=1)) as crowd:
        waiting = [crowd.call() for _ in range(3)]
        late = crowd.call(deadline=deadline)
        assert late.waits == passes
        after = crowd.call()
        if not passes:
            assert isinstance(late.error, RateLimited)
            assert (late.error.retry_after, "its deadline would pass" in str(late.error)) == (3, True)
        crowd.virtual.advance(10)
        assert [caller.began for caller in waiting] == [0, 1, 2]
        assert (late.began, after.began) == ((3, 4) if passes else (None, 3))


def test_tokens_that_are_there_need_no_time():
    with crowd_of(RateLimit(1, max_wait=0, max_waiting=0)) as crowd:
        assert crowd.call(deadline=0.001).inside


def test_who_is_cancelled_makes_room_at_once():
    limit = RateLimit(1, burst=4, cost=priced, max_waiting=3)
    with crowd_of(limit) as crowd:
        _, dear, middle, cheap = callers = [crowd.call(cost=cost) for cost in (4, 4, 2, 1)]
        assert isinstance(crowd.call().error, RateLimited)
        crowd.cancel(middle)
        assert crowd.call(cost=1).waits  # there is room again
        assert [caller.number for caller in crowd.waiting] == [1, 3, 5]
        assert len(crowd.timers()) == 1
        crowd.virtual.advance(0.5)
        crowd.cancel(dear)
        (timer,) = crowd.timers()
        assert timer.when() == 1  # whoever was behind it is woken earlier
        crowd.virtual.advance(100)
        assert (cheap.began, crowd.callers[5].began) == (1, 2)
        assert not crowd.timers()
        assert (limit.counters()["cancelled"], limit.counters()["waiting"]) == (2, 0)
        assert callers[0].inside


def test_who_was_first_and_waits_no_more_lets_those_go_for_whom_there_are_tokens():
    with crowd_of(RateLimit(1, burst=4, cost=priced)) as crowd:
        _, dear, one, two = (crowd.call(cost=cost) for cost in (2, 4, 1, 1))
        crowd.cancel(dear)
        assert (one.began, two.began) == (0, 0)


@pytest.mark.parametrize("turns", range(6))
def test_who_is_cancelled_at_the_very_moment_of_its_turn_takes_nothing_with_it(turns):
    limit = RateLimit(1, burst=1)
    with crowd_of(limit) as crowd:
        _, unlucky, after = (crowd.call() for _ in range(3))
        crowd.virtual.loop.jump(1)  # the timer is due, and has not fired
        crowd.cancel(unlucky, after=turns)
        if unlucky.began is None:
            assert after.began == 1
        else:
            assert after.waits
        crowd.virtual.advance(1)
        assert after.began is not None
        counters = limit.counters()
        assert counters["passed"] + counters["cancelled"] == 3


def test_a_timer_that_comes_late_lets_everybody_go_whose_time_has_come():
    with crowd_of(RateLimit(1, burst=2)) as crowd:
        callers = [crowd.call() for _ in range(8)]
        crowd.virtual.loop.jump(5)
        crowd.virtual.settle()
        assert [caller.began for caller in callers] == [0, 0, 5, 5] + [None] * 4  # never more than the burst


async def test_without_waiting_it_makes_no_coroutine_of_its_own():
    @agent(validate="none")
    async def echo(payload):
        return payload

    coroutine = echo.using(RateLimit(1)).bound("x", Context(Scope(), "echo"))
    assert asyncio.iscoroutine(coroutine)
    assert coroutine.cr_code.co_name == "echo"
    assert await coroutine == "x"


def test_buckets_outlive_the_event_loop():
    limit = RateLimit(1, per=1000, burst=2, max_wait=0)

    @agent
    async def fine(payload):
        return "fine"

    work = fine.using(limit)
    assert [motet.run(work, "x") for _ in range(2)] == ["fine"] * 2
    with pytest.raises(RateLimited):
        motet.run(work, "x")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        *[({"rate": bad}, "rate=.*number from 1e-09") for bad in (0, -1, nan, inf, True, "1", None, 10**400)],
        *[({"rate": 1, "per": bad}, "per=.*number from 1e-09") for bad in (0, -1, nan, inf, True, None)],
        ({"rate": 1e6, "per": 1e-6}, "tokens a second from 1e-09 to 1e[+]09"),
        ({"rate": 1e-6, "per": 1e6}, "tokens a second from 1e-09 to 1e[+]09"),
        *[({"rate": 1, "burst": bad}, "burst=.*number from 1 ") for bad in (0, 0.5, -1, nan, inf, True, 1e13)],
        ({"rate": 1, "burst": 0, "cost": priced}, "burst=0: it is a number from 1e-09"),
        ({"rate": 1, "cost": 2}, "cost=2: it is a function"),
        ({"rate": 1, "key": "x"}, "key='x': it is a function"),
        *[({"rate": 1, "max_waiting": bad}, "max_waiting=.*whole number from 0") for bad in (-1, 1.5, True, None)],
        *[({"rate": 1, "max_wait": bad}, "max_wait=.*number from 0") for bad in (-1, nan, inf, True)],
        *[({"rate": 1, "max_keys": bad}, "max_keys=.*whole number from 1") for bad in (0, 1.5, True)],
    ],
)
def test_arguments_out_of_bounds_are_refused_at_once(arguments, told):
    with pytest.raises(ValueError, match=told):
        RateLimit(**arguments)
