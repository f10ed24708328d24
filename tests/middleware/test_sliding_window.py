"""A sliding window counts what happened within its last seconds, in tenths of them."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.middleware.sliding_window import SLICES, SlidingWindow


def counted(window: SlidingWindow) -> tuple[int, int]:
    return window.calls, window.failures


@pytest.mark.parametrize(
    ("times", "calls"),
    [
        ([0], 1),
        ([0, 0, 9.99], 3),
        ([0, 8.99], 2),  # all of the last nine tenths count
        ([0, 10], 1),  # nothing older than the window counts
        ([0.99, 10], 1),  # and what is within its oldest tenth may, or may not
        ([1, 10], 2),
        ([0, 1, 2, 10], 3),
        ([0, 5, 14, 15], 2),
        ([0, 5, 1e6], 1),
        ([1e6, 1e6 + 1], 2),
    ],
)
def test_what_is_older_than_the_window_is_dropped(times, calls):
    window = SlidingWindow(10)
    for now in times:
        window.add(now, failed=True)
    assert counted(window) == (calls, calls)


def test_the_share_of_failures():
    window = SlidingWindow(10)
    assert window.share == 0
    for failed in (True, False, False, True, False):
        window.add(1, failed=failed)
    assert (counted(window), window.share) == ((5, 2), 0.4)
    window.clear()
    assert (counted(window), window.share) == ((0, 0), 0)
    window.add(10.5, failed=False)
    assert (counted(window), window.share) == ((1, 0), 0)


def test_time_that_goes_back_is_no_time_passed_and_the_window_still_moves():
    window = SlidingWindow(10)
    window.add(1e6, failed=True)
    window.add(0, failed=False)
    assert counted(window) == (2, 1)
    for second in range(11):
        window.add(second, failed=False)
    assert window.failures == 0


@given(
    st.lists(st.tuples(st.sampled_from([0, 0.1, 0.5, 1, 3, 9, 10, 25]), st.booleans()), max_size=60),
    st.sampled_from([1, 10, 37.5]),
)
def test_it_counts_what_a_list_of_everything_counts(steps, seconds):
    window = SlidingWindow(seconds)
    width = seconds / SLICES
    times = list(accumulate(seconds / 10 * step for step, _ in steps))
    for index, (now, (_, failed)) in enumerate(zip(times, steps, strict=True)):
        window.add(now, failed=failed)
        newest = now // width
        kept = [steps[at][1] for at in range(index + 1) if times[at] // width > newest - SLICES]
        assert counted(window) == (len(kept), sum(kept))
        within = [at for at in range(index + 1) if now - times[at] < seconds * 0.9 - 1e-9]
        assert len(within) <= window.calls <= sum(now - times[at] < seconds + 1e-9 for at in range(index + 1))
