"""Whether an answer is what was asked for."""

from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from motet.tasks.json_schema import mismatch


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    size: int = Field(ge=1, lt=10)


class Order(BaseModel):
    model_config = {"extra": "forbid"}
    name: str = Field(min_length=2, max_length=4)
    parts: list[Inner] = Field(default=[], max_length=2)
    colour: Colour | None = None


class Tree(BaseModel):
    below: list["Tree"] = []


GOOD = [
    (bool, True),
    (int, 3),
    (float, 3),
    (float, 3.5),
    (str, ""),
    (type(None), None),
    (list[int], [1, 2]),
    (dict[str, int], {"a": 1}),
    (Any, {"what": ["ever"]}),
    (Literal["a", 1], 1),
    (int | None, None),
    (Colour, "red"),
    (Order, {"name": "abc", "parts": [{"size": 9}], "colour": "blue"}),
    (Order, {"name": "abc", "colour": None}),
    (Tree, {"below": [{"below": []}]}),
]
BAD = [
    (bool, 1, "boolean"),
    (bool, "true", "boolean"),
    (int, True, "integer"),
    (int, 1.5, "integer"),
    (float, "1", "number"),
    (str, None, "string"),
    (list[int], [1, "2"], "entry 1"),
    (list[int], {"0": 1}, "array"),
    (dict[str, int], {"a": "b"}, "'a'"),
    (Literal["a", "b"], "c", "none of"),
    (Literal["a"], "b", "'a'"),
    (int | None, "x", "integer"),
    (Colour, "green", "none of"),
    (Order, {}, "lacks 'name'"),
    (Order, [], "object"),
    (Order, {"name": "abc", "more": 1}, "'more'"),
    (Order, {"name": "a"}, "fewer"),
    (Order, {"name": "abcde"}, "more characters"),
    (Order, {"name": "abc", "parts": [{"size": 0}]}, "'size' of entry 0"),
    (Order, {"name": "abc", "parts": [{"size": 10}]}, "not less"),
    (Order, {"name": "abc", "parts": [{"size": 1}] * 3}, "more entries"),
    (Order, {"name": "abc", "colour": 7}, "none of"),
    (Tree, {"below": [{"below": [7]}]}, "entry 0"),
]


@pytest.mark.parametrize(("type_", "value"), GOOD)
def test_what_fits_passes(type_, value):
    assert mismatch(value, TypeAdapter(type_).json_schema()) == ""


@pytest.mark.parametrize(("type_", "value", "told"), BAD)
def test_what_does_not_fit_is_told_with_its_place(type_, value, told):
    assert told in mismatch(value, TypeAdapter(type_).json_schema())


def test_an_empty_schema_takes_anything():
    assert mismatch(object(), {}) == ""


def test_what_is_deeper_than_anybody_looks_is_left_to_the_type():
    value: Any = []
    schema: dict[str, Any] = {"type": "array"}
    for _ in range(500):
        value, schema = [value], {"type": "array", "items": schema}
    assert mismatch(value, schema) == ""


def test_keywords_that_nobody_looks_at_refuse_nothing():
    assert mismatch("x", {"type": "string", "pattern": "^y$", "format": "date"}) == ""


def test_a_schema_that_refers_to_itself_ends():
    assert mismatch({}, {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}) == ""
