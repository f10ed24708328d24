"""Rows as JSON data, within limits."""

import datetime as dt
import json
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.tools.database_rows import QueryLimits, Rows, gathered, json_value

FAR = QueryLimits(1000, 10**6, 10)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (2**100, 2**100),
        ("ü", "ü"),
        (1.5, 1.5),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (Decimal("1.10"), 1.1),
        (Decimal(7), 7),
        (Decimal("7.00"), 7),
        (Decimal("1E+3"), 1000),
        (Decimal("0.1000000000000000055511151231257827"), "0.1000000000000000055511151231257827"),
        (Decimal(2) ** 60, str(Decimal(2) ** 60)),
        (Decimal("1E+999"), "1E+999"),
        (Decimal("NaN"), "NaN"),
        (b"\x00\xff", "AP8="),
        (memoryview(b"a"), "YQ=="),
        (bytearray(b"a"), "YQ=="),
        (dt.date(2024, 5, 6), "2024-05-06"),
        (dt.datetime(2024, 5, 6, 7, tzinfo=dt.UTC), "2024-05-06T07:00:00+00:00"),
        (dt.time(7, 30), "07:30:00"),
        (dt.timedelta(days=1, seconds=1.5), 86401.5),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([1, (Decimal("0.5"), b"a")], [1, [0.5, "YQ=="]]),
        ({"a": {1: dt.date(2024, 1, 1)}}, {"a": {"1": "2024-01-01"}}),
        ({3}, [3]),
    ],
)
def test_every_value_becomes_json_data(value, written):
    assert json_value(value) == written
    json.dumps(json_value(value), allow_nan=False)


def test_a_value_that_is_nested_without_end_is_cut():
    circle: list[object] = []
    circle.append(circle)
    assert "[[...]]" in json.dumps(json_value(circle))


def test_rows_are_taken_up_to_the_limit_and_one_more_is_asked_for():
    asked = []

    def rows():
        for number in range(100):
            asked.append(number)
            yield (number, str(number))

    result = gathered(["n", "s"], rows(), QueryLimits(3, 10**6, 1))
    assert (result.columns, result.rows) == (["n", "s"], [[0, "0"], [1, "1"], [2, "2"]])
    assert result.truncated
    assert result.note == "There are more than 3 rows: select fewer rows or columns, or compute in SQL."
    assert len(asked) == 4


def test_exactly_as_many_rows_as_allowed_are_all():
    result = gathered(["n"], [(1,), (2,)], QueryLimits(2, 10**6, 1))
    assert (len(result.rows), result.truncated, result.note) == (2, False, "")


def test_bytes_are_counted_as_they_are_written():
    rows = [("x" * 10,)] * 5
    one = len(json.dumps(["x" * 10]))
    for fit in range(5):
        result = gathered(["s"], rows, QueryLimits(100, one * fit, 1))
        assert (len(result.rows), result.truncated) == (fit, True)
        assert f"fit into {one * fit:,} bytes" in result.note
    assert not gathered(["s"], rows, QueryLimits(100, one * 5, 1)).truncated


def test_bytes_are_told_of():
    result = gathered(["a", "b", "c"], [(b"x", 1, None), (b"y", 2, memoryview(b"z"))], FAR)
    assert result.note == "Bytes are given as base64: a, c."


def test_what_the_database_left_out_is_told_of():
    result = gathered(["a"], [(1,)], FAR, more=True)
    assert (result.truncated, "fit into" in result.note) == (True, True)


def test_no_rows_are_rows():
    assert gathered(["a"], [], FAR) == Rows(["a"])


VALUES = st.one_of(st.none(), st.text(), st.binary(), st.integers(), st.floats(), st.decimals(), st.dates(), st.uuids())


@given(st.lists(st.lists(VALUES, min_size=2, max_size=2), max_size=20), st.integers(1, 10), st.integers(1, 500))
def test_whatever_comes_the_limits_are_kept(rows, most, size):
    result = gathered(["a", "b"], rows, QueryLimits(most, size, 1))
    assert len(result.rows) <= most
    assert sum(len(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace")) for row in result.rows) <= size
    assert result.truncated is (len(result.rows) < len(rows))
    assert result.rows == [[json_value(value) for value in row] for row in rows[: len(result.rows)]]
