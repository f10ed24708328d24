"""How runs end: their outputs are delivered, whoever waits is told, and what is left of them is dropped."""

import asyncio
from typing import Any, Final

from motet.flow.books import NodeState, Parcel, Run, RunStatus
from motet.flow.carrier import Carrier
from motet.flow.compile import Program
from motet.flow.outlet import Outlet
from motet.kernel.budget import Exhausted, exceeded
from motet.kernel.errors import Cancelled, DeadlineExceeded

__all__ = ["Ending"]

AnyRun = Run[Any]

WIND_DOWN: Final = 16
"""How many turns of the event loop whoever gave up a run stays to see its nodes end."""


class Ending(Carrier):
    """The part of the runtime that ends runs.

    Attributes:
        program: What runs.
        runs: The runs that are inside, in the order in which they came.
    """

    program: Program
    runs: dict[AnyRun, None]

    def output(self, parcel: Parcel, value: Any, origin: NodeState) -> None:
        """Deliver what has reached the end of the flow: to its run, or to whoever reads the pipeline."""
        run, outlet = parcel.run, parcel.run.outlet
        if outlet is None:
            run.outputs.append(value)
        elif (len(outlet.items) >= outlet.capacity or outlet.waiting) and not outlet.open_end:
            parcel.payload = value
            self.park(parcel, outlet.waiting, origin)
            return
        else:
            outlet.put(value)
        self.gone(parcel)

    def taken(self, outlet: Outlet[Parcel]) -> None:
        """Let in what is parked at the end of the pipeline, after a reader has taken something."""
        while outlet.waiting and (len(outlet) < outlet.capacity or outlet.open_end):
            parcel, _ = outlet.waiting.popitem(last=False)
            run = parcel.run
            origin = parcel.state
            outlet.put(parcel.payload)
            freed = self.unpark(parcel)
            self.gone(parcel)
            self.settled(run, origin)
            if freed is not None:
                self.refill(freed)

    def finish(self, outlet: Outlet[Parcel]) -> None:
        """Let the readers of a pipeline end when the runs inside have ended."""
        outlet.closing = True
        if not outlet.inside:
            outlet.finish()

    def close(self, outlet: Outlet[Parcel]) -> None:
        """Take note that the flow stops: where nobody reads, what comes out is dropped."""
        if not outlet.readers:
            outlet.open_end = True
            self.taken(outlet)
        self.finish(outlet)

    def cancel(self, run: AnyRun) -> None:
        """End a run before its time."""
        if run.status != "running":
            return
        if not run.plain:
            self.watch.run_cancelled(run)
        self.end(run, "cancelled", Cancelled(f"The run of {self.name!r} was cancelled"), interrupt=True)

    def cancel_runs(self) -> None:
        """Cancel everything that is in the flow, the newest first: what waits must not be started by what ends."""
        for run in reversed(list(self.runs)):
            self.cancel(run)

    def end(
        self, run: AnyRun, status: RunStatus, error: BaseException | None = None, *, interrupt: bool = False
    ) -> None:
        """End a run: whoever waits for it is told, and what is left of it is dropped.

        Args:
            run: The run; nothing happens if it is over already.
            status: How it ends.
            error: Why.
            interrupt: Whether the task that calls this is to be interrupted too, if it works on the run.
        """
        if run.status != "running":
            return
        run.status, run.failure = status, error
        self.runs.pop(run, None)
        if run.timers is not None:
            for timer in run.timers:
                timer.cancel()
            run.timers = None
        freed = self._sweep(run, interrupt=interrupt) if run.pending else []
        outlet = run.outlet
        if outlet is not None:
            outlet.inside -= 1
            if status == "failed":
                run.seen = True  # by whoever reads the pipeline
                outlet.put(run, error)
            if outlet.closing:
                self.finish(outlet)
        if run.waiters is not None or not run.plain:
            self._tell_end(run)
        if freed:
            for state in freed:
                self.let_in(state, freed)
            self.refill(*freed)
        if not self.live:
            self.rest()

    def _tell_end(self, run: AnyRun) -> None:
        """Tell everybody who wants to know that a run is over."""
        for waiter in run.waiters or ():
            if not waiter.done():
                waiter.set_result(None)
        run.waiters = None
        if not run.plain:
            self.watch.run_ended(run)

    def _sweep(self, run: AnyRun, *, interrupt: bool) -> list[NodeState]:
        """Drop what is left of a run, and interrupt what works on it; return the nodes that have room now."""
        freed: list[NodeState] = []
        for state in self.program.states:
            if run in state.inbox or run in state.blocked:
                state.drop(run)
                freed.append(state)
        for parcel in list(run.parked or ()):
            if parcel.parked is not None:
                parcel.parked.pop(parcel, None)
            origin = self.unpark(parcel)
            if origin is not None:
                freed.append(origin)
        here = None if interrupt else asyncio.current_task(self.loop)
        carriers = run.carriers or {}
        for task, parcel in list(carriers.items()):
            if task is here:
                continue
            task.cancel()
            if parcel.unbegun is task:
                # A task that is cancelled before its first step never runs: its slot is given back here.
                parcel.state.active -= 1
                self.live -= 1
                freed.append(parcel.state)
                del carriers[task]
        run.lines = run.buckets = run.at = run.parked = None
        run.pending = 0
        return freed

    @staticmethod
    async def wind_down(run: AnyRun, *, patient: bool) -> None:
        """Let the nodes that the end of a run has interrupted come to their own end.

        Args:
            run: A run that is over.
            patient: Whether to wait as long as that takes; otherwise for a few turns of the event loop, which is enough
                for nodes that do no more than be interrupted.
        """
        turns = 0
        while run.carriers and (patient or turns < WIND_DOWN):
            turns += 1
            if patient:
                await asyncio.wait(run.carriers)
            else:
                await asyncio.sleep(0)

    def deadline_passed(self, run: AnyRun) -> None:
        """End a run whose deadline has come."""
        self.watch.deadline(run)
        self.end(run, "failed", DeadlineExceeded(f"The run of {self.name!r} had no result within its deadline"))

    def out_of_time(self, run: AnyRun, seconds: float) -> None:
        """End a run whose time budget is used up: a flow with cycles says so with a value, any other fails."""
        if self.program.cyclic:
            self._end_exhausted(run, Exhausted("seconds", seconds, run.last))
        else:
            self.end(run, "failed", exceeded("seconds", seconds))

    def exhaust(self, run: AnyRun, last: object) -> bool:
        """End a run with a value that says which budget ran out, if the flow has cycles and the budget is its own.

        A budget that somebody around the flow has set ends more than the flow, and one that a node has set is that
        node's affair: those are errors like any other.
        """
        context = run.context
        ledger = context.scope.ledger
        inherited = context.parent.scope.ledger if context.parent is not None else None
        own = ledger.overdrawn() if ledger is not None and ledger is not inherited else None
        if own is None or not self.program.cyclic:
            return False
        self._end_exhausted(run, Exhausted(own.budget, own.limit, last))
        return True

    def _end_exhausted(self, run: AnyRun, value: Exhausted) -> None:
        if run.outlet is None:
            run.outputs.append(value)
        else:
            run.outlet.put(value)  # one beyond the bound: the run ends here, and cannot wait for a place
        self.end(run, "completed")
