"""A small tree written as a chain of calls."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from motet import InvalidPlan, TaskBuilder, TreeFailed, agent
from motet.kernel.errors import Cancelled, InvalidPayload
from motet.tasks.definition import Retry
from support import within
from task_support import managed, statuses


class Thumb(BaseModel):
    """A result with a type."""

    width: int


@agent
async def make(inputs: dict[str, Any]) -> Thumb:
    """Make one."""
    return Thumb(width=inputs["width"])


def built(builder: TaskBuilder[Any]) -> list[dict[str, Any]]:
    return builder.build()


def test_a_builder_writes_an_array():
    builder = (
        TaskBuilder(None, "rest")
        .with_name("page")
        .with_input("url", "u")
        .with_inputs({"more": 1})
        .with_priority("urgent")
        .with_retry(3)
        .with_timeout(5)
        .with_concurrency_key("k")
        .with_fields(note=None, tags=[], owner="me")
        .not_before(datetime(2030, 1, 1, tzinfo=UTC))
    )
    assert built(builder) == [
        {
            "executor": "rest",
            "name": "page",
            "inputs": {"url": "u", "more": 1},
            "priority": "urgent",
            "retry": 3,
            "timeout": 5,
            "concurrency_key": "k",
            "tags": [],
            "owner": "me",
            "not_before": datetime(2030, 1, 1, tzinfo=UTC).timestamp(),
        }
    ]


def test_a_task_is_named_after_its_executor():
    assert built(TaskBuilder(None, "rest"))[0]["name"] == "rest"
    assert built(TaskBuilder(None, make))[0]["name"] == "make"


def test_a_retry_can_be_told_in_full():
    (entry,) = built(TaskBuilder(None, "x").with_retry(Retry(7, 0.5, 3.0, 9.0, jitter=False)))
    assert entry["retry"] == {"attempts": 7, "initial": 0.5, "factor": 3.0, "cap": 9.0, "jitter": False}


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(InvalidPayload, match="time zone"):
        TaskBuilder(None, "x").not_before(datetime(2030, 1, 1))  # noqa: DTZ001 - that is what is wrong with it


def test_what_a_builder_needs_becomes_part_of_its_tree():
    login = TaskBuilder(None, "login")
    fetch = TaskBuilder(None, "fetch").depends_on(login)
    also = TaskBuilder(None, "also").depends_on(login, required=False)
    root = TaskBuilder(None, "root").depends_on(fetch, also)
    entries = {entry["name"]: entry for entry in built(root)}
    assert set(entries) == {"root", "fetch", "also", "login"}
    assert "parent" not in entries["root"]
    assert entries["also"]["dependencies"] == [{"name": "login", "required": False}]


async def test_the_result_has_the_type_of_the_agent(place, stage):
    async with managed(place, stage) as manager:
        result = await within(TaskBuilder(manager, make).with_input("width", 3).execute())
    assert result == Thumb(width=3)


async def test_results_arrive_under_the_names_of_builders(place, stage):
    async with managed(place, stage) as manager:
        first = TaskBuilder(manager, "name").with_name("first")
        root = TaskBuilder(manager, "echo").depends_on(first).with_input("own", 1)
        assert await within(root.execute()) == {"own": 1, "first": "first"}


async def test_with_parent_lets_the_parent_wait(place, stage):
    async with managed(place, stage) as manager:
        root = TaskBuilder(manager, "echo").with_name("root")
        TaskBuilder(manager, "name").with_name("child").with_parent(root)
        assert await within(root.execute()) == {"child": "child"}
        tree = (await manager.trees()).trees[0]
        tree = await manager.tree(tree.id)
        assert tree.task("child").parent_id == tree.task("root").id


async def test_a_failure_is_raised_with_its_cause(place, stage):
    async with managed(place, stage) as manager:
        below = TaskBuilder(manager, "fail").with_name("below").with_input("why", "no luck")
        with pytest.raises(TreeFailed, match="below") as told:
            await within(TaskBuilder(manager, "name").depends_on(below).execute())
    assert "no luck" in str(told.value.__cause__)


async def test_an_optional_failure_fails_the_tree_all_the_same(place, stage):
    """The root has a result, but the tree has failed: nothing is completed with an error inside."""
    async with managed(place, stage) as manager:
        below = TaskBuilder(manager, "fail").with_name("below")
        with pytest.raises(TreeFailed, match="below"):
            await within(TaskBuilder(manager, "name").depends_on(below, required=False).execute())
    assert "name" in stage.ended


async def test_a_cancelled_tree_is_raised_as_such(place, stage):
    async with managed(place, stage) as manager:
        execution = asyncio.ensure_future(TaskBuilder(manager, "gate").with_name("g").execute())
        await stage.begins("g")
        await manager.cancel((await manager.trees()).trees[0].id)
        with pytest.raises(Cancelled):
            await within(execution)


async def test_a_tree_that_asks_is_no_result(place, stage):
    async with managed(place, stage) as manager:
        with pytest.raises(TreeFailed, match="waits for answers.*Well"):
            await within(TaskBuilder(manager, "ask").execute())


async def test_an_array_that_is_no_tree_is_refused_before_anything_is_stored(place, stage):
    async with managed(place, stage) as manager:
        with pytest.raises(InvalidPlan):
            await TaskBuilder(manager, "name").depends_on("nobody").create()
        assert (await manager.trees()).trees == ()


async def test_builders_that_need_each_other_are_a_cycle(place, stage):
    async with managed(place, stage) as manager:
        one, two = TaskBuilder(manager, "name").with_name("one"), TaskBuilder(manager, "name").with_name("two")
        one.depends_on(two)
        two.depends_on(one)
        with pytest.raises(InvalidPlan, match="cycle"):
            await one.create()


async def test_key_and_user_go_with_the_tree(place, stage):
    async with managed(place, stage) as manager:
        first = await TaskBuilder(manager, "name").with_key("k").with_user("ann").create()
        again = await TaskBuilder(manager, "name").with_key("k").create()
    assert (first.id, first.user) == (again.id, "ann")


async def test_a_stream_tells_everything_to_the_end(place, stage):
    async with managed(place, stage) as manager, aclosing(TaskBuilder(manager, "name").stream()) as events:
        seen = [event async for event in events]
    assert seen[-1].status == "completed"


async def test_leaving_a_stream_early_cancels_the_tree(place, stage):
    async with managed(place, stage) as manager:
        async with aclosing(TaskBuilder(manager, "gate").with_name("g").stream()) as events:
            await within(anext(events))
            await stage.begins("g")
        tree = await manager.tree((await manager.trees()).trees[0].id)
        assert statuses(tree) == {"g": "cancelled"}
    assert stage.cancelled == ["g"]


async def test_a_stream_whose_manager_closes_ends_and_leaves_the_tree_to_the_next(place, stage):
    async with managed(place, stage) as manager:
        events = TaskBuilder(manager, "gate").with_name("g").stream()
        await within(anext(events))
        await stage.begins("g")
        await manager.close()
        with pytest.raises(Cancelled):
            async for _ in events:
                pass
    stage.open("g")
    async with managed(place, stage) as manager:
        tree_id = (await manager.trees()).trees[0].id
        assert (await within(manager.wait(tree_id))).status == "completed"
