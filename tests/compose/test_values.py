"""Comparing values: tables of cases."""

from decimal import Decimal
from enum import StrEnum

import pytest

from motet.compose.values import contains_item, is_number, same


class Kind(StrEnum):
    BUG = "bug"


@pytest.mark.parametrize(
    ("one", "other", "wanted"),
    [
        (1, 1, True),
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (1, "1", False),
        (True, True, True),
        (True, "True", False),
        (None, None, True),
        (None, False, False),
        ([1, [True]], [1, [True]], True),
        ([1], [True], False),
        ((0,), (False,), False),
        ([1], (1,), False),
        ([1, 2], [1], False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        (Kind.BUG, "bug", True),
        (float("nan"), float("nan"), False),
    ],
)
def test_a_boolean_is_no_number(one, other, wanted):
    assert same(one, other) is same(other, one) is wanted


@pytest.mark.parametrize(
    ("found", "item", "wanted"),
    [
        ("abc", "bc", True),
        ("abc", "x", False),
        ("1", 1, False),
        (b"abc", b"bc", True),
        (b"abc", "bc", False),
        ([1, 2], 2, True),
        ([1, 2], True, False),
        ([True], 1, False),
        ([[1]], [1], True),
        ({1, 2}, [1], False),
        ({"a": 1}, "a", True),
        ({"a": 1}, 1, False),
        (("a",), "a", True),
        (3, 3, False),
        (None, None, False),
        (iter([1]), 1, False),
    ],
)
def test_texts_contain_texts_and_collections_items(found, item, wanted):
    assert contains_item(found, item) is wanted


@pytest.mark.parametrize(
    "number", [1, 1.5, -0.0, float("inf"), Decimal(1), 10**400], ids=lambda number: str(number)[:9]
)
def test_these_are_numbers(number):
    assert is_number(number)


@pytest.mark.parametrize("other", [True, "1", None, 1j, [1], float("nan"), Decimal("nan"), Decimal("snan")])
def test_these_are_none(other):
    assert not is_number(other)
