"""What a function takes, as the arguments of a tool."""

from __future__ import annotations

import functools
from datetime import date
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.tools.signature import arguments_model, read_signature


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Node(BaseModel):
    name: str
    children: list[Node] = []


def model_of(function, docs=None):
    return arguments_model(function, "x", read_signature(function, "x").parameters, docs or {})


def schema_of(function, docs=None):
    return model_of(function, docs).model_json_schema()


def everything(
    query: str,
    when: date,
    untyped,
    limit: int = 5,
    colour: Colour = Colour.RED,
    kind: Literal["a", "b"] = "a",
    node: Node | None = None,
    bounded: Annotated[int, Field(ge=1, le=10)] = 3,
    given: int = Field(default=7, description="Its own."),
    *,
    only: list[str],
):
    """Take everything."""
    return locals()


def test_the_schema_tells_types_defaults_and_what_is_required():
    schema = schema_of(everything)
    properties = schema["properties"]
    assert schema["required"] == ["query", "when", "untyped", "only"]
    assert schema["additionalProperties"] is False
    assert properties["query"]["type"] == "string"
    assert properties["when"]["format"] == "date"
    assert "type" not in properties["untyped"]
    assert (properties["limit"]["type"], properties["limit"]["default"]) == ("integer", 5)
    assert properties["kind"]["enum"] == ["a", "b"]
    assert (properties["bounded"]["minimum"], properties["bounded"]["maximum"]) == (1, 10)
    assert (properties["given"]["default"], properties["given"]["description"]) == (7, "Its own.")
    assert properties["node"]["anyOf"] == [{"$ref": "#/$defs/Node"}, {"type": "null"}]
    assert schema["$defs"]["Colour"]["enum"] == ["red", "blue"]


def test_arguments_come_back_by_their_names_with_defaults_filled_in():
    signature = read_signature(everything, "x")
    given = {"query": "q", "when": "2024-05-06", "untyped": 1, "node": {"name": "n"}, "only": ["o"]}
    bound = signature.bind(model_of(everything).model_validate(given), None)
    assert everything(**bound) == {
        "query": "q",
        "when": date(2024, 5, 6),
        "untyped": 1,
        "limit": 5,
        "colour": Colour.RED,
        "kind": "a",
        "node": Node(name="n"),
        "bounded": 3,
        "given": 7,
        "only": ["o"],
    }


def test_a_mutable_default_is_not_shared():
    def collect(items: list[int] = []):  # noqa: B006 - the point
        return items

    signature, model = read_signature(collect, "x"), model_of(collect)
    first = signature.bind(model.model_validate({}), None)["items"]
    first.append(1)
    assert signature.bind(model.model_validate({}), None)["items"] == []


def awkward(schema, copy, json, model_config, model_fields, keys, self, cls, _private, __class__, validate=1, ctx=None):
    return locals()


def test_parameters_may_be_called_like_anything_a_model_has():
    names = [*list(awkward.__code__.co_varnames)[:11]]
    assert list(schema_of(awkward)["properties"]) == names
    signature = read_signature(awkward, "x")
    given = dict(zip(names, range(11), strict=True))
    assert signature.bind(model_of(awkward).model_validate(given), "the context") == {**given, "ctx": "the context"}


def test_what_a_docstring_says_describes_and_what_a_field_says_wins():
    def find(query: str, limit: Annotated[int, Field(description="Its own.")] = 1, other: int = 2):
        """Find."""

    docs = {"query": "From the docs.", "limit": "From the docs.", "unknown": "Nothing."}
    properties = schema_of(find, docs)["properties"]
    assert [entry.get("description") for entry in properties.values()] == ["From the docs.", "Its own.", None]


def test_an_alias_renames_the_argument():
    def send(from_: Annotated[str, Field(alias="from")]):
        return from_

    assert list(schema_of(send)["properties"]) == ["from"]
    assert send(**read_signature(send, "x").bind(model_of(send).model_validate({"from": "me"}), None)) == "me"


def test_what_is_not_asked_for_is_refused():
    with pytest.raises(ValidationError, match="Extra inputs"):
        model_of(everything).model_validate({"colour": "red", "colours": "red"})


def test_a_model_is_not_its_own_argument_by_field_name():
    with pytest.raises(ValidationError, match="Extra inputs"):
        model_of(lambda x: x).model_validate({"x": 1, "argument_0": 2})


def positional(x, /):
    """Take x by its place."""


def variadic(*args: int):
    """Take any."""


def keywords(**kwargs: int):
    """Take any."""


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (positional, "remove the `/`"),
        (variadic, r"\*args has no names"),
        (keywords, r"\*\*kwargs could be anything"),
        (max, "does not tell what it takes|has no names"),
    ],
)
def test_what_has_no_names_is_refused_with_a_word_on_how_to_write_it(function, told):
    with pytest.raises(InvalidAgent, match=told):
        read_signature(function, "x")


class Unknown:
    """Nothing that pydantic knows."""


def test_a_type_that_nobody_can_check_is_refused():
    def take(what: Unknown):
        return what

    def missing(what: NoSuchName):  # noqa: F821 - the point
        return what

    with pytest.raises(InvalidAgent, match="arguments of 'x' cannot be checked"):
        model_of(take)
    with pytest.raises(InvalidAgent, match="NoSuchName"):
        model_of(missing)


class Desk:
    def find(self, query: str, ctx: Context):
        return query

    def __call__(self, query: str) -> str:
        return query


@pytest.mark.parametrize(
    "function", [Desk().find, Desk(), functools.partial(Desk.find, Desk(), ctx=None), Desk.find.__get__(Desk())]
)
def test_methods_partials_and_callable_objects_tell_what_they_take(function):
    assert "query" in [parameter.name for parameter in read_signature(function, "x").parameters]
    assert "self" not in [parameter.name for parameter in read_signature(function, "x").parameters]
