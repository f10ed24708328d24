# ruff: noqa: T201 - this is a program that is talked to through its standard streams
"""A process that works on task trees until it is killed, and is started again at once: it forks from one that has
imported everything, so that fifty lives take seconds.

    python mortal.py FOLDER

does some work in a store in FOLDER, so that no life has to do what is done once in a process. Then it reads a line of
JSON for each life (`{"url": URL, "effects": PATH}`), forks, and prints the process id of the child and then, when it
has ended, its exit code. The child works on what it finds, and ends by itself when the work is done. What it does to
the world it writes into `effects`, a line each, by one write to a file in append mode.

With `"then": {"create": TASKS, "effects": PATH, "die_at": [POINT, NUMBER]}` in the line, it goes on with a tree that it
creates when all others have ended. With `"share": NUMBER`, the work is shared with another process that began so many
attempts or more, however unevenly the machine lets the two run.
"""

import asyncio
import gc
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb_engine  # noqa: F401 - loaded once, and not in each life; so is psycopg
import psycopg  # noqa: F401

from motet import Context, Executors, RetryPolicy, Status, TaskManager, executor
from motet.tasks.changes import Change, Record
from motet.tasks.ports import Applied, Filter, TaskStore
from motet.tasks.stores import open_store

executors = Executors()
SETTINGS: dict[str, Any] = {}


def effect(*words: object) -> None:
    """Do something to the world that cannot be taken back."""
    descriptor = os.open(SETTINGS["effects"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, (" ".join(map(str, words)) + "\n").encode())
    finally:
        os.close(descriptor)
    count("effect")


counted: Counter[str] = Counter()


def count(point: str) -> None:
    """End the life here, if it was asked to end at this point: after so many effects, or so many records."""
    counted[point] += 1
    if SETTINGS.get("die_at") == [point, counted[point]]:
        os.kill(os.getpid(), signal.SIGKILL)


def watched(store: TaskStore) -> TaskStore:
    """Count what the journal has on disk."""
    apply = store.apply

    async def counting(changes: Sequence[Change]) -> Applied:
        applied = await apply(changes)
        for change in changes:
            if isinstance(change, Record):
                count("record")
            elif change.applied:
                count("change")
        return applied

    store.apply = counting  # type: ignore[method-assign]
    return store


@executor("work", executors=executors, validate="none")
async def work(inputs: dict[str, Any], ctx: Context) -> dict[str, Any]:
    """Take a moment; say when it begins."""
    assert ctx.task is not None
    effect("start", ctx.task.name, ctx.task.attempt, ctx.task.idempotency_key, os.getpid())
    if "share" in SETTINGS:
        await shared()
    await asyncio.sleep(inputs["seconds"])
    return {"name": ctx.task.name, "seen": len(inputs)}


async def shared() -> None:
    """Wait while the other process is far behind, until it has begun its share."""
    while True:
        mine, others = begun()
        if others >= min(SETTINGS["share"], mine - 10):
            return
        await asyncio.sleep(0.002)


def begun() -> tuple[int, int]:
    """Count what was begun so far, here and elsewhere; not in the half of a line that is being written."""
    whole = Path(SETTINGS["effects"]).read_text(encoding="utf-8").rpartition("\n")[0]
    lines = map(str.split, whole.splitlines())
    here = [words[4] == str(os.getpid()) for words in lines if words[0] == "start"]
    return here.count(True), here.count(False)


async def charge(what: str) -> str:
    """Have a side effect: a step."""
    effect("charge", what)
    await asyncio.sleep(0)
    return f"charged {what}"


flaky: list[int] = []


async def stumble(what: str) -> str:
    """Fail the first time in each life."""
    flaky.append(1)
    if len(flaky) == 1:
        raise ConnectionError("once more")
    return await charge(what)


@executor("steps", executors=executors, validate="none")
async def steps(inputs: dict[str, Any], ctx: Context) -> list[str]:
    """Take steps: in a row, in a loop, within `gather`, nested, tried again, and around a question."""

    async def outer() -> list[str]:
        return [await ctx.step("inner", charge, f"inner {side}", key=side) for side in ("left", "right")]

    done = [await ctx.step("first", charge, "first")]
    done += [await ctx.step("turn", charge, f"turn {turn}", key=str(turn)) for turn in range(3)]
    done += await asyncio.gather(*(ctx.step("side", charge, f"side {side}", key=str(side)) for side in range(4)))
    done += await ctx.step("outer", outer)
    done.append(await ctx.step("again", stumble, "again", retry=RetryPolicy(attempts=2)))
    answer = await ctx.ask("Go on?", bool)
    done.append(await ctx.step("answered", charge, f"answered {answer}"))
    await ctx.sleep(0.01)
    done.append(await ctx.step("last", charge, "last"))
    return done


def begin(settings: dict[str, Any]) -> None:
    """Follow these settings from now on, and count anew."""
    SETTINGS.clear()
    SETTINGS.update(settings)
    flaky.clear()
    counted.clear()


async def live(settings: dict[str, Any]) -> None:
    """Work on every tree that is there, and then on one more if there is to be one."""
    store = open_store(settings["url"])
    await store.open()
    async with TaskManager(watched(store), executors=executors, lease=5, poll=0.05) as manager:
        await work_through(manager)
        if then := settings.get("then"):
            begin(then)
            await manager.create(then["create"])
            await work_through(manager)
    await store.close()


async def work_through(manager: TaskManager) -> None:
    """Work on every tree that is there until all have ended; answer what is asked."""
    while True:
        page = await manager.trees(Filter())
        for tree in page.trees:
            if tree.status is Status.INPUT_REQUIRED:
                for task in (await manager.tree(tree.id)).tasks:
                    if task.status is Status.INPUT_REQUIRED:
                        effect("answer", task.name)
                        await manager.answer(task.id, True)
            if not tree.status.ended:
                await (await manager.submit(tree.id)).wait()
        if all(tree.status.ended for tree in (await manager.trees(Filter())).trees):
            return


async def warm_up(folder: Path) -> None:
    """Work on a tree, so that modules, types and statements are known when a life is forked."""
    url = f"sqlite:///{folder / 'warm.sqlite'}"
    effects = str(folder / "warm.effects")
    await live({"url": url, "then": {"create": [{"name": "steps", "executor": "steps"}], "effects": effects}})


def main() -> None:
    """Fork a life for each line."""
    asyncio.run(warm_up(Path(sys.argv[1])))
    gc.collect()
    gc.freeze()  # no collection in a life touches what it shares with the others
    for line in sys.stdin:
        settings = json.loads(line)
        pid = os.fork()
        if pid == 0:
            begin(settings)
            code = 1
            try:
                asyncio.run(live(settings))
                code = 0
            except Exception as error:  # noqa: BLE001 - told to whoever reads what this process says
                print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            finally:
                os._exit(code)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
