"""Task arrays that nobody thought of: they are trees that can run, or have problems."""

import copy
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motet import agent
from motet.tasks.custom import FIELDS
from motet.tasks.definition import Definition
from motet.tasks.errors import InvalidPlan
from motet.tasks.plan import make_plan

Raw = dict[str, Any]


@agent
async def rest(payload: Any) -> Any:
    return payload


@agent(name="rest")
async def other_rest(payload: Any) -> Any:
    return payload


NAMES = st.sampled_from(["a", "b", "c", "", "\ud800"])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-1, 4)
    | st.floats()
    | NAMES
    | st.just(rest)
    | st.text(max_size=3)
    | st.binary()
)
KEYS = st.sampled_from(["$from", "path", "$literal", "id", "name", "required", "attempts", "method"]) | st.text(
    max_size=2
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
FIELD_NAMES = st.sampled_from([*FIELDS, "status", "depends_on", "own"])
PLAUSIBLE = st.fixed_dictionaries(
    {"name": NAMES},
    optional={
        "id": NAMES,
        "executor": st.sampled_from(["x", None, rest, other_rest]),
        "parent": NAMES,
        "dependencies": st.lists(NAMES | st.fixed_dictionaries({"name": NAMES}, optional={"required": st.booleans()})),
        "inputs": st.dictionaries(NAMES, st.fixed_dictionaries({"$from": NAMES}), max_size=2),
    },
)
ENTRIES = VALUES | PLAUSIBLE | st.dictionaries(FIELD_NAMES | st.integers(0, 1), VALUES, max_size=5)


@settings(max_examples=400)
@given(st.lists(ENTRIES, max_size=6) | VALUES)
def test_whatever_comes_is_a_plan_or_has_problems(entries):
    try:
        plan = make_plan(entries)
    except InvalidPlan as error:
        problems = error.problems
    else:
        assert len(plan.definitions) == len(entries)
        check_tree(plan.definitions, plan.root)
        return
    assert problems
    assert all(problem.message for problem in problems)
    assert all(problem.index is None or 0 <= problem.index < len(entries) for problem in problems)


def check_tree(tasks: tuple[Definition, ...], root: int) -> None:
    """Check that every task is below the root and that there is an order in which all can run: slow and plain."""
    children = {task.seq: {child.seq for child in tasks if child.parent == task.seq} for task in tasks}
    assert [task.seq for task in tasks if task.parent is None] == [root]
    below = {root}
    while more := {child for task in below for child in children[task]} - below:
        below |= more
    assert below == {task.seq for task in tasks}
    needs = {
        task.seq: {other.seq for other in task.dependencies} | (set() if task.executor else children[task.seq])
        for task in tasks
    }
    done: set[int] = set()
    while ready := {seq for seq, others in needs.items() if others <= done} - done:
        done |= ready
    assert done == below
    json.dumps([(dict(task.inputs), dict(task.extra)) for task in tasks], allow_nan=False).encode()


@st.composite
def dags(draw: st.DrawFn) -> list[Raw]:
    """Make a valid array in its plainest spelling: task 0 is the root, and tasks depend on later ones only."""
    size = draw(st.integers(1, 7))
    raws: list[Raw] = []
    for place in range(size):
        later = st.integers(place + 1, size - 1)
        others = draw(st.lists(later, unique=True, max_size=3)) if place + 1 < size else []
        raw: Raw = {"name": f"task {place}", "id": f"t{place}", "executor": "x", "inputs": {"number": place}}
        raw["dependencies"] = [{"name": f"task {other}", "required": draw(st.booleans())} for other in others]
        if others and draw(st.booleans()):
            raw["inputs"]["given"] = [{"$from": f"task {others[0]}", "path": "/a"}]
        if place:
            raw["parent"] = f"task {draw(st.integers(0, place - 1))}"
        raw["priority"] = draw(st.integers(0, 3))
        raws.append(raw)
    return raws


@st.composite
def respelt(draw: st.DrawFn, raws: list[Raw]) -> list[Raw]:
    """Write the same array in other words."""

    def either(*spellings: Any) -> Any:
        return draw(st.sampled_from(spellings))

    def pointer(name: str) -> str:
        return either(name, f"t{name.removeprefix('task ')}")

    def dependency(written: Raw) -> Any:
        name, required = written["name"], written["required"]
        key, text = either(("name", name), ("id", pointer(name)), ("name", pointer(name)))
        return (
            either({key: text}, pointer(name), {key: text, "required": None})
            if required
            else {key: text, "required": False}
        )

    result = []
    for raw in copy.deepcopy(raws):
        if draw(st.booleans()):
            raw["schemas"] = {"method": raw.pop("executor")}
        if "parent" in raw:
            key = either("parent", "parent_id")
            raw[key] = pointer(raw.pop("parent"))
        raw["dependencies"] = [dependency(written) for written in raw["dependencies"]]
        for source in raw["inputs"].get("given", ()):
            source["$from"] = pointer(source["$from"])
        raw["priority"] = either(raw["priority"], ["urgent", "high", "normal", "low"][raw["priority"]])
        result.append({key: raw[key] for key in draw(st.permutations(list(raw)))} | either({}, {"retry": None}))
    return result


@given(st.data())
def test_every_spelling_makes_the_same_tree(data):
    raws = data.draw(dags())
    plan = make_plan(raws)
    check_tree(plan.definitions, plan.root)
    assert make_plan(data.draw(respelt(raws))) == plan


@given(dags(), st.data())
def test_a_cycle_is_always_found(raws, data):
    way = data.draw(st.permutations(range(len(raws))))[: data.draw(st.integers(1, len(raws)))]
    for source, target in pairwise([*way, way[0]]):
        listed = raws[source]["dependencies"]
        if all(entry["name"] != f"task {target}" for entry in listed):
            listed.append({"name": f"task {target}"})
    with pytest.raises(InvalidPlan) as caught:
        make_plan(raws)
    found = caught.value.problems
    assert found
    assert all("is a cycle" in problem.message for problem in found)
    assert all(problem.field == "dependencies" for problem in found)


@given(dags())
def test_parents_may_be_left_out_where_the_root_needs_everything(raws):
    for raw in raws[1:]:
        del raw["parent"]
        raws[0]["dependencies"].append({"name": raw["name"]})
    names = {entry["name"]: entry for entry in raws[0]["dependencies"]}
    raws[0]["dependencies"] = list(names.values())
    plan = make_plan(raws)
    assert [task.parent for task in plan.definitions] == [None, *[1] * (len(raws) - 1)]
