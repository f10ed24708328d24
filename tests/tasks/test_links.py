"""The references within a task array."""

from typing import Any

import pytest

from motet.tasks.entries import read_entry
from motet.tasks.links import Links, link


def linked(*raws: dict[str, Any]) -> tuple[Links, list[tuple[int, str, str]], list[Any]]:
    """Return whom the entries mean, the problems, and the entries."""
    entries = [read_entry({"executor": "x", **raw}, pytest.fail) for raw in raws]
    problems = []
    return link(entries, lambda index, field, message: problems.append((index, field, message))), problems, entries


def entry(name: str, *dependencies: Any, **fields: Any) -> dict[str, Any]:
    return {"name": name, "dependencies": [*dependencies], **fields}


@pytest.mark.parametrize(
    ("raws", "waits", "optional"),
    [
        ([entry("a", "b"), entry("b")], [1], set()),
        ([entry("a", {"name": "b"}), entry("b")], [1], set()),
        ([entry("a", {"name": "b", "required": False}, "c"), entry("b"), entry("c")], [1, 2], {1}),
        ([entry("a", {"id": "t2"}), entry("b", id="t2")], [1], set()),
        ([entry("a", "t2"), entry("b", id="t2")], [1], set()),
        ([entry("a", {"name": "t2"}), entry("b", id="t2")], [1], set()),
        ([entry("a", {"id": "b"}), entry("b")], [1], set()),
        ([entry("a", {"id": "t2", "name": "b"}), entry("b", id="t2")], [1], set()),
        # The id counts more than a name, unless it is written as a name.
        ([entry("a", "b"), entry("b"), entry("c", id="b")], [2], set()),
        ([entry("a", {"id": "b"}), entry("b"), entry("c", id="b")], [2], set()),
        ([entry("a", {"name": "b"}), entry("b"), entry("c", id="b")], [1], set()),
        # A name may be shared if nobody refers to it.
        ([entry("a", "t2"), entry("b", id="t2"), entry("b")], [1], set()),
        ([entry("a", "b"), entry("b", id="b"), entry("b", id="t3")], [1], set()),
    ],
)
def test_a_dependency_is_found_by_id_and_name(raws, waits, optional):
    links, problems, _ = linked(*raws)
    assert not problems
    assert list(links.waits[0]) == waits
    assert links.optional.get(0, set()) == optional


@pytest.mark.parametrize(
    "parent",
    [{"parent": "b"}, {"parent": "t2"}, {"parent_id": "t2"}, {"parent_id": "b"}, {"parent": "b", "parent_id": "t2"}],
)
def test_a_parent_is_found_by_id_and_name(parent):
    links, problems, _ = linked(entry("a", **parent), entry("b", id="t2"))
    assert not problems
    assert links.parents == [1, None]
    assert not links.lost


@pytest.mark.parametrize("written", ["b", "t2"])
def test_a_reference_is_kept_with_the_dependencys_name(written):
    inputs = {"x": [{"$from": written, "path": "/a"}], "y": {"$literal": {"$from": "nobody"}}}
    _, problems, entries = linked(entry("a", {"id": "t2"}, inputs=inputs), entry("b", id="t2"))
    assert not problems
    assert entries[0].inputs == {"x": [{"$from": "b", "path": "/a"}], "y": {"$literal": {"$from": "nobody"}}}
    assert inputs["x"] == [{"$from": written, "path": "/a"}]


@pytest.mark.parametrize(
    ("raws", "problem"),
    [
        (
            [entry("a", "repost"), entry("report")],
            (0, "dependencies.0", "no entry is called 'repost': did you mean 'report'?"),
        ),
        ([entry("a", "zzz")], (0, "dependencies.0", "no entry is called 'zzz': write the name or the id of an entry")),
        ([entry("a", {"id": "zzz"})], (0, "dependencies.0.id", "no entry is called 'zzz'")),
        ([entry("a", {"name": "zzz"})], (0, "dependencies.0.name", "no entry is called 'zzz'")),
        ([entry("a", parent="zzz")], (0, "parent", "no entry is called 'zzz'")),
        ([entry("a", parent_id="zzz")], (0, "parent_id", "no entry is called 'zzz'")),
        (
            [entry("a", "b"), entry("b"), entry("b", id="t3")],
            (0, "dependencies.0", "several entries are called 'b': give each an \"id\" of its own, and write that"),
        ),
        (
            [entry("a", {"name": "b"}), entry("b"), entry("b"), entry("c", id="b")],
            (0, "dependencies.0.name", "several"),
        ),
        ([entry("a", parent="b"), entry("b"), entry("b")], (0, "parent", "several entries are called 'b'")),
        ([entry("a", id="t"), entry("b", id="t")], (1, "id", "entry 0 has the id 't', too: give each its own")),
        (
            [entry("a", {"id": "t2", "name": "c"}), entry("b", id="t2"), entry("c")],
            (0, "dependencies.0", "id 't2' and name 'c' are two tasks: write a dependency for each"),
        ),
        (
            [entry("a", parent="b", parent_id="c"), entry("b"), entry("c")],
            (0, "parent_id", "'c' is not 'b', the parent: write one of them only"),
        ),
        ([entry("a", "b", "b"), entry("b")], (0, "dependencies.1", "'b' is a dependency already: write it only once")),
        ([entry("a", "b", {"id": "t"}), entry("b", id="t")], (0, "dependencies.1", "'b' is a dependency already")),
        (
            [entry("a", "t2", "t3"), entry("b", id="t2"), entry("b", id="t3")],
            (0, "dependencies.1", "another dependency is called 'b', too, and results arrive by name"),
        ),
        (
            [entry("a", inputs={"x": {"$from": "b"}}), entry("b")],
            (0, "inputs.x", "'b' is no dependency of this task: add it to its dependencies"),
        ),
        (
            [entry("a", "page", inputs={"x": [{"$from": "pag"}]}), entry("page")],
            (0, "inputs.x.0", "no dependency is called 'pag': did you mean 'page'?"),
        ),
        (
            [entry("a", inputs={"x": {"$from": "zzz"}})],
            (0, "inputs.x", "no dependency is called 'zzz': write the name or the id of a dependency"),
        ),
    ],
)
def test_a_reference_that_means_nobody_or_somebody_else_is_told(raws, problem):
    _, problems, _ = linked(*raws)
    assert len(problems) == 1
    assert problems[0][:2] == problem[:2]
    assert problem[2] in problems[0][2]


def test_every_reference_that_means_nobody_is_counted():
    links, problems, _ = linked(entry("a", "x", "b", {"id": "y"}, parent="z"), entry("b"))
    assert len(problems) == 3
    assert links.broken == 3
    assert links.lost == {0}
    assert links.parents == [None, None]
    assert list(links.waits[0]) == [1]


def test_a_parent_that_is_known_in_one_spelling_counts():
    links, problems, _ = linked(entry("a", parent="zzz", parent_id="b"), entry("b"))
    assert [field for _, field, _ in problems] == ["parent"]
    assert links.parents == [1, None]
    assert not links.lost


def test_only_some_unknown_names_are_compared_with_the_known_ones():
    _, problems, _ = linked(*(entry(f"name{number}", f"nome{number}") for number in range(100)))
    assert sum("did you mean" in message for _, _, message in problems) == 20
