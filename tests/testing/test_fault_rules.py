"""Which calls a rule is about, and what a place is called: as tables."""

import pytest

from motet.testing.fault_rules import numbers_of, unnumbered


@pytest.mark.parametrize(
    ("at", "numbers"), [(None, None), (2, {2}), ([1, 3], {1, 3}), (range(2, 5), {2, 3, 4}), ({7}, {7})]
)
def test_calls_are_given_as_a_number_or_several(at, numbers):
    assert numbers_of(at) == numbers


@pytest.mark.parametrize("at", [0, -1, [], [0, 1], "2", ["2"]])
def test_what_no_call_can_be_is_refused(at):
    with pytest.raises(ValueError, match="calls are counted from 1"):
        numbers_of(at)


@pytest.mark.parametrize(
    ("name", "told"), [("search_2", "search"), ("search", "search"), ("a_b", "a_b"), ("_2", "_2"), ("a_b_10", "a_b")]
)
def test_the_number_of_a_composition_is_no_part_of_the_name(name, told):
    assert unnumbered(name) == told
