"""What is read of the store may be older than what the books know by then: the books are right."""

import asyncio
from collections.abc import Sequence
from typing import Any

from motet import Context, Executors, Status, TaskManager, executor
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
