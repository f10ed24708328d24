"""Random trees, people and crashes against a plain model: order is kept, nothing runs twice, and nothing ever hangs."""

import asyncio
import sys
from collections.abc import Coroutine, Sequence
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mirrored_store import MirroredStore
from motet import Conflict, Context, Executors, Status, TaskManager, Tree, executor
from motet.kernel.errors import NotFound
from motet.storage import MemoryStore
from motet.tasks.changes import Change, Claim, Move, TreeMove
from motet.tasks.ports import Applied
from motet.tasks.status import ENDED, TRANSITIONS, TREE_TRANSITIONS
from motet.tasks.tree import tree_status
from support import SOON, StillClock
from task_support import SlowStore, Wire, crash, look

LONG = 3600.0


class Watched:
    """A store that checks every change that it applies."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.broken: list[str] = []

    async def apply(self, changes: Sequence[Change]) -> Applied:
        """Apply changes, and check what became of the trees."""
        before = {place: state.status for place, state in self._all()}
        trees = {tree_id: tree.status for tree_id, tree in self._books.trees.items()}  # type: ignore[attr-defined]
        applied = await MemoryStore.apply(self, changes)  # type: ignore[arg-type]
        after = {place: state.status for place, state in self._all()}
        for change in changes:
            if change.applied:
                self._check(change, before, after, trees)
        for place, status in after.items():
            if status is not before.get(place, status) and status not in _reachable(before[place]):
                self.broken.append(f"{place} went from {before[place]} to {status}")
        return applied

    def _all(self) -> list[tuple[tuple[str, int], Any]]:
        states = self._books.states  # type: ignore[attr-defined]
        return [((tree_id, seq), state) for tree_id, tasks in states.items() for seq, state in tasks.items()]

    def _check(self, change: Change, before: Any, after: Any, trees: Any) -> None:
        if isinstance(change, TreeMove):
            if trees[change.tree_id] is not change.source and change.target not in TREE_TRANSITIONS[change.source]:
                self.broken.append(f"{change} does not follow {trees[change.tree_id]}")
            return
        if not isinstance(change, Claim | Move):
            return
        place = change.tree_id, change.seq
        if isinstance(change, Move) and change.source in ENDED and not change.reset:
            self.broken.append(f"{change} begins an ended task anew, and is no rerun")
        starts = isinstance(change, Claim)
        completes = isinstance(change, Move) and change.target is Status.COMPLETED
        if not starts and not completes:
            return
        task = self._books.task(*place)  # type: ignore[attr-defined]
        for dependency in task.definition.dependencies:
            other = after[change.tree_id, dependency.seq]
            if other is not Status.COMPLETED and (dependency.required or other not in ENDED):
                self.broken.append(f"{change} came although {dependency} is {other}")


def _reachable(status: Status) -> set[Status]:
    """Return what a status may become within one commit."""
    return {after for middle in TRANSITIONS[status] for after in TRANSITIONS[middle] | {middle}}


class WatchedMemory(Watched, MemoryStore):
    """A store in memory."""


class WatchedSlow(Watched, SlowStore):
    """A store in memory that takes a few turns."""

    async def apply(self, changes: Sequence[Change]) -> Applied:
        """Apply changes, one commit after another."""

        async def commit() -> Applied:
            async with self._commit:
                await self.turns()
                try:
                    return await Watched.apply(self, changes)
                finally:
                    await self.turns()

        task = asyncio.get_running_loop().create_task(commit())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)


class WatchedSqlite(Watched, MirroredStore):
    """A store in SQLite, whose like in memory is looked at."""

    async def apply(self, changes: Sequence[Change]) -> Applied:
        """Apply changes in both."""
        return await MirroredStore.apply(self, changes)

    async def mirror(self, changes: Sequence[Change]) -> Applied:
        """Apply changes in memory, and check what became of the trees."""
        return await Watched.apply(self, changes)


@st.composite
def arrays(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw a small array of tasks: groups in groups, required and optional dependencies, retries."""
    size = draw(st.integers(1, 5))
    entries: list[dict[str, Any]] = [{"name": f"t{number}", "executor": "work"} for number in range(size)]
    for number in range(1, size):
        entry = entries[number]
        entry["parent"] = f"t{draw(st.integers(0, number - 1))}"
        if draw(st.integers(0, 4)) == 0:
            entry["retry"] = {"attempts": 2, "initial": 0.0}
        # Later tasks depend on earlier ones, but not on what is above them: a group waits for those below it.
        above = {f"t{0}", *_above(entries, number)}
        others = draw(st.sets(st.integers(1, number), max_size=2)) - {number}
        entry["dependencies"] = [
            {"name": f"t{other}", "required": draw(st.booleans())}
            for other in sorted(others)
            if f"t{other}" not in above
        ]
    parents = {entry.get("parent") for entry in entries}
    needed = {dependency["name"] for entry in entries for dependency in entry.get("dependencies", ())}
    for entry in entries:
        # What somebody needs is no group here: those below it might need that somebody.
        if entry["name"] in parents and entry["name"] not in needed and "retry" not in entry and draw(st.booleans()):
            del entry["executor"]
    return entries


def _above(entries: list[dict[str, Any]], number: int) -> set[str]:
    found: set[str] = set()
    name = entries[number].get("parent")
    while name is not None:
        found.add(name)
        name = next(entry.get("parent") for entry in entries if entry["name"] == name)
    return found


def behind(tree: Tree, names: list[str]) -> set[int]:
    """Say what a rerun of these tasks, or of those that failed, has to reset."""
    found = {task.seq for task in tree.tasks if (task.id in names if names else task.status in {"failed", "cancelled"})}
    while True:
        more = {
            task.seq
            for task in tree.tasks
            if any(other.seq in found for other in task.definition.dependencies)
            or (
                task.executor is None
                and any(child.definition.parent == task.seq for child in tree.tasks if child.seq in found)
            )
        }
        if more <= found:
            return found
        found |= more


class Machine(RuleBasedStateMachine):
    """Managers, people and crashes on one store."""

    store_type: type[MemoryStore] = WatchedMemory

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = StillClock()
        self.store: Any = None
        self.managers: list[TaskManager] = []
        self.trees: list[str] = []
        self.waiting: list[tuple[TaskManager, str, asyncio.Task[Tree]]] = []
        self.active: dict[str, asyncio.Future[str]] = {}
        self.cancelled_trees: set[str] = set()
        self.broken: list[str] = []
        self.slots: dict[TaskManager, int] = {}
        self.executors = Executors(installed=False)
        executor("work", validate="none", executors=self.executors)(self.work)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the machine's loop, within a bounded time."""

        async def bounded() -> Any:
            async with asyncio.timeout(SOON):
                return await work

        return self.runner.run(bounded())

    async def work(self, inputs: Any, ctx: Context) -> Any:
        """Wait for what the machine wants of a task, and do it."""
        task = ctx.task
        assert task is not None
        if task.id in self.active:
            self.broken.append(f"{task.id} runs twice at the same time")
        future = self.active[task.id] = asyncio.get_running_loop().create_future()
        try:
            match await future:
                case "ok":
                    return {"of": task.name}
                case "ask":
                    return await ctx.ask("Go on?", bool, key=str(task.attempt))
                case how:
                    raise ArithmeticError(how)
        finally:
            try:
                await asyncio.sleep(0)  # to end takes its time
            finally:
                del self.active[task.id]

    @initialize(slots=st.lists(st.sampled_from([1, 2, 64]), min_size=1, max_size=2))
    def begin(self, slots: list[int]) -> None:
        self.store = self.store_type()
        for count in slots:
            self.run(self.enter(count))

    async def enter(self, slots: int) -> None:
        """Open another manager."""
        manager = TaskManager(
            Wire(self.store), executors=self.executors, poll=LONG, lease=LONG, clock=self.clock, max_concurrency=slots
        )
        await manager.__aenter__()
        self.managers.append(manager)
        self.slots[manager] = slots

    async def turns(self, count: int) -> None:
        """Let the event loop run a little."""
        for _ in range(count):
            await asyncio.sleep(0)
        if isinstance(self.store, MirroredStore):
            await asyncio.sleep(0.0005 * (count > 5))  # its threads are no part of the loop's turns

    async def people(self, *wishes: Coroutine[Any, Any, Any]) -> None:
        """Do what people want, all of it at once; they may be told that it cannot be done."""
        for outcome in await asyncio.gather(*wishes, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, Conflict | NotFound):
                raise outcome

    def manager(self, which: int) -> TaskManager:
        return self.managers[which % len(self.managers)]

    def tree(self, which: int) -> str:
        return self.trees[which % len(self.trees)]

    @rule(entries=arrays(), which=st.integers(0, 1), start=st.booleans(), turns=st.integers(0, 12))
    def create(self, entries: list[dict[str, Any]], which: int, start: bool, turns: int) -> None:
        if len(self.trees) >= 4:
            return

        async def do() -> None:
            manager = self.manager(which)
            if start:
                run = await manager.submit(entries)
                self.wait(manager, run.id)
                self.trees.append(run.id)
            else:
                self.trees.append((await manager.create(entries)).id)
            await self.turns(turns)

        self.run(do())

    def wait(self, manager: TaskManager, tree_id: str) -> None:
        """Let somebody wait for a tree."""
        task = asyncio.get_running_loop().create_task(manager.wait(tree_id))
        self.waiting.append((manager, tree_id, task))

    @rule(which=st.integers(0, 1), tree=st.integers(0, 3), turns=st.integers(0, 12))
    def start(self, which: int, tree: int, turns: int) -> None:
        if not self.trees:
            return

        async def do() -> None:
            manager, tree_id = self.manager(which), self.tree(tree)
            await manager.submit(tree_id)
            self.wait(manager, tree_id)
            await self.turns(turns)

        self.run(do())

    @rule(which=st.integers(0, 9), how=st.sampled_from(["ok", "ok", "ok", "fail", "ask"]), turns=st.integers(0, 12))
    def finish(self, which: int, how: str, turns: int) -> None:
        if not self.active:
            return

        async def do() -> None:
            self.let(which, how)
            await self.turns(turns)

        self.run(do())

    def let(self, which: int, how: str) -> None:
        ready = sorted(task_id for task_id, future in self.active.items() if not future.done())
        if ready:
            self.active[ready[which % len(ready)]].set_result(how)

    async def task(self, tree: int, which: int) -> str:
        tasks = self.store._books.states[self.tree(tree)]
        return f"{self.tree(tree)}-{sorted(tasks)[which % len(tasks)]}"

    @rule(
        which=st.integers(0, 1),
        tree=st.integers(0, 3),
        task=st.none() | st.integers(0, 4),
        meanwhile=st.none() | st.integers(0, 9),
        turns=st.integers(0, 12),
    )
    def cancel(self, which: int, tree: int, task: int | None, meanwhile: int | None, turns: int) -> None:
        if not self.trees:
            return

        async def do() -> None:
            id_ = self.tree(tree) if task is None else await self.task(tree, task)
            if task is None:
                self.cancelled_trees.add(id_)
            if meanwhile is not None:
                self.let(meanwhile, "ok")
            await self.people(self.manager(which).cancel(id_))
            await self.turns(turns)

        self.run(do())

    @rule(which=st.integers(0, 1), both=st.booleans(), answer=st.booleans(), turns=st.integers(0, 12))
    def answer(self, which: int, both: bool, answer: bool, turns: int) -> None:
        if not self.asking():
            return

        async def do() -> None:
            wishes = [self.manager(number).answer(self.asking()[0], answer) for number in {which, which + both}]
            await self.people(*wishes)
            await self.turns(turns)

        self.run(do())

    def asking(self) -> list[str]:
        return [
            f"{tree_id}-{seq}"
            for tree_id, tasks in (self.store._books.states.items() if self.store else ())
            for seq, state in tasks.items()
            if state.status is Status.INPUT_REQUIRED
        ]

    @rule(
        which=st.integers(0, 1),
        tree=st.integers(0, 3),
        task=st.none() | st.integers(0, 4),
        start=st.booleans(),
        turns=st.integers(0, 12),
    )
    def rerun(self, which: int, tree: int, task: int | None, start: bool, turns: int) -> None:
        if not self.trees:
            return

        async def do() -> None:
            # The code of a task that was cancelled by way of another manager may still run until that one looks.
            await self.settle()
            tree_id = self.tree(tree)
            names = [] if task is None else [await self.task(tree, task)]
            before = await MemoryStore.tree(self.store, tree_id)
            await self.people(self.manager(which).rerun(tree_id, names, start=start))
            after = await MemoryStore.tree(self.store, tree_id)
            if before.status.ended and after.revision != before.revision:
                self.cancelled_trees.discard(tree_id)
                again = {old.seq for old, new in zip(before.tasks, after.tasks, strict=True) if new.run > old.run}
                assert again == behind(before, names)
            await self.turns(turns)

        self.run(do())

    @rule(which=st.integers(0, 1), tree=st.integers(0, 3))
    def copy(self, which: int, tree: int) -> None:
        if not 0 < len(self.trees) < 4:
            return

        async def do() -> None:
            self.trees.append((await self.manager(which).copy(self.tree(tree))).id)

        self.run(do())

    @rule(which=st.integers(0, 1), tree=st.integers(0, 3))
    def delete(self, which: int, tree: int) -> None:
        if not self.trees:
            return

        async def do() -> None:
            await self.settle()
            tree_id = self.tree(tree)
            await self.people(self.manager(which).delete(tree_id))
            if tree_id not in self.store._books.trees:
                self.trees.remove(tree_id)
                await self.gone([entry for entry in self.waiting if entry[1] == tree_id])

        self.run(do())

    @rule(which=st.integers(0, 1), how=st.sampled_from(["crash", "close", "close and open"]), turns=st.integers(0, 5))
    def end(self, which: int, how: str, turns: int) -> None:
        async def do() -> None:
            await self.turns(turns)
            manager = self.manager(which)
            if how == "crash":
                await crash(manager)
            else:
                await manager.close()
            await self.gone([entry for entry in self.waiting if entry[0] is manager])
            if how == "close and open":
                await manager.__aenter__()
            else:
                self.managers.remove(manager)
                await self.enter(self.slots[manager])

        self.run(do())

    async def gone(self, waiting: list[tuple[TaskManager, str, asyncio.Task[Tree]]]) -> None:
        """Let those go who waited for what is gone."""
        for entry in waiting:
            entry[2].cancel()
            await asyncio.wait([entry[2]])
            if not entry[2].cancelled():
                entry[2].exception()
            self.waiting.remove(entry)

    @rule()
    def rest(self) -> None:
        """Let everything come to rest, and compare it with the model."""
        if not self.trees:
            return

        async def do() -> None:
            await self.settle()
            for tree_id in self.trees:
                tree = await MemoryStore.tree(self.store, tree_id)
                assert tree is not None
                self.compare(tree)
            await self.waited()

        self.run(do())

    async def settle(self) -> None:
        """Let everything run until nothing changes any more: what one look finds, the next one may act upon."""
        quiet = 0
        for _ in range(100):
            before = self.stands()
            await self.turns(25)
            for manager in self.managers:
                await look(manager)
            await self.turns(25)
            same = before == self.stands() and all(map(self.only_waits, self.managers))
            quiet = quiet + 1 if same else 0
            if quiet == 3:
                return
        raise AssertionError(f"it does not come to rest: {self.stands()}")

    def only_waits(self, manager: TaskManager) -> bool:
        """Tell whether all that a manager does is to run executors that wait for the machine."""
        return len(manager._scheduler._tasks) == len(manager.running())

    def stands(self) -> Any:
        books = self.store._books
        return (
            {tree_id: (tree.revision, tree.status) for tree_id, tree in books.trees.items()},
            {task_id: future.done() for task_id, future in self.active.items()},
        )

    def compare(self, tree: Tree) -> None:
        """Check that a tree at rest stands as its tasks say, and that nothing is left undone."""
        shown = f"{tree}\n" + "\n".join(
            f"{task.name} {task.status} owner={task.owner} {task.definition.dependencies} in {task.definition.parent}"
            for task in tree.tasks
        )
        waits: list[str] = []
        by_seq = {task.seq: task for task in tree.tasks}
        parents = {task.definition.parent for task in tree.tasks}
        for task in tree.tasks:
            if task.status is Status.IN_PROGRESS:
                assert task.id in self.active, f"nobody runs {task.name}:\n{shown}"
            needs = [(by_seq[other.seq], other.required) for other in task.definition.dependencies]
            if task.executor is None:
                needs += [(other, False) for other in tree.tasks if other.definition.parent == task.seq]
            lacking = any(required and other.status.ended and other.status != "completed" for other, required in needs)
            ready = all(other.status.ended for other, _ in needs)
            if tree.status is not Status.PENDING and task.status is Status.PENDING:
                assert not lacking, f"{task.name} should be skipped:\n{shown}"
                if ready:
                    waits.append(task.name)
                    assert self.full(tree.id), f"{task.name} should run:\n{shown}"
            if task.executor is None and task.status is Status.COMPLETED:
                assert task.seq in parents
                ends = {other.status for other, _ in needs if other.definition.parent == task.seq}
                assert ends <= {Status.COMPLETED, Status.SKIPPED}, shown
        statuses = [task.status for task in tree.tasks]
        if all(status.ended for status in statuses):
            expected = {tree_status(statuses)}
            if tree.id in self.cancelled_trees:
                expected.add(Status.CANCELLED)
            assert tree.status in expected, shown
        elif tree.status is not Status.PENDING:
            asks = Status.INPUT_REQUIRED in statuses and Status.IN_PROGRESS not in statuses and not waits
            assert tree.status is (Status.INPUT_REQUIRED if asks else Status.IN_PROGRESS), shown

    def full(self, tree_id: str) -> bool:
        """Tell whether somebody works on a tree, and all that do have as much to do as they may."""
        at_work = [manager for manager in self.managers if tree_id in manager._scheduler.works]
        return bool(at_work) and all(len(manager.running()) == self.slots[manager] for manager in at_work)

    async def waited(self) -> None:
        """Check that nobody waits for what has come."""
        for entry in list(self.waiting):
            _, tree_id, task = entry
            status = self.store._books.trees[tree_id].status
            if status is Status.IN_PROGRESS:
                continue
            async with asyncio.timeout(SOON):
                await asyncio.wait([task])
            assert (await task).id == tree_id
            self.waiting.remove(entry)

    @invariant()
    def nothing_is_broken(self) -> None:
        assert not self.broken
        assert self.store is None or not self.store.broken

    def teardown(self) -> None:
        async def do() -> None:
            for manager in self.managers:
                await manager.close()
            await self.gone(list(self.waiting))
            await self.store.close()
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert all(task.get_coro().__qualname__.endswith("bounded") for task in left), left  # type: ignore[union-attr]
            assert not self.active

        try:
            if self.store is not None:
                self.run(do())
        finally:
            self.runner.close()


@pytest.mark.parametrize(
    ("store_type", "examples"),
    [(WatchedMemory, 250), (WatchedSlow, 250), (WatchedSqlite, 40)],
    ids=["memory", "slow", "sqlite"],
)
def test_managers_people_and_crashes_follow_the_model(store_type, examples, monkeypatch):
    monkeypatch.setattr("motet.tasks.watching.POLL", 0.001)
    machine = type("Machine", (Machine,), {"store_type": store_type})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            derandomize="--hypothesis-seed" not in " ".join(sys.argv),
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
