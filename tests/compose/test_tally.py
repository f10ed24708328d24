"""What has come of several calls, and whether that is enough: tables of cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.compose.errors import Failed
from motet.compose.tally import Tally, tally_of

ERROR = ValueError("no")


def outcome(tally, events):
    """Feed answers ("+") and failures ("-") of the places 0, 1, ...; return after how many of them it was over."""
    for place, event in enumerate(events):
        over = tally.answered(place, f"r{place}") if event == "+" else tally.failed(place, ERROR)
        if over:
            return place + 1
    return None


@pytest.mark.parametrize(
    ("needed", "spare", "events", "over_after", "broken"),
    [
        (None, 0, "++++", None, False),
        (None, 0, "++-+", 3, True),
        (1, 2, "+", 1, False),
        (1, 2, "--+", 3, False),
        (1, 2, "---", 3, True),
        (2, 1, "++", 2, False),
        (2, 1, "+-+", 3, False),
        (2, 1, "+--", 3, True),
        (2, 1, "--", 2, True),
        (3, 0, "++-", 3, True),
        (3, 0, "+++", 3, False),
    ],
)
def test_it_is_over_when_the_answers_are_enough_or_the_failures_too_many(needed, spare, events, over_after, broken):
    tally = Tally(needed, spare)
    assert outcome(tally, events) == over_after
    assert tally.broken is broken
    assert [place for place, _ in tally.errors] == [place for place, event in enumerate(events) if event == "-"]


def test_collected_failures_stand_in_the_place_of_answers():
    tally = tally_of("collect", lambda place: f"agent {place}")
    assert outcome(tally, "+-+") is None
    assert tally.results() == ["r0", Failed("agent 1", ERROR), "r2"]
    assert not tally.broken


def test_skipped_failures_are_left_out_and_not_kept():
    tally = tally_of("skip", str)
    assert outcome(tally, "-+-+-") is None
    assert tally.results() == ["r1", "r3"]
    assert not tally.broken
    assert not tally.errors


def test_failing_is_over_with_the_first():
    assert outcome(tally_of("fail", str), "+-") == 2


def test_results_come_in_the_order_of_the_calls_or_as_they_came():
    tally = Tally()
    for place in (2, 0, 1):
        tally.answered(place, place)
    assert tally.results() == [0, 1, 2]
    assert tally.results(ordered=False) == [2, 0, 1]


@given(st.integers(1, 6), st.data())
def test_a_quorum_is_reached_or_broken_but_never_both(count, data):
    needed = data.draw(st.integers(1, count))
    events = data.draw(st.text("+-", min_size=count, max_size=count))
    tally = Tally(needed, count - needed)
    over_after = outcome(tally, events)
    seen = events[:over_after]
    assert over_after is not None
    assert (seen.count("+") == needed) is not tally.broken
    assert tally.broken is (seen.count("-") == count - needed + 1)
