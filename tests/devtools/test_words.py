from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.devtools.words import counted, error_name, moment, plain, seconds
from motet.kernel.errors import AgentFailed


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "0.0 ms"),
        (0.00004, "0.0 ms"),
        (0.0123, "12.3 ms"),
        (0.0996, "100 ms"),
        (0.5, "500 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (1.234, "1.23 s"),
        (9.996, "10.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1m 00s"),
        (61, "1m 01s"),
        (3599.6, "1h 00m"),
        (7260, "2h 01m"),
    ],
)
def test_a_duration_has_the_unit_that_suits_it(value: float, told: str) -> None:
    assert seconds(value) == told


@given(st.floats(0, 300_000))
def test_a_duration_fits_its_column(value: float) -> None:
    assert len(seconds(value)) <= 8


@pytest.mark.parametrize(
    ("number", "noun", "told"),
    [(1, "chunk", "1 chunk"), (0, "chunk", "0 chunks"), (1200, "token", "1,200 tokens"), (2, "retry", "2 retries")],
)
def test_things_are_counted(number: int, noun: str, told: str) -> None:
    assert counted(number, noun) == told


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ((2025, 3, 10, 9, 5, 7), "09:05:07"),
        ((2025, 3, 9, 23, 59, 59), "Mar 09 23:59"),
        ((2024, 12, 31, 0, 0, 0), "Dec 31 00:00"),
        ((2024, 3, 10, 12, 0, 0), "2024-03-10"),
        ((2025, 12, 31, 12, 0, 0), "2025-12-31"),
    ],
)
def test_a_moment_says_as_much_as_is_needed(at: tuple[int, ...], told: str) -> None:
    now = datetime(2025, 3, 10, 12, 0, 0).timestamp()  # noqa: DTZ001 - the time of this machine is meant
    assert moment(datetime(*at).timestamp(), now) == told  # type: ignore[misc,arg-type] # noqa: DTZ001


def test_an_error_from_a_record_has_the_name_it_had() -> None:
    errors = [ValueError("x"), AgentFailed("x"), AgentFailed("x", type="ValueError"), AgentFailed("x", type=5)]
    assert list(map(error_name, errors)) == ["ValueError", "AgentFailed", "ValueError", "AgentFailed"]


def test_nothing_in_a_plain_text_is_a_command_to_a_terminal() -> None:
    assert plain("x\x1b[31mRED\x1b]0;owned\x07\x9b2J\x7f\r") == r"x\x1b[31mRED\x1b]0;owned\x07\x9b2J\x7f\r"
    assert plain("half \ud800") == r"half \ud800"
    assert plain("é 日本\n\t😀 \u2028") == "é 日本\n\t😀 \u2028"
