"""What goes wrong fails the task with that error, and the tree; what can run all the same, runs."""

import asyncio
import math
from typing import Any

import pytest
from pydantic import BaseModel

from motet import executor
from motet.kernel.clock import SYSTEM_CLOCK
from support import until, within
from task_support import chain_of, fan_of, managed, statuses, until_stored


async def run(place, stage, entries):
    async with managed(place, stage) as manager:
        return await within(manager.execute(entries))


async def test_a_failed_task_fails_the_tree_and_skips_what_requires_it(place, stage):
    entries = chain_of("a", "b", "c", "d")
    entries[1]["executor"] = "fail"
    entries[3]["dependencies"] = [{"name": "c", "required": False}]
    tree = await run(place, stage, entries)
    assert tree.status == "failed"
    assert statuses(tree) == {"a": "completed", "b": "failed", "c": "skipped", "d": "completed"}
    assert tree.task("b").error["message"] == "on purpose"
    assert tree.task("c").error["code"] == "task_skipped"
    assert "'b'" in tree.task("c").error["message"]
    assert stage.begun == ["a", "b", "d"]


async def test_what_can_run_runs_after_another_one_failed(place, stage):
    tree = await run(place, stage, [*fan_of("a", "b", "c"), {"name": "x", "executor": "fail", "parent": "all"}])
    assert statuses(tree) == {"all": "failed", "a": "completed", "b": "completed", "c": "completed", "x": "failed"}
    assert tree.root_task.error["code"] == "group_failed"


@pytest.mark.parametrize("how", ["name", "fail", "none"])
async def test_an_optional_dependency_is_waited_for_in_whatever_way_it_ends(place, stage, how):
    entries = [
        {"name": "first", "executor": "gate"},
        {"name": "maybe", "executor": how, "dependencies": ["first"]},
        {"name": "last", "executor": "echo", "dependencies": [{"name": "maybe", "required": False}]},
    ]
    async with managed(place, stage) as manager:
        going = await manager.submit(entries)
        await stage.begins("first")
        assert "last" not in stage.begun
        stage.open("first")
        tree = await within(going.wait())
    assert stage.begun == ["first", "maybe", "last"]
    assert stage.inputs["last"] == {"name": {"maybe": "maybe"}, "fail": {}, "none": {"maybe": None}}[how]
    assert tree.status == ("failed" if how == "fail" else "completed")


async def test_a_result_of_none_is_a_result(place, stage):
    entries = [
        {"name": "a", "executor": "none"},
        {"name": "b", "executor": "echo", "dependencies": ["a"]},
        {"name": "c", "executor": "echo", "dependencies": ["b"], "inputs": {"x": {"$from": "b", "path": "/a"}}},
    ]
    tree = await run(place, stage, entries)
    assert tree.status == "completed"
    assert stage.inputs == {"a": {}, "b": {"a": None}, "c": {"x": None}}


@pytest.mark.parametrize("value", [None, 0, "", [], {}, False])
async def test_empty_results_arrive_as_they_are(place, stage, value):
    async def give(inputs, ctx):
        return value

    stage.add("give", give)
    tree = await run(
        place, stage, [{"name": "a", "executor": "give"}, {**chain_of("b", executor="echo")[0], "dependencies": ["a"]}]
    )
    assert tree.result == {"a": value}


async def test_a_defined_input_comes_before_a_dependency_of_its_name(place, stage):
    entries = [
        {"name": "x", "executor": "name"},
        {"name": "b", "executor": "echo", "dependencies": ["x"], "inputs": {"x": 1}},
    ]
    assert (await run(place, stage, entries)).result == {"x": 1}


async def test_an_unknown_executor_fails_its_task(place, stage):
    tree = await run(
        place, stage, [{"name": "a", "executor": "nmae"}, {"name": "b", "executor": "name", "dependencies": ["a"]}]
    )
    assert statuses(tree) == {"a": "failed", "b": "skipped"}
    assert tree.task("a").error["code"] == "not_found"
    assert "did you mean 'name'" in tree.task("a").error["message"]


class Wanted(BaseModel):
    """Inputs with types."""

    number: int


async def test_an_invalid_input_fails_its_task_at_once_although_it_may_be_tried_again(place, stage):
    ran = []

    @executor("typed", executors=stage.executors)
    async def typed(inputs: Wanted) -> int:
        ran.append(inputs)
        return inputs.number

    entries = [{"name": "a", "executor": "typed", "inputs": {"number": "x"}, "retry": {"attempts": 5, "initial": 0}}]
    tree = await run(place, stage, entries)
    assert tree.status == "failed"
    assert tree.root_task.error["code"] == "invalid_payload"
    assert "number" in tree.root_task.error["message"]
    assert (tree.root_task.attempt, ran) == (1, [])


async def test_an_executor_that_returns_an_error_has_not_completed(place, stage):
    async def give(inputs, ctx):
        return ValueError("returned, not raised")

    stage.add("give", give)
    tree = await run(place, stage, [{"name": "a", "executor": "give"}])
    assert tree.status == "failed"


@pytest.mark.parametrize("value", [object(), {1, object()}, b"\xff\xfe", "half \ud800", lambda: 1])
async def test_a_result_that_is_no_json_data_fails_the_task(place, stage, value):
    async def give(inputs, ctx):
        return value

    stage.add("give", give)
    tree = await run(place, stage, [{"name": "a", "executor": "give"}])
    assert tree.status == "failed"
    assert tree.root_task.error["code"] == "invalid_payload"
    assert "give" in tree.root_task.error["message"]


@pytest.mark.parametrize(("value", "stored"), [(math.nan, None), (math.inf, None), ([1.5, math.nan], [1.5, None])])
async def test_a_number_that_json_does_not_have_arrives_as_null_everywhere(place, stage, value, stored):
    async def give(inputs, ctx):
        return value

    stage.add("give", give)
    tree = await run(
        place, stage, [{"name": "a", "executor": "give"}, {"name": "b", "executor": "echo", "dependencies": ["a"]}]
    )
    assert tree.task("a").result == stored
    assert tree.result == {"a": stored}


@pytest.mark.parametrize("levels", [150, 195, 197, 198, 199, 200, 201, 300, 5000])
async def test_a_result_nested_too_deeply_fails_a_task_and_nothing_else(place, stage, levels):
    """Also where only what a dependant is given is too deep: one tree must not stop the others."""

    async def give(inputs, ctx):
        value: Any = 1
        for _ in range(levels):
            value = [value]
        return value

    stage.add("give", give)
    entries = [
        {"name": "a", "executor": "give"},
        {"name": "b", "executor": "none", "dependencies": ["a"], "inputs": {"x": {"y": [{"$from": "a"}]}}},
    ]
    async with managed(place, stage) as manager:
        other = await manager.submit([{"name": "other", "executor": "gate"}])
        tree = await within(manager.execute(entries))
        stage.open("other")
        assert (await within(other.wait())).status == "completed"
    if not 195 < levels < 200:
        assert tree.status == ("completed" if levels < 197 else "failed")
    assert set(statuses(tree).values()) <= {"completed", "failed", "skipped"}


class Odd(BaseException):
    """Neither an Exception nor a cancellation."""


@pytest.mark.parametrize(
    "error",
    [ValueError("v"), Odd("o"), asyncio.CancelledError("by itself"), GeneratorExit("g"), StopAsyncIteration("s"),
     TimeoutError("its own"), ValueError("half \ud800"), RecursionError("deep"), MemoryError()],
)  # fmt: skip
async def test_whatever_an_executor_raises_fails_its_task_and_nothing_else(place, stage, error):
    async def broken(inputs, ctx):
        raise error

    stage.add("broken", broken)
    async with managed(place, stage) as manager:
        other = await manager.submit([{"name": "other", "executor": "gate"}])
        await stage.begins("other")
        tree = await within(manager.execute([{"name": "a", "executor": "broken"}]))
        stage.open("other")
        assert (await within(other.wait())).status == "completed"
    assert tree.status == "failed"
    assert tree.root_task.error["message"]


async def test_a_failed_attempt_is_tried_again_as_often_as_it_may(place, stage):
    tree = await run(place, stage, [{"name": "a", "executor": "fail", "retry": {"attempts": 3, "initial": 0}}])
    assert tree.status == "failed"
    assert stage.attempts["a"] == 3
    assert (tree.root_task.attempt, tree.root_task.failures) == (3, 3)


async def test_an_attempt_that_succeeds_leaves_no_error_behind(place, stage):
    async def flaky(inputs, ctx):
        if ctx.task.attempt < 3:
            raise ConnectionError(f"try {ctx.task.attempt}")
        return "good"

    stage.add("flaky", flaky)
    async with managed(place, stage) as manager:
        tree = await within(
            manager.execute([{"name": "a", "executor": "flaky", "retry": {"attempts": 5, "initial": 0}}])
        )
        attempts = await manager.attempts(tree.root_task.id)
    assert (tree.status, tree.result, tree.root_task.error) == ("completed", "good", None)
    assert [(attempt.number, str(attempt.status)) for attempt in attempts] == [
        (1, "pending"),
        (2, "pending"),
        (3, "completed"),
    ]
    assert [attempt.error["message"] for attempt in attempts[:2]] == ["try 1", "try 2"]


async def test_the_time_of_the_next_attempt_is_stored_and_a_slot_is_free_meanwhile(place, stage):
    entries = [
        {"name": "a", "executor": "fail", "retry": {"attempts": 2, "initial": 3600, "cap": 3600, "jitter": False}}
    ]
    async with managed(place, stage, max_concurrency=1) as manager:
        going = await manager.submit(entries)
        tree = await until_stored(manager, going.id, lambda tree: tree.root_task.failures == 1)
        task = tree.root_task
        assert (task.status, tree.status) == ("pending", "in_progress")
        assert 3500 < task.wake_at - tree.created_at <= 3700
        assert task.error["message"] == "on purpose"
        assert (await within(manager.execute(chain_of("b")))).status == "completed"
        await manager.cancel(going.id)
        assert (await within(going.wait())).status == "cancelled"


async def test_an_attempt_that_takes_too_long_is_interrupted_and_fails(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "gate", "timeout": 0.02}]))
    assert tree.status == "failed"
    assert tree.root_task.error["code"] == "agent_timeout"
    assert stage.cancelled == ["a"]


async def test_each_attempt_has_its_own_timeout(place, stage):
    entries = [{"name": "a", "executor": "gate", "timeout": 0.02, "retry": {"attempts": 3, "initial": 0}}]
    tree = await run(place, stage, entries)
    assert (tree.status, stage.attempts["a"]) == ("failed", 3)


async def test_an_executor_that_swallows_its_interruption_is_late_all_the_same(place, stage):
    async def stubborn(inputs, ctx):
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            return "never mind"

    stage.add("stubborn", stubborn)
    tree = await run(place, stage, [{"name": "a", "executor": "stubborn", "timeout": 0.02}])
    assert (tree.status, tree.result) == ("failed", None)


@pytest.mark.parametrize("past", [0, 1e9, -1e9, "2001-01-01"])
async def test_a_time_in_the_past_holds_nothing_up(place, stage, past):
    assert (await run(place, stage, chain_of("a", "b", not_before=past))).status == "completed"


async def test_a_task_starts_not_before_its_time(place, stage):
    async with managed(place, stage) as manager:
        going = await manager.submit(
            [*fan_of("late", not_before="9000-01-01"), {"name": "now", "executor": "name", "parent": "all"}]
        )
        await until(lambda: "now" in stage.ended)
        tree = await until_stored(manager, going.id, lambda tree: tree.task("now").status.ended)
        assert statuses(tree) == {"all": "pending", "late": "pending", "now": "completed"}
        assert tree.status == "in_progress"
        await manager.cancel(going.id)
        await within(going.wait())
    assert "late" not in stage.begun


async def test_a_task_starts_when_its_time_comes(place, stage):
    when = SYSTEM_CLOCK.wall() + 10
    began = []

    async def note(inputs, ctx):
        began.append(SYSTEM_CLOCK.wall())

    stage.add("note", note)
    tree = await run(place, stage, [{"name": "a", "executor": "note", "not_before": when}])
    assert tree.status == "completed"
    assert began == [pytest.approx(when, abs=1)]


async def test_a_pointer_to_nothing_fails_the_task(place, stage):
    entries = [
        {"name": "a", "executor": "name"},
        {"name": "b", "executor": "echo", "dependencies": ["a"], "inputs": {"x": {"$from": "a", "path": "/no"}}},
    ]
    tree = await run(place, stage, entries)
    assert statuses(tree) == {"a": "completed", "b": "failed"}


async def test_groups_in_groups_tell_a_failure_outward(place, stage):
    entries = [
        {"name": "all"},
        {"name": "inner", "parent": "all"},
        {"name": "bad", "executor": "fail", "parent": "inner"},
        {"name": "after", "executor": "name", "dependencies": ["inner"], "parent": "all"},
        {"name": "maybe", "executor": "name", "dependencies": [{"name": "inner", "required": False}], "parent": "all"},
    ]
    tree = await run(place, stage, entries)
    assert statuses(tree) == {
        "all": "failed",
        "inner": "failed",
        "bad": "failed",
        "after": "skipped",
        "maybe": "completed",
    }
