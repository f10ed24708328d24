"""The values of a task's fields."""

import enum
import math
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.tasks.definition import Retry
from motet.tasks.fields import READERS, read_text


class Key(enum.StrEnum):
    DISK = "disk"


def read(field, value):
    problems = []
    return READERS[field](value, field, lambda place, message: problems.append((place, message))), problems


@pytest.mark.parametrize(
    ("field", "value", "result"),
    [
        ("priority", 0, 0),
        ("priority", 3, 3),
        ("priority", "urgent", 0),
        ("priority", "high", 1),
        ("priority", "normal", 2),
        ("priority", "low", 3),
        ("timeout", 5, 5.0),
        ("timeout", 0.001, 0.001),
        ("not_before", 0, 0.0),
        ("not_before", -1.5, -1.5),
        ("not_before", "1970-01-02", 86400.0),
        ("not_before", "1970-01-01T01:00:00", 3600.0),
        ("not_before", "1970-01-01T01:00:00Z", 3600.0),
        ("not_before", "1970-01-01T01:00:00.5+01:00", 0.5),
        ("not_before", datetime(1970, 1, 1, 1), 3600.0),  # noqa: DTZ001  # without zone is meant
        ("not_before", datetime(1970, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), 0.0),
        ("concurrency_key", "disk", "disk"),
        ("concurrency_key", Key.DISK, "disk"),
        ("retry", 1, Retry(1)),
        ("retry", {}, Retry()),
        ("retry", {"attempts": 5, "cap": None}, Retry(5)),
        (
            "retry",
            {"attempts": 2, "initial": 0, "factor": 1, "cap": 0, "jitter": False},
            Retry(2, 0.0, 1.0, 0.0, jitter=False),
        ),
        ("retry", Retry(7, 3.0), Retry(7, 3.0)),
    ],
)
def test_a_value_is_read(field, value, result):
    read_value, problems = read(field, value)
    assert not problems
    assert read_value == result
    assert type(read_value) is type(result)


@pytest.mark.parametrize(
    ("field", "values", "told"),
    [
        (
            "priority",
            [-1, 4, True, False, 1.0, "1", "Urgent", "", [], {}, math.nan],
            "is no priority: write 0 (urgent)",
        ),
        (
            "timeout",
            [0, -1, True, math.inf, math.nan, "5", [], 10**400],
            "is no time to give an attempt: write seconds, a number above 0",
        ),
        (
            "not_before",
            ["soon", "", "2030-13-01", True, math.inf, math.nan, [], {}, 10**400],
            "is no time: write seconds since 1970, or a text such as",
        ),
        ("not_before", [1.8e12, -1.8e12], "is thousands of years away"),
        ("concurrency_key", ["", "\0", "a\0", "\ud800"], "cannot name anything: write a text"),
        ("concurrency_key", [1, True, [], {}, b"key"], "is no text: write a string"),
        ("retry", [0, -1, 1_000_001, True, 1.0, "3", [], math.nan], "is no retry: write the number of attempts"),
        ("retry", [{"attemps": 3}], "'attemps' is no part of a retry: did you mean \"attempts\"?"),
        ("retry", [{"zzz": 3}, {1: 2}], "is no part of a retry: write attempts, initial, factor, cap, jitter"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_what_to_write(field, values, told):
    for value in values:
        ((place, message),) = read(field, value)[1]
        assert place == field
        assert told in message, value


@pytest.mark.parametrize(
    ("part", "values", "told"),
    [
        ("attempts", [0, -1, 1.5, True, "3", 10**7], "a whole number from 1"),
        ("initial", [-1, math.inf, math.nan, "1", True], "seconds, at least 0"),
        ("factor", [0.9, -1, math.inf, math.nan, "1", True], "a number of at least 1"),
        ("cap", [-0.1, math.inf, math.nan, "1", True, 10**400], "seconds, at least 0"),
        ("jitter", [0, 1, "true", []], "true or false"),
    ],
)
def test_a_part_of_a_retry_that_does_not_fit_is_told_with_its_place(part, values, told):
    for value in values:
        ((place, message),) = read("retry", {part: value})[1]
        assert place == f"retry.{part}"
        assert f"does not fit: write {told}" in message


def test_every_wrong_part_of_a_retry_is_told():
    assert len(read("retry", {"attempts": 0, "cap": -1, "jitter": 2, "more": 1})[1]) == 4


@pytest.mark.parametrize("value", ["a", "Ä", " ", "a b", "x" * 1000])
def test_a_text_names_something(value):
    assert read_text(value, "name", pytest.fail) == value


@given(st.sampled_from(sorted(READERS)), st.from_type(type).flatmap(st.from_type))
def test_whatever_stands_there_is_read_or_told(field, value):
    read_value, problems = read(field, value)
    assert bool(problems) == (read_value is None) or field in {"retry", "not_before"}
