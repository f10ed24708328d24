"""Cancelling trees and tasks, whatever they are just doing."""

import asyncio

import pytest

from motet.kernel.errors import NotFound
from support import until, within
from task_support import chain_of, fan_of, managed, statuses, until_stored


async def test_cancel_cascades_to_what_runs_waits_asks_and_sleeps(place, stage):
    entries = [
        {"name": "all"},
        {"name": "done", "executor": "name", "parent": "all"},
        {"name": "runs", "executor": "gate", "dependencies": ["done"], "parent": "all"},
        {"name": "waits", "executor": "name", "dependencies": ["runs"], "parent": "all"},
        {"name": "asks", "executor": "ask", "parent": "all"},
        {"name": "later", "executor": "name", "not_before": "9000-01-01", "parent": "all"},
    ]
    async with managed(place, stage) as manager:
        run = await manager.submit(entries)
        await stage.begins("runs")
        await until_stored(manager, run.id, lambda tree: tree.task("asks").status == "input_required")
        tree = await manager.cancel(run.id, "enough")
        assert tree.status == "cancelled"
        assert (await within(run.wait())).status == "cancelled"
        await until(lambda: "runs" in stage.cancelled)
    assert statuses(tree) == dict.fromkeys(("all", "runs", "waits", "asks", "later"), "cancelled") | {
        "done": "completed"
    }
    assert tree.task("done").result == "done"
    assert {task.error["message"] for task in tree.tasks if task.error} == {"enough"}
    assert "waits" not in stage.begun


async def test_cancelled_work_is_interrupted_at_once(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
        await within(manager.cancel(run.id))
        await until(lambda: "a" in stage.cancelled)
        await until(lambda: not manager.running())
        (attempt,) = await manager.attempts(f"{run.id}-1")
    assert str(attempt.status) == "cancelled"


async def test_cancelling_a_task_skips_what_requires_it_and_leaves_the_rest(place, stage):
    entries = [
        {"name": "all"},
        {"name": "a", "executor": "gate", "parent": "all"},
        {"name": "b", "executor": "name", "dependencies": ["a"], "parent": "all"},
        {"name": "c", "executor": "name", "dependencies": [{"name": "a", "required": False}], "parent": "all"},
        {"name": "d", "executor": "gate", "parent": "all"},
    ]
    async with managed(place, stage) as manager:
        run = await manager.submit(entries)
        await stage.begins("a", "d")
        await manager.cancel((await manager.tree(run.id)).task("a").id)
        await until(lambda: "c" in stage.ended)
        stage.open("d")
        tree = await within(run.wait())
    assert statuses(tree) == {"all": "cancelled", "a": "cancelled", "b": "skipped", "c": "completed", "d": "completed"}
    assert tree.status == "cancelled"


async def test_cancelling_a_group_cancels_what_belongs_to_it(place, stage):
    entries = [
        {"name": "all"},
        {"name": "inner", "parent": "all"},
        {"name": "a", "executor": "gate", "parent": "inner"},
        {"name": "b", "executor": "gate", "parent": "all"},
    ]
    async with managed(place, stage) as manager:
        run = await manager.submit(entries)
        await stage.begins("a", "b")
        await manager.cancel((await manager.tree(run.id)).task("inner").id)
        stage.open("b")
        tree = await within(run.wait())
    assert statuses(tree) == {"all": "cancelled", "inner": "cancelled", "a": "cancelled", "b": "completed"}


async def test_a_tree_that_has_ended_is_returned_as_it_is(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(chain_of("a")))
        assert (await manager.cancel(tree.id)).status == "completed"
        assert (await manager.cancel(tree.root_task.id)).status == "completed"


async def test_cancelling_twice_is_no_error(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        both = await within(asyncio.gather(manager.cancel(run.id), manager.cancel(run.id)))
        assert [tree.status for tree in both] == ["cancelled"] * 2


async def test_a_tree_that_nobody_has_started_can_be_cancelled(place, stage):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a", "b"))
        assert statuses(await manager.cancel(tree.id)) == {"a": "cancelled", "b": "cancelled"}


@pytest.mark.parametrize("id_", ["", "nothing", "nothing-1", "-1", "x-0", "x-", "x-1x", "x-²"])
async def test_an_id_of_nothing_is_not_found(place, stage, id_):
    async with managed(place, stage) as manager:
        await manager.create(chain_of("a"))
        with pytest.raises(NotFound):
            await manager.cancel(id_)
        with pytest.raises(NotFound):
            await manager.get(id_)


@pytest.mark.parametrize(
    "wrong", ["{0}-01", "{0}-0", "{0}-2", "{0}--1", "{0}-1-1", "{0}-99999999999999999999999", "{0} -1"]
)
async def test_ids_that_look_like_others_are_not_them(place, stage, wrong):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a"))
        with pytest.raises(NotFound):
            await manager.get(wrong.format(tree.id))


async def test_cancelling_the_last_open_task_of_a_tree_that_waits_for_a_person_ends_it(place, stage):
    """Also where another task of it has failed: the tree has failed then."""
    entries = [
        {"name": "all"},
        {"name": "a", "executor": "ask", "parent": "all"},
        {"name": "b", "executor": "fail", "parent": "all"},
    ]
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(entries))
        assert tree.status == "input_required"
        tree = await manager.cancel(tree.task("a").id)
    assert tree.status == "failed"
    assert statuses(tree) == {"all": "failed", "a": "cancelled", "b": "failed"}


async def test_a_tree_waits_for_its_person_once_what_else_was_to_come_is_cancelled(place, stage):
    """What sleeps keeps a tree going; once it is cancelled, or can never start, nothing goes on without the person."""
    entries = [
        {"name": "all"},
        {"name": "asks", "executor": "ask", "parent": "all"},
        {"name": "later", "executor": "name", "not_before": "9000-01-01", "parent": "all"},
        {"name": "behind", "executor": "name", "not_before": "9000-01-01", "dependencies": ["asks"], "parent": "all"},
    ]
    async with managed(place, stage) as manager:
        run = await manager.submit(entries)
        tree = await until_stored(manager, run.id, lambda tree: tree.task("asks").status == "input_required")
        assert tree.status == "in_progress"
        await manager.cancel(tree.task("later").id)
        tree = await within(run.wait())
        assert tree.status == "input_required"


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5, 8, 13, 30, None])
async def test_what_only_waited_for_the_end_of_a_question_runs_when_that_is_cancelled(place, stage, turns):
    """Also while the tree is just being parked, and nobody is to work on it any more."""
    entries = fan_of("a", "b")
    entries[1]["executor"] = "ask"
    entries[2]["dependencies"] = [{"name": "a", "required": False}]
    async with managed(place, stage) as manager:
        run = await manager.submit(entries)
        await until_stored(manager, run.id, lambda tree: tree.task("a").status == "input_required")
        if turns is None:
            await within(run.wait())
        for _ in range(turns or 0):
            await asyncio.sleep(0)
        await manager.cancel(f"{run.id}-2")
        tree = await until_stored(manager, run.id, lambda tree: tree.status.ended)
    assert statuses(tree) == {"all": "cancelled", "a": "cancelled", "b": "completed"}


@pytest.mark.parametrize("turns", range(12))
async def test_a_cancellation_at_any_moment_leaves_nothing_half_done(place, stage, turns):
    async with managed(place, stage, max_concurrency=2) as manager:
        run = await manager.submit(fan_of(*(f"t{number}" for number in range(6))))
        for _ in range(turns):
            await asyncio.sleep(0)
        tree = await within(manager.cancel(run.id))
        tree = await within(run.wait())
        assert tree.status.ended
        assert all(task.status.ended for task in tree.tasks)
        # Nothing keeps a place that it does not use.
        assert (await within(manager.execute(fan_of("a", "b", "c")))).status == "completed"
        await until(lambda: manager._desk.queue.running == 0)


async def test_an_executor_that_swallows_its_cancellation_does_not_complete(place, stage):
    ended = asyncio.Event()

    async def stubborn(inputs, ctx):
        stage.begun.append("a")
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            for _ in range(20):
                await asyncio.sleep(0)
            ended.set()
            return "done after all"

    stage.add("stubborn", stubborn)
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "stubborn"}])
        await stage.begins("a")
        await manager.cancel(run.id)
        assert (await within(run.wait())).status == "cancelled"
        await within(ended.wait())
        tree = await manager.tree(run.id)
    assert (tree.status, tree.result) == ("cancelled", None)


async def test_a_task_run_again_begins_only_when_its_cancelled_attempt_is_gone(place, stage):
    running = {"now": 0, "most": 0}
    release = asyncio.Event()

    async def slow_to_end(inputs, ctx):
        running["now"] += 1
        running["most"] = max(running.values())
        stage.begun.append(f"a{ctx.task.attempt}")
        try:
            if ctx.task.attempt == 1:
                await asyncio.get_running_loop().create_future()
        finally:
            if ctx.task.attempt == 1:
                await release.wait()
            running["now"] -= 1

    stage.add("slow", slow_to_end)
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "slow"}])
        await stage.begins("a1")
        await manager.cancel(run.id)
        await manager.rerun(run.id)
        await until_stored(manager, run.id, lambda tree: tree.root_task.attempt == 2)
        for _ in range(30):
            await asyncio.sleep(0)
        assert stage.begun == ["a1"]
        release.set()
        assert (await within(manager.wait(run.id))).status == "completed"
    assert running == {"now": 0, "most": 1}


async def test_cancelling_execute_cancels_its_tree(place, stage):
    async with managed(place, stage) as manager:
        execution = asyncio.ensure_future(manager.execute([{"name": "a", "executor": "gate"}]))
        await stage.begins("a")
        execution.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(execution)
        tree = (await manager.trees()).trees[0]
        assert tree.status == "cancelled"
        await until(lambda: stage.cancelled == ["a"])


@pytest.mark.parametrize("turns", range(10))
async def test_cancelling_execute_before_it_has_its_tree_leaves_none_running(place, stage, turns):
    async with managed(place, stage) as manager:
        execution = asyncio.ensure_future(manager.execute([{"name": "a", "executor": "gate"}]))
        for _ in range(turns):
            await asyncio.sleep(0)
        execution.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(execution)
        assert {tree.status for tree in (await manager.trees()).trees} <= {"cancelled"}
        await until(lambda: not manager.running())


async def test_cancelling_a_wait_leaves_the_tree_alone(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await run.wait()
        assert manager._scheduler.works[run.id].waiters == []
        stage.open("a")
        assert (await within(run.wait())).status == "completed"


async def test_a_timeout_around_execute_is_a_timeout(place, stage):
    async with managed(place, stage) as manager:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await manager.execute([{"name": "a", "executor": "gate"}])
        assert (await manager.trees()).trees[0].status == "cancelled"


async def test_steps_of_a_cancelled_task_record_nothing_more(place, stage):
    began, go = asyncio.Event(), asyncio.Event()

    async def work(inputs, ctx):
        async def slow():
            began.set()
            try:
                await go.wait()
            except asyncio.CancelledError:
                return 1
            return 2

        await ctx.step("slow", slow)
        stage.ended.append("went on")

    stage.add("work", work)
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "work"}])
        await within(began.wait())
        await manager.cancel(run.id)
        await within(run.wait())
        await until(lambda: not manager.running())
        assert await manager.store.journal(run.id, 1) == {}
    assert stage.ended == []
