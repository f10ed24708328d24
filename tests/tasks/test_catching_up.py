"""What is read of the store may be older than what the books know by then: the books are right."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from motet import Context, Executors, Status, TaskManager, executor
from motet.kernel.events import Event, TreeChanged
from motet.storage import MemoryStore
from motet.tasks.model import Task, Tree
from support import until, within
from task_support import until_stored


class Held(MemoryStore):
    """A store whose answers to one question come late."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.go.set()
        self.asked = 0

    async def changed(self, tree_id: str, since: int) -> tuple[Tree, Sequence[Task]] | None:
        """Read now, and tell later."""
        told = await super().changed(tree_id, since)
        self.asked += 1
        await self.go.wait()
        return told


class HeldJournal(Held):
    """A store that takes its time to tell what earlier attempts have recorded, too."""

    def __init__(self) -> None:
        super().__init__()
        self.journals = 0

    async def journal(self, tree_id: str, seq: int) -> Mapping[str, object]:
        """Read later."""
        self.journals += 1
        await self.go.wait()
        return await super().journal(tree_id, seq)


async def test_an_attempt_that_begins_while_an_older_state_is_read_goes_on() -> None:
    store, executors = Held(), Executors(installed=False)
    begun: list[asyncio.Event] = []

    @executor("work", executors=executors)
    async def work(inputs: dict[str, Any], ctx: Context) -> str:
        ctx.progress(0.5)  # a change that is not the scheduler's own
        begun.append(asyncio.Event())
        await begun[-1].wait()
        if len(begun) == 1:
            raise ConnectionError
        return "done"

    async with TaskManager(store, executors=executors, poll=60) as manager:
        run = await manager.submit([{"name": "a", "executor": "work", "retry": {"attempts": 2, "initial": 0}}])
        await until(lambda: len(begun) == 1)
        scheduler = manager._scheduler
        await until_stored(manager, run.id, lambda tree: tree.root_task.progress == 0.5)
        asked = store.asked
        store.go.clear()
        reading = asyncio.ensure_future(scheduler.refresh(scheduler.works[run.id]))
        await until(lambda: store.asked > asked)
        begun[0].set()
        await until(lambda: len(begun) == 2)
        store.go.set()
        await reading
        await asyncio.sleep(0)
        assert manager.running() == [f"{run.id}-1"]
        begun[1].set()
        tree = await within(run.wait())
    assert (tree.status, tree.result, tree.tasks[0].attempt) == (Status.COMPLETED, "done", 2)


async def test_a_task_that_is_cancelled_before_its_executor_has_begun_never_begins() -> None:
    store, executors, begun, told = HeldJournal(), Executors(installed=False), 0, list[str]()

    @executor("fails", executors=executors)
    async def fails(inputs: dict[str, Any]) -> None:
        nonlocal begun
        begun += 1
        raise ConnectionError

    def observe(event: Event) -> None:
        told.append(f"{type(event).__name__} {getattr(event, 'status', '')}".strip())

    async with TaskManager(store, executors=executors, poll=60, observer=observe) as manager:
        store.go.clear()
        entries = [{"name": "a", "executor": "fails", "retry": {"attempts": 2, "initial": 0}}]
        run = await manager.submit(entries)
        await until(lambda: store.journals == 1)  # the second attempt reads what the first one has recorded
        cancelling = asyncio.ensure_future(manager.cancel(run.id))
        await until(lambda: not manager.running())  # though how the tree stands is not read again yet
        assert not cancelling.done()
        store.go.set()
        assert (await within(cancelling)).status is Status.CANCELLED
        assert (await within(run.wait())).status is Status.CANCELLED
    assert begun == 1
    assert told.count("AgentStarted") == 1
    assert told[-2:] == ["TaskChanged cancelled", "TreeChanged cancelled"]


async def test_no_tree_seems_to_wait_for_an_answer_where_a_cancelled_attempt_ends_before_that_is_read() -> None:
    store, executors, begun, told = Held(), Executors(installed=False), asyncio.Event(), list[TreeChanged]()

    @executor("hangs", executors=executors)
    async def hangs(inputs: dict[str, Any]) -> None:
        begun.set()
        await asyncio.Event().wait()

    @executor("quick", executors=executors)
    async def quick(inputs: dict[str, Any]) -> None:
        """Run after the other one."""

    def observe(event: Event) -> None:
        if isinstance(event, TreeChanged):
            told.append(event)

    entries = [
        {"name": "all"},
        {"name": "first", "executor": "hangs", "parent": "all"},
        {
            "name": "then",
            "executor": "quick",
            "parent": "all",
            "dependencies": [{"name": "first", "required": False}],
        },
    ]
    async with TaskManager(store, executors=executors, poll=0.01, observer=observe) as manager:
        run = await manager.submit(entries)
        await within(begun.wait())
        first, then = (task.id for task in (await manager.tree(run.id)).tasks[1:])
        store.go.clear()
        asked = store.asked
        reading = asyncio.ensure_future(manager.update(then, priority=1))
        await until(lambda: store.asked > asked)  # what it is told is older than the cancellation
        await within(manager.cancel(first))
        await until(lambda: not manager.running())
        store.go.set()
        await within(reading)
        tree = await within(run.wait())
    assert [task.status for task in tree.tasks[1:]] == [Status.CANCELLED, Status.COMPLETED]
    assert [event.status for event in told] == ["cancelled"]
