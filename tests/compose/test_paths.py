"""Looking into payloads along dotted paths."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from motet import Message
from motet.compose.paths import MISSING, reach, steps_of


class Item(BaseModel):
    price: float
    tags: list[str] = []


@dataclass
class Order:
    items: list[Item]
    note: str | None = None


class Pair(NamedTuple):
    left: Any
    right: Any


ORDER = Order([Item(price=1.5), Item(price=2, tags=["a", "b"])])
DICT = {"a": {"b": [{"c": 1}]}, "none": None, 3: "three", "4": "four", 4: "number"}


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        (ORDER, None, ORDER),
        (ORDER, "items.1.price", 2.0),
        (ORDER, "items.-1.tags.0", "a"),
        (ORDER, "note", None),
        (DICT, "a.b.0.c", 1),
        (DICT, "none", None),
        (DICT, "3", "three"),
        (DICT, "4", "four"),
        (Pair(1, {"x": 2}), "right.x", 2),
        (Pair(1, 2), "0", 1),
        (Message.of("hello"), "text", "hello"),
        (Message.of("hello"), "parts.0.text", "hello"),
        (ORDER, "items.2.price", MISSING),
        (ORDER, "items.-3", MISSING),
        (ORDER, "items.first", MISSING),
        (ORDER, "price", MISSING),
        (ORDER, "note.x", MISSING),
        (DICT, "a.b.c", MISSING),
        (DICT, "none.x", MISSING),
        (DICT, "5", MISSING),
        (DICT, "--3", MISSING),
        ({None: 1}, "x", MISSING),
        ("text", "0", MISSING),
        (b"text", "0", MISSING),
        ("text", "upper", MISSING),
        ([1], "append", MISSING),
        (ORDER, "__class__", MISSING),
        (Item(price=1), "copy", MISSING),
        (3, "x", MISSING),
        (None, "x", MISSING),
        ({"x"}, "x", MISSING),
    ],
)
def test_a_path_leads_into_models_dataclasses_mappings_and_sequences(value, path, found):
    assert reach(value, steps_of(path)) == found


def test_looking_changes_nothing():
    value: defaultdict[str, Any] = defaultdict(dict)
    assert reach(value, steps_of("a.b")) is MISSING
    assert not value


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b"])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match="names and indexes with dots between"):
        steps_of(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab0", max_size=2), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, st.lists(st.sampled_from(["a", "b", "0", "1", "-1", "ab", "real", "_x"]), min_size=1, max_size=4))
def test_a_path_that_leads_nowhere_is_never_an_error(value, steps):
    reach(value, steps)
