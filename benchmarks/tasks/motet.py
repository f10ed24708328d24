"""Motet's side: task trees executed by a `TaskManager`, and chains of recorded steps (`ctx.step`) within one task.

A durable chain is a tree of one task whose executor takes ten steps, each on disk before the next; storing the tree,
claiming the task and storing its end are part of what is timed. The loop is one task that takes a step for each turn.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.pool import Pool

from benchmarks.flow.motet import WORKLOADS as IN_MEMORY
from benchmarks.shared.harness import Sample, Stopwatch, Workload, main, require
from benchmarks.tasks import place
from motet import Context, Executors, Status, TaskManager, Tree, executor

STEPS = 10
WARM = 5
WARM_TREE = 20
BETWEEN = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")

Entries = list[dict[str, Any]]
executors = Executors()


@executor("noop", executors=executors, validate="none")
async def noop(inputs: dict[str, Any]) -> dict[str, Any]:
    """Give back the number."""
    return {"n": inputs.get("n")}


async def same(item: dict[str, Any]) -> dict[str, Any]:
    """Do nothing: a step."""
    return item


async def speak(turn: int) -> str:
    """Say 1 KB: a turn."""
    return place.turn_text(turn)


@executor("steps", executors=executors, validate="none")
async def steps(inputs: dict[str, Any], ctx: Context) -> dict[str, Any]:
    """Take ten steps, one after another."""
    item: dict[str, Any] = inputs["item"]
    for number in range(STEPS):
        item = await ctx.step(f"n{number}", same, item)
    return item


@executor("talk", executors=executors, validate="none")
async def talk(inputs: dict[str, Any], ctx: Context) -> int:
    """Take a step for each turn, and keep all that was said."""
    messages = [await ctx.step("turn", speak, turn, key=str(turn)) for turn in range(inputs["turns"])]
    require(messages == [place.turn_text(turn) for turn in range(inputs["turns"])], "turns got lost")
    return len(messages)


def fan_out(n: int) -> Entries:
    """Describe a root that depends on `n` children."""
    names = [f"child {i}" for i in range(n)]
    root = {"name": "root", "executor": "noop", "dependencies": names, "inputs": {"n": n}}
    return [root, *({"name": name, "executor": "noop", "inputs": {"n": i}} for i, name in enumerate(names))]


def chain(n: int) -> Entries:
    """Describe a root that depends on the last of `n` children, each of which depends on the one before."""
    entries: Entries = [{"name": "root", "executor": "noop", "dependencies": [f"child {n - 1}"], "inputs": {"n": n}}]
    for i in range(n):
        before = [f"child {i - 1}"] if i else []
        entries.append({"name": f"child {i}", "executor": "noop", "dependencies": before, "inputs": {"n": i}})
    return entries


def on_sqlite() -> str:
    """Name an empty SQLite file."""
    return f"sqlite:///{place.file('motet.sqlite')}"


def on_duckdb() -> str:
    """Name an empty DuckDB file."""
    return f"duckdb:///{place.file('motet.duckdb')}"


def check(tree: Tree, size: int) -> None:
    """Make sure that the whole tree is completed in the database."""
    done = [task for task in tree.tasks if task.status is Status.COMPLETED]
    require(tree.status is Status.COMPLETED and len(done) == size, f"{len(done)} of {size} tasks are completed")


async def execute(n: int, *, entries: Callable[[int], Entries], url: Callable[[], str]) -> Sample:
    """Execute a tree of `n` children and a root."""
    async with TaskManager(url(), executors=executors) as manager:
        check(await manager.execute(entries(WARM_TREE)), WARM_TREE + 1)
        tree = await manager.create(entries(n))
        with Stopwatch() as watch:
            await manager.execute(tree.id)
        check(await manager.tree(tree.id), n + 1)
    return watch.sample(n + 1)


async def create(n: int, *, url: Callable[[], str]) -> Sample:
    """Create a tree of `n` tasks."""
    async with TaskManager(url(), executors=executors) as manager:
        await manager.create(fan_out(WARM_TREE))
        entries = fan_out(n - 1)
        with Stopwatch() as watch:
            tree = await manager.create(entries)
        require(sum((await manager.counts(tree.id)).values()) == n, "tasks are missing")
    return watch.sample(n)


async def durable(n: int, *, url: Callable[[], str]) -> Sample:
    """Run a chain of ten recorded steps `n` times, one at a time, each in a tree of its own."""
    async with TaskManager(url(), executors=executors) as manager:

        async def run(number: int) -> Any:
            inputs = {"item": {"n": number, "text": "payload"}}
            return (await manager.execute([{"name": "chain", "executor": "steps", "inputs": inputs}])).result

        for number in range(n, n + WARM):
            await run(number)
        with Stopwatch() as watch:
            outputs = [await run(number) for number in range(n)]
    require([output["n"] for output in outputs] == list(range(n)), "the outputs are not the inputs")
    return watch.sample(n * STEPS)


async def loop(turns: int, url: str) -> Stopwatch:
    """Take a step for each turn in one task."""
    async with TaskManager(url, executors=executors) as manager:
        with Stopwatch() as watch:
            tree = await manager.execute([{"name": "talk", "executor": "talk", "inputs": {"turns": turns}}])
        require(tree.result == turns, "turns are missing")
    return watch


@contextmanager
def counted() -> Iterator[dict[str, int]]:
    """Count the statements and commits of SQLite connections that are made meanwhile."""
    counts = {"statements": 0, "commits": 0}

    within = False

    def note(statement: str) -> None:
        nonlocal within
        # A statement that writes outside of a transaction is a commit of its own.
        counts["commits"] += statement.startswith("COMMIT") or (not within and "INSERT" in statement)
        counts["statements"] += not statement.startswith(BETWEEN)
        if statement.startswith(BETWEEN):
            within = statement.startswith("BEGIN")

    def begin(connection: Any, record: object) -> None:
        connection.set_trace_callback(note)

    event.listen(Pool, "connect", begin)
    try:
        yield counts
    finally:
        event.remove(Pool, "connect", begin)


def resident() -> int:
    """Say how many bytes of memory this process takes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def large(n: int) -> Sample:
    """Execute a tree of `n` tasks, and see how much memory that takes at its peak, and how many statements."""
    url = on_sqlite()
    create = "import asyncio; from benchmarks.tasks import motet; asyncio.run(motet.store({}, {!r}))"
    # In a process of its own, so that what the array took is not memory that this one has already.
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", create.format(n, url)], check=True)
    with counted() as counts:
        async with TaskManager(url, executors=executors, resume=False) as manager:
            check(await manager.execute(fan_out(WARM_TREE)), WARM_TREE + 1)
            (tree,) = (tree for tree in (await manager.trees()).trees if tree.total == n)
            before, statements = resident(), counts["statements"]
            peak = before

            async def watch_memory() -> None:
                nonlocal peak
                while True:
                    peak = max(peak, resident())
                    await asyncio.sleep(0.02)

            watching = asyncio.create_task(watch_memory())
            with Stopwatch() as watch:
                run = await manager.submit(tree.id)
                await run.wait(tasks=False)
            watching.cancel()
            require((await manager.counts(tree.id))[Status.COMPLETED] == n, "tasks are not completed")
    return watch.sample(n, memory=peak - before, statements=counts["statements"] - statements)


async def store(n: int, url: str) -> None:
    """Store a tree of `n` tasks."""
    async with TaskManager(url, executors=executors, resume=False) as manager:
        await manager.create(fan_out(n - 1))


async def loop_sqlite(n: int) -> Sample:
    """Go `n` turns in one task on SQLite, and see what is stored."""
    path = place.file("motet.sqlite")
    url = f"sqlite:///{path}"
    async with TaskManager(url, executors=executors):
        pass  # the tables are there before
    size, columns = place.sqlite_bytes(path), place.sqlite_column_bytes(path)
    with counted() as counts:
        watch = await loop(n, url)
    return watch.sample(
        n,
        bytes=place.sqlite_bytes(path) - size,
        column_bytes=place.sqlite_column_bytes(path) - columns,
        **counts,
    )


async def loop_postgres(n: int) -> Sample:
    """Go `n` turns in one task on PostgreSQL, and see what is stored."""
    async with TaskManager(place.database(), executors=executors):
        pass  # the tables are there before
    with psycopg.connect(place.database(), autocommit=True) as beside:

        def stored() -> int:
            row = beside.execute(place.POSTGRES_BYTES).fetchone()
            return int(row[0]) if row else 0

        before = stored()
        watch = await loop(n, place.database())
        return watch.sample(n, bytes=stored() - before)


WORKLOADS: dict[str, Workload] = {
    "steps10_memory": IN_MEMORY["steps10"],
    "fanout1000_memory": IN_MEMORY["fanout1000"],
    "fanout_sqlite": partial(execute, entries=fan_out, url=on_sqlite),
    "fanout_postgres": partial(execute, entries=fan_out, url=place.database),
    "fanout_duckdb": partial(execute, entries=fan_out, url=on_duckdb),
    "chain_sqlite": partial(execute, entries=chain, url=on_sqlite),
    "create_sqlite": partial(create, url=on_sqlite),
    "steps10_sqlite": partial(durable, url=on_sqlite),
    "steps10_postgres": partial(durable, url=place.database),
    "large_sqlite": large,
    "middling_sqlite": large,
    "loop_sqlite": loop_sqlite,
    "loop_postgres": loop_postgres,
}

if __name__ == "__main__":
    main(WORKLOADS)
