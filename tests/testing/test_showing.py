"""Values in failure messages are short, and differences are found in every place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.testing.showing import differences, listed, nearest, ordinal, plural, same, shown

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


class Odd:
    def __repr__(self) -> str:
        raise LookupError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "'a'"),
        ("a\n  b", r"'a\n b'"),
        (list(range(100)), "[0, 1, 2, 3, 4...96, 97, 98, 99]"),
        (Odd(), "<Odd whose repr raises LookupError>"),
    ],
)
def test_a_value_is_shown_on_one_line_cut_in_the_middle(value, text):
    told = shown(value, 36)
    assert len(told) <= 36
    assert "\n" not in told
    if not isinstance(value, list):
        assert told == text
    else:
        assert told.startswith("[0, 1, 2,")
        assert told.endswith("98, 99]")


@pytest.mark.parametrize(
    ("number", "told"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (113, "113th"), (21, "21st")],
)
def test_numbers_are_told_in_order(number, told):
    assert ordinal(number) == told


def test_things_are_counted_and_listed():
    assert (plural(1, "event"), plural(0, "event"), plural(2000, "event")) == ("1 event", "0 events", "2,000 events")
    assert listed([]) == "  (none)"
    assert listed("abc", many=2) == "  a\n  b\n  ... and 1 more"


def test_names_that_look_alike_are_offered():
    assert nearest("wirte", ["write", "read"]) == "did you mean 'write'?"
    assert nearest("xyz", ["write", "read"]) == "there are 'read', 'write'."
    assert nearest("xyz", []) == "there are none."


@given(JSON)
def test_nothing_differs_from_itself(value):
    assert list(differences(value, value)) == []


@given(JSON, JSON)
def test_what_is_not_the_same_differs_somewhere_and_the_other_way_round(one, other):
    found, back = list(differences(one, other)), list(differences(other, one))
    assert bool(found) == bool(back)
    assert bool(found) == (not _same(one, other))


def _same(one, other):
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return same(one, other)
