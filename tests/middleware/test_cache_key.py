"""Keys: what differs in type or value has a different key, what is equal has the same one in every process."""

import asyncio
import dataclasses
import datetime as dt
import os
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from middleware.keyed_values import DIFFERENT, NOON, Color, Model, Open, Point, Secretive, typed, values
from motet.kernel.errors import InvalidPayload
from motet.middleware.cache_key import Keys, encode


def test_what_differs_has_a_different_key():
    keys = Keys("a", "a", "1")
    found: dict[str, object] = {}
    for value in DIFFERENT:
        other = found.setdefault(keys.of(value), value)
        assert other is value, f"{other!r} and {value!r} have the same key"


def utc_of_pydantic() -> dt.datetime:
    return TypeAdapter(dt.datetime).validate_python("2024-07-01T12:00:00Z")


EQUAL = [
    ({"a": 1, "b": [2, {"c": 3, "d": 4}]}, {"b": [2, {"d": 4, "c": 3}], "a": 1}),
    ({1, 2, 3, "x"}, {"x", 3, 2, 1}),
    (frozenset(range(100)), frozenset(reversed(range(100)))),
    (defaultdict(int, {"a": 1, "b": 2}), defaultdict(list, {"b": 2, "a": 1})),
    (Color.RED, Color.ALSO_RED),
    (float("nan"), float("nan")),
    ({float("nan"): 1, float("nan"): 2}, {float("nan"): 2, float("nan"): 1}),
    (Point(1), Point(1, 0)),
    (Model(x={"a": (1, 2)}), Model(y=0, x={"a": (1, 2)})),
    (Open.model_validate({"a": 1, "b": 2}), Open.model_validate({"b": 2, "a": 1})),
    (utc_of_pydantic(), utc_of_pydantic()),
    (NOON.replace(tzinfo=ZoneInfo("Europe/Berlin")), NOON.replace(tzinfo=ZoneInfo.no_cache("Europe/Berlin"))),
    (Decimal("1.50"), Decimal("1.50")),
    (str(10**20), f"{10**20}"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_what_is_equal_has_the_same_key(one, other):
    assert encode(one) == encode(other)


def test_a_field_that_is_not_set_and_a_cached_property_do_not_count():
    class Cached(BaseModel):
        x: int

    made, plain = Cached.model_construct(), Cached.model_construct()
    made.__dict__["computed"] = object()
    assert encode(made) == encode(plain)


def test_a_private_attribute_counts():
    one, other = Secretive(), Secretive()
    assert encode(one) == encode(other)
    one._secret = 1
    assert encode(one) != encode(other)


def test_every_agent_has_keys_of_its_own():
    found = {
        Keys("a", *identity).of(1) for identity in [("a", "1"), ("a", "2"), ("b", "1"), ("a",), ("", "a1"), ("a1",)]
    }
    assert len(found) == 6
    assert Keys("a", "a", "1").of(1) == Keys("b", "a", "1").of(1)


class Listy(list[int]):
    """A list with a name of its own."""


@dataclasses.dataclass
class ListOfFields(list[int]):
    x: int = 0


class Zone(dt.tzinfo):
    def utcoffset(self, when):
        return dt.timedelta(0)

    def tzname(self, when):
        return "zone"


SELF: list[Any] = []
SELF.append(SELF)


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        (object(), "object"),
        ([1, {"a": asyncio.Event()}], "Event"),
        (Point(lambda: 1), "function"),
        (Point, "type"),
        (Model(x=object()), "object"),
        (Listy([1]), "Listy"),
        (ListOfFields(), "ListOfFields"),
        (NOON.replace(tzinfo=Zone()), "time zone that is a Zone"),
        (memoryview(b"1"), "memoryview"),
        ({(1, object()): 1}, "object"),
        (iter([]), "list_iterator"),
        (SELF, "nested too deeply, or contains itself"),
    ],
)
def test_what_no_key_can_be_made_of_is_refused_and_the_error_says_what_to_do(payload, named):
    with pytest.raises(InvalidPayload, match=named) as caught:
        Keys("reader", "reader", "1").of(payload)
    assert "'reader'" in str(caught.value)
    assert "Cache(key=...)" in str(caught.value)
    assert not caught.value.retryable


@given(values(), values())
def test_two_values_have_one_key_exactly_if_they_are_equal_in_types_as_well(one, other):
    assert (encode(one) == encode(other)) == (typed(one) == typed(other))


@given(st.lists(values(), max_size=4), st.lists(values(), max_size=4))
def test_no_two_sequences_run_into_one_another(one, other):
    assert (b"".join(map(encode, one)) == b"".join(map(encode, other))) == (typed(one) == typed(other))


@given(st.dictionaries(st.text(max_size=3), st.integers(), max_size=6), st.randoms())
def test_the_order_of_a_dict_does_not_count(entries, random):
    shuffled = list(entries.items())
    random.shuffle(shuffled)
    assert encode(entries) == encode(dict(shuffled))


PROGRAM = """
import sys
sys.path[:0] = sys.argv[1:]
from middleware.keyed_values import DIFFERENT
from motet.middleware.cache_key import Keys
print(*map(Keys("a", "a", "1").of, DIFFERENT))
"""


def test_keys_are_the_same_in_every_process():
    told = set()
    for seed in ("0", "1", "4711"):
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, *sys.path],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        told.add(run.stdout)
    assert len(told) == 1
    assert len(set(told.pop().split())) == len(DIFFERENT)
