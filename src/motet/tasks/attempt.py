"""One attempt of one task: its inputs, the executor's call, and what the journal asks of whoever runs it."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.durable import TaskInfo
from motet.kernel.errors import AgentFailed, AgentTimeout, InvalidPayload, NotAvailable
from motet.kernel.invoke import invoke, limited
from motet.kernel.scope import Scope
from motet.tasks.changes import Progress, Record, Step
from motet.tasks.feed import Feed
from motet.tasks.hooks import Skip
from motet.tasks.journal import Journal, Recorder, as_json, check_depth
from motet.tasks.json_data import duplicate
from motet.tasks.model import Question, Task
from motet.tasks.outcome import Asked, Done, Failed, Interrupted, Lost, Outcome
from motet.tasks.references import effective_inputs
from motet.tasks.spans import attempt_span

if TYPE_CHECKING:
    from motet.tasks.desk import Desk
    from motet.tasks.work import Work

__all__ = ["Attempting"]

TELL_EVERY = 0.2
"""Seconds between two notes of a task's progress in the store, at least."""


class Attempting(Recorder):
    """An attempt that runs in this process.

    Args:
        desk: What every attempt of a manager shares.
        work: The tree.
        task: The task, as it was claimed.

    Attributes:
        inputs: What the executor really got; None while that is what was defined.
    """

    def __init__(self, desk: "Desk", work: "Work", task: Task) -> None:
        self.task = task
        self.inputs: Mapping[str, object] | None = None
        self._desk = desk
        self._work = work
        self._running: asyncio.Task[Any] | None = None
        self._parked: Question | None = None
        self._lost = False
        self._stopped = False
        self._told_at = -TELL_EVERY
        self._last: tuple[float, str] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ran = False
        self._over: asyncio.Future[None] | None = None

    async def gone(self) -> None:
        """Wait until nothing of it runs any more."""
        if self._over is None:
            self._over = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._over)

    async def run(self) -> Outcome:
        """Run the attempt in the current asyncio task; whatever happens becomes an outcome."""
        try:
            return self._ended() or await self._run()
        finally:
            self._ran = True
            if self._timer is not None:
                self._timer.cancel()
            if self._over is not None:
                self._over.set_result(None)

    async def _run(self) -> Outcome:
        self._running = here = asyncio.current_task()
        outcome: Outcome
        try:
            outcome = await self._work_through()
        except asyncio.CancelledError:
            outcome = Failed(AgentFailed(f"The executor of {self.task.name!r} has cancelled itself"))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - an executor may raise anything, and the task fails with it
            outcome = Failed(error)
        finally:
            self._running = None
        while here is not None and here.cancelling():
            here.uncancel()  # what ended the executor is not meant for what follows
        return self._ended() or outcome

    def interrupt(self, *, lost: bool) -> None:
        """End the attempt: it is no longer this manager's, or the manager is closing.

        That it is lost may be learned in several ways: only the first cancels it, and what it does at its end goes on.
        """
        if lost and self._lost:
            return
        self._lost, self._stopped = self._lost or lost, self._stopped or not lost
        self._cancel()

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()

    def _ended(self) -> Outcome | None:
        """Tell what has ended the attempt from outside."""
        if self._lost:
            return Lost()
        if self._parked is not None:
            return Asked(self._parked)
        return Interrupted() if self._stopped else None

    async def _work_through(self) -> Done:
        desk, task = self._desk, self.task
        name = task.executor or ""
        agent = desk.executors.get(name)
        given: Mapping[str, object] = await self._inputs(agent)
        for hook in tuple(desk.hooks):
            changed = await hook.before_task(task, _own(given))
            if isinstance(changed, Skip):
                return Done(desk.plain(changed.result, task), changed.complete)
            if changed is not None:
                given = self.inputs = desk.plain_inputs(changed, task)
        if desk.demo:
            result = desk.plain(desk.executors.demo(name, _own(given)), task)
        else:
            result = as_json(agent.types[1], await self._call(agent, _own(given)), f"the executor {name!r}")
        for hook in tuple(desk.hooks):
            await hook.after_task(task, result)
        return Done(result)

    async def _inputs(self, agent: Agent[Any, Any]) -> Mapping[str, object]:
        """Put the results of dependencies into the defined inputs."""
        task, work = self.task, self._work
        defined = task.definition
        if not defined.dependencies:
            return defined.inputs
        wanted = {dependency.seq for dependency in defined.dependencies}
        # Taken before the wait: what is kept gives way to newer results meanwhile.
        known: dict[int, object] = {seq: work.results[seq] for seq in wanted & work.results.keys()}
        if missing := wanted - known.keys():
            known.update(await self._desk.store.results(work.id, missing))
        results = {
            dependency.name: known[dependency.seq] for dependency in defined.dependencies if dependency.seq in known
        }
        given = effective_inputs(defined, results, self._desk.accepts(agent))
        if given != defined.inputs:
            check_depth(given, f"What {task.name!r} is given")
            self.inputs = given
        return given

    async def _call(self, agent: Agent[Any, Any], payload: dict[str, object]) -> object:
        desk, task, timeout = self._desk, self.task, self.task.definition.timeout
        recorded = await desk.store.journal(task.tree_id, task.seq) if task.attempt > 1 else {}
        info = TaskInfo(task.id, task.tree_id, task.name, task.attempt, f"{task.id}-{task.run}", task.extra)
        journal = Journal(info, recorded, self, desk.clock)
        deadline = None if timeout is None else desk.clock.now() + timeout
        feed = Feed(lambda chunk: desk.chunk(self.task, self._work.tree.trace, chunk), lambda: desk.room(task.tree_id))
        scope = Scope(desk.clock, deadline, channel=feed, observer=desk.observer)
        span = attempt_span(task.tree_id, task.seq, task.attempt)
        tree = self._work.tree
        context = Context(scope.within(journal, tree.trace, span, sampled=tree.sampled), agent.name)
        if timeout is None:
            return await invoke(agent.bound, payload, context, {})
        limit = timeout

        async def call(value: object, inside: Context) -> object:
            return await limited(agent.bound, value, inside, limit, self._late)

        return await invoke(call, payload, context, {})

    def _late(self) -> AgentTimeout:
        return AgentTimeout(f"{self.task.name!r} took longer than its timeout of {self.task.definition.timeout:g} s")

    async def record(self, step: Step) -> None:
        """Return when the step is on disk; an attempt that is no longer this manager's ends here."""
        self._check_runs()
        task, desk = self.task, self._desk
        entry = Record(task.tree_id, task.seq, task.owner or "", task.attempt, desk.clock.wall(), (step,))
        await desk.store.apply((entry,))
        if not entry.applied:
            self._lost = True
            self._cancel()  # also who went on after being cancelled
            await _nothing()

    async def park(self, question: Question) -> NoReturn:
        """End the attempt, so that it is begun again when there is an answer."""
        self._check_runs()
        if self._parked is None:
            self._parked = question
        self._cancel()  # also who went on after being cancelled
        await _nothing()
        raise InvalidPayload("a parked task goes on nowhere")

    async def pause(self, seconds: float) -> None:
        """Wait, and let other tasks run meanwhile."""
        self._check_runs()
        await self._desk.pause(self._work, self.task.seq, seconds)

    def tell(self, fraction: float, message: str) -> None:
        """Make known how far the task is, not too often."""
        if self._ran:
            return
        self._last = fraction, message.replace("\0", "").encode(errors="replace").decode()
        wait = self._told_at + TELL_EVERY - self._desk.clock.now()
        if wait <= 0:
            self._tell()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._tell)

    def _tell(self) -> None:
        task, self._timer = self.task, None
        if self._last is not None:
            self._told_at = self._desk.clock.now()
            self._desk.tell(Progress(task.tree_id, task.seq, task.owner or "", task.attempt, *self._last))
            self._last = None

    def _check_runs(self) -> None:
        if self._ran:
            raise NotAvailable(f"{self.task.name!r} has ended: what it left running can record and ask nothing more")


def _own(inputs: Mapping[str, object]) -> dict[str, object]:
    """Copy inputs for somebody who may change them: what is recorded of the attempt stays as it is."""
    return {name: duplicate(value) for name, value in inputs.items()}


async def _nothing() -> None:
    """Wait for the cancellation that was asked for."""
    await asyncio.get_running_loop().create_future()
