"""Opening and closing managers: nothing leaks, and use at the wrong time is a clear error."""

import asyncio
import gc

import pytest

from motet import TaskManager
from motet.kernel.errors import Cancelled, InvalidPayload, NotAvailable, NotFound
from motet.storage import MemoryStore
from motet.tasks.scheduler import Scheduler
from support import until, within
from task_support import chain_of, fan_of, managed, statuses

USES = {
    "create": lambda manager, tree: manager.create(chain_of("a")),
    "submit": lambda manager, tree: manager.submit(chain_of("a")),
    "execute": lambda manager, tree: manager.execute(chain_of("a")),
    "execute an id": lambda manager, tree: manager.execute(tree.id),
    "wait": lambda manager, tree: manager.wait(tree.id),
    "resume": lambda manager, tree: manager.resume(),
    "cancel": lambda manager, tree: manager.cancel(tree.id),
    "answer": lambda manager, tree: manager.answer(tree.root_task.id, 1),
    "rerun": lambda manager, tree: manager.rerun(tree.id),
    "copy": lambda manager, tree: manager.copy(tree.id),
    "update": lambda manager, tree: manager.update(tree.root_task.id, priority=1),
    "delete": lambda manager, tree: manager.delete(tree.id),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_manager_that_is_not_open_changes_nothing(stage, use, when):
    store = MemoryStore()
    async with managed(store, stage) as manager:
        tree = await manager.create(chain_of("a"))
    if when == "before":
        manager = TaskManager(store, executors=stage.executors)
    with pytest.raises(NotAvailable, match="not open"):
        await USES[use](manager, tree)
    assert await store.tree(tree.id) == tree
    assert len((await manager.trees()).trees) == 1


async def test_a_manager_is_opened_once_at_a_time(place, stage):
    async with managed(place, stage) as manager:
        with pytest.raises(NotAvailable, match="already"):
            await manager.__aenter__()
        assert (await within(manager.execute(chain_of("a")))).status == "completed"


async def test_a_closed_manager_can_be_opened_again(place, stage):
    async with managed(place, stage) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
        for _ in range(3):
            await manager.close()
            async with manager:
                assert (await within(manager.execute(chain_of("b")))).status == "completed"
                await until(lambda: stage.running["a"] == 1)
            await manager.__aenter__()
        stage.open("a")
        assert (await within(manager.wait(run.id))).status == "completed"


async def test_closing_twice_is_closing_once(place, stage):
    async with managed(place, stage) as manager:
        await asyncio.gather(manager.close(), manager.close())
        await manager.close()


async def test_a_close_puts_back_what_runs_and_tells_who_waits(place, stage):
    entries = [
        *fan_of("a", "b", executor="gate"),
        {"name": "c", "executor": "name", "parent": "all", "not_before": "9000-01-01"},
    ]
    async with managed(place, stage) as manager:
        waiting = asyncio.ensure_future(manager.execute(entries))
        await stage.begins("a", "b")
        await within(manager.close())
        with pytest.raises(Cancelled, match="closed"):
            await within(waiting)
        assert manager.running() == []
    assert stage.cancelled == ["a", "b"]
    async with managed(place, stage, resume=False) as manager:
        tree = await manager.tree((await manager.trees()).trees[0].id)
        assert statuses(tree) == dict.fromkeys(["all", "a", "b", "c"], "pending")
        assert tree.status == "in_progress"


@pytest.mark.parametrize("turns", range(16))
async def test_a_close_at_any_moment_ends_and_loses_nothing(place, stage, turns):
    async with managed(place, stage, max_concurrency=2) as manager:
        run = await manager.submit([*chain_of("a", "b"), {"name": "c", "executor": "gate", "parent": "b"}])
        for _ in range(turns):
            await asyncio.sleep(0)
        await within(manager.close())
    stage.open("c")
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(run.id))
        assert set(statuses(tree).values()) == {"completed"}


async def test_a_close_waits_for_an_executor_that_takes_its_time_to_end(place, stage):
    ended = []

    async def slow(inputs, ctx):
        async with stage.seen(inputs, ctx):
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                for _ in range(20):
                    await asyncio.sleep(0)
                ended.append("cleaned up")

    stage.add("slow", slow)
    async with managed(place, stage) as manager:
        await manager.submit([{"name": "a", "executor": "slow"}])
        await stage.begins("a")
        await within(manager.close())
        assert ended == ["cleaned up"]


async def test_no_timer_is_left_behind(place, stage):
    """Neither by a close nor by a cancellation: a timer would keep its tree in memory until it fires."""
    async with managed(place, stage) as manager:
        runs = [await manager.submit(chain_of(name, not_before="9000-01-01")) for name in "ab"]
        works = [manager._scheduler.works[run.id] for run in runs]
        await until(lambda: all(work.timers for work in works))
        timers = [timer for work in works for timer in work.timers.values()]
        await manager.cancel(runs[0].id)
        assert timers[0].cancelled()
    assert all(timer.cancelled() for timer in timers)


async def test_nothing_of_ended_trees_is_kept_in_memory(stage):
    async with managed(MemoryStore(), stage) as manager:
        for _ in range(50):
            await within(manager.execute(chain_of("a", "b")))
        await until(lambda: not manager._scheduler._tasks)
        scheduler: Scheduler = manager._scheduler
        assert scheduler.works == {}
        assert scheduler._executing == {}
        queue = manager._desk.queue
        assert (queue._heap, queue._aside, queue._held, queue._turns) == ([], {}, {}, {})
        assert manager._desk._regaining == []
        assert manager._desk.audience._watchers == {}
        gc.collect()


async def test_a_manager_leaves_the_store_when_it_closes(place, stage):
    async with managed(place, stage) as manager:
        assert [owner for owner, *_ in await manager.store.workers()] == [manager._scheduler.owner]
        await manager.close()
        assert list(await manager.store.workers()) == []


async def test_a_store_that_cannot_be_opened_leaves_nothing_behind(stage):
    class Broken(MemoryStore):
        async def workers(self):
            raise OSError("no")

    manager = TaskManager(Broken(), executors=stage.executors)
    with pytest.raises(OSError, match="no"):
        await manager.__aenter__()
    with pytest.raises(NotAvailable):
        await manager.create(chain_of("a"))


async def test_a_manager_opens_and_closes_the_store_of_a_url(stage, tmp_path):
    for _ in range(2):
        async with TaskManager(f"sqlite:///{tmp_path / 'work.db'}", executors=stage.executors) as manager:
            tree = await within(manager.execute(chain_of("a"), key="k"))
    assert tree.status == "completed"
    assert stage.begun == ["a"]


@pytest.mark.parametrize(
    ("url", "error"), [("work.db", InvalidPayload), ("://x", InvalidPayload), ("xyz://x", NotFound)]
)
def test_a_url_of_no_store_is_refused(url, error):
    with pytest.raises(error):
        TaskManager(url)


async def test_an_exception_in_the_body_closes_the_manager(place, stage):
    async def use():
        async with managed(place, stage) as manager:
            await manager.submit([{"name": "a", "executor": "gate"}])
            await stage.begins("a")
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await within(use())


async def test_the_page_of_a_list_holds_at_least_one(place, stage):
    async with managed(place, stage) as manager:
        await manager.create(chain_of("a", "b", "c"))
        with pytest.raises(InvalidPayload):
            await manager.list(limit=0)
        with pytest.raises(InvalidPayload):
            await manager.trees(limit=-1)
        page = await manager.list(limit=2)
        rest = await manager.list(limit=2, cursor=page.cursor)
        assert [task.name for task in (*page.tasks, *rest.tasks)] == ["a", "b", "c"]
        assert rest.cursor is None


async def test_children_and_counts_are_told(place, stage):
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(fan_of("a", "b")))
        assert [task.name for task in await manager.children(tree.root_task.id)] == ["a", "b"]
        counts = await manager.counts(tree.id)
        assert counts["completed"] == 3
        assert counts["failed"] == 0
