"""Changing what is defined, and deleting."""

import asyncio

import pytest

from motet import Conflict, InvalidPlan, agent
from motet.kernel.errors import NotFound
from support import until, within
from task_support import chain_of, fan_of, look, managed, statuses, until_stored


async def test_a_pending_task_is_changed_and_runs_as_it_is_then(place, stage):
    async with managed(place, stage) as manager:
        tree = await manager.create([{"name": "a", "executor": "name", "note": 1, "inputs": {"x": 1}}])
        task = await manager.update(tree.root_task.id, executor="echo", inputs={"y": 2}, timeout=5, note=None, more=[1])
        assert (task.executor, task.inputs, task.definition.timeout, task.extra) == (
            "echo",
            {"y": 2},
            5.0,
            {"more": [1]},
        )
        assert (await within(manager.execute(tree.id))).result == {"y": 2}


async def test_links_stay_when_something_else_is_changed(place, stage):
    entries = chain_of("a", "b", "c")
    entries[2]["dependencies"].append({"name": "a", "required": False})
    async with managed(place, stage) as manager:
        tree = await manager.create(entries)
        task = await manager.update(tree.task("c").id, priority="urgent")
        assert task.definition.dependencies == tree.task("c").definition.dependencies
        assert (task.priority, task.parent_id) == (0, None)


async def test_a_pending_task_of_a_running_tree_is_changed_before_it_starts(place, stage):
    entries = [{"name": "a", "executor": "gate"}, {"name": "b", "executor": "name", "dependencies": ["a"]}]
    async with managed(place, stage) as manager:
        run = await manager.submit(entries)
        await stage.begins("a")
        tree = await manager.tree(run.id)
        await manager.update(tree.task("b").id, executor="echo", inputs={"new": 1})
        stage.open("a", result=0)
        assert (await within(run.wait())).result == {"new": 1, "a": 0}


@pytest.mark.parametrize(("name", "priority", "order"), [("c", 0, "cb"), ("b", 3, "cb"), ("c", 3, "bc")])
async def test_a_task_that_waits_for_a_place_takes_it_as_its_new_priority_says(place, stage, name, priority, order):
    entries = fan_of("a", "b", "c")
    entries[1]["executor"] = "gate"
    async with managed(place, stage, max_concurrency=1) as manager:
        run = await manager.submit(entries)
        await stage.begins("a")
        tree = await manager.tree(run.id)
        await manager.update(tree.task(name).id, priority=priority)
        work = manager._scheduler.works[run.id]
        await until(lambda: work.priority_of(tree.task(name).seq) == priority)
        stage.open("a")
        await within(run.wait())
    assert stage.begun == ["a", *order]


@pytest.mark.parametrize("when", [None, 5, "2001-01-01"])
async def test_a_task_that_waits_for_its_time_starts_when_that_is_changed(place, stage, when):
    async with managed(place, stage) as manager:
        run = await manager.submit(chain_of("a", not_before="9000-01-01"))
        tree = await manager.tree(run.id)
        assert tree.status == "in_progress"
        await manager.update(tree.root_task.id, not_before=when)
        assert (await within(run.wait())).status == "completed"


async def test_a_task_that_was_to_start_waits_when_its_time_is_put_off(place, stage):
    entries = fan_of("a", "b")
    entries[1]["executor"] = "gate"
    async with managed(place, stage, max_concurrency=1) as manager:
        run = await manager.submit(entries)
        await stage.begins("a")
        tree = await manager.tree(run.id)
        await manager.update(tree.task("b").id, not_before="9000-01-01")
        work = manager._scheduler.works[run.id]
        await until(lambda: bool(work.timers))
        stage.open("a")
        await until_stored(manager, run.id, lambda tree: tree.task("a").status.ended)
        await look(manager)
        await manager.cancel(run.id)
        assert statuses(await within(run.wait()))["b"] == "cancelled"
    assert stage.begun == ["a"]


@pytest.mark.parametrize("state", ["running", "done"])
async def test_what_has_started_takes_only_fields_of_the_users_own(place, stage, state):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate", "note": 1}])
        await stage.begins("a")
        if state == "done":
            stage.open("a")
            await within(run.wait())
        id_ = f"{run.id}-1"
        with pytest.raises(Conflict, match="has started"):
            await manager.update(id_, inputs={"x": 1})
        assert (await manager.update(id_, note=2)).extra == {"note": 2}
        if state == "running":
            stage.open("a")
            await look(manager)
            assert (await within(run.wait())).status == "completed"


@pytest.mark.parametrize(
    "changes", [{"priority": 9}, {"inputs": [1]}, {"timeout": -1}, {"executer": "x"}, {"retry": "no"}]
)
async def test_a_change_that_is_wrong_changes_nothing(place, stage, changes):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a", "b"))
        with pytest.raises(InvalidPlan):
            await manager.update(tree.root_task.id, **changes)
        assert await manager.tree(tree.id) == tree


@pytest.mark.parametrize("field", ["name", "dependencies", "parent", "id", "parent_id"])
async def test_the_shape_of_a_tree_is_fixed(place, stage, field):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a"))
        with pytest.raises(Conflict, match="copy the tree"):
            await manager.update(tree.root_task.id, **{field: "x"})
        with pytest.raises(NotFound):
            await manager.update(f"{tree.id}-2", priority=1)


async def test_a_task_can_be_given_an_agent(place, stage):
    @agent
    async def mine(inputs: dict[str, int]) -> int:
        return 7

    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a"))
        await manager.update(tree.root_task.id, executor=mine)
        assert (await within(manager.execute(tree.id))).result == 7


async def test_a_tree_is_deleted_with_everything_of_it(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(chain_of("a", "b"), key="k"))
        await manager.delete(tree.id)
        for id_ in (tree.id, tree.root_task.id):
            with pytest.raises(NotFound):
                await manager.delete(id_)
        assert (await manager.trees()).trees == ()
        assert (await manager.create(chain_of("a"), key="k")).id != tree.id


async def test_the_root_stands_for_its_tree(place, stage):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a", "b"))
        await manager.delete(tree.root_task.id)
        with pytest.raises(NotFound):
            await manager.tree(tree.id)


async def test_a_task_is_deleted_with_what_belongs_to_it_and_the_rest_runs(place, stage):
    """Also where the root comes after it in the array."""
    entries = [
        {"name": "gone", "executor": "name", "parent": "root"},
        {"name": "below", "executor": "name", "parent": "gone"},
        {"name": "stays", "executor": "name", "parent": "root"},
        {"name": "root", "executor": "name", "dependencies": ["stays"]},
    ]
    async with managed(place, stage) as manager:
        tree = await manager.create(entries)
        await manager.delete(tree.task("gone").id)
        tree = await manager.tree(tree.id)
        assert [task.name for task in tree.tasks] == ["stays", "root"]
        assert tree.root_task.name == "root"
        done = await within(manager.execute(tree.id))
    assert (done.status, done.result, done.total) == ("completed", "root", 2)


async def test_a_group_that_has_lost_its_children_is_done_and_holds_nothing_up(place, stage):
    entries = [
        {"name": "all"},
        {"name": "inner", "parent": "all"},
        {"name": "gone", "executor": "name", "parent": "inner"},
        {"name": "after", "executor": "name", "dependencies": ["inner"], "parent": "all"},
    ]
    async with managed(place, stage) as manager:
        tree = await manager.create(entries)
        await manager.delete(tree.task("gone").id)
        tree = await within(manager.execute(tree.id))
    assert statuses(tree) == {"all": "completed", "inner": "completed", "after": "completed"}


async def test_what_others_need_is_not_deleted(place, stage):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a", "b", "c"))
        with pytest.raises(Conflict, match="'b' depends"):
            await manager.delete(tree.task("a").id)
        assert await manager.tree(tree.id) == tree


async def test_what_is_in_progress_is_not_deleted(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit(fan_of("a", executor="gate"))
        await stage.begins("a")
        for id_ in (run.id, f"{run.id}-2"):
            with pytest.raises(Conflict, match="in progress"):
                await manager.delete(id_)
        stage.open("a")
        assert (await within(run.wait())).status == "completed"


async def test_a_watcher_and_a_waiter_of_a_deleted_tree_are_told(place, stage):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a"))

        async def watch():
            return [event async for event in manager.watch(tree.id)]

        watching = asyncio.ensure_future(watch())
        await until(lambda: bool(manager._desk.audience._watchers))
        await manager.delete(tree.id)
        assert {event.status for event in await within(watching)} <= {"pending"}
        with pytest.raises(NotFound):
            await manager.wait(tree.id)


async def test_a_tree_that_waits_for_a_person_can_be_deleted(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "ask"}]))
        await manager.delete(tree.id)
        with pytest.raises(NotFound):
            await manager.answer(tree.root_task.id, True)
