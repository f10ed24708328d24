"""Comparing values as the predicates do: True is no 1, and what is no number compares in no way."""

import operator
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from math import isnan
from typing import Any, Final, Literal

__all__ = ["COMPARISONS", "Comparison", "Number", "contains_item", "is_number", "same"]

Number = int | float | Decimal
Comparison = Literal["<", "<=", ">", ">=", "==", "!="]

COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal, and none of them a boolean where the other is a number, also further in."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return len(one) == len(other) and all(key in other and same(one[key], other[key]) for key in one)
    if (isinstance(one, list) and isinstance(other, list)) or (isinstance(one, tuple) and isinstance(other, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def contains_item(found: Any, item: Any) -> bool:
    """Tell whether a text contains another, or a collection an item; False for what can contain nothing."""
    if isinstance(found, str):
        return isinstance(item, str) and item in found
    if isinstance(found, bytes) and isinstance(item, bytes):
        return item in found
    return isinstance(found, Collection) and any(same(inside, item) for inside in found)


def is_number(value: object) -> bool:
    """Tell whether a value is a number that others can be compared with; a boolean is none, nor is "not a number"."""
    if isinstance(value, Decimal):
        return not value.is_nan()
    if isinstance(value, float):
        return not isnan(value)
    return isinstance(value, int) and not isinstance(value, bool)
