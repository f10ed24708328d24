"""Task arrays, made into trees or into lists of their problems."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from motet import agent
from motet.tasks.definition import EMPTY, Definition, Dependency, Retry
from motet.tasks.errors import InvalidPlan, Problem
from motet.tasks.plan import make_plan


@agent
async def rest(payload: Any) -> Any:
    return payload


@agent(name="rest")
async def other_rest(payload: Any) -> Any:
    return payload


def problems_of(entries: Any, **options: Any) -> list[Problem]:
    with pytest.raises(InvalidPlan) as caught:
        make_plan(entries, **options)
    assert str(caught.value).startswith("These tasks are no tree:\n  - ")
    return caught.value.problems


def test_an_array_becomes_a_tree():
    plan = make_plan(
        [
            {
                "name": "report",
                "executor": "aggregate",
                "dependencies": ["cpu", {"name": "page", "required": False}],
                "inputs": {"title": {"$from": "page", "path": "/title"}},
            },
            {"name": "cpu", "executor": "system_info", "inputs": {"resource": "cpu"}, "parent": "report"},
            {
                "id": "page",
                "schemas": {"method": "rest", "type": "http"},
                "parent_id": "report",
                "priority": 0,
                "retry": {"attempts": 5},
                "timeout": 10,
                "not_before": "1970-01-01T00:01:00Z",
                "concurrency_key": "net",
                "team": ["x"],
            },
        ]
    )
    assert plan.name == "report"
    assert plan.root == 1
    assert plan.agents == {}
    assert plan.definitions == (
        Definition(
            1,
            "report",
            "aggregate",
            {"title": {"$from": "page", "path": "/title"}},
            dependencies=(Dependency(2, "cpu"), Dependency(3, "page", required=False)),
        ),
        Definition(2, "cpu", "system_info", {"resource": "cpu"}, parent=1),
        Definition(
            3,
            "page",
            "rest",
            EMPTY,
            1,
            (),
            0,
            Retry(5),
            10.0,
            60.0,
            "net",
            {"schemas": {"type": "http"}, "team": ["x"]},
        ),
    )


def test_the_tree_is_called_like_its_root_unless_it_has_a_name():
    entries = [{"name": "b", "executor": "x", "parent": "a"}, {"name": "a", "executor": "x"}]
    assert make_plan(entries).name == "a"
    assert make_plan(entries).root == 2
    assert make_plan(entries, name="morning").name == "morning"


@pytest.mark.parametrize("name", ["", 5, "\0"])
def test_a_name_that_names_nothing_is_a_problem(name):
    (problem,) = problems_of([{"name": "a", "executor": "x"}], name=name)
    assert (problem.index, problem.field) == (None, "name")


def test_agents_are_collected_under_their_names():
    entries = [{"name": "a", "executor": rest}, {"name": "b", "executor": rest, "parent": "a"}]
    plan = make_plan(entries)
    assert plan.agents == {"rest": rest}
    assert [definition.executor for definition in plan.definitions] == ["rest", "rest"]


def test_two_agents_of_one_name_are_a_problem():
    (problem,) = problems_of([{"name": "a", "executor": rest}, {"name": "b", "executor": other_rest, "parent": "a"}])
    assert problem == Problem(1, "executor", "another agent is called 'rest', too: give one of the agents another name")


def test_agents_without_a_name_are_told_for_that_alone():
    nameless = [agent(name=name)(rest.call) for name in ("\0", "\0\0")]
    found = problems_of([{"name": "a", "executor": nameless[0]}, {"name": "b", "executor": nameless[1], "parent": "a"}])
    assert [(problem.index, problem.field) for problem in found] == [(0, "executor"), (1, "executor")]
    assert all("cannot name anything" in problem.message for problem in found)


def test_an_unknown_executor_is_no_problem_of_the_plan():
    assert make_plan([{"name": "a", "executor": "nobody"}]).definitions[0].executor == "nobody"


@pytest.mark.parametrize(
    "entries", [None, 5, "tasks", b"tasks", {"name": "a", "executor": "x"}, {"tasks": []}, iter([]), {1, 2}]
)
def test_what_is_no_array_is_a_problem(entries):
    (problem,) = problems_of(entries)
    assert (problem.index, problem.field) == (None, "")
    assert "is no array of tasks: write a list" in problem.message


def test_an_empty_array_is_a_problem():
    assert problems_of([]) == [Problem(None, "", "the array is empty: a tree has at least one task")]


@pytest.mark.parametrize("entry", [None, 5, "a", ["name", "a"], object()])
def test_an_entry_that_is_no_object_is_one_problem(entry):
    root = {"name": "a", "executor": "x"}
    (problem,) = problems_of([root, entry, {"name": "b", "executor": "x"}])
    assert (problem.index, problem.field) == (1, "")
    assert "is no task: write an object" in problem.message


def test_all_problems_are_told_together_in_the_order_of_the_entries():
    found = problems_of(
        [
            {"name": "a", "executor": "x", "dependencies": ["b", "bb", "b"], "dependancies": []},
            {"name": "b", "executor": "x", "priority": True, "parent": "a", "dependencies": ["a"]},
            5,
            {"name": "c", "parent": "zzz", "timeout": 3, "inputs": {"x": [float("nan")]}},
            {"name": "d", "id": "t", "executor": "x", "parent": "a", "status": "completed"},
            {"name": "e", "id": "t", "executor": "x", "parent": "a", "inputs": {"x": {"$from": "d"}}},
            {"name": "f", "executor": "x", "parent": "f"},
        ],
        name="",
    )
    assert [(problem.index, problem.field) for problem in found] == [
        (None, "name"),
        (0, "dependancies"),
        (0, "dependencies.1"),
        (0, "dependencies.2"),
        (0, "dependencies"),
        (1, "priority"),
        (2, ""),
        (3, "inputs.x.0"),
        (3, "inputs"),
        (3, "timeout"),
        (3, "parent"),
        (4, "status"),
        (5, "id"),
        (5, "inputs.x"),
        (6, "parent"),
    ]


def test_plans_do_not_follow_what_the_caller_changes_later():
    shared = {"list": [1, {"a": {"$from": "b"}}]}
    entries = [
        {
            "name": "a",
            "executor": "x",
            "inputs": shared,
            "dependencies": [{"id": "t"}],
            "own": shared,
            "schemas": {"s": shared},
        },
        {"name": "b", "id": "t", "executor": "x", "inputs": {"c": []}},
    ]
    before = copy.deepcopy(entries)
    plan = make_plan(entries)
    assert entries == before
    kept = [(dict(task.inputs), dict(task.extra)) for task in copy.copy(plan.definitions)]
    told = json.dumps(kept)
    shared["list"].append(2)
    shared["list"][1]["a"]["$from"] = "nobody"
    entries[0]["dependencies"][0]["id"] = "nobody"
    entries[1]["inputs"]["c"].append(1)
    entries.clear()
    assert json.dumps(kept) == told
    # Nor do two fields that held the same object share anything.
    assert kept[0][0]["list"] is not kept[0][1]["own"]["list"]


@pytest.mark.parametrize("make", [list, tuple])
def test_a_chain_may_be_long(make: Callable[[Any], Any]):
    raws = make({"name": f"t{n}", "executor": "x", "dependencies": [f"t{n - 1}"] if n else []} for n in range(20_000))
    assert make_plan(raws).root == 20_000
    nested = make({"name": f"t{n}", "executor": "x", "parent": f"t{n - 1}" if n else None} for n in range(20_000))
    assert make_plan(nested).root == 1


def test_inputs_that_are_too_deep_are_a_problem():
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    (problem,) = problems_of([{"name": "a", "executor": "x", "inputs": {"deep": deep}}])
    assert problem.field.startswith("inputs.deep.0.0")
    assert "more than 100 lists and objects" in problem.message
    while deep:  # taken apart step by step: in one go it would need a deep stack of its own
        deep = deep[0]
