"""When a part of a history is over: with the call that began it, or with the task trees that it tells of."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from motet import Context, Executors, TaskManager, agent, executor
from motet.devtools.history import History, read_history
from motet.kernel.events import (
    AgentEnded,
    AgentStarted,
    DeadlinePassed,
    Event,
    NodeEnded,
    NodeStarted,
    RunEnded,
    RunStarted,
    TaskChanged,
    TreeChanged,
)
from motet.observability.history import HistoryRecorder
from motet.observability.history_buffer import Buffer
from motet.storage import MemoryStore
from support import StillClock, until, within

TRACE = "0123456789abcdef" * 2
PLAN = [
    {"name": "both"},
    {"name": "one", "executor": "work", "parent": "both"},
    {"name": "two", "executor": "work", "parent": "both", "dependencies": ["one"]},
]
NESTED = [
    {"name": "outer"},
    {"name": "creates", "executor": "creates", "parent": "outer"},
    {"name": "then", "executor": "work", "parent": "outer", "dependencies": ["creates"]},
]

EXECUTORS = Executors()


@executor("work", executors=EXECUTORS)
async def work(payload: dict[str, Any]) -> int:
    """Work."""
    return 1


@executor("endless", executors=EXECUTORS)
async def endless(payload: dict[str, Any]) -> int:
    """Wait until it is cancelled, and take a turn for that."""
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)
    return 1


def agent_started(span: str = "s") -> Event:
    return AgentStarted(TRACE, 1.0, span, "", "a")


def agent_ended(span: str = "s") -> Event:
    return AgentEnded(TRACE, 2.0, span, "a", "completed", 1.0)


def run_started(span: str = "s") -> Event:
    return RunStarted(TRACE, 1.0, span, "", "f")


def run_ended(span: str = "s") -> Event:
    return RunEnded(TRACE, 2.0, span, "f", "failed", 1.0)


def task(status: str, tree: str = "t", name: str = "1") -> Event:
    return TaskChanged(TRACE, 1.0, tree, f"{tree}:{name}", name, status, 1, 0.0)


def tree(status: str, tree: str = "t", parent: str = "") -> Event:
    return TreeChanged(TRACE, 1.0, tree, "n", status, 0.0, f"span of {tree}", parent)


BEGINS = task("in_progress")
INNER = [task("in_progress", "u"), task("completed", "u"), tree("completed", "u", "s")]


@pytest.mark.parametrize(
    ("events", "ends"),
    [
        ([agent_started(), agent_ended("other")], []),
        ([agent_started(), agent_ended()], [1]),
        ([agent_started(), run_started(), run_ended(), agent_ended()], [3]),
        ([run_started(), agent_ended(), run_ended()], [2]),
        ([NodeStarted(TRACE, 1, "s", "", "f", "n", 1), NodeEnded(TRACE, 1, "s", "f", "n", "completed", 1)], [1]),
        ([agent_started(), BEGINS, task("completed"), tree("completed"), agent_ended()], [4]),
        ([tree("in_progress"), BEGINS, task("failed"), tree("failed")], [3]),
        ([tree("pending"), tree("in_progress")], []),
        ([tree("cancelled")], [0]),
        ([task("cancelled"), tree("cancelled")], [1]),
        ([BEGINS, task("completed")], []),
        ([BEGINS, task("completed"), tree("completed")], [2]),
        ([BEGINS, task("input_required"), tree("input_required")], []),
        ([BEGINS, task("pending"), BEGINS, task("completed"), tree("completed")], [4]),
        # What a task does, and the end of one that somebody else has taken over meanwhile.
        ([BEGINS, agent_started(), agent_ended(), task("completed"), tree("completed")], [4]),
        ([BEGINS, tree("completed")], [1]),
        # A call that goes on when its tree is cancelled; and one task alone is cancelled, which ends nothing.
        ([BEGINS, agent_started(), task("cancelled"), tree("cancelled"), agent_ended()], [4]),
        ([BEGINS, agent_started(), task("cancelled"), agent_ended()], []),
        # A tree within a task, another one beside it, and one that is rerun.
        ([BEGINS, agent_started(), *INNER, agent_ended(), task("completed"), tree("completed")], [7]),
        ([BEGINS, *INNER, task("completed"), tree("completed")], [5]),
        ([BEGINS, task("completed"), tree("completed"), tree("in_progress"), BEGINS, tree("failed")], [2, 5]),
        # What had begun before: another part has its beginning.
        ([agent_ended()], [0]),
        ([agent_started(), BEGINS, agent_started("x"), agent_ended(), agent_ended("x"), tree("completed")], [3, 4, 5]),
        ([DeadlinePassed(TRACE, 1.0, "s", "a"), agent_ended()], []),
        ([DeadlinePassed(TRACE, 1.0, "s", "a"), BEGINS, tree("completed")], [2]),
    ],
)
def test_a_part_ends_with_what_began_it(events: Sequence[Event], ends: Sequence[int]) -> None:
    buffer, found = Buffer(100, 10**6, StillClock(), {}), []
    for place, event in enumerate(events):
        buffer.put(event, (), 0)
        *_, last = buffer.take(100)
        if isinstance(last[2], dict) and last[2]["kind"] == "end":
            found.append(place)
    assert found == ends


async def histories(store: MemoryStore) -> list[History]:
    return [await read_history(store, trace) for trace in await store.traces()]


def ended_well(history: History) -> bool:
    return (history.over, history.problems) == (True, [])


@pytest.mark.parametrize("trees", [1, 2])
async def test_the_history_of_a_tree_is_over_when_the_tree_has_ended(trees: int) -> None:
    store = MemoryStore()
    async with HistoryRecorder(store) as recorder, TaskManager(executors=EXECUTORS, observer=recorder) as manager:
        for run in [await manager.submit(PLAN) for _ in range(trees)]:
            await within(run.wait())
        await within(recorder.flush())
        found = await histories(store)
        assert len(found) == trees
        assert all(map(ended_well, found))
    assert await histories(store) == found


async def test_a_tree_that_a_task_creates_does_not_end_the_history_of_the_one_around_it() -> None:
    store = MemoryStore()
    executors = Executors(EXECUTORS)
    async with HistoryRecorder(store) as recorder:
        manager = TaskManager(executors=executors, observer=recorder)

        @executor("creates", executors=manager.executors)
        async def creates(payload: dict[str, Any]) -> str:
            return str((await manager.execute(PLAN)).status)

        async with manager:
            await within(manager.execute(NESTED))
            await within(recorder.flush())
            (history,) = await histories(store)
    assert ended_well(history)
    assert [record["kind"] for record in history.records].count("end") == 1


@pytest.mark.parametrize("observed", [False, True])
async def test_the_history_of_a_cancelled_tree_is_over_when_what_it_had_called_has_ended(observed: bool) -> None:
    store = MemoryStore()
    async with HistoryRecorder(store) as recorder:
        manager = TaskManager(executors=EXECUTORS, observer=recorder)

        @executor("creates", executors=manager.executors)
        async def creates(payload: dict[str, Any]) -> str:
            return str((await manager.execute([{"name": "inner", "executor": "endless"}])).status)

        @agent
        async def starts(payload: str, ctx: Context) -> str:
            return str((await manager.execute(NESTED)).status)

        async with manager:
            calling = asyncio.create_task(starts("x", observer=recorder if observed else None))
            await until(lambda: len(manager.running()) == 2)
            calling.cancel()
            await asyncio.wait({calling})
        await within(recorder.flush())
        (history,) = await histories(store)
    assert ended_well(history)
    assert {getattr(event, "status", "") for event in history.events} >= {"cancelled"}


async def test_who_saw_only_a_part_of_a_tree_leaves_its_own_part_open(tmp_path: Path) -> None:
    url, store = f"sqlite:///{tmp_path}/work.db", MemoryStore()
    leaves, stays = HistoryRecorder(store), HistoryRecorder(store)
    async with leaves, stays:
        async with TaskManager(url, executors=EXECUTORS, observer=leaves) as manager:
            created = await manager.submit([{"name": "both"}, {"name": "e", "executor": "endless", "parent": "both"}])
            await until(lambda: len(manager.running()) == 1)
        async with TaskManager(url, executors=EXECUTORS, observer=stays, resume=False) as manager:
            await manager.cancel(created.id)
        await within(leaves.flush())
        await within(stays.flush())
        (history,) = await histories(store)
        assert not history.over
        ends = [record["why"] for record in history.records if record["kind"] == "end"]
        assert ends == ["over"]
    (history,) = await histories(store)
    assert (history.over, history.problems) == (True, ["Recording ended before the trace did"])
