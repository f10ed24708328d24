"""From stored tasks back to the array that would make them."""

from dataclasses import replace

import pytest

from motet.tasks.copying import entries_of
from motet.tasks.model import Task, Tree
from motet.tasks.plan import make_plan


def tree_of(entries):
    plan = make_plan(entries)
    tasks = tuple(Task("t", definition) for definition in plan.definitions)
    return Tree("t", plan.name, plan.root, len(tasks), tasks=tasks)


FULL = [
    {"name": "all", "note": {"mine": [1]}},
    {"name": "a", "executor": "x", "parent": "all", "inputs": {"n": None, "deep": {"list": [1, {}]}}, "priority": 0},
    {
        "name": "b",
        "executor": "y",
        "parent": "all",
        "dependencies": ["a", {"name": "c", "required": False}],
        "inputs": {"from": {"$from": "a", "path": "/n"}},
        "retry": {"attempts": 5, "initial": 0.5, "factor": 3.0, "cap": 9.0, "jitter": False},
        "timeout": 2.5,
        "not_before": 1e9,
        "concurrency_key": "k",
    },
    {"name": "c", "executor": "x", "parent": "b"},
]


def test_the_array_of_a_tree_makes_the_same_tree():
    tree = tree_of(FULL)
    again = tree_of(entries_of(tree))
    assert [task.definition for task in again.tasks] == [task.definition for task in tree.tasks]
    assert again.root == tree.root


def test_nothing_of_what_a_task_gave_is_taken_along():
    tree = tree_of(FULL)
    done = replace(tree, tasks=tuple(replace(task, status="completed", result=7, attempt=2) for task in tree.tasks))
    assert entries_of(done) == entries_of(tree)


@pytest.mark.parametrize(
    "names", [["a", "a", "b"], ["a", "a", "a #1"], ["a", "a", "a #2", "a #1"], ["x", "x #1", "x", "x #1'"]]
)
def test_tasks_of_one_name_are_told_apart(names):
    entries = [{"id": "root", "name": "root", "executor": "x"}]
    entries += [
        {"id": f"id{index}", "name": name, "executor": "x", "parent": "root"} for index, name in enumerate(names)
    ]
    for index in range(1, len(names)):
        entries[index + 1]["dependencies"] = [{"id": f"id{index - 1}"}]
    tree = tree_of(entries)
    again = tree_of(entries_of(tree))
    assert [task.definition for task in again.tasks] == [task.definition for task in tree.tasks]


def test_links_to_what_is_left_out_are_left_out():
    tree = tree_of(FULL)
    (only,) = entries_of(tree, {2})
    assert "parent" not in only
    assert only["name"] == "a"


def test_the_array_shares_nothing_with_the_tree():
    tree = tree_of(FULL)
    entries = entries_of(tree)
    entries[1]["inputs"]["more"] = 1
    assert "more" not in tree.tasks[1].inputs
