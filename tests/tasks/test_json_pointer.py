"""JSON pointers, with the examples of RFC 6901."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.tasks.json_pointer import NOWHERE, follow, is_pointer

# RFC 6901, section 5.
DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
    "none": None,
    "~1": 9,
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/foo/1", "baz"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/none", None),
        ("/~01", 9),
    ],
)
def test_a_pointer_leads_to_its_value(pointer, value):
    assert is_pointer(pointer)
    assert follow(pointer, DOCUMENT) == value


@pytest.mark.parametrize(
    "pointer",
    [
        "/nobody",
        "/foo/2",
        "/foo/-",
        "/foo/-1",
        "/foo/00",
        "/foo/01",
        "/foo/+1",
        "/foo/1.0",
        "/foo/ 1",
        "/foo/1_0",
        "/foo/١",
        "/foo/" + "9" * 5000,
        "/foo/",
        "/foo/0/0",
        "/none/x",
        "//",
    ],
)
def test_a_pointer_may_lead_nowhere(pointer):
    assert is_pointer(pointer)
    assert follow(pointer, DOCUMENT) is NOWHERE


@pytest.mark.parametrize("text", ["a", "a/b", "/a~", "/~2", "/a~/b", "~0", "#/a", "/a\n~"])
def test_what_is_no_pointer_is_known(text):
    assert not is_pointer(text)


@given(st.text(), st.integers())
def test_every_key_can_be_pointed_to(key, value):
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    assert is_pointer(pointer)
    assert follow(pointer, {key: value}) == value
