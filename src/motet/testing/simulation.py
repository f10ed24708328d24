"""`simulate_workflow`: a task tree on the real scheduler, in virtual time, with executors that only take their time."""

import asyncio
import math
import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from motet.kernel.agent import Agent
from motet.kernel.clock import Clock
from motet.kernel.context import Context
from motet.kernel.errors import NotFound
from motet.storage import MemoryStore
from motet.tasks.copying import entries_of
from motet.tasks.executors import Executors
from motet.tasks.manager import TaskManager
from motet.tasks.model import Tree
from motet.tasks.plan import make_plan
from motet.testing.asked_for import asked_for
from motet.testing.showing import nearest, ordinal
from motet.testing.stand_in import Failure, a_failure, made
from motet.testing.timeline import Ended, Simulation, Span, critical_path
from motet.testing.virtual_loop import VirtualLoop
from motet.testing.virtual_time import VirtualClock

__all__ = ["simulate_workflow"]

Duration = float | tuple[float, float]
Entries = Sequence[Mapping[str, Any]]

NEVER: Final = 1e9
"""Seconds between two looks at a store that nobody else works on."""


def simulate_workflow(
    tasks: Tree | Entries,
    *,
    speed_factor: float | None = None,
    durations: Mapping[str, Duration] | None = None,
    default: Duration = 1.0,
    failures: Mapping[str, int | Failure] | None = None,
    results: Mapping[str, object] | None = None,
    max_concurrency: int = 16,
    per_executor: Mapping[str, int] | None = None,
    seed: int = 0,
) -> Simulation:
    """Run a task tree on the real scheduler without running its executors, and tell what happened when.

    Order, priorities, limits, retries, backoffs and skipped tasks are those of a real run; only the work itself is
    replaced by the time it takes. The same seed gives the same simulation.

    Args:
        tasks: A tree with its tasks, which is simulated from its start, or an array of tasks.
        speed_factor: How many seconds of the tree pass in one second: 10 shows it ten times as fast as it would be.
            None or 0 takes no time at all.
        durations: Seconds that tasks take, by the name of the task, or else by the id of its executor: a number, or
            the smallest and the largest of a range.
        default: What the others take.
        failures: Which tasks fail, likewise: a number of first attempts, or the error that every attempt raises.
        results: What tasks give, likewise; the others give what inputs that refer to them ask for, or None.
        max_concurrency: How many tasks run at once.
        per_executor: How many tasks of an executor run at once, by its id.
        seed: Of ranges, backoffs and ids.

    Raises:
        InvalidPlan: The array is no tree.
        NotFound: A duration, failure or result names no task and no executor of the tree.
        ValueError: A duration is no time, or without end; or the factor is no speed.
        TypeError: A failure is neither a number of attempts nor an error.
    """
    entries = [_named(entry) for entry in (entries_of(tasks) if isinstance(tasks, Tree) else tasks)]
    plan = make_plan(entries)
    known = {definition.name for definition in plan.definitions} | {d.executor or "" for d in plan.definitions}
    for what, given in {"durations": durations, "failures": failures, "results": results}.items():
        for name in given or ():
            if name not in known:
                raise NotFound(f"{what} names {name!r}, and no task or executor is called that: {nearest(name, known)}")
    for name, failure in (failures or {}).items():
        a_failure(f"failures[{name!r}]", None if isinstance(failure, int) else failure)
    actor = _Actor(
        {name: _range(name, duration) for name, duration in (durations or {}).items()},
        _range("default", default),
        dict(failures or {}),
        results or {},
        asked_for(plan.definitions),
        random.Random(seed),  # noqa: S311 - no secret
    )
    executors = Executors(installed=False)
    for id_ in {d.executor for d in plan.definitions if d.executor is not None}:
        executors.add(_Player(id_, actor))
    limits = {"max_concurrency": max_concurrency, "per_executor": per_executor}
    tree = _in_own_loop(entries, executors, limits, speed_factor or 0.0, seed, actor)
    spans = tuple(actor.spans)
    critical, held = critical_path(tree, spans)
    return Simulation(tree, spans, critical, held)


def _named(entry: Any) -> Any:
    """Let a task name its executor by its id, where it has the agent itself: nothing of it is to run."""
    executor = entry.get("executor") if isinstance(entry, Mapping) else None
    return {**entry, "executor": executor.name} if isinstance(executor, Agent) else entry


def _range(name: str, duration: Duration) -> tuple[float, float]:
    given: tuple[object, ...] = duration if isinstance(duration, tuple) else (duration, duration)
    times = [float(one) for one in given if isinstance(one, int | float)]
    if len(times) != 2 or len(given) != 2 or not 0 <= times[0] <= times[1] < math.inf:
        raise ValueError(f"{name} takes {duration!r} seconds: it is a number from 0, or (smallest, largest)")
    return times[0], times[1]


@dataclass
class _Actor:
    """What stands in for every executor: it takes the time, fails where it is to, and notes what happened."""

    durations: Mapping[str, tuple[float, float]]
    default: tuple[float, float]
    failures: Mapping[str, int | Failure]
    results: Mapping[str, object]
    made_up: Mapping[str, object]
    random: random.Random
    spans: list[Span] = field(default_factory=list)
    start: float = 0.0

    async def act(self, executor: str, inputs: object, ctx: Context) -> object:
        """Do the work of one attempt, as far as it can be seen from outside."""
        task = ctx.task
        name, attempt = (executor, 1) if task is None else (task.name, task.attempt)
        low, high = self._of(self.durations, name, executor, self.default)
        seconds = low if low == high else self.random.uniform(low, high)
        began, place = ctx.now() - self.start, len(self.spans)
        self.spans.append(Span(name, attempt, began, began, "cancelled"))
        ended: Ended = "cancelled"
        try:
            await asyncio.sleep(seconds)
            failure = self._of(self.failures, name, executor, 0)
            if not isinstance(failure, int) or attempt <= failure:
                ended = "failed"
                why = f"the {ordinal(attempt)} attempt of {name!r} was to fail"
                raise made(None if isinstance(failure, int) else failure, inputs, why)
            ended = "completed"
            return self._of(self.results, name, executor, self.made_up.get(name))
        finally:
            self.spans[place] = Span(name, attempt, began, ctx.now() - self.start, ended)

    @staticmethod
    def _of(given: Mapping[str, Any], name: str, executor: str, default: Any) -> Any:
        return given[name] if name in given else given.get(executor, default)


class _Player(Agent[Any, Any]):
    """An executor that only takes its time."""

    validate = "none"

    def __init__(self, id_: str, actor: _Actor) -> None:
        self.name = id_
        self._actor = actor

    async def call(self, payload: Any, ctx: Context) -> Any:
        """Play the part."""
        return await self._actor.act(self.name, payload, ctx)


class _PacedLoop(VirtualLoop):
    """Virtual time that passes so many times as fast as real time.

    Args:
        speed: How many seconds pass in a real one.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._waited = 0.0
        super().__init__()

    def time(self) -> float:
        """Return the virtual time, when it has really come: whatever jumps, it is looked at before anything runs."""
        now = super().time()
        if now > self._waited:
            time.sleep((now - self._waited) / self._speed)
            self._waited = now
        return now


def _in_own_loop(
    entries: Entries, executors: Executors, limits: Mapping[str, Any], speed: float, seed: int, actor: _Actor
) -> Tree:
    """Run a tree in an event loop of its own; beside a running one, in a thread of its own."""
    if not speed >= 0:  # so no NaN passes
        raise ValueError(f"speed_factor={speed}: it is above 0, or None for no time at all")

    def run() -> Tree:
        loop = _PacedLoop(speed) if speed else VirtualLoop()
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(_execute(entries, executors, limits, VirtualClock(loop, seed), actor))

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    done: list[Tree] = []
    raised: list[BaseException] = []

    def kept() -> None:
        try:
            done.append(run())
        except BaseException as error:  # noqa: BLE001 - it is raised where it was asked for
            raised.append(error)

    thread = threading.Thread(target=kept, name="motet-simulation")
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
    return done[0]


async def _execute(
    entries: Entries, executors: Executors, limits: Mapping[str, Any], clock: Clock, actor: _Actor
) -> Tree:
    manager = TaskManager(MemoryStore(), executors=executors, clock=clock, poll=NEVER, lease=3 * NEVER, **limits)
    async with manager:
        actor.start = clock.now()
        return await manager.execute(entries)
