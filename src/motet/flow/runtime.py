"""The runtime of a flow: it takes inputs in, ends runs, and comes to rest. What happens in between is below it."""

import asyncio
import logging
from functools import partial
from typing import Any, Final

from motet.flow.books import NodeState, Parcel, Run
from motet.flow.compile import Program
from motet.flow.ending import Ending
from motet.flow.outlet import Outlet
from motet.flow.watch import Watch
from motet.kernel.context import Context
from motet.kernel.errors import Cancelled, FlowStopped, QueueFull

__all__ = ["NO_LIMITS", "Limits", "Runtime"]

AnyRun = Run[Any]
Limits = tuple[float | None, float | None]
"""The seconds until a run's deadline and until its time budget runs out, None where there is none."""

NO_LIMITS: Final[Limits] = (None, None)

GRACE: Final = 1.0
"""How many seconds stop() waits for nodes that do not let themselves be cancelled."""

logger = logging.getLogger(__name__)


class Runtime(Ending):
    """A program at work.

    Args:
        program: What to run.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.name = program.name
        self.joins = program.joins
        self.watch = Watch(program.name)
        self.runs: dict[AnyRun, None] = {}
        self.live = 0
        self.stopping = False
        self._home: asyncio.AbstractEventLoop | None = None
        self._resting: list[asyncio.Future[None]] = []

    def bind(self) -> None:
        """Settle in the running event loop.

        Raises:
            RuntimeError: The flow is at work in another one.
            FlowStopped: The flow is stopping.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._home:
            self._move_to(loop)
        if self.stopping:
            raise FlowStopped(f"The flow {self.name!r} is stopping: submit again when stop() has returned")

    def _move_to(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._home is not None and (self.runs or self.live):
            if not self._home.is_closed():
                raise RuntimeError(
                    f"The flow {self.name!r} is at work in another event loop: make a flow for each loop"
                )
            self._abandon()
        self.loop = self._home = loop
        # Not loop.create_task: a factory that starts tasks eagerly would run a node in the middle of the bookkeeping.
        self.new_task = partial(asyncio.Task, loop=loop)

    def open_run(
        self, context: Context, limits: Limits, payload: object, outlet: Outlet[Parcel] | None = None
    ) -> AnyRun:
        """Enter a new run into the books.

        Args:
            context: What the flow knows of the journey.
            limits: The seconds until its deadline and until its time budget runs out, None where there is none.
            payload: Its input, for whoever observes.
            outlet: Where its outputs go; None keeps them with the run.
        """
        run: AnyRun = Run(self, context)
        if outlet is not None:
            run.outlet = outlet
            outlet.inside += 1
        if self.program.barriers:
            run.at = {}
        self.runs[run] = None
        if limits is not NO_LIMITS:
            deadline, seconds = limits
            if deadline is not None:
                self.keep_timer(run, self.loop.call_later(max(deadline, 0.0), self.deadline_passed, run))
            if seconds is not None:
                self.keep_timer(run, self.loop.call_later(max(seconds, 0.0), self.out_of_time, run, seconds))
        if not run.plain:
            self.watch.run_started(run, payload)
        return run

    def full_entry(self) -> NodeState | None:
        """Find the first beginning of the graph that would not take an input in at once."""
        for link in self.program.entries:
            state = link.target
            free = not state.queued and state.active + state.held < state.limit
            if not free and (state.queued >= state.capacity or state.waiting):
                return state
        return None

    def put_in(self, run: AnyRun, payload: Any) -> list[Parcel]:
        """Send an input to where the graph begins.

        Returns:
            What had to be parked beside a full inbox.
        """
        entries = self.program.entries
        run.pending = len(entries)
        parked = []
        for link in entries:
            parcel = Parcel(run, payload, link.target, None)
            if self.arrive(parcel, link, None) is not None:
                self.launch(parcel)
            elif parcel.parked is not None:
                parked.append(parcel)
        return parked

    def take_nowait(self, context: Context, payload: Any, limits: Limits) -> AnyRun:
        """Take an input in at once.

        Raises:
            QueueFull: There is no room; nothing was kept.
        """
        self.bind()
        full = self.full_entry()
        if full is not None:
            raise QueueFull(
                f"The inbox of {full.name!r} in flow {self.name!r} is full ({full.capacity} messages wait): "
                "`await flow.submit(...)` waits for a place"
            )
        return self.admit(context, limits, payload)

    def admit(self, context: Context, limits: Limits, payload: Any, outlet: Outlet[Parcel] | None = None) -> AnyRun:
        """Take in an input that there is room for."""
        run = self.open_run(context, limits, payload, outlet)
        entries = self.program.entries
        if len(entries) > 1:
            self.put_in(run, payload)
            return run
        run.pending = 1
        parcel = Parcel(run, payload, entries[0].target, None)
        if self.arrive(parcel, entries[0], None) is not None:
            self.launch(parcel)
        return run

    async def take(
        self,
        context: Context,
        payload: Any,
        limits: Limits = NO_LIMITS,
        outlet: Outlet[Parcel] | None = None,
    ) -> AnyRun:
        """Take an input in, when there is room for it."""
        self.bind()
        if self.full_entry() is None:
            return self.admit(context, limits, payload, outlet)
        run = self.open_run(context, limits, payload, outlet)
        try:
            for parcel in self.put_in(run, payload):
                if parcel.parked is not None:
                    await self.admission(parcel)
        except asyncio.CancelledError:
            self.cancel(run)
            raise
        return run

    # Coming to rest

    async def drain(self, timeout: float | None) -> bool:
        """Wait until nothing is at work; return whether that was so in time."""
        if not self.runs and not self.live:
            return True
        resting = asyncio.get_running_loop().create_future()
        self._resting.append(resting)
        try:
            async with asyncio.timeout(timeout):
                await resting
        except TimeoutError:
            return False
        finally:
            if resting in self._resting:
                self._resting.remove(resting)
        return True

    async def stop(self, timeout: float | None) -> None:
        """Let everything inside come to its end, and cancel what is left after `timeout` seconds."""
        self.stopping = True
        try:
            if not await self.drain(timeout):
                await self.cancel_all()
            await asyncio.sleep(0)  # a task that was cancelled before its first step needs a turn to be gone
        except asyncio.CancelledError:
            await self.cancel_all()
            raise
        finally:
            self.stopping = False

    async def cancel_all(self) -> None:
        """Cancel every run, and wait a moment for the nodes to notice."""
        self.cancel_runs()
        if not await self.drain(GRACE):
            stuck = sorted({state.name for state in self.program.states if state.active})
            logger.warning("Flow %r: %s did not stop when cancelled, and still run", self.name, ", ".join(stuck))

    def rest(self) -> None:
        """Wake whoever waits for the flow to be idle."""
        if self.runs or self.live:
            return
        resting, self._resting = self._resting, []
        for waiter in resting:
            if not waiter.done():
                waiter.set_result(None)

    def _abandon(self) -> None:
        """Forget what was at work in an event loop that is closed: it can never go on."""
        for run in list(self.runs):
            run.status, run.failure = "cancelled", Cancelled(f"The event loop of {self.name!r} was closed")
        self.runs.clear()
        self.live = 0
        for state in self.program.states:
            state.clear()
