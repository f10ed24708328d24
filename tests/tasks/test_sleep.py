"""Durable waits: the time counts on, and others run meanwhile."""

import asyncio

import pytest

from motet.kernel.clock import SYSTEM_CLOCK
from support import until, within
from task_support import Wire, crash, fan_of, managed, until_stored


def sleeper(stage, seconds):
    async def work(inputs, ctx):
        async with stage.seen(inputs, ctx):
            await ctx.sleep(inputs.get("seconds", seconds))
            return "awake"

    stage.add("sleep", work)


async def test_a_sleeping_task_lets_others_run_and_takes_its_place_again(place, stage):
    sleeper(stage, 0.3)
    entries = [*fan_of("a", executor="sleep"), {"name": "b", "executor": "name", "parent": "all"}]
    async with managed(place, stage, max_concurrency=1) as manager:
        tree = await within(manager.execute(entries))
        assert manager._desk.queue.running == 0
    assert tree.status == "completed"
    assert stage.ended == ["b", "a"]


async def test_who_has_slept_goes_on_before_anything_new_begins(place, stage):
    sleeper(stage, 0.2)
    names = [f"t{number}" for number in range(5)]
    entries = [
        *fan_of("a", executor="sleep", priority=0),
        {"name": "hold", "executor": "gate", "parent": "all", "priority": 0},
    ]
    entries += [{"name": name, "executor": "name", "parent": "all"} for name in names]
    async with managed(place, stage, max_concurrency=1) as manager:
        run = await manager.submit(entries)
        await stage.begins("hold")
        await until(lambda: bool(manager._desk._regaining))
        stage.open("hold")
        await within(run.wait())
    assert stage.ended[:2] == ["hold", "a"]


async def test_a_key_is_kept_while_its_task_sleeps(place, stage):
    sleeper(stage, 0.3)
    entries = [
        *fan_of("a", executor="sleep", concurrency_key="k"),
        {"name": "b", "executor": "name", "parent": "all", "concurrency_key": "k"},
    ]
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(entries))
        assert not manager._desk.queue._running
    assert tree.status == "completed"
    assert stage.ended == ["a", "b"]


async def test_sleeps_side_by_side_give_up_one_place_only(place, stage):
    async def work(inputs, ctx):
        await asyncio.gather(*(ctx.sleep(0.01 * number, key=str(number)) for number in range(4)))

    stage.add("sleep", work)
    names = [f"t{number}" for number in range(6)]
    async with managed(place, stage, max_concurrency=2) as manager:
        entries = [
            *fan_of("a", executor="sleep"),
            *({"name": name, "executor": "gate", "parent": "all"} for name in names),
        ]
        run = await manager.submit(entries)
        await until(lambda: stage.running.total() == 2)
        await asyncio.sleep(0.06)
        assert stage.running.total() == 2
        stage.open(*names)
        assert (await within(run.wait())).status == "completed"
        assert manager._desk.queue.running == 0


async def test_the_time_counts_on_while_nobody_runs(place, stage):
    """A sleep of an hour that began an hour ago is over."""
    sleeper(stage, 3600)
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "sleep"}])
        await stage.begins("a")
        async with asyncio.timeout(20):
            while not (journal := dict(await manager.store.journal(run.id, 1))):
                await asyncio.sleep(0.001)
        ((key, wake),) = journal.items()
        assert 3500 < wake - SYSTEM_CLOCK.wall() <= 3600

    class Later(type(manager._desk.clock)):
        def wall(self):
            return SYSTEM_CLOCK.wall() + 3601

    async with managed(place, stage, clock=Later()) as manager:
        assert (await within(manager.wait(run.id))).result == "awake"
    assert key == "~sleep"


async def test_a_sleep_ends_with_its_cancellation(place, stage):
    sleeper(stage, 3600)
    async with managed(place, stage, max_concurrency=1) as manager:
        run = await manager.submit([{"name": "a", "executor": "sleep"}])
        await stage.begins("a")
        await manager.cancel(run.id)
        assert (await within(run.wait())).status == "cancelled"
        await until(lambda: not manager.running())
        assert (await within(manager.execute([{"name": "b", "executor": "name"}]))).status == "completed"
        assert manager._desk.queue.running == 0


async def test_a_timeout_ends_a_sleep(place, stage):
    sleeper(stage, 3600)
    async with managed(place, stage) as manager:
        tree = await within(manager.execute([{"name": "a", "executor": "sleep", "timeout": 0.05}]))
        assert tree.root_task.error["code"] == "agent_timeout"
        await until(lambda: manager._desk.queue.running == 0)


async def test_a_sleep_survives_a_crash(place, stage):
    sleeper(stage, 0.3)
    store = place.store()
    async with managed(Wire(store), stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "sleep"}])
        await stage.begins("a")
        await crash(manager)
    async with managed(place, stage) as manager:
        assert (await within(manager.wait(run.id))).result == "awake"
    await store.close()


@pytest.mark.parametrize("options", [{"max_concurrency": 1}, {"per_executor": {"sleep": 1}}, {"per_key": {"k": 1}}])
async def test_many_sleepers_share_one_place(place, stage, options):
    sleeper(stage, 0.1)
    names = [f"t{number}" for number in range(12)]
    async with managed(place, stage, **options) as manager:
        run = await manager.submit(fan_of(*names, executor="sleep", concurrency_key="k"))
        tree = await within(run.wait())
        await until_stored(manager, run.id, lambda tree: tree.status.ended)
        assert manager._desk.queue.running == 0
    assert tree.status == "completed"


async def test_a_close_while_sleepers_wait_for_their_place_ends(place, stage):
    sleeper(stage, 0.3)
    async with managed(place, stage, max_concurrency=1) as manager:
        run = await manager.submit(
            [*fan_of("a", executor="sleep"), {"name": "hold", "executor": "gate", "parent": "all"}]
        )
        await stage.begins("hold")
        await until(lambda: bool(manager._desk._regaining))
    stage.open("hold")
    async with managed(place, stage) as manager:
        assert (await within(manager.wait(run.id))).status == "completed"
