"""A second manager takes up what the first left, closed or crashed."""

import asyncio
import logging

import pytest

from motet import Executors
from motet.tasks.changes import Claim, Move
from motet.tasks.errors import StoreBroken, StoreUnavailable
from motet.tasks.status import Status
from support import until, within
from task_support import Stage, Wire, chain_of, crash, fan_of, look, managed, statuses, until_stored


@pytest.mark.parametrize("how", ["close", "crash"])
async def test_completed_tasks_do_not_run_again_and_interrupted_ones_do(place, stage, how):
    entries = chain_of("a", "b", "c")
    entries[1]["executor"] = "gate"
    store = place.store()
    async with managed(Wire(store), stage) as manager:
        run = await manager.submit(entries)
        await stage.begins("b")
        if how == "crash":
            assert statuses(await manager.tree(run.id)) == {"a": "completed", "b": "in_progress", "c": "pending"}
            await crash(manager)
        else:
            await manager.close()
    stage.open("b")
    async with managed(place, stage) as manager:
        tree = await within(manager.wait(run.id))
        assert statuses(tree) == dict.fromkeys("abc", "completed")
        attempts = [str(attempt.status) for attempt in await manager.attempts(tree.task("b").id)]
    await store.close()
    assert stage.begun == ["a", "b", "b", "c"]
    assert attempts == ["pending", "completed"]
    assert tree.task("b").failures == 0


async def test_a_live_manager_takes_over_from_one_that_crashed(place, stage):
    store = place.store()
    async with managed(place, stage, poll=60.0) as second, managed(Wire(store), stage) as first:
        run = await first.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
        await look(second)
        assert second.running() == []
        await crash(first)
        stage.begun.clear()
        await look(second)
        await stage.begins("a")
        stage.open("a")
        assert (await within(second.wait(run.id))).status == "completed"
    await store.close()


async def test_resume_finds_at_once_what_was_left(place, stage):
    store = place.store()
    async with managed(place, stage) as second, managed(Wire(store), stage) as first:
        run = await first.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
        assert await second.resume() == []
        await crash(first)
        stage.open("a")
        (resumed,) = await second.resume()
        assert resumed.id == run.id
        assert (await within(resumed.wait())).status == "completed"
    await store.close()


async def test_a_manager_that_does_not_resume_leaves_others_work_alone(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
    async with managed(place, stage, resume=False) as manager:
        await look(manager)
        assert (await manager.tree(run.id)).status == "in_progress"
        assert manager._scheduler.works == {}


async def test_a_tree_whose_executors_are_unknown_here_is_left_to_others(place, stage, caplog):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
    bare = Stage()
    bare.executors = Executors(installed=False)
    stage.open("a")
    with caplog.at_level(logging.CRITICAL, "motet"):
        async with managed(place, bare) as manager:
            await look(manager)
            assert statuses(await manager.tree(run.id)) == {"a": "pending"}
            async with managed(place, stage) as able:
                assert (await within(able.wait(run.id))).status == "completed"


@pytest.mark.parametrize("turns", range(14))
async def test_a_crash_at_any_moment_loses_nothing(place, stage, turns):
    store = place.store()
    async with managed(Wire(store), stage, max_concurrency=2) as manager:
        run = await manager.submit(fan_of("a", "b", "c", "d"))
        for _ in range(turns):
            await asyncio.sleep(0)
        before = (await store.tree(run.id)).tasks
        await crash(manager)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(run.id))
    await store.close()
    assert statuses(tree) == dict.fromkeys(["all", "a", "b", "c", "d"], "completed")
    for task in before:
        if task.status == "completed":
            assert tree.task(task.name) == task


async def test_a_time_to_come_is_kept_through_a_crash(place, stage):
    entries = [
        {"name": "a", "executor": "fail", "retry": {"attempts": 2, "initial": 3600, "cap": 3600, "jitter": False}}
    ]
    store = place.store()
    async with managed(Wire(store), stage) as manager:
        run = await manager.submit(entries)
        before = await until_stored(manager, run.id, lambda tree: tree.root_task.failures == 1)
        await crash(manager)
    async with managed(place, stage) as manager:
        await until(lambda: run.id in manager._scheduler.works)
        await look(manager)
        after = (await manager.tree(run.id)).root_task
        assert (after.wake_at, after.failures, after.attempt) == (before.root_task.wake_at, 1, 1)
        await manager.cancel(run.id)
    await store.close()


async def test_what_was_recorded_as_ended_but_not_followed_up_is_followed_up(place, stage):
    """A crash between the end of the last task and that of the tree, or of a task and what it skips."""
    entries = fan_of("a")
    entries.append({"name": "b", "executor": "name", "dependencies": ["a"], "parent": "all"})
    store = place.store()
    async with managed(Wire(store), stage, resume=False) as manager:
        tree = await manager.create(entries)
        await store.apply([Claim(tree.id, 2, "somebody", 1.0)])
        await store.apply([Move(tree.id, 2, Status.IN_PROGRESS, Status.FAILED, 2.0, "somebody", 1)])
        tree = await within(manager.execute(tree.id))
    await store.close()
    assert statuses(tree) == {"all": "failed", "a": "failed", "b": "skipped"}
    assert tree.status == "failed"


class Failing(Wire):
    """A way to a store in which changes fail while a test wants it."""

    error: Exception | None = None

    async def apply(self, changes):
        if self.error is not None:
            raise self.error
        return await self.store.apply(changes)


@pytest.mark.parametrize("error", [StoreUnavailable("gone for now"), StoreBroken("torn"), ZeroDivisionError("a fault")])
async def test_a_store_that_fails_hangs_nobody_and_work_goes_on_when_it_is_back(place, stage, error, caplog):
    wire = Failing(place.store())
    with caplog.at_level(logging.CRITICAL, "motet"):
        async with managed(wire, stage, poll=60.0) as manager:
            run = await manager.submit([{"name": "a", "executor": "gate"}, *chain_of("b", dependencies=["a"])])
            waiting = asyncio.ensure_future(run.wait())
            await stage.begins("a")
            wire.error = error
            stage.open("a")
            with pytest.raises(type(error)):
                await within(waiting)
            await until(lambda: manager._desk.queue.running == 0)
            wire.error = None
            await look(manager)
            tree = await within(manager.wait(run.id))
    await wire.store.close()
    assert statuses(tree) == {"a": "completed", "b": "completed"}
    assert stage.begun == ["a", "a", "b"]
