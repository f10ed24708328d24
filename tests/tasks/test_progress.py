"""How far tasks and trees are."""

import asyncio

import pytest

from support import until, within
from task_support import chain_of, fan_of, managed, until_stored


async def test_progress_is_stored_and_seen_while_the_task_runs(place, stage):
    told, go = asyncio.Event(), asyncio.Event()

    async def work(inputs, ctx):
        ctx.progress(0.25, "a quarter")
        told.set()
        await go.wait()

    stage.add("work", work)
    async with managed(place, stage) as manager:
        run = await manager.submit([*fan_of("a", executor="work"), {"name": "b", "executor": "name", "parent": "all"}])
        await within(told.wait())
        tree = await until_stored(manager, run.id, lambda tree: tree.task("a").progress == 0.25)
        tree = await until_stored(manager, run.id, lambda tree: tree.task("b").status.ended)
        assert tree.task("a").message == "a quarter"
        assert tree.progress == pytest.approx((0 + 0.25 + 1) / 3)
        go.set()
        tree = await within(run.wait())
    assert (tree.progress, tree.task("a").progress) == (1.0, 1.0)


async def test_the_last_of_many_is_told_in_the_end(place, stage):
    go = asyncio.Event()

    async def work(inputs, ctx):
        for number in range(50):
            ctx.progress(number / 100, f"at {number}")
        await go.wait()

    stage.add("work", work)
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "work"}])
        tree = await until_stored(manager, run.id, lambda tree: tree.root_task.progress == 0.49)
        assert tree.root_task.message == "at 49"
        assert tree.revision < 10
        go.set()
        await within(run.wait())


async def test_progress_begins_anew_with_each_attempt(place, stage):
    seen = []
    async with managed(place, stage) as manager:

        async def work(inputs, ctx):
            seen.append((await manager.get(ctx.task.id)).progress)
            ctx.progress(0.9)
            await until_stored(manager, ctx.task.tree_id, lambda tree: tree.root_task.progress == 0.9)
            raise ConnectionError

        stage.add("work", work)
        await within(manager.execute([{"name": "a", "executor": "work", "retry": {"attempts": 2, "initial": 0}}]))
    assert seen == [0.0, 0.0]


@pytest.mark.parametrize("message", ["nul \0", "half \ud800", "x" * 10_000, ""])
async def test_any_message_can_be_told(place, stage, message):
    """What an executor says must not stop the manager that stores it."""
    go = asyncio.Event()

    async def work(inputs, ctx):
        ctx.progress(0.5, message)
        await go.wait()
        return 1

    stage.add("work", work)
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "work"}])
        await until_stored(manager, run.id, lambda tree: tree.root_task.progress == 0.5)
        go.set()
        assert (await within(run.wait())).status == "completed"


async def test_progress_from_a_thread_is_told(place, stage):
    import threading

    go = threading.Event()

    def work(inputs, ctx):
        ctx.progress(0.5)
        go.wait(20)

    stage.add("work", work)
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "work"}])
        await until_stored(manager, run.id, lambda tree: tree.root_task.progress == 0.5)
        go.set()
        assert (await within(run.wait())).status == "completed"


async def test_progress_after_the_end_is_not_told(place, stage):
    kept = []

    async def work(inputs, ctx):
        kept.append(ctx)

    stage.add("work", work)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "work"}]))
        kept[0].progress(0.1)
        await until(lambda: not manager._scheduler._tasks)
        assert await manager.tree(tree.id) == tree


async def test_a_tree_goes_from_0_to_1(place, stage):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a", "b"))
        assert tree.progress == 0.0
        assert (await within(manager.execute(tree.id))).progress == 1.0
        assert (await manager.trees()).trees[0].progress == 1.0


async def test_what_is_skipped_counts_as_done(place, stage):
    entries = chain_of("a", "b", "c")
    entries[0]["executor"] = "fail"
    async with managed(place, stage) as manager:
        assert (await within(manager.execute(entries))).progress == 1.0
