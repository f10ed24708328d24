"""The arguments of a call as models send them."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from motet.kernel.errors import InvalidPayload
from motet.tools.arguments import read_arguments


class Inner(BaseModel):
    name: str
    size: int = 1
    inner: "Inner | None" = None
    more: "list[Inner]" = []


class Taken(BaseModel):
    query: str
    limit: int = 5
    note: str | None = None
    inner: Inner = Inner(name="x")
    either: Inner | str = ""
    scores: dict[str, int] = {}


SCHEMA = TypeAdapter(Taken).json_schema()


def read(sent, schema=SCHEMA):
    return read_arguments("search", sent, schema)


@pytest.mark.parametrize(
    ("sent", "read_as"),
    [
        ({"query": "x"}, {"query": "x"}),
        ('{"query": "x"}', {"query": "x"}),
        (' {"query": {"a": [1, null]}}\n', {"query": {"a": [1, None]}}),
        ("", {}),
        ("  \n", {}),
        ("null", {}),
        (None, {}),
        ("{}", {}),
    ],
)
def test_a_mapping_json_and_nothing_at_all_are_arguments(sent, read_as):
    assert read(sent) == read_as


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ('{"query": "x"', "are no JSON: Expecting ',' delimiter at line 1, column 14. Write a JSON object."),
        ("query=x", "are no JSON: Expecting value at line 1, column 1"),
        ("{'query': 'x'}", "are no JSON"),
        ('{"query": "x"} trailing', "are no JSON: Extra data"),
        ("[" * 100_000, "too much stands inside one another"),
        ('{"a":' * 100_000, "too much stands inside one another"),
        ("1" * 5000, "are no JSON: Exceeds the limit"),
        ("[1]", "are a list: write a JSON object"),
        ('"x"', "are a string"),
        ("3", "are a number"),
        ("true", "are a boolean"),
        ([1], "are a list"),
        (3.5, "are a number"),
        (b"{}", "are of type bytes"),
    ],
)
def test_what_is_no_json_object_is_refused_with_a_word_on_what_to_write(sent, told):
    with pytest.raises(InvalidPayload) as caught:
        read(sent)
    assert "The arguments of 'search' " in caught.value.message
    assert told in caught.value.message


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"query": "x", "limit": None, "note": None}, {"query": "x", "note": None}),
        ({"query": None}, {"query": None}),
        ({"query": "x", "unknown": None}, {"query": "x", "unknown": None}),
        ({"inner": {"name": None, "size": None}}, {"inner": {"name": None}}),
        (
            {"inner": {"name": "x", "inner": {"name": "y", "size": None}}},
            {"inner": {"name": "x", "inner": {"name": "y"}}},
        ),
        ({"inner": {"name": "x", "inner": None}}, {"inner": {"name": "x", "inner": None}}),
        ({"inner": {"more": [{"size": None}, {"size": 2}, None]}}, {"inner": {"more": [{}, {"size": 2}, None]}}),
        ({"either": {"name": "x", "size": None}}, {"either": {"name": "x"}}),
        ({"either": "x", "inner": "odd"}, {"either": "x", "inner": "odd"}),
        ({"scores": {"a": None}}, {"scores": {"a": None}}),
    ],
)
def test_null_stands_for_what_is_left_out_where_null_itself_does_not_fit(sent, kept):
    assert read(sent) == kept
    assert read(json.dumps(sent)) == kept


def test_what_came_is_not_changed():
    sent = {"query": "x", "inner": {"name": "x", "size": None}}
    read(sent)
    assert sent == {"query": "x", "inner": {"name": "x", "size": None}}


def nested(depth):
    return '{"inner":' + '{"name":"x","inner":' * depth + "null" + "}" * depth + "}"


def test_a_recursive_model_that_is_nested_too_deeply_is_refused():
    assert read(nested(50))["inner"]["inner"]["name"] == "x"
    for depth in (2_000, 100_000):
        with pytest.raises(InvalidPayload, match="too much stands inside one another"):
            read(nested(depth))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*SCHEMA["properties"], "x"]), inner),
    max_leaves=10,
)


@given(JSON | st.text())
def test_whatever_comes_is_read_or_refused_and_nothing_else(sent):
    for way in (sent, json.dumps(sent), sent if isinstance(sent, str) else None):
        with suppress(InvalidPayload):
            assert isinstance(read(way), dict)
