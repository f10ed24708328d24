"""The state machine of a circuit breaker, as tables."""

import re
from math import inf, nan

import pytest

from motet.middleware import breaker_state
from motet.middleware.breaker_state import (
    CLOSED,
    FAILURE,
    HALF_OPEN,
    NEITHER,
    OPEN,
    SUCCESS,
    TRANSITIONS,
    Breaker,
    Cause,
    Limits,
    State,
)

WORDS = {"ok": SUCCESS, "fail": FAILURE, "neither": NEITHER}
RATED = {"failures": None, "rate": 0.5, "minimum": 4, "window": 10}


def play(limits, script):
    """Play calls one after another, each with its end or, if it is refused, "-"; a number lets time pass."""
    breaker, now, states = Breaker(Limits(**limits)), 0.0, []
    for word in script.split():
        if word in WORDS or word == "-":
            ticket = breaker.enter(now)
            assert (ticket is None) == (word == "-"), (word, now)
            if ticket is not None:
                assert breaker.leave(ticket, WORDS[word], now)
            states.append(str(breaker.state))
        else:
            now += float(word)
    return " ".join(states)


@pytest.mark.parametrize(
    ("limits", "script", "states"),
    [
        # failures in a row
        ({"failures": 2}, "fail fail - -", "closed open open open"),
        ({"failures": 2}, "fail ok fail fail", "closed closed closed open"),
        ({"failures": 2}, "fail neither fail", "closed closed open"),
        ({"failures": 1}, "ok neither fail", "closed closed open"),
        ({"failures": 3}, "fail fail 1000 fail", "closed closed open"),
        # a share of failures in the window
        (RATED, "fail fail fail fail", "closed closed closed open"),
        (RATED, "fail fail fail ok", "closed closed closed open"),
        (RATED, "fail ok ok ok fail fail", "closed closed closed closed closed open"),
        (RATED, "ok ok ok fail fail", "closed closed closed closed closed"),
        (RATED, "fail fail neither neither neither ok ok", "closed closed closed closed closed closed open"),
        (RATED, "fail fail fail 10 fail fail fail ok", "closed closed closed closed closed closed open"),
        (RATED, "ok ok ok ok ok ok 10 fail fail fail fail", " ".join(["closed"] * 9 + ["open"])),
        ({**RATED, "failures": 3}, "fail fail fail", "closed closed open"),
        ({**RATED, "failures": 3}, "fail ok fail ok", "closed closed closed open"),
        ({**RATED, "rate": 1}, "ok fail fail fail fail", "closed closed closed closed closed"),
        # open, half open, closed again
        ({"failures": 1, "recovery": 30}, "fail 29.9 - 0.1 ok ok", "open open closed closed"),
        ({"failures": 1, "recovery": 30}, "fail 30 fail 29 - 1 fail", "open open open open"),
        ({"failures": 1, "recovery": 30}, "fail 30 neither neither ok", "open half_open half_open closed"),
        ({"failures": 1, "recovery": 0}, "fail ok fail fail ok", "open closed open open closed"),
        ({"failures": 1, "successes": 2}, "fail 30 ok neither ok", "open half_open half_open closed"),
        ({"failures": 1, "successes": 2}, "fail 30 ok fail 30 ok ok", "open half_open open half_open closed"),
        # what was counted before it opened does not count after it has closed
        ({"failures": 2}, "fail fail 30 ok fail fail", "closed open closed closed open"),
        (
            RATED | {"recovery": 1},
            "fail fail fail fail 1 ok fail fail fail",
            "closed closed closed open closed closed closed closed",
        ),
    ],
)
def test_one_call_after_another(limits, script, states):
    assert play(limits, script) == states


def opened(**limits: int) -> Breaker:
    breaker = Breaker(Limits(1, recovery=30, **limits))
    assert breaker.leave(breaker.enter(0), FAILURE, 0)
    assert breaker.state is OPEN
    return breaker


@pytest.mark.parametrize(("probes", "successes"), [(1, 1), (3, 1), (3, 5)])
def test_half_open_lets_so_many_through_at_once_and_no_more(probes, successes):
    breaker = opened(probes=probes, successes=successes)
    tickets = [breaker.enter(30) for _ in range(100)]
    assert [ticket for ticket in tickets if ticket is not None] == [breaker.generation] * probes
    assert breaker.leave(tickets[0], NEITHER, 30)
    assert [breaker.enter(30) is None for _ in range(3)] == [False, True, True]


def test_a_result_of_an_earlier_generation_changes_nothing():
    breaker = Breaker(Limits(2, recovery=30, probes=3, successes=2))
    old = [breaker.enter(0) for _ in range(9)]
    for ticket in old[:2]:
        breaker.leave(ticket, FAILURE, 0)
    assert breaker.state is OPEN
    assert [breaker.leave(old[2], verdict, 5) for verdict in (SUCCESS, FAILURE, NEITHER)] == [False] * 3
    assert (breaker.state, breaker.retry_after(5)) == (OPEN, 25)
    probes = [breaker.enter(30) for _ in range(3)]
    assert breaker.leave(probes[0], SUCCESS, 30)
    assert not breaker.leave(old[3], SUCCESS, 30)  # it would be the second success
    assert not breaker.leave(old[4], FAILURE, 30)
    assert not breaker.leave(old[5], NEITHER, 30)  # it gives no probe back: it has none
    assert breaker.state is HALF_OPEN
    assert [breaker.enter(30) is None for _ in range(2)] == [False, True]
    assert breaker.leave(probes[1], SUCCESS, 31)
    assert breaker.state is CLOSED
    assert not breaker.leave(probes[2], FAILURE, 31)
    assert not breaker.leave(old[6], FAILURE, 31)
    assert breaker.state is CLOSED


def test_a_failing_probe_begins_a_new_rest_and_a_late_one_does_not():
    breaker = opened(probes=2)
    one, two = breaker.enter(30), breaker.enter(30)
    assert breaker.leave(one, FAILURE, 40)
    assert not breaker.leave(two, FAILURE, 60)
    assert breaker.retry_after(60) == 10
    assert breaker.enter(69) is None
    assert breaker.enter(70) is not None


@pytest.mark.parametrize("state", list(State))
def test_a_reset_closes_it_and_what_is_inside_no_longer_counts(state):
    breaker = Breaker(Limits(2, rate=0.5, minimum=2, recovery=30))
    inside = breaker.enter(0)
    if state is not CLOSED:
        for _ in range(2):
            breaker.leave(breaker.enter(0), FAILURE, 0)
        inside = breaker.enter(30) if state is HALF_OPEN else inside
    else:
        breaker.leave(breaker.enter(0), FAILURE, 0)
    assert breaker.state is state
    breaker.reset()
    assert breaker.state is CLOSED
    assert not breaker.leave(inside, FAILURE, 30)
    assert breaker.leave(breaker.enter(30), FAILURE, 30)
    assert breaker.state is CLOSED  # the failure before the reset counts neither in the row nor in the window


def test_it_says_when_to_ask_again():
    breaker = opened()
    assert [breaker.retry_after(now) for now in (0, 12.5, 30)] == [30, 17.5, 0]
    ticket = breaker.enter(30)
    assert (breaker.state, breaker.retry_after(30)) == (HALF_OPEN, None)
    breaker.leave(ticket, SUCCESS, 30)
    assert breaker.retry_after(30) is None


def test_waiting_for_as_long_as_it_said_is_enough_however_times_are_rounded():
    start = 1.5540971868585607
    now = start + 7.590012427143567
    breaker = Breaker(Limits(1, recovery=30))
    breaker.leave(breaker.enter(start), FAILURE, start)
    assert breaker.enter(now) is None
    waited = now + breaker.retry_after(now)
    assert waited < start + 30
    assert breaker.enter(waited) is not None


def test_time_that_goes_back_is_no_time_passed():
    breaker = Breaker(Limits(1, recovery=30))
    breaker.leave(breaker.enter(1e6), FAILURE, 1e6)
    assert breaker.enter(5) is None
    assert breaker.retry_after(5) == 30
    assert breaker.enter(35) is not None


def test_it_is_idle_when_it_is_closed_and_empty():
    breaker = Breaker(Limits(1))
    assert breaker.idle
    one, two = breaker.enter(0), breaker.enter(0)
    assert (breaker.at_work, breaker.idle) == (2, False)
    breaker.leave(one, NEITHER, 0)
    assert (breaker.at_work, breaker.idle) == (1, False)
    breaker.leave(two, FAILURE, 0)
    assert (breaker.at_work, breaker.idle) == (0, False)
    breaker.leave(breaker.enter(30), SUCCESS, 30)
    assert breaker.idle


def test_the_picture_shows_the_table():
    """Each arrow of the docstring's picture is a transition, and each transition has an arrow."""
    picture = breaker_state.__doc__.split("    State ")[0]
    drawn = {
        (source, cause, target)
        for source, cause, target in re.findall(r"(?=\b([A-Z_]{4,}) ──(\w+)──▶ ([A-Z_]{4,}))", picture)
    }
    assert re.search(r"▲ +│\n +└──────failed───────┘", picture)
    assert re.search(r"every state ──reset──▶ CLOSED", picture)
    drawn |= {("HALF_OPEN", "failed", "OPEN")} | {(state.name, "reset", "CLOSED") for state in State}
    table = {
        (source.name, str(cause), target.name) for source, ways in TRANSITIONS.items() for cause, target in ways.items()
    }
    assert drawn == table


def test_what_is_not_in_the_table_never_happens():
    legal = {(state, cause) for state, ways in TRANSITIONS.items() for cause in ways}
    for state in State:
        for cause in Cause:
            breaker = Breaker(Limits(1))
            breaker.state = state
            if (state, cause) not in legal:
                with pytest.raises(KeyError):
                    breaker._go(cause)
    with pytest.raises(TypeError):
        TRANSITIONS[CLOSED][Cause.PROVED] = OPEN


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"failures": None}, "one of them has to say when the breaker opens"),
        *[({"failures": bad}, "failures=.*whole number from 1") for bad in (0, -1, 1.5, True, nan, "2")],
        *[({"rate": bad}, "rate=.*number from 1e-09 to 1") for bad in (0, -0.1, 1.1, nan, inf, True, "1")],
        *[({"window": bad}, "window=.*number from 0.001") for bad in (0, -1, nan, inf, True, None)],
        *[({"recovery": bad}, "recovery=.*number from 0 ") for bad in (-1, nan, inf, True, None)],
        *[({name: 0}, f"{name}=0: it is a whole number from 1") for name in ("minimum", "probes", "successes")],
        *[({name: 2.0}, f"{name}=2.0: it is a whole") for name in ("minimum", "probes", "successes")],
    ],
)
def test_limits_out_of_bounds_are_refused(limits, told):
    with pytest.raises(ValueError, match=told):
        Limits(**limits)
