"""JSON data out of what Python programs write."""

import dataclasses
import enum
import json
import math
from datetime import UTC, datetime
from types import MappingProxyType, SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from motet.tasks.json_data import DEEPEST, duplicate, to_json_data


class Colour(enum.Enum):
    RED = "red"


class Word(enum.StrEnum):
    HELLO = "hello"


class Shouted(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "NO"


class Level(enum.IntEnum):
    HIGH = 3


class Point(BaseModel):
    x: int
    tags: tuple[str, ...] = ("a",)


@dataclasses.dataclass
class Place:
    name: str


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


class array:  # noqa: N801  # reprlib picks its way by the name of the type
    pass


def read(value):
    """Return the data, and the problems by field."""
    problems = []
    data = to_json_data(value, "in", lambda field, message: problems.append((field, message)))
    return data, problems


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def circle():
    value = {}
    value["self"] = value
    return value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ((1, (2,)), [1, [2]]),
        (MappingProxyType({"a": (1,)}), {"a": [1]}),
        (Point(x=1), {"x": 1, "tags": ["a"]}),
        ({"at": [Point(x=1)]}, {"at": [{"x": 1, "tags": ["a"]}]}),
        (Place("here"), {"name": "here"}),
        (Colour.RED, "red"),
        (datetime(2030, 1, 31, tzinfo=UTC), "2030-01-31T00:00:00Z"),
        (b"text", "text"),
        (nested(DEEPEST), nested(DEEPEST)),
        (10**3900, 10**3900),
        ("ä€😀\0", "ä€😀\0"),
    ],
)
def test_what_has_an_obvious_json_form_gets_it(value, data):
    assert read(value) == (data, [])


@pytest.mark.parametrize("value", [Word.HELLO, Shouted("hello"), {Word.HELLO: 1}, {Shouted("hello"): 1}, Level.HIGH])
def test_strings_and_numbers_of_other_types_become_plain(value):
    data, problems = read(value)
    assert not problems
    inside = next(iter(data)) if isinstance(data, dict) else data
    assert type(inside) in {str, int}
    assert inside in {"hello", 3}


@pytest.mark.parametrize(
    ("value", "field", "told"),
    [
        (math.nan, "in", "nan is no JSON number"),
        ({"a": [1, -math.inf]}, "in.a.1", "-inf is no JSON number"),
        ({1: 2}, "in", "the key 1 is no JSON text"),
        ({"a": {None: 2}}, "in.a", "the key None is no JSON text"),
        ({"\ud800": 2}, "in", "is no JSON text"),
        (["\ud800"], "in.0", "half a surrogate pair"),
        ({"a": object()}, "in.a", "is no JSON data"),
        (SimpleNamespace(a=1), "in", "is no JSON data"),
        (len, "in", "is no JSON data"),
        (Odd(), "in", "is no JSON data"),
        (array(), "in", "is no JSON data"),
        (b"\xff", "in", "is no JSON data"),
        (Point.model_construct(x=object()), "in", "is no JSON data"),
        (Place(math.nan), "in.name", "nan is no JSON number"),
        (10**4200, "in", "some thousand digits"),
        (nested(DEEPEST + 1), "in" + ".0" * DEEPEST, "more than 100 lists"),
        (circle(), "in" + ".self" * DEEPEST, "more than 100 lists"),
    ],
)
def test_what_is_no_json_data_is_told_with_its_place(value, field, told):
    _, problems = read(value)
    assert [problem[0] for problem in problems] == [field]
    assert told in problems[0][1]


def test_an_iterator_is_refused_and_stays_as_it_was():
    numbers = iter([1, 2])
    assert read(numbers)[1]
    assert list(numbers) == [1, 2]


def test_every_problem_is_told():
    assert [field for field, _ in read({"a": math.nan, "b": [object(), 1, {2: 3}]})[1]] == ["in.a", "in.b.0", "in.b.2"]


@given(JSON)
def test_json_data_stays_as_it_is(value):
    data, problems = read(value)
    assert not problems
    assert json.dumps(data) == json.dumps(value) == json.dumps(duplicate(value))


def containers(value):
    if isinstance(value, dict | list):
        yield id(value)
        for item in value.values() if isinstance(value, dict) else value:
            yield from containers(item)


@given(JSON)
def test_a_copy_shares_nothing(value):
    own = set(containers(value))
    assert own.isdisjoint(containers(duplicate(value)))
    assert own.isdisjoint(containers(read(value)[0]))
