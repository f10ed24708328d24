"""Decisions about failures, as tables."""

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet import Backoff, Policy, RetryPolicy
from motet.kernel.errors import InvalidPayload, NotFound, Unavailable
from motet.kernel.policy import GiveUp, RetryAfter

PLAIN = Backoff(initial=1.0, factor=2.0, cap=10.0, jitter=False)
BUSY = Unavailable("busy")


@pytest.mark.parametrize(
    ("backoff", "attempt", "random", "delay"),
    [
        (PLAIN, 1, 0.5, 1.0),
        (PLAIN, 2, 0.5, 2.0),
        (PLAIN, 4, 0.5, 8.0),
        (PLAIN, 5, 0.5, 10.0),
        (PLAIN, 5000, 0.5, 10.0),
        (Backoff(1.0, 2.0, 10.0), 1, 0.0, 0.0),
        (Backoff(1.0, 2.0, 10.0), 2, 0.5, 1.0),
        (Backoff(1.0, 2.0, 10.0), 5000, 0.5, 5.0),
        (Backoff(0.0, 1e300, 10.0), 5000, 0.9, 0.0),
        (Backoff(5.0, 1e300, 10.0, jitter=False), 3, 0.9, 10.0),
        (Backoff(20.0, 1.0, 10.0, jitter=False), 1, 0.9, 10.0),
        (Backoff(3.0, 1.0, 10.0, jitter=False), 7, 0.9, 3.0),
    ],
)
def test_a_wait_grows_up_to_the_cap(backoff, attempt, random, delay):
    assert backoff.delay(attempt, random) == delay


@given(
    st.builds(Backoff, st.floats(0, 1e9), st.floats(1, 1e308), st.floats(0, 1e9), st.booleans()),
    st.integers(1, 10**6),
    st.floats(0, 1, exclude_max=True),
)
def test_no_wait_is_negative_or_longer_than_the_cap(backoff, attempt, random):
    delay = backoff.delay(attempt, random)
    assert 0 <= delay <= backoff.cap
    assert delay <= backoff.delay(attempt + 1, random)


@given(st.integers(1, 60), st.floats(0, 1, exclude_max=True))
def test_jitter_spreads_evenly_below_the_plain_wait(attempt, random):
    plain = Backoff(jitter=False).delay(attempt, random)
    assert math.isclose(Backoff().delay(attempt, random), plain * random)


@pytest.mark.parametrize(
    "wrong", [{"initial": -1.0}, {"cap": -0.1}, {"factor": 0.5}, {"initial": math.nan}, {"cap": math.nan}]
)
def test_a_backoff_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="at least"):
        Backoff(**wrong)


@pytest.mark.parametrize("attempts", [0, -1])
def test_there_is_at_least_one_attempt(attempts):
    with pytest.raises(ValueError, match="attempts"):
        RetryPolicy(attempts)


def retry(**options: object):
    return RetryPolicy(3, PLAIN, **options)


AGAIN = retry(retry_on=lambda error: "again" in str(error))


@pytest.mark.parametrize(
    ("policy", "attempt", "error", "remaining", "decision"),
    [
        (retry(), 1, BUSY, None, RetryAfter(1.0)),
        (retry(), 2, BUSY, None, RetryAfter(2.0)),
        (retry(), 3, BUSY, None, GiveUp("all 3 attempts failed")),
        (retry(), 4, BUSY, None, GiveUp("all 3 attempts failed")),
        (RetryPolicy(1), 1, BUSY, None, GiveUp("all 1 attempts failed")),
        (retry(), 1, ValueError(), None, RetryAfter(1.0)),
        (retry(), 1, TypeError(), None, GiveUp("TypeError is not retryable")),
        (retry(), 1, NotFound("x"), None, GiveUp("NotFound is not retryable")),
        (retry(), 1, asyncio.CancelledError(), None, GiveUp("CancelledError is not retryable")),
        (retry(), 1, Unavailable("x", retry_after=7.0), None, RetryAfter(7.0)),
        (retry(), 1, Unavailable("x", retry_after=0.5), None, RetryAfter(1.0)),
        (retry(), 1, Unavailable("x", retry_after=70.0), None, RetryAfter(70.0)),
        (retry(), 1, BUSY, 1.5, RetryAfter(1.0)),
        (retry(), 1, BUSY, 1.0, GiveUp("the deadline would pass before the next attempt")),
        (retry(), 1, BUSY, -1.0, GiveUp("the deadline would pass before the next attempt")),
        (retry(), 1, Unavailable("x", retry_after=7.0), 5.0, GiveUp("the deadline would pass before the next attempt")),
        (retry(retry_on=(KeyError,)), 1, KeyError(), None, RetryAfter(1.0)),
        (retry(retry_on=(KeyError,)), 1, ValueError(), None, GiveUp("ValueError is not retryable")),
        (retry(retry_on=(NotFound,)), 1, NotFound("x"), None, RetryAfter(1.0)),
        (AGAIN, 1, ValueError("again"), None, RetryAfter(1.0)),
        (AGAIN, 1, ValueError("no"), None, GiveUp("ValueError is not retryable")),
    ],
)
def test_what_follows_a_failed_attempt(policy, attempt, error, remaining, decision):
    assert policy.decide(attempt, error, random=0.5, remaining=remaining) == decision


@pytest.mark.parametrize("retry_on", [None, (BaseException,), lambda _: True])
@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt(), GeneratorExit()])
def test_a_cancellation_is_never_retried(retry_on, error):
    assert isinstance(RetryPolicy(9, retry_on=retry_on).decide(1, error, random=0.0), GiveUp)


@pytest.mark.parametrize("retry_on", [None, (InvalidPayload,), (Exception,), lambda _: True])
def test_a_payload_that_does_not_validate_is_never_retried(retry_on):
    error = InvalidPayload("x")
    error.retryable = True
    assert isinstance(RetryPolicy(9, retry_on=retry_on).decide(1, error, random=0.0), GiveUp)


def test_what_a_policy_says_unless_it_is_told():
    assert Policy() == Policy(retry=None, timeout=None)
    assert RetryPolicy() == RetryPolicy(3, Backoff(0.1, 2.0, 30.0, jitter=True), retry_on=None)
