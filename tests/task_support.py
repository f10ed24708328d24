"""What tests of durable tasks share: places to store trees in, executors that a test steers, managers that crash."""

import asyncio
import functools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from motet import Context, Executors, Status, Task, TaskManager, Tree
from motet.storage import MemoryStore
from motet.tasks.executor import executor
from motet.tasks.ports import TaskStore
from motet.tasks.stores import open_store
from support import SOON, StillClock, turn, until

__all__ = [
    "PLACES",
    "Place",
    "Stage",
    "Wire",
    "chain_of",
    "crash",
    "fan_of",
    "look",
    "managed",
    "place",
    "stage",
    "statuses",
    "until_stored",
]

WRITES = ("create", "apply", "update", "delete", "beat", "leave")
READS = ("tree", "task", "changed", "revisions", "results", "journal", "attempts", "workers", "owned", "adrift")


class SlowStore(MemoryStore):
    """A store in memory that takes a few turns of the event loop for everything, one commit after another.

    As with a database, what was asked for is done even if whoever asked is cancelled meanwhile.
    """

    def __init__(self) -> None:
        super().__init__()
        self._commit = asyncio.Lock()
        self._writing: set[asyncio.Task[Any]] = set()
        self._turn = 0

    async def turns(self) -> None:
        """Take from none to three turns: a different number each time, the same in every run."""
        self._turn += 1
        for _ in range(self._turn * 7 % 4):
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Finish what was asked."""
        while self._writing:
            await asyncio.wait(self._writing)


def _slow_write(name: str) -> Any:
    do: Callable[..., Awaitable[Any]] = getattr(MemoryStore, name)

    @functools.wraps(do)
    async def write(self: SlowStore, *args: Any, **kwargs: Any) -> Any:
        async def commit() -> Any:
            async with self._commit:
                await self.turns()
                try:
                    return await do(self, *args, **kwargs)
                finally:
                    await self.turns()

        task = asyncio.get_running_loop().create_task(commit())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    return write


def _slow_read(name: str) -> Any:
    do: Callable[..., Awaitable[Any]] = getattr(MemoryStore, name)

    @functools.wraps(do)
    async def read(self: SlowStore, *args: Any, **kwargs: Any) -> Any:
        await self.turns()
        told = await do(self, *args, **kwargs)
        await self.turns()
        return told

    return read


for _name in WRITES:
    setattr(SlowStore, _name, _slow_write(_name))
for _name in READS:
    setattr(SlowStore, _name, _slow_read(_name))
SlowStore.__abstractmethods__ = frozenset()


class Place:
    """Where the trees of a test are. Each manager comes in by a store of its own, if the kind of store has such."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self._url = f"{kind}:///{folder / 'work.db'}"
        self._shared: TaskStore | None = None

    def store(self) -> TaskStore:
        """Return a way in."""
        if self.kind not in {"memory", "slow"}:
            return open_store(self._url)
        if self._shared is None:
            self._shared = MemoryStore() if self.kind == "memory" else SlowStore()
        return self._shared


PLACES = ["memory", "slow", *({"sqlite"} & {entry.name for entry in entry_points(group="motet.stores")})]
"""The kinds of stores that every test of a manager runs on."""


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return a place of each kind."""
    return Place(request.param, tmp_path)


class Stage:
    """Executors that a test steers, and what they were seen to do.

    `gate` waits until `open(name)`, and gives what that says; `ask` asks; `fail` fails; `echo` gives its inputs, `name`
    its name, `none` None.
    """

    def __init__(self) -> None:
        self.executors = Executors(installed=False)
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.running: Counter[str] = Counter()
        self.most = 0
        self.inputs: dict[str, Any] = {}
        self.attempts: Counter[str] = Counter()
        self.cancelled: list[str] = []
        self._gates: dict[str, asyncio.Future[Any]] = {}
        for name in ("name", "echo", "fail", "none", "gate", "ask"):
            self.add(name, getattr(self, f"_{name}"))

    def add(self, name: str, function: Callable[..., Any], **options: Any) -> None:
        """Add an executor."""
        executor(name, validate="none", executors=self.executors, replace=True, **options)(function)

    def gate(self, name: str) -> "asyncio.Future[Any]":
        """Return what a task of that name waits for."""
        if name not in self._gates:
            self._gates[name] = asyncio.get_running_loop().create_future()
        return self._gates[name]

    def open(self, *names: str, result: object = None) -> None:
        """Let tasks end well, now or when they come."""
        for name in names:
            self.gate(name).set_result(result)

    def fail(self, name: str, error: BaseException) -> None:
        """Let a task fail."""
        gate = self.gate(name)
        gate.set_exception(error)
        gate.exception()  # seen, also where nobody comes for it

    def close(self, name: str) -> None:
        """Let the next attempt of a task wait again."""
        self._gates.pop(name, None)

    async def begins(self, *names: str) -> None:
        """Wait until tasks have begun."""
        await until(lambda: set(names) <= set(self.begun))

    @asynccontextmanager
    async def seen(self, inputs: Any, ctx: Context) -> AsyncIterator[str]:
        """Note that a task runs."""
        assert ctx.task is not None
        name = ctx.task.name
        self.begun.append(name)
        self.inputs[name] = inputs
        self.attempts[name] += 1
        self.running[name] += 1
        self.most = max(self.most, self.running.total())
        assert self.running[name] == 1, f"{name} runs twice at the same time"
        try:
            yield name
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise
        finally:
            self.running[name] -= 1
            self.ended.append(name)

    async def _name(self, inputs: Any, ctx: Context) -> Any:
        async with self.seen(inputs, ctx) as name:
            return name

    async def _echo(self, inputs: Any, ctx: Context) -> Any:
        async with self.seen(inputs, ctx):
            return inputs

    async def _none(self, inputs: Any, ctx: Context) -> Any:
        async with self.seen(inputs, ctx):
            return None

    async def _fail(self, inputs: Any, ctx: Context) -> Any:
        async with self.seen(inputs, ctx):
            raise ArithmeticError(inputs.get("why", "on purpose"))

    async def _gate(self, inputs: Any, ctx: Context) -> Any:
        async with self.seen(inputs, ctx) as name:
            return await asyncio.shield(self.gate(name))

    async def _ask(self, inputs: Any, ctx: Context) -> Any:
        async with self.seen(inputs, ctx):
            return await ctx.ask(inputs.get("question", "Well?"))


@pytest.fixture
def stage() -> Stage:
    """Return executors that the test steers."""
    return Stage()


@asynccontextmanager
async def managed(place: Place | TaskStore, stage: Stage, **options: Any) -> AsyncIterator[TaskManager]:
    """Open a manager, and close it and its store within a bounded time."""
    store = place.store() if isinstance(place, Place) else place
    manager = TaskManager(
        store, **{"executors": stage.executors, "poll": 0.01, "lease": 60.0, "clock": StillIds(), **options}
    )
    try:
        async with asyncio.timeout(SOON):
            await manager.__aenter__()
        yield manager
    finally:
        async with asyncio.timeout(SOON):
            await manager.close()
            if isinstance(place, Place):
                await store.close()


class StillIds(StillClock):
    """A clock with real ids: several managers on one store must not call their trees alike."""

    def hex_id(self, size: int) -> str:
        """Return a random id."""
        return super(StillClock, self).hex_id(size)


class Wire(TaskStore):
    """The way of one manager to its store, which a test can cut: then nothing of that manager arrives any more."""

    def __init__(self, store: TaskStore) -> None:
        self.store = store
        self.cut = False


def _through(name: str) -> Any:
    @functools.wraps(getattr(TaskStore, name))
    async def call(self: Wire, *args: Any, **kwargs: Any) -> Any:
        if self.cut:
            raise asyncio.CancelledError
        told = await getattr(self.store, name)(*args, **kwargs)
        if self.cut:
            raise asyncio.CancelledError
        return told

    return call


for _name in ("open", "close", "outlines", "find", "list_trees", "list_tasks", "counts", *WRITES, *READS):
    setattr(Wire, _name, _through(_name))
Wire.__abstractmethods__ = frozenset()


async def crash(manager: TaskManager) -> None:
    """End a manager as the end of its process would, and let its lease run out."""
    wire = manager.store
    assert isinstance(wire, Wire), "only a manager on a Wire can crash"
    wire.cut = True
    manager._open = False
    tasks = {*manager._keeping._tasks, *manager._scheduler._tasks}
    manager._scheduler._closing = True
    for task in tasks:
        task.cancel()
    if tasks:
        async with asyncio.timeout(SOON):
            await asyncio.wait(tasks)
    for work in manager._scheduler.works.values():
        work.over = True
    manager._scheduler.works.clear()
    await wire.store.beat(manager._scheduler.owner, 0.0)


async def look(manager: TaskManager) -> None:
    """Let a manager do at once what it does now and then."""
    await manager._keeping._round()
    await manager._keeping._look()


async def until_stored(manager: TaskManager, tree_id: str, condition: Callable[[Tree], bool]) -> Tree:
    """Wait until a tree stands as it should in the store."""
    async with asyncio.timeout(SOON):
        number = 0
        while not condition(tree := await manager.tree(tree_id)):
            number += 1
            await turn(number)
    return tree


def statuses(tree: Tree) -> dict[str, str]:
    """Return the status of each task, by name."""
    return {task.name: str(task.status) for task in tree.tasks}


def chain_of(*names: str, executor: str = "name", **fields: Any) -> list[dict[str, Any]]:
    """Make an array of tasks one after another, the last one the root."""
    return [
        {"name": name, "executor": executor, **({"dependencies": [names[index - 1]]} if index else {}), **fields}
        for index, name in enumerate(names)
    ]


def fan_of(*names: str, executor: str = "name", **fields: Any) -> list[dict[str, Any]]:
    """Make an array of tasks in a group."""
    return [{"name": "all"}, *({"name": name, "executor": executor, "parent": "all", **fields} for name in names)]


def named(tree: Tree) -> Mapping[str, Task]:
    """Return the tasks by name."""
    return {task.name: task for task in tree.tasks}


def done(tree: Tree) -> bool:
    """Tell whether a tree completed."""
    return tree.status is Status.COMPLETED
