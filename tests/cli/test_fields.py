"""A JSON schema in full, as people read it."""

import io
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field
from rich.console import Console

from motet.cli.fields import attributes_of, fields, limits
from motet.kernel.schema import Schema


class Again(BaseModel):
    """When to try again.

    Attributes:
        attempts: How often.
        on: Which statuses; a long text that goes on
            in the next line.
    """

    attempts: int = Field(3, ge=1, le=9)
    on: list[int] = []


class Taken(BaseModel):
    """What is taken.

    Attributes:
        url: Where to.
        json_: The body.
    """

    url: str = Field(min_length=1)
    json_: Any = Field(None, alias="json")
    kind: Literal["a", "b"] = Field("a", description="Which of the two.")
    again: Again | None = None


def shown(type_: object) -> list[str]:
    console = Console(file=io.StringIO(), width=200, color_system=None, highlight=False)
    with console.capture() as captured:
        for part in fields("it takes", Schema(type_).json_schema):
            console.print(part)
    return [" ".join(line.split()) for line in captured.get().splitlines()]


def test_each_field_has_its_type_default_limits_and_purpose_and_so_have_those_of_objects_in_it() -> None:
    assert shown(Taken) == [
        "it takes type default description",
        "url string required Where to. (at least 1 characters)",
        "json any JSON null The body.",
        'kind "a" | "b" "a" Which of the two.',
        'again {"attempts"?: integer = 3, "on"?: [integer]} | null null',
        "",
        "Again type default description",
        "attempts integer 3 How often. (at least 1, at most 9)",
        "on [integer] [] Which statuses; a long text that goes on in the next line.",
    ]


def test_what_is_no_object_is_told_in_brief() -> None:
    assert shown(list[int]) == ["it takes: [integer]"]
    assert shown(list[Again])[0].startswith('it takes: [{"attempts"?: integer = 3')
    assert "Again type default description" in shown(list[Again])


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({}, ""),
        ({"type": "integer", "minimum": 0}, "at least 0"),
        ({"exclusiveMinimum": 0, "maximum": 300}, "more than 0, at most 300"),
        ({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}, "more than 0"),
        ({"anyOf": [{"minLength": 1}, {"maximum": 2}]}, ""),
        ({"pattern": "^a$"}, "matches ^a$"),
    ],
)
def test_limits_are_told_in_words(schema: dict[str, object], told: str) -> None:
    assert limits(schema) == told


@pytest.mark.parametrize(
    ("docstring", "found"),
    [
        ("", {}),
        ("Nothing here.", {}),
        (
            "It.\n\nArgs:\n    a: One.\n    b (int): Two\n        more.\n\nReturns:\n    c: None.",
            {"a": "One.", "b": "Two more."},
        ),
        ("It.\n\nAttributes:\n    a: One: two.\n", {"a": "One: two."}),
        ("It.\n\nAttributes:\nnothing: of the kind", {}),
    ],
)
def test_attributes_are_read_from_a_docstring(docstring: str, found: dict[str, str]) -> None:
    assert attributes_of(docstring) == found
