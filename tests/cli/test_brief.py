import datetime as dt
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from motet.cli.brief import brief, example


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    x: int
    y: int = 0


class Shape(BaseModel):
    name: str = Field(examples=["square"])
    corners: list[Point]
    colour: Colour = Colour.RED
    tags: list[str] = []
    note: str | None = None


class Tree(BaseModel):
    value: int
    children: list["Tree"] = []


class Deep(BaseModel):
    a: "dict[str, Deeper]"


class Deeper(BaseModel):
    b: "Deepest"


class Deepest(BaseModel):
    c: "Bottom"


class Bottom(BaseModel):
    d: Point


CASES: list[tuple[Any, str, object]] = [
    (str, "string", "..."),
    (int, "integer", 1),
    (float, "number", 1.5),
    (bool, "boolean", True),
    (None, "null", None),
    (Any, "any JSON", "..."),
    (list[int], "[integer]", [1]),
    (list, "[any JSON]", ["..."]),
    (tuple[int, str], "[integer, string]", [1, "..."]),
    (dict[str, int], "{string: integer}", {}),
    (dict, "object", {}),
    (str | None, "string | null", "..."),
    (int | Point, 'integer | {"x": integer, "y"?: integer = 0}', 1),
    (Literal["a", "b"], '"a" | "b"', "a"),
    (Literal["a"], '"a"', "a"),
    (Colour, '"red" | "blue"', "red"),
    (dt.date, "string (date)", "2025-01-31"),
    (Path, "string (path)", "file.txt"),
    (Annotated[int, Field(examples=[7])], "integer", 7),
    (Point, '{"x": integer, "y"?: integer = 0}', {"x": 1}),
    (
        Shape,
        (
            '{"name": string, "corners": [{"x": integer, "y"?: integer = 0}], "colour"?: "red" | "blue" = "red", '
            '"tags"?: [string], "note"?: string | null}'
        ),
        {"name": "square", "corners": [{"x": 1}]},
    ),
    (Tree, '{"value": integer, "children"?: [Tree]}', {"value": 1}),
    (Deep, '{"a": {string: {"b": {"c": {...}}}}}', {"a": {}}),
]


@pytest.mark.parametrize(("type_", "told", "made"), CASES, ids=lambda case: str(case)[:30])
def test_a_schema_in_brief_and_an_example_of_it(type_: Any, told: str, made: object) -> None:
    schema = TypeAdapter(type_).json_schema()
    assert brief(schema) == told
    assert example(schema) == made


@pytest.mark.parametrize("type_", [type_ for type_, _, _ in CASES], ids=str)
def test_an_example_is_valid(type_: Any) -> None:
    adapter = TypeAdapter(type_)
    adapter.validate_python(example(adapter.json_schema()))
