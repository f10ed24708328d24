"""JSON schemas as data."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from motet.tools.json_schema import allows_null, is_object, resolved, rooted, strict, tidied


class Leaf(BaseModel):
    title: str = Field(title="Headline", min_length=1)


class Node(BaseModel):
    name: str
    child: "Node" = Field(default=None, description="The next one.")
    leaves: list[Leaf] = []


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class Every(BaseModel):
    count: Annotated[int, Field(ge=1, le=9, description="How many.")]
    size: float = 1.0
    node: Node | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    either: int | str = 3
    note: str | None = Field(None, description="A word.", pattern="^a")
    mode: Literal["only"] = "only"
    open: Annotated[Open, Field(description="It is open.")]


def schema_of(kind):
    return TypeAdapter(kind).json_schema()


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Give every dict in a schema."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts(value)


def test_titles_go_and_a_property_called_title_stays():
    schema = tidied(schema_of(Node))
    assert schema["$defs"]["Leaf"] == {
        "type": "object",
        "properties": {"title": {"type": "string", "minLength": 1}},
        "required": ["title"],
    }
    assert "title" not in schema["$defs"]["Node"]["properties"]["name"]


def test_values_are_left_as_they_are():
    schema = {"title": "T", "default": {"title": 1}, "enum": [{"title": 2}], "examples": [{"title": 3}]}
    assert tidied(schema) == {"default": {"title": 1}, "enum": [{"title": 2}], "examples": [{"title": 3}]}


def test_nothing_is_changed_in_place():
    schema = schema_of(Every)
    before = TypeAdapter(Any).dump_json(schema)
    tidied(schema), strict(schema), rooted(schema)
    assert TypeAdapter(Any).dump_json(schema) == before


def test_the_root_of_a_recursive_model_says_itself_what_it_is():
    raw = schema_of(Node)
    assert "type" not in raw
    root = rooted(raw)
    assert (root["type"], root["required"]) == ("object", ["name"])
    assert root["properties"]["child"]["$ref"] == "#/$defs/Node"
    assert rooted({"type": "string"}) == {"type": "string"}


@pytest.mark.parametrize(
    ("kind", "true"),
    [(Node, True), (Leaf, True), (dict[str, int], True), (str, False), (list[Leaf], False), (Leaf | Cat, False)],
)
def test_an_object_is_known(kind, true):
    assert is_object(schema_of(kind)) is true


@pytest.mark.parametrize("schema", [{}, {"$ref": "#/$defs/Missing"}, {"$ref": "#"}])
def test_a_reference_to_nothing_is_left(schema):
    assert resolved(schema, schema) == schema
    assert not is_object(schema)


@pytest.mark.parametrize(
    ("kind", "true"),
    [
        (int, False),
        (int | None, True),
        (None, True),
        (Any, True),
        (Literal["a"], False),
        (Literal["a", "b"], False),
        (Literal["a"] | None, True),
        (Leaf, False),
        (Leaf | None, True),
        (Leaf | Cat, False),
        (Annotated[Cat | Dog, Field(discriminator="kind")], False),
    ],
)
def test_whether_null_fits_is_known(kind, true):
    schema = schema_of(kind)
    assert allows_null(schema, schema) is true
    adapter = TypeAdapter(kind)
    if true:
        adapter.validate_python(None)


def test_a_list_of_types_and_a_constant_are_understood():
    assert allows_null({"type": ["string", "null"]}, {})
    assert not allows_null({"type": ["string"]}, {})
    assert allows_null({"const": None}, {})
    assert allows_null({"enum": ["a", None]}, {})
    assert not allows_null({"const": 0}, {})


def test_a_strict_schema_requires_everything_and_allows_nothing_else():
    made = strict(tidied(schema_of(Every)))
    objects = [part for part in parts(made) if part.get("type") == "object"]
    assert len(objects) == 6
    for part in objects:
        assert part["required"] == list(part["properties"])
        assert part["additionalProperties"] is False
    properties = made["properties"]
    assert properties["count"] == {"type": "integer", "description": "How many. (minimum 1, maximum 9)"}
    assert properties["size"] == {"anyOf": [{"type": "number"}, {"type": "null"}]}
    assert properties["note"]["anyOf"] == [{"type": "string", "description": "pattern ^a"}, {"type": "null"}]
    assert properties["note"]["description"] == "A word."
    assert properties["either"]["anyOf"] == [{"type": "integer"}, {"type": "string"}, {"type": "null"}]
    assert properties["pet"]["anyOf"] == [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]
    assert properties["mode"]["anyOf"][0]["enum"] == ["only"]
    assert properties["open"] == {"anyOf": [{"$ref": "#/$defs/Open"}], "description": "It is open."}


def test_a_strict_schema_has_none_of_the_words_that_are_not_taken():
    made = strict(tidied(schema_of(Every)))
    words = {key for part in parts({**made, "properties": None}) for key in part}
    words |= {key for part in parts(made["properties"]) for key in part} - set(made["properties"])
    assert not words & {"default", "oneOf", "discriminator", "const", "minimum", "maximum", "pattern", "minLength"}
    for part in parts(made):
        if "$ref" in part:
            assert list(part) == ["$ref"]


def test_a_recursive_model_stays_recursive_and_does_not_hang():
    made = strict(tidied(rooted(schema_of(Node))))
    child = made["$defs"]["Node"]["properties"]["child"]
    assert child == {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}], "description": "The next one."}


@pytest.mark.parametrize("kind", [dict[str, int], dict, Any, list, list[Any], tuple[int, str], dict[str, Leaf] | None])
def test_what_has_no_strict_form_has_none(kind):
    class Arguments(BaseModel):
        value: kind
        other: int = 1

    assert strict(schema_of(Arguments)) is None


def test_no_arguments_are_strict():
    class Arguments(BaseModel):
        model_config = ConfigDict(extra="forbid")

    made = strict(tidied(schema_of(Arguments)))
    assert made == {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


KINDS = st.recursive(
    st.sampled_from([int, str, float, bool, None, Leaf, Node, Literal["a", 1]]),
    lambda inner: inner.map(lambda kind: list[kind]) | st.tuples(inner, inner).map(Union.__getitem__),
    max_leaves=5,
)


@given(st.lists(st.tuples(KINDS, st.booleans()), max_size=4))
def test_in_a_strict_schema_whatever_may_be_left_out_may_be_null(fields):
    namespace = {f"f{place}": None for place, (_, optional) in enumerate(fields) if optional}
    annotations = {f"f{place}": kind for place, (kind, _) in enumerate(fields)}
    model = type("Arguments", (BaseModel,), {"__annotations__": annotations, "__module__": __name__, **namespace})
    made = strict(tidied(schema_of(model)))
    assert made is not None
    assert made["required"] == list(annotations)
    for place, (_, optional) in enumerate(fields):
        if optional:
            assert allows_null(made["properties"][f"f{place}"], made)
