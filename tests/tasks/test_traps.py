"""What other engines get wrong, and no other file here is about; see each docstring for what was seen."""

import asyncio
import subprocess
import sys
from collections import Counter
from contextvars import ContextVar
from typing import Any

import pytest

from support import until, within
from task_support import Wire, chain_of, fan_of, managed, statuses

WHO: ContextVar[str] = ContextVar("who", default="nobody")


class Counting(Wire):
    """A way to a store that counts what is asked of it."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.calls: Counter[str] = Counter()
        self.read = 0

    async def apply(self, changes):
        self.calls["apply"] += 1
        return await self.store.apply(changes)

    async def tree(self, tree_id, *, tasks=True):
        self.calls["tree"] += tasks
        return await self.store.tree(tree_id, tasks=tasks)

    async def outlines(self, tree_id):
        self.calls["outlines"] += 1
        return await self.store.outlines(tree_id)

    async def changed(self, tree_id, since):
        read = await self.store.changed(tree_id, since)
        self.read += len(read[1]) if read else 0
        return read

    async def results(self, tree_id, seqs):
        self.calls["results"] += 1
        return await self.store.results(tree_id, seqs)


@pytest.mark.parametrize("shape", [chain_of, fan_of])
async def test_readiness_is_not_derived_anew_with_each_step(place, stage, shape):
    """Seen: 547,003 statements for a chain of 100."""
    size = 100
    wire = Counting(place.store())
    async with managed(wire, stage, poll=60.0, max_concurrency=4) as manager:
        tree = await within(manager.execute(shape(*(f"t{number}" for number in range(size)))))
    await wire.store.close()
    assert tree.status == "completed"
    assert wire.calls["apply"] <= size + 5
    assert wire.calls["tree"] <= 2
    assert wire.calls["outlines"] + wire.calls["results"] <= 2
    assert wire.read <= 4 * size


async def test_what_one_task_sets_no_other_sees(place, stage):
    """Seen: keys of one request in another one, by way of a variable of the thread."""
    seen: list[str] = []

    async def work(inputs, ctx):
        seen.append(WHO.get())
        WHO.set(ctx.task.name)
        await asyncio.sleep(0)
        assert WHO.get() == ctx.task.name

    def in_thread(inputs, ctx):
        seen.append(WHO.get())
        WHO.set(ctx.task.name)

    stage.add("work", work)
    stage.add("thread", in_thread)
    entries = [*fan_of("a", "b", executor="work"), *fan_of("c", "d", executor="thread")[1:]]
    entries.append({"name": "e", "executor": "work", "dependencies": ["a", "c"], "parent": "all"})
    async with managed(place, stage, max_concurrency=1) as manager:
        assert (await within(manager.execute(entries))).status == "completed"
    assert seen == ["nobody"] * 5
    assert WHO.get() == "nobody"


async def test_ten_ready_children_start_together(place, stage):
    """Seen: one session that concurrent tasks shared, and a crash."""
    names = [f"t{number}" for number in range(10)]
    async with managed(place, stage) as manager:
        run = await manager.submit(fan_of(*names, executor="gate"))
        await until(lambda: stage.running.total() == 10)
        stage.open(*names)
        assert (await within(run.wait())).status == "completed"


async def test_the_event_loop_turns_while_the_store_works(place, stage):
    """Seen: synchronous calls of a database in the event loop."""
    turns = 0

    async def turn():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.ensure_future(turn())
    async with managed(place, stage) as manager:
        before = turns
        await within(manager.execute(chain_of(*(f"t{number}" for number in range(20)))))
        assert turns - before >= 20
    turning.cancel()
    await asyncio.wait([turning])


SECOND = """
import asyncio, sys
from motet import Executors, TaskManager
from motet.tasks.executor import executor

executors = Executors(installed=False)

@executor("name", executors=executors)
async def work(inputs: dict) -> str:
    return "by the second process"

async def main():
    async with TaskManager(sys.argv[1], executors=executors) as manager:
        tree = await manager.execute([{"name": "second", "executor": "name"}])
        print(tree.id, tree.status)

asyncio.run(main())
"""


async def test_a_second_process_uses_the_same_file_meanwhile(stage, tmp_path):
    """Seen: an embedded database that locked everybody else out."""
    from motet import TaskManager

    url = f"sqlite:///{tmp_path / 'work.db'}"
    async with TaskManager(url, executors=stage.executors, poll=0.01) as manager:
        run = await manager.submit([{"name": "a", "executor": "gate"}])
        await stage.begins("a")
        command = [sys.executable, "-c", SECOND, url]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        tree_id, status = done.stdout.split()
        assert status == "completed"
        assert (await manager.tree(tree_id)).result == "by the second process"
        assert statuses(await manager.tree(run.id)) == {"a": "in_progress"}
        stage.open("a")
        assert (await within(run.wait())).status == "completed"


async def test_what_dependencies_gave_is_not_written_into_the_stored_inputs(place, stage):
    """Seen: merged results in the definition, so that a second run began with those of the first."""
    entries = [
        {"name": "a", "executor": "name"},
        {"name": "b", "executor": "echo", "dependencies": ["a"], "inputs": {"own": [1], "ref": {"$from": "a"}}},
    ]
    async with managed(place, stage) as manager:
        tree = await within(manager.execute(entries))
        (attempt,) = await manager.attempts(tree.task("b").id)
        assert tree.task("b").inputs == {"own": [1], "ref": {"$from": "a"}}
        assert attempt.inputs == {"own": [1], "ref": "a"} == tree.result
        await manager.rerun(tree.id, ["b"])
        again = await within(manager.wait(tree.id))
        assert again.task("b").inputs == tree.task("b").inputs
