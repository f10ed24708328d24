"""Copies are deep, what cannot change is passed as it is, and sizes grow with what is inside."""

import dataclasses
import datetime as dt
import sys
import threading
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from pydantic import BaseModel, ConfigDict

from middleware.keyed_values import typed, values
from motet.middleware.copying import copied, size_of


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)
    items: list[int]


@dataclasses.dataclass(frozen=True)
class Held:
    items: list[int]


@pytest.mark.parametrize(
    "value",
    [None, True, 1, 1.5, 1j, "x" * 1000, b"x" * 1000, Decimal(1), UUID(int=1), dt.datetime.now(dt.UTC), Path("a")],
)
def test_what_cannot_change_is_passed_as_it_is(value):
    assert copied(value) is value


@pytest.mark.parametrize("make", [lambda items: Frozen.model_construct(items=items), Held, lambda items: (items,)])
def test_what_is_frozen_holds_things_that_change(make):
    items = [1]
    value = make(items)
    copy = copied(value)
    assert copy == value
    items.append(2)
    assert copy == make([1])


@given(values())
def test_a_copy_is_equal_and_shares_nothing_that_can_change(value):
    copy = copied(value)
    assert typed(copy) == typed(value)
    assert not {id(part) for part in parts(value)} & {id(part) for part in parts(copy)}


def parts(value: Any) -> list[Any]:
    """List what can change in a value."""
    if isinstance(value, list):
        return [value, *(part for item in value for part in parts(item))]
    if isinstance(value, tuple):
        return [part for item in value for part in parts(item)]
    if isinstance(value, dict):
        return [value, *(part for item in value.values() for part in parts(item))]
    return [value, *parts(vars(value))] if hasattr(value, "__dict__") and not isinstance(value, Enum) else []


def test_what_cannot_be_copied_says_so():
    with pytest.raises(TypeError, match="lock"):
        copied([threading.Lock()])


@pytest.mark.parametrize("value", ["x" * 10_000, b"x" * 10_000, 10**2_000, 1.0, None])
def test_a_simple_value_has_the_size_that_the_interpreter_tells(value):
    assert size_of(value) == sys.getsizeof(value)


@pytest.mark.parametrize(
    "make",
    [lambda text: [text], lambda text: {"a": {"b": (text,)}}, Held, lambda text: Frozen.model_construct(items=text)],
)
def test_a_size_counts_what_is_inside(make):
    assert 100_000 < size_of(make("x" * 100_000)) < 102_000


def test_an_object_counts_once_and_a_class_not_at_all():
    text = "x" * 100_000
    assert size_of([text] * 10) < 102_000
    assert size_of([Frozen, sys, print, parts]) < 1000
    around: list[Any] = [text]
    around.append(around)
    assert size_of(around) < 102_000


def test_an_object_that_tells_no_size_counts_a_little():
    class Odd:
        def __sizeof__(self) -> int:
            raise TypeError

    assert 64 <= size_of(Odd()) < 1000
