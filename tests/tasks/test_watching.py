"""Watching trees: what changed, in order, to the end; and what executors emit."""

import asyncio
from contextlib import aclosing
from itertools import pairwise

import pytest

from motet.kernel.errors import Cancelled, NotFound
from motet.kernel.events import TaskChanged, TaskChunk, TreeChanged
from motet.tasks.status import TRANSITIONS, Status
from motet.tasks.watching import CHUNKS
from support import until, within
from task_support import chain_of, fan_of, managed


async def watched(manager, tree_id):
    return [event async for event in manager.watch(tree_id)]


async def test_a_watcher_sees_first_how_all_stands_and_last_how_it_ended(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit([*chain_of("a", "b"), {"name": "c", "executor": "gate", "parent": "b"}])
        await stage.begins("c")
        watching = asyncio.ensure_future(watched(manager, run.id))
        await asyncio.sleep(0)
        stage.open("c")
        events = await within(watching)
    assert {event.name for event in events[:3]} == {"a", "b", "c"}
    assert isinstance(events[-1], TreeChanged)
    assert (str(events[-1].status), events[-1].progress) == ("completed", 1.0)


async def test_what_a_watcher_sees_of_a_task_follows_the_table(place, stage):
    entries = fan_of("a", "b", "c", retry={"attempts": 3, "initial": 0})
    entries[1]["executor"] = "fail"
    async with managed(place, stage) as manager:
        tree = await manager.create(entries)
        watching = asyncio.ensure_future(watched(manager, tree.id))
        await until(lambda: bool(manager._desk.audience._watchers))
        await manager.execute(tree.id)
        events = await within(watching)
    for name in ("all", "a", "b", "c"):
        seen = [Status(event.status) for event in events if isinstance(event, TaskChanged) and event.name == name]
        assert seen[0] is Status.PENDING
        assert seen[-1].ended
        for before, after in pairwise(seen):
            # What changes faster than it is read is told once, as it stands then.
            reached = {one for middle in TRANSITIONS[before] | {before} for one in TRANSITIONS[middle] | {middle}}
            assert after in reached
    progress = [event.progress for event in events if isinstance(event, TreeChanged)]
    assert progress == sorted(progress)


async def test_a_watcher_of_an_ended_tree_is_told_at_once(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(chain_of("a")))
        events = await within(watched(manager, tree.id))
    assert [str(event.status) for event in events] == ["completed", "completed"]


async def test_a_watcher_of_nothing_is_told_so(place, stage):
    async with managed(place, stage) as manager:
        with pytest.raises(NotFound):
            await watched(manager, "nothing")


async def test_a_watcher_of_a_tree_that_asks_is_sent_home(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "ask"}])
        events = await within(watched(manager, run.id))
        assert str(events[-1].status) == "input_required"


async def test_a_watcher_sees_what_another_manager_does(place, stage):
    async with managed(place, stage) as manager, managed(place, stage) as other:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        watching = asyncio.ensure_future(watched(other, run.id))
        await stage.begins("a")
        stage.open("a")
        assert str((await within(watching))[-1].status) == "completed"


async def test_leaving_early_leaves_nothing_behind(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        for _ in range(3):
            async with aclosing(manager.watch(run.id)) as events:
                await within(anext(events))
        assert manager._desk.audience._watchers == {}
        stage.open("a")
        assert (await within(run.wait())).status == "completed"


async def test_a_cancelled_watcher_leaves_nothing_behind(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        watching = asyncio.ensure_future(watched(manager, run.id))
        await until(lambda: bool(manager._desk.audience._watchers))
        watching.cancel()
        await asyncio.wait([watching])
        assert manager._desk.audience._watchers == {}
        stage.open("a")
        await within(run.wait())


def emitter(stage, count):
    emitted = []

    async def work(inputs, ctx):
        for number in range(count):
            await ctx.emit(number)
            emitted.append(number)
        return "emitted"

    stage.add("emit", work)
    return emitted


async def test_chunks_come_in_order_before_the_end(place, stage):
    emitter(stage, 200)
    async with managed(place, stage) as manager:
        tree = await manager.create([{"name": "a", "executor": "emit"}])
        watching = asyncio.ensure_future(watched(manager, tree.id))
        await until(lambda: bool(manager._desk.audience._watchers))
        await manager.execute(tree.id)
        events = await within(watching)
    chunks = [event.chunk for event in events if isinstance(event, TaskChunk)]
    assert [chunk.value for chunk in chunks] == list(range(200))
    assert [chunk.seq for chunk in chunks] == list(range(1, 201))
    assert isinstance(events[-1], TreeChanged)


async def test_a_slow_watcher_holds_up_the_emitter_and_only_that(place, stage):
    emitted = emitter(stage, 3 * CHUNKS)
    async with managed(place, stage) as manager:
        tree = await manager.create([{"name": "a", "executor": "emit"}])
        async with aclosing(manager.watch(tree.id)) as events:
            await within(anext(events))
            run = await manager.submit(tree.id)
            await until(lambda: len(emitted) >= CHUNKS - 1)
            for _ in range(50):
                await asyncio.sleep(0)
            assert len(emitted) <= CHUNKS
            assert (await within(manager.execute(chain_of("b")))).status == "completed"
            assert len(emitted) <= CHUNKS
        # The watcher has left: nothing holds the emitter up any more.
        assert (await within(run.wait())).status == "completed"
    assert len(emitted) == 3 * CHUNKS


async def test_a_held_up_emitter_can_be_cancelled(place, stage):
    emitter(stage, 3 * CHUNKS)
    async with managed(place, stage) as manager:
        tree = await manager.create([{"name": "a", "executor": "emit"}])
        async with aclosing(manager.watch(tree.id)) as events:
            await within(anext(events))
            run = await manager.submit(tree.id)
            await until(
                lambda: any(len(watcher.chunks) >= CHUNKS for watcher in manager._desk.audience._watchers[tree.id])
            )
            await within(manager.cancel(tree.id))
            assert (await within(run.wait())).status == "cancelled"
            await until(lambda: not manager.running())


async def test_who_wants_no_chunks_holds_nobody_up(place, stage):
    emitted = emitter(stage, 5 * CHUNKS)
    async with managed(place, stage) as manager:
        tree = await manager.create([{"name": "a", "executor": "emit"}])
        async with aclosing(manager.watch(tree.id, chunks=False)) as events:
            await within(anext(events))
            assert (await within(manager.execute(tree.id))).status == "completed"
            assert not [event async for event in events if isinstance(event, TaskChunk)]
    assert len(emitted) == 5 * CHUNKS


async def test_two_watchers_see_their_own_trees(place, stage):
    async def work(inputs, ctx):
        for number in range(20):
            await ctx.emit([ctx.task.name, number])
            await asyncio.sleep(0)

    stage.add("emit", work)
    async with managed(place, stage) as manager:
        trees = [await manager.create([{"name": name, "executor": "emit"}]) for name in "ab"]
        watching = [asyncio.ensure_future(watched(manager, tree.id)) for tree in trees]
        await until(lambda: len(manager._desk.audience._watchers) == 2)
        await asyncio.gather(*(manager.execute(tree.id) for tree in trees))
        for name, events in zip("ab", await asyncio.gather(*watching), strict=True):
            values = [event.chunk.value for event in events if isinstance(event, TaskChunk)]
            assert values == [[name, number] for number in range(20)]


async def test_a_stream_that_fails_sends_its_end(place, stage):
    async def work(inputs, ctx):
        await ctx.emit("first")
        raise ArithmeticError("broken")

    stage.add("emit", work)
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "emit"}])
        events = await within(watched(manager, run.id))
    assert (str(events[-1].status), events[-1].progress) == ("failed", 1.0)
    assert any(isinstance(event, TaskChanged) and event.message == "broken" for event in events)


async def test_watchers_are_sent_home_when_the_manager_closes(place, stage):
    async with managed(place, stage) as manager, managed(place, stage) as other:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
        watching = [asyncio.ensure_future(watched(one, run.id)) for one in (other, manager)]
        waiting = asyncio.ensure_future(other.wait(run.id))
        await until(lambda: len(other._desk.audience._watchers.get(run.id, ())) == 2)
        await other.close()
        for task in (watching[0], waiting):
            with pytest.raises(Cancelled):
                await within(task)
        stage.open("a")
        assert str((await within(watching[1]))[-1].status) == "completed"


async def test_waiting_for_a_tree_that_another_manager_works_on_gives_its_end(place, stage):
    async with managed(place, stage) as manager, managed(place, stage, resume=False) as other:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        waiting = asyncio.ensure_future(other.wait(run.id))
        await stage.begins("a")
        stage.open("a", result=3)
        assert (await within(waiting)).result == 3
        assert run.id not in other._scheduler.works


async def test_waiting_for_a_tree_that_nobody_has_started_returns_it_as_it_is(place, stage):
    async with managed(place, stage) as manager:
        tree = await manager.create(chain_of("a"))
        assert (await within(manager.wait(tree.id))).status == "pending"
