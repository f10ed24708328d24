"""What a call costs, and what is no cost."""

from math import inf, nan

import pytest

from middleware.crowd import crowd_of
from motet import InvalidPayload
from motet.middleware.rate_limit import RateLimit


def priced(caller, ctx) -> float:
    return caller.cost


def test_a_cheap_call_does_not_overtake_a_dear_one():
    with crowd_of(RateLimit(1, burst=5, cost=priced)) as crowd:
        callers = [crowd.call(cost=cost) for cost in (4, 4, 0.5, 1)]
        assert crowd.began == callers[:1]  # though one token is there
        crowd.virtual.advance(100)
        assert crowd.began == callers
        assert [caller.began for caller in callers] == [0, 3, 3.5, 4.5]


@pytest.mark.parametrize("cost", [0, -1, nan, inf, -inf, None, "1", True, 1j, 10**400, -(10**400)])
def test_a_cost_that_is_no_number_above_zero_is_refused_for_good(cost):
    limit = RateLimit(1, burst=5, cost=priced)
    with crowd_of(limit) as crowd:
        error = crowd.call(cost=cost).error
        assert isinstance(error, InvalidPayload)
        assert "The cost of a call of 'work' is" in str(error)
        assert not crowd.began
        assert crowd.call(cost=5).inside  # no tokens were taken


def test_a_cost_above_the_burst_can_never_be_met():
    with crowd_of(RateLimit(1, burst=5, cost=priced)) as crowd:
        error = crowd.call(cost=5.5).error
        assert isinstance(error, InvalidPayload)
        assert not error.retryable
        assert "costs 5.5 tokens, and there are never more than 5" in str(error)
        assert error.details == {"cost": 5.5, "burst": 5}


def test_a_failure_of_the_cost_function_passes_and_takes_nothing():
    def failing(caller, ctx):
        return 1 / caller.cost

    with crowd_of(RateLimit(1, cost=failing)) as crowd:
        assert isinstance(crowd.call(cost=0).error, ZeroDivisionError)
        assert crowd.call(cost=1).inside
