"""One entry of a task array, read by itself."""

import enum
import math
from types import MappingProxyType
from typing import Any

import pytest

from motet import agent
from motet.tasks.definition import Retry
from motet.tasks.entries import Entry, Wanted, read_entry


class Name(enum.StrEnum):
    REPORT = "report"


@agent
async def rest(payload: Any) -> Any:
    return payload


@agent(name="\0")
async def nameless(payload: Any) -> Any:
    return payload


def read(raw):
    """Return the entry, and its problems."""
    problems = []
    return read_entry(raw, lambda field, message: problems.append((field, message))), problems


def work(**fields: Any):
    return {"name": "report", "executor": "rest", **fields}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (work(), {"name": "report", "id": None, "executor": "rest", "group": False}),
        ({"id": "t1", "executor": "rest"}, {"name": "t1", "id": "t1"}),
        (work(id="t1"), {"name": "report", "id": "t1"}),
        ({"name": Name.REPORT}, {"name": "report", "group": True, "executor": None}),
        (MappingProxyType(work()), {"name": "report"}),
        ({"name": "a", "schemas": {"method": "rest"}}, {"executor": "rest", "group": False, "extra": None}),
        ({"name": "a", "executor": "rest", "schemas": {"method": "rest"}}, {"executor": "rest", "extra": None}),
        (
            {"name": "a", "schemas": {"method": "rest", "type": "http"}},
            {"executor": "rest", "extra": {"schemas": {"type": "http"}}},
        ),
        ({"name": "a", "schemas": {"type": "http"}}, {"group": True, "extra": {"schemas": {"type": "http"}}}),
        ({"name": "a", "executor": rest}, {"executor": "rest", "agent": rest}),
        (work(inputs={"a": (1,)}), {"inputs": {"a": [1]}}),
        (work(parent="p"), {"parent": "p", "lost": False}),
        (work(parent_id="p"), {"parent_id": "p", "lost": False}),
        (work(dependencies=["a", "b"]), {"dependencies": ["a", "b"]}),
        (work(dependencies=("a",)), {"dependencies": ["a"]}),
        (work(dependencies=[Name.REPORT]), {"dependencies": ["report"]}),
        (
            work(
                dependencies=[{"id": "a"}, {"name": "b", "required": False}, {"id": "a", "name": "c", "required": True}]
            ),
            {"dependencies": [Wanted(None, "a"), Wanted("b", None, False), Wanted("c", "a")]},
        ),
        (work(dependencies=[{"name": "a", "id": None, "required": None}]), {"dependencies": [Wanted("a", None)]}),
        (
            work(priority=0, retry=2, timeout=1, not_before=0, concurrency_key="k"),
            {"plain": {"priority": 0, "retry": Retry(2), "timeout": 1.0, "not_before": 0.0, "concurrency_key": "k"}},
        ),
        (work(team="x", note=None), {"extra": {"team": "x", "note": None}}),
        (
            work(**dict.fromkeys(["id", "schemas", "inputs", "parent", "parent_id", "dependencies", "retry"])),
            {"id": None, "inputs": None, "parent": None, "dependencies": (), "plain": None, "extra": None},
        ),
        # A group takes what has a meaning for it.
        ({"name": "g", "dependencies": ["a"], "priority": 1, "inputs": {}}, {"group": True, "plain": {"priority": 1}}),
    ],
)
def test_an_entry_is_read_in_every_spelling(raw, said):
    entry, problems = read(raw)
    assert not problems
    assert {field: getattr(entry, field) for field in said} == said


@pytest.mark.parametrize(
    ("raw", "field", "told"),
    [
        ({"executor": "rest"}, "name", "the task has no name: write one"),
        ({"name": None, "id": None, "executor": "rest"}, "name", "the task has no name"),
        (work(name=""), "name", "cannot name anything"),
        (work(name=5), "name", "5 is no text: write a string"),
        (work(name=["a"]), "name", "is no text"),
        (work(name="a\0"), "name", "cannot name anything"),
        (work(id=7), "id", "7 is no text: write a string"),
        (work(id=""), "id", "cannot name anything"),
        (work(executor=5), "executor", "5 is no executor: write its id, or in Python pass the agent itself"),
        (work(executor=rest.call), "executor", "is no executor"),
        (work(executor={"id": "rest"}), "executor", "is no executor"),
        (work(executor=""), "executor", "cannot name anything"),
        (work(executor=nameless), "executor", "cannot name anything"),
        ({"name": "a", "schemas": "rest"}, "schemas", '\'rest\' is no object: write {"method": "..."}'),
        ({"name": "a", "schemas": {"method": 5}}, "schemas.method", "5 is no text"),
        ({"name": "a", "schemas": {"method": "rest", "x": object()}}, "schemas.x", "is no JSON data"),
        (work(schemas={"method": "http"}), "schemas.method", "'http' is not 'rest': name the executor only once"),
        (work(inputs=[1]), "inputs", "[1] is no object: write the inputs by name"),
        (work(inputs="a"), "inputs", "'a' is no object"),
        (work(inputs=False), "inputs", "False is no object"),
        (work(inputs=object()), "inputs", "is no JSON data"),
        (work(inputs={"a": {"b": [math.nan]}}), "inputs.a.b.0", "nan is no JSON number"),
        (work(inputs={1: 2}), "inputs", "the key 1 is no JSON text"),
        (work(inputs={"a": {"$from": 1}}), "inputs.a", "write the name of a dependency"),
        (work(inputs={"a": {"$from": "b", "pth": "/"}}), "inputs.a", 'did you mean "path"?'),
        (work(inputs={"$from": "b"}), "inputs", "the inputs are an object of named values"),
        (work(parent=5), "parent", "5 is no text"),
        (work(parent_id={}), "parent_id", "{} is no text"),
        (work(dependencies="a"), "dependencies", "'a' is no list of dependencies: write a list, and in it \"name\""),
        (work(dependencies={"name": "a"}), "dependencies", "is no list of dependencies"),
        (work(dependencies={"a"}), "dependencies", "is no list of dependencies"),
        (work(dependencies=5), "dependencies", "5 is no list"),
        (work(dependencies=["a", 5]), "dependencies.1", '5 is no dependency: write "name", {"id": "..."} or'),
        (work(dependencies=[None]), "dependencies.0", "None is no dependency"),
        (work(dependencies=[["a"]]), "dependencies.0", "['a'] is no dependency"),
        (work(dependencies=[""]), "dependencies.0", "cannot name anything"),
        (work(dependencies=[{}]), "dependencies.0", "the dependency names no task"),
        (work(dependencies=[{"required": False}]), "dependencies.0", "the dependency names no task"),
        (work(dependencies=[{"name": 5}]), "dependencies.0.name", "5 is no text"),
        (work(dependencies=[{"id": ""}]), "dependencies.0.id", "cannot name anything"),
        (work(dependencies=[{"name": "a", "required": "no"}]), "dependencies.0.required", "is neither true nor false"),
        (work(dependencies=[{"name": "a", "required": 0}]), "dependencies.0.required", "0 is neither true nor false"),
        (work(dependencies=[{"name": "a", "requred": True}]), "dependencies.0", 'did you mean "required"?'),
        (work(dependencies=[{"name": "a", "type": "result"}]), "dependencies.0", "'type' means nothing"),
        (work(dependencies=[{"name": "a", 1: 2}]), "dependencies.0", "1 means nothing in a dependency"),
        (work(priority=True), "priority", "True is no priority"),
        (work(timeout=0), "timeout", "write seconds"),
        (work(retry={"attempts": 0}), "retry.attempts", "a whole number from 1"),
        (work(not_before="soon"), "not_before", "is no time"),
        (work(concurrency_key=5), "concurrency_key", "5 is no text"),
        (work(dependancies=[]), "dependancies", 'did you mean "dependencies"?'),
        (work(status="completed"), "status", "is not for you to set"),
        (work(team=object()), "team", "is no JSON data"),
        ({**work(), 5: 6}, "", "the key 5 is no JSON text"),
        ({"name": "g", "inputs": {"a": 1}}, "inputs", "a task without executor is a group, which never runs"),
        ({"name": "g", "retry": 3}, "retry", "a task without executor is a group"),
        ({"name": "g", "timeout": 3}, "timeout", "a task without executor is a group"),
    ],
)
def test_what_is_wrong_with_an_entry_is_told_with_its_field(raw, field, told):
    _, problems = read(raw)
    assert [place for place, _ in problems] == [field]
    assert told in problems[0][1]


def test_all_that_is_wrong_is_told():
    raw = {
        "priority": 9,
        "inputs": [1],
        "dependencies": [1, {"x": 1, "required": 3}],
        "status": 1,
        "timeout": "x",
        "retry": 0,
    }
    assert sorted(field for field, _ in read(raw)[1]) == [
        "dependencies.0",
        "dependencies.1",
        "dependencies.1",
        "dependencies.1.required",
        "inputs",
        "name",
        "priority",
        "retry",
        "status",
        "timeout",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        {"nmae": "a", "executor": "rest"},
        {"Name": "a", "executor": "rest"},
        {"name": "a", "executer": "rest", "inputs": {"a": 1}, "retry": 3},
        {"name": "a", "executor": "", "inputs": {"a": 1}},
        {"name": "a", "schemas": {"method": 5}, "timeout": 3},
    ],
)
def test_one_mistake_is_one_problem(raw):
    if "nmae" in raw:
        # Two letters that changed places in a short word are too much to be sure of what was meant.
        assert {field for field, _ in read(raw)[1]} == {"name"}
    else:
        assert len(read(raw)[1]) == 1


@pytest.mark.parametrize(("field", "lost", "broken"), [("parents", True, 0), ("depends_on", False, math.inf)])
def test_a_misspelt_reference_could_mean_anybody(field, lost, broken):
    entry, _ = read(work(**{field: "a"}))
    assert (entry.lost, entry.broken) == (lost, broken)


def test_an_unreadable_dependency_keeps_its_place():
    assert read(work(dependencies=["a", 5, "b"]))[0].dependencies == ["a", None, "b"]


def test_an_entry_that_says_nothing_is_a_nameless_group():
    entry, problems = read({})
    assert (entry.name, entry.group) == ("", True)
    assert [field for field, _ in problems] == ["name"]
    assert Entry().group
