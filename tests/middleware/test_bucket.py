"""A token bucket: never above its rate, whatever is taken and whenever."""

from itertools import accumulate
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.middleware.bucket import Bucket


@pytest.mark.parametrize(
    ("steps", "waits"),
    [
        # (time, cost), and how long it would have to wait before it is taken; what waits is not taken
        ([(0, 1), (0, 1), (0, 1)], [0, 0, 0.5]),
        ([(0, 2), (0.5, 1), (0.5, 1)], [0, 0, 0.5]),
        ([(0, 2), (0.25, 1), (0.25, 2)], [0, 0.25, 0.75]),
        ([(0, 2), (100, 2), (100, 1)], [0, 0, 0.5]),  # it is never fuller than the burst
        ([(5, 0.5), (5, 0.5), (5, 0.5), (5, 0.5), (5, 0.5)], [0, 0, 0, 0, 0.25]),
        ([(0, 1), (0, 6)], [0, 2.5]),  # more than the burst, bit by bit
        ([(7, 2), (0, 1), (0.5, 1)], [0, 0.5, 0]),  # time that goes back is no time passed
    ],
)
def test_tokens_are_there_or_it_says_when(steps, waits):
    bucket = Bucket(2, 2)
    for (now, cost), wait in zip(steps, waits, strict=True):
        assert bucket.wait(cost, now) == wait
        assert bucket.take(cost, now) == (not wait)


def test_tokens_that_are_given_back_are_there_again_but_never_more_than_the_burst():
    bucket = Bucket(1, 3)
    assert bucket.take(3, 0)
    bucket.give_back(2)
    assert (bucket.wait(2, 0), bucket.wait(3, 0)) == (0, 1)
    bucket.give_back(50)
    assert (bucket.wait(3, 0), bucket.wait(4, 0)) == (0, 1)


def test_a_full_bucket_is_as_good_as_new():
    bucket = Bucket(2, 4)
    assert bucket.full(0)
    bucket.take(1, 10)
    assert [bucket.full(now) for now in (10, 10.499, 10.5, 11)] == [False, False, True, True]
    bucket.take(4, 20)
    assert [bucket.full(now) for now in (20, 21.9, 22)] == [False, False, True]


def test_a_wait_of_no_time_is_none_and_is_missing_afterwards():
    bucket = Bucket(1, 1)
    assert bucket.take(1, 0)
    assert bucket.take(1, 1 - 1e-10)  # a timer fires as much too early
    assert isclose(bucket.wait(1, 1 - 1e-10), 1 + 1e-10, rel_tol=1e-13)


rates = st.sampled_from([0.001, 0.1, 1 / 3, 1, 3, 7.7, 50, 1e6])
costs = st.sampled_from([0.1, 1 / 3, 0.5, 0.7, 1, 2.9, 3])


@given(
    rates, st.sampled_from([3, 3.3, 100]), st.floats(0, 1e7), st.lists(st.tuples(costs, st.floats(0, 3)), max_size=60)
)
def test_in_any_interval_no_more_than_the_burst_and_the_rate_is_taken(rate, burst, start, steps):
    bucket = Bucket(rate, burst)
    taken: list[tuple[float, float]] = []
    now = start
    for cost, patience in steps:
        now += patience / rate
        wait = bucket.wait(cost, now)
        if wait and patience > 1.5:
            now += wait  # as who waits for exactly as long as it was told does
        if bucket.take(cost, now):
            taken.append((now, cost))
        else:
            assert bucket.wait(cost, now) > 0
    sums = list(accumulate((cost for _, cost in taken), initial=0.0))
    for first, (begin, _) in enumerate(taken):
        for last in range(first, len(taken)):
            length = taken[last][0] - begin
            assert sums[last + 1] - sums[first] <= burst + rate * (length + 2e-9 + 4e-16 * start) + 1e-9


@pytest.mark.parametrize("start", [0, 1e7])
@pytest.mark.parametrize("rate", [0.1, 1 / 3, 7.7, 50, 1e5])
def test_rounding_does_not_add_up(rate, start):
    bucket, now = Bucket(rate, 5), float(start)
    for _ in range(100_000):
        now += bucket.wait(1, now)
        while not bucket.take(1, now):
            now += 1e-8
    ideal = start + (100_000 - 5) / rate
    assert ideal - 1e-7 <= now <= ideal + max(1e-6, 1e-12 * ideal) + 1e-3 / rate
