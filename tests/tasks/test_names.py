"""Names and ids within a task array."""

import pytest

from motet.tasks.entries import Entry
from motet.tasks.names import SEVERAL, Names


def names_of(*entries: tuple[str, str | None]) -> tuple[Names, list[tuple[int, str, str]]]:
    problems = []
    names = Names([Entry(name, id_) for name, id_ in entries], lambda *told: problems.append(told))
    return names, problems


@pytest.mark.parametrize(
    ("entries", "ids_first", "names_first"),
    [
        ([], {}, {}),
        ([("a", None), ("b", None)], {"a": 0, "b": 1}, {"a": 0, "b": 1}),
        ([("a", None), ("a", None)], {"a": SEVERAL}, {"a": SEVERAL}),
        ([("a", "1"), ("a", "2")], {"a": SEVERAL, "1": 0, "2": 1}, {"a": SEVERAL, "1": 0, "2": 1}),
        ([("a", "b"), ("b", "a")], {"a": 1, "b": 0}, {"a": 0, "b": 1}),
        ([("a", "a"), ("a", "2")], {"a": 0, "2": 1}, {"a": SEVERAL, "2": 1}),
        ([("", None), ("", None)], {}, {}),
    ],
)
def test_entries_are_known_by_id_and_name(entries, ids_first, names_first):
    names, problems = names_of(*entries)
    assert not problems
    assert (names.ids_first, names.names_first) == (ids_first, names_first)


def test_every_further_entry_of_an_id_is_told():
    names, problems = names_of(("a", "t"), ("b", "t"), ("c", "t"))
    assert [(index, field) for index, field, _ in problems] == [(1, "id"), (2, "id")]
    assert all(message.startswith("entry 0 has the id 't', too") for _, _, message in problems)
    assert names.ids_first["t"] == 0


@pytest.mark.parametrize(("text", "told"), [("c", "no entry is called 'c'"), ("a", "several entries are called 'a'")])
def test_a_name_that_means_nobody_or_several_is_told(text, told):
    names, problems = names_of(("a", None), ("a", None), ("b", None))
    assert names.find(5, "parent", "b") == names.find(5, "parent", "b", name=True) == 2
    assert names.find(5, "parent", text) is None
    ((index, field, message),) = problems
    assert (index, field) == (5, "parent")
    assert message.startswith(told)
