"""Words for people."""

import pytest

from motet.tasks.hints import listed, meant, shown


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


def int_by_name() -> object:
    return type("int", (), {})()


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "'a'"), (None, "None"), ({"a": [1]}, "{'a': [1]}"), ([10**5000], "[a number of more than 100 digits]")],
)
def test_a_value_is_shown_in_short(value, text):
    assert shown(value) == text


@pytest.mark.parametrize("value", ["x" * 10**6, [[[[[[[[[1]]]]]]]]] * 1000, Odd(), int_by_name(), {1: Odd(), "a": 2}])
def test_showing_is_short_and_never_raises(value):
    assert 0 < len(shown(value)) < 500


@pytest.mark.parametrize(
    ("word", "words", "near"),
    [
        ("repost", ["report", "page"], "report"),
        ("zzz", ["report"], ""),
        ("report", [], ""),
        ("x" * 61, ["x" * 60], ""),
        ("x" * 60, ["x" * 61], ""),
        ("report", [*map(str, range(1000)), "reports"], ""),
    ],
)
def test_the_word_that_was_meant_is_found_among_few_and_short_ones(word, words, near):
    assert meant(word, words) == near


@pytest.mark.parametrize(
    ("names", "text"), [([], ""), (["a"], "'a'"), ("abc", "'a', 'b', 'c'"), ("abcde", "'a', 'b', 'c' and 2 more")]
)
def test_names_are_listed_up_to_a_few(names, text):
    assert listed(names) == text
