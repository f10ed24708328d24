"""From types to checks, JSON schema and JSON data."""

import dataclasses
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_validator
from typing_extensions import TypedDict

from motet.kernel.errors import Fault, InvalidAgent, InvalidPayload
from motet.kernel.schema import ANY, Schema

T = TypeVar("T")


class Model(BaseModel):
    number: int
    when: datetime | None = None


class Strict(BaseModel):
    word: str

    @field_validator("word")
    @classmethod
    def short(cls, word: str) -> str:
        if len(word) > 3:
            raise ValueError("too long")
        return word


class Opaque:
    pass


@dataclasses.dataclass
class Holder:
    opaque: Opaque


class HoldsOpaque(TypedDict):
    opaque: Opaque


class Unfinished(BaseModel):
    later: "Later"  # noqa: F821


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        (int, "int"),
        (Model, "Model"),
        (list[int], "list[int]"),
        (int | None, "int | None"),
        (None, "None"),
        (type(None), "NoneType"),
        (Any, "Any"),
    ],
)
def test_a_type_has_the_name_that_people_write(type_, name):
    assert Schema(type_).name == name
    assert repr(Schema(type_)) == f"Schema({name})"


@pytest.mark.parametrize(("type_", "is_open"), [(Any, True), (object, True), (T, True), (int, False), (None, False)])
def test_what_accepts_everything_is_open(type_, is_open):
    assert Schema(type_).open is is_open
    assert not is_open or Schema(type_).json_schema == {}


def test_a_json_schema_comes_from_the_type():
    assert Schema(list[int]).json_schema == {"type": "array", "items": {"type": "integer"}}
    assert Schema(Annotated[int, Field(gt=0)]).json_schema == {"type": "integer", "exclusiveMinimum": 0}
    assert Schema(None).json_schema == {"type": "null"}


@pytest.mark.parametrize("type_", [Opaque, list[Opaque], Opaque | None, Holder])
def test_what_json_cannot_say_has_an_open_schema(type_):
    assert Schema(type_).json_schema == {}


def test_the_adapter_is_built_once():
    schema = Schema(Model)
    assert schema.adapter is schema.adapter


@pytest.mark.parametrize("type_", [HoldsOpaque, Unfinished, "Nowhere"])
def test_a_type_that_cannot_be_checked_gives_an_invalid_agent(type_):
    with pytest.raises(InvalidAgent, match="Values cannot be checked against"):
        Schema(type_).validator("x", "input")


@pytest.mark.parametrize(
    ("type_", "value", "fields"),
    [
        (Model, {"number": "x"}, ["number"]),
        (Model, {}, ["number"]),
        (Model, 3, ["(value)"]),
        (list[Model], [{"number": 1}, {"number": "x", "when": "y"}], ["1.number", "1.when"]),
        (dict[str, int], {"a": "x"}, ["a"]),
        (Strict, {"word": "long"}, ["word"]),
        (Opaque, 3, ["(value)"]),
    ],
)
@pytest.mark.parametrize(("side", "fault"), [("input", Fault.CALLER), ("output", Fault.AGENT)])
def test_an_error_names_every_field(type_, value, fields, side, fault):
    with pytest.raises(InvalidPayload) as caught:
        Schema(type_).validator("x", side)(value)
    error = caught.value
    assert [problem["field"] for problem in error.details["problems"]] == fields
    assert all(field in str(error) for field in fields)
    assert (error.details["agent"], error.details["side"], error.fault) == ("x", side, fault)


def test_an_error_does_not_show_the_value():
    with pytest.raises(InvalidPayload) as caught:
        Schema(Model).validator("x", "input")({"number": "secret"})
    assert "secret" not in str(caught.value)
    assert "secret" not in str(caught.value.details)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [(Model, '{"number": 3}', Model(number=3)), (list[int], b"[1, 2]", [1, 2]), (Any, '{"a": null}', {"a": None})],
)
def test_json_text_is_read(type_, text, value):
    assert Schema(type_).parse_json(text, "x") == value


@pytest.mark.parametrize(("type_", "text"), [(Model, "{"), (Model, "[]"), (int, b"\xff"), (Any, ""), (Opaque, "{}")])
def test_json_text_that_does_not_fit_is_refused(type_, text):
    with pytest.raises(InvalidPayload, match="The input of 'x'") as caught:
        Schema(type_).parse_json(text, "x")
    assert caught.value.fault is Fault.CALLER


NOW = datetime(2024, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schema", "value", "data"),
    [
        (Schema(Model), Model(number=1, when=NOW), {"number": 1, "when": "2024-01-02T00:00:00Z"}),
        (Schema(list[Model]), [Model(number=1)], [{"number": 1, "when": None}]),
        (ANY, Model(number=1), {"number": 1, "when": None}),
        (ANY, {"a": (1, NOW)}, {"a": [1, "2024-01-02T00:00:00Z"]}),
        (ANY, None, None),
        (Schema(None), None, None),
    ],
)
def test_values_become_json_data(schema, value, data):
    assert schema.dump(value) == data


@pytest.mark.parametrize(("schema", "value"), [(ANY, Opaque()), (Schema(Opaque), Opaque()), (ANY, {"a": [Opaque()]})])
def test_what_is_no_json_data_is_refused(schema, value):
    with pytest.raises(InvalidPayload, match="no JSON data"):
        schema.dump(value)


@given(st.builds(Model, number=st.integers(), when=st.none() | st.datetimes(timezones=st.just(UTC))))
def test_what_is_dumped_can_be_read_again(value):
    schema = Schema(Model)
    assert schema.validator("x", "input")(schema.dump(value)) == value
    assert schema.parse_json(schema.adapter.dump_json(value), "x") == value


@pytest.mark.parametrize("value", [b"\xff", [b"\xff"]])
def test_bytes_that_are_no_text_cannot_be_dumped(value):
    with pytest.raises(InvalidPayload, match="is no JSON data"):
        Schema(type(value)).dump(value)


def test_a_value_that_holds_itself_cannot_be_dumped():
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(InvalidPayload, match="is no JSON data"):
        Schema(list).dump(circle)


def test_an_example_is_written_without_defaults_and_named_as_outside_python():
    class Inner(BaseModel):
        x: int = 1
        y: int = 2

    class Model(BaseModel):
        json_: int = Field(0, alias="json")
        inner: Inner = Inner()
        other: str = "a"

    value = Model.model_validate({"json": 5, "inner": {"y": 3}})
    assert Schema(Model).example(value) == {"json": 5, "inner": {"y": 3}}
    assert Schema(Model).validator("agent", "example")(Schema(Model).example(value)) == value
    assert Schema(int).example(3) == 3
