"""One root, every task below it, and nothing that waits for itself."""

from typing import Any

import pytest

from motet.tasks.entries import Entry, read_entry
from motet.tasks.layout import lay_out
from motet.tasks.links import link


def laid_out(*raws: dict[str, Any]) -> tuple[int | None, list[int | None], list[tuple[int, str, str]]]:
    """Return the root, the parents and the problems of the layout alone."""
    entries = [read_entry(raw, lambda *_: None) if raw else Entry(lost=True, group=False) for raw in raws]
    links = link(entries, lambda *_: None)
    problems = []
    layout = lay_out(entries, links, lambda *told: problems.append(told))
    return layout.root, list(layout.parents), problems


def work(name: str, *dependencies: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "executor": "x", "dependencies": [*dependencies], **fields}


def group(name: str, *dependencies: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "dependencies": [*dependencies], **fields}


@pytest.mark.parametrize(
    ("raws", "root", "parents"),
    [
        ([work("a")], 0, [None]),
        ([work("b", parent="a"), work("a")], 1, [1, None]),
        ([work("a", "b"), work("b")], 0, [None, 0]),
        ([work("b"), work("c", "b"), work("a", "c")], 2, [2, 2, None]),
        ([work("a", "b"), work("b", "c"), work("c"), work("d", parent="c")], 0, [None, 0, 0, 2]),
        # The others become children of a group, too.
        ([group("all", "a", "b"), work("a"), work("b", "a")], 0, [None, 0, 0]),
        # What the root needs stands in a group that nobody names.
        ([work("a", "c"), group("g"), work("c", parent="g")], 0, [None, 0, 1]),
        # A child may run after its parent, and a parent after its child, where the parent runs itself.
        ([work("a"), work("b", "a", parent="a")], 0, [None, 0]),
        ([work("a", "b"), work("b", parent="a")], 0, [None, 0]),
        # Within one group, and from one group into another.
        ([group("g"), work("a", parent="g"), work("b", "a", parent="g")], 0, [None, 0, 0]),
        ([group("r"), group("g", parent="r"), work("a", parent="g"), work("b", "g", parent="r")], 0, [None, 0, 1, 0]),
    ],
)
def test_a_tree_has_one_root_and_everything_below_it(raws, root, parents):
    assert laid_out(*raws) == (root, parents, [])


CYCLE = "is a cycle, in which no task can be the first"


@pytest.mark.parametrize(
    ("raws", "index", "told"),
    [
        ([work("a", "a")], 0, f"a -> a {CYCLE}: leave out one dependency"),
        ([work("a", "b"), work("b", "a", parent="a")], 0, f"a -> b -> a {CYCLE}"),
        ([work("a", "b"), work("b", "c"), work("c", "b")], 1, f"b -> c -> b {CYCLE}"),
        ([work("r", "a"), work("a", "b"), work("b", "c"), work("c", "a")], 1, f"a -> b -> c -> a {CYCLE}"),
        (
            [group("g"), work("a", "g", parent="g")],
            1,
            f"a -> g -> a {CYCLE} (a group waits for its children): leave out one dependency",
        ),
        (
            [group("r"), group("g", parent="r"), work("a", "r", parent="g")],
            2,
            f"a -> r -> g -> a {CYCLE} (a group waits",
        ),
        (
            [group("g"), work("a", parent="g"), work("b", "g", parent="a")],
            None,
            None,
        ),
        (
            [
                group("r"),
                group("g", parent="r"),
                group("h", parent="r"),
                work("a", "h", parent="g"),
                work("b", "g", parent="h"),
            ],
            3,
            f"a -> h -> b -> g -> a {CYCLE} (a group waits",
        ),
    ],
)
def test_a_cycle_is_told_as_the_way_round_at_a_task_that_names_the_next(raws, index, told):
    problems = laid_out(*raws)[2]
    if index is None:
        # A task that runs itself does not wait for its children, and so the group does not wait for theirs.
        assert not problems
        return
    ((place, field, message),) = problems
    assert (place, field) == (index, "dependencies")
    assert message.startswith(told)


def test_separate_cycles_are_all_told():
    problems = laid_out(work("r", "a", "c"), work("a", "b"), work("b", "a"), work("c", "d"), work("d", "c"))[2]
    assert [message[:11] for _, _, message in problems] == ["a -> b -> a", "c -> d -> c"]


def test_a_long_cycle_is_told_in_short():
    raws = [work(f"t{number}", f"t{(number + 1) % 5000}") for number in range(5000)]
    ((_, _, message),) = laid_out(*raws)[2]
    assert message.startswith("t0 -> t1 -> ")
    assert " -> (4988 more) -> t4999 -> t0 is a cycle" in message
    assert len(message) < 250


@pytest.mark.parametrize(
    ("raws", "places"),
    [
        ([work("a"), work("b")], [0, 1]),
        ([work("a", "c"), work("b", "c"), work("c")], [0, 1]),
        ([work("a", "b"), work("b"), work("c")], [0, 2]),
        ([group("g"), work("a", parent="g"), work("b")], [0, 2]),
        # A reference that means nobody can tie one of three to the others, but not two.
        ([work("a", "zzz"), work("b"), work("c")], [0, 1, 2]),
        # They wait for each other's children.
        (
            [
                *(work("a"), work("b", parent="a"), work("c", "e", parent="a")),
                *(work("d"), work("e", parent="d"), work("f", "b", parent="d")),
            ],
            [0, 3],
        ),
    ],
)
def test_several_roots_are_told_each(raws, places):
    root, _, problems = laid_out(*raws)
    assert root is None
    assert [(place, field) for place, field, _ in problems] == [(place, "parent") for place in places]
    for _, _, message in problems:
        assert message.startswith(
            "a tree has one root, but 'a'" if "executor" in raws[0] else "a tree has one root, but 'g'"
        )
        assert message.endswith('write "parent" in all but one')


@pytest.mark.parametrize(
    "raws",
    [
        # Once the reference means somebody, there may be one root.
        [work("a", "zzz"), work("b")],
        [work("a", dependencies="b"), work("b"), work("c")],
        [work("a"), work("b", parent="zzz")],
        [{}, work("a", parent="zzz")],
        [{}],
    ],
)
def test_a_reference_that_means_nobody_has_no_further_consequences(raws):
    assert laid_out(*raws)[2] == []


def test_a_cycle_of_tasks_without_parent_is_no_matter_of_roots():
    root, _, problems = laid_out(work("a", "b"), work("b", "a"))
    assert root is None
    assert [field for _, field, _ in problems] == ["dependencies"]


def test_parents_that_go_round_in_a_circle_are_told_once_and_what_is_below_them_each():
    raws = [group("a", parent="b"), group("b", parent="a"), work("c", parent="b"), work("d", parent="c"), work("r")]
    root, _, problems = laid_out(*raws)
    assert root == 4
    assert [(place, field) for place, field, _ in problems] == [(0, "parent"), (2, "parent"), (3, "parent")]
    assert problems[0][2].startswith("a -> b -> a goes round in a circle: one of these tasks needs another parent")
    assert "it is below no root" in problems[1][2]


def test_a_task_that_is_its_own_parent_is_told():
    assert laid_out(work("a", parent="a"))[2][0][2].startswith("a -> a goes round in a circle")


def test_a_group_needs_children():
    raws = [work("r"), group("g", parent="r"), group("h", parent="r"), work("a", parent="h")]
    ((place, field, message),) = laid_out(*raws)[2]
    assert (place, field) == (1, "executor")
    assert (
        message == "a task without executor is a group, and no task has it as its parent: name an executor, or children"
    )


def test_whether_a_group_has_children_is_not_known_while_parents_are_not():
    assert laid_out(group("g"), work("a", parent="gg"))[2] == []
    assert [field for _, field, _ in laid_out(group("g"), work("a"))[2]] == ["parent", "parent"]


def test_nameless_entries_are_called_by_their_place():
    assert laid_out({"id": "", "executor": "x", "parent": "a"}, work("a", "a"))[2][0][2].startswith("a -> a")


def test_a_task_whose_parent_is_not_known_is_no_root():
    assert laid_out(work("a"), work("b", parent="zzz"))[:2] == (0, [None, None])
    assert laid_out(work("b", parent="zzz"))[0] is None
