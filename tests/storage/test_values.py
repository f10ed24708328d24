"""JSON values on their way into a store and out again."""

import math
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.errors import InvalidPayload
from motet.storage.packing import LARGE, blob_of, hash_of, pack, resolved, unpack
from motet.storage.values import check_number, check_text, copied, decode, encode

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


def nested(depth):
    value = 1
    for _ in range(depth):
        value = {"a": value}
    return value


@given(json_values)
def test_values_come_back(value):
    data = encode(value, "It")
    assert decode(data) == value
    assert decode(unpack(pack(data))) == value
    assert decode(data.decode()) == value
    assert copied(value) == value


@given(st.binary(max_size=600))
def test_packing_never_makes_anything_larger(data):
    data = b"[" + data
    assert unpack(pack(data)) == data
    assert len(pack(data)) <= len(data)


@pytest.mark.parametrize(
    "value", ["\ud800", {"\udfff": 1}, b"\xff", object(), {"x": [object()]}, nested(250), nested(10_000), [10**5000]]
)
def test_what_could_not_be_read_again_is_refused(value):
    with pytest.raises(InvalidPayload, match="A result cannot be stored as JSON"):
        encode(value, "A result")


def test_what_refers_to_itself_is_refused():
    circle = []
    circle.append(circle)
    with pytest.raises(InvalidPayload):
        encode(circle, "A result")


@pytest.mark.parametrize(
    ("value", "read"),
    [((1, 2), [1, 2]), (MappingProxyType({"a": 1}), {"a": 1}), ({1: 2}, {"1": 2}), (nested(199), nested(199))],
)
def test_what_pydantic_can_write_is_taken(value, read):
    assert decode(encode(value, "It")) == read


def test_numbers_that_are_none_in_json_come_back():
    assert decode(encode([math.inf, -math.inf], "It")) == [math.inf, -math.inf]
    assert math.isnan(decode(encode(math.nan, "It")))


@pytest.mark.parametrize("text", ["", "a", "ü😀", "\x01", "\uffff"])
def test_texts_are_taken(text):
    assert check_text(text, "It") == text


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", 1, None, b"a"])
def test_texts_that_no_database_keeps_are_refused(text):
    with pytest.raises(InvalidPayload, match="A name cannot be stored"):
        check_text(text, "A name")


def test_what_is_not_a_number_is_refused():
    for number in (None, 0, 1.5, math.inf):
        check_number(number, "It")
    with pytest.raises(InvalidPayload, match="A time cannot be stored: it is not a number"):
        check_number(math.nan, "A time")


def test_a_reference_is_known_from_a_value():
    data = encode("x" * LARGE, "It")
    reference = blob_of(data)
    known = hash_of(reference)
    assert known is not None
    assert hash_of(reference.encode()) == known
    assert blob_of(data) == reference
    assert resolved(reference, {known: data}) == data
    for value in (None, "", b"", '"@"', b'"@x"', "[]", "1"):
        assert hash_of(value) is None
        assert resolved(value, {}) == value
