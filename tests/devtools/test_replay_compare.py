"""Differences as people read them."""

import pytest

from motet.devtools.replay_compare import NOUNS, Difference, Differences
from motet.devtools.replay_places import ABSENT


@pytest.mark.parametrize("kind", NOUNS)
def test_every_kind_is_said_in_a_sentence_with_what_differs(kind: str) -> None:
    told = str(Difference(kind, ("a", "b"), {"x": 1, "y": 2}, {"x": 1, "y": 3}))  # type: ignore[arg-type]
    first, *lines = told.splitlines()
    assert first == f"a / b {NOUNS[kind]}"
    expected, actual = '"y": 2' in told, '"y": 3' in told
    assert (expected, actual) == (kind != "extra call", kind != "missing call")
    assert all(line.startswith("  ") for line in lines)


def test_what_is_long_is_cut() -> None:
    told = str(Difference("output", ("a",), list(range(100)), list(range(1, 101))))
    assert len(told.splitlines()) == 42
    assert "more lines" in told


def test_what_was_not_recorded_is_said() -> None:
    assert "(not recorded)" in str(Difference("missing call", ("a",), ABSENT, None))


def test_the_first_ones_are_written_out_and_the_others_counted() -> None:
    found = [Difference("input", (f"a{number}",), 1, 2) for number in range(8)]
    told = str(Differences(found, calls=9))
    assert told.count("is given something else") == 5
    assert told.endswith("and 3 more")
    assert Differences(found)
    assert not Differences(calls=3)
