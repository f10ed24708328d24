"""The books: what the runtime knows, while it works, of each node, of each message on its way, and of each run."""

import asyncio
import contextvars
import logging
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar, cast

from motet.flow.bucket import Bucket
from motet.flow.graph import Node
from motet.flow.join import Join
from motet.flow.outlet import Outlet
from motet.flow.routing import Router
from motet.kernel.context import Context
from motet.kernel.host import Host
from motet.kernel.invoke import Call

__all__ = ["Engine", "Line", "Link", "NodeState", "Parcel", "Run", "RunStatus"]

logger = logging.getLogger(__name__)

Out = TypeVar("Out")
RunStatus = Literal["running", "completed", "failed", "cancelled"]

Line = deque["Parcel"]
"""The messages of one run at one node, in the order in which they came and will leave."""


@dataclass(frozen=True, slots=True)
class Link:
    """A way out of a node.

    Args:
        target: Where it leads.
        rank: Its place among the ways into the target, in the order of the graph's edges.
        closing: Whether it closes a cycle, and so must never block.
    """

    target: "NodeState"
    rank: int
    closing: bool


class Lane:
    """What waits at a node of a run that may not begin more there, because what it has begun has to leave first."""

    __slots__ = ("entry", "waiting")

    def __init__(self, entry: "deque[Parcel]") -> None:
        self.entry = entry
        self.waiting: OrderedDict[Parcel, None] = OrderedDict()


class NodeState:
    """A node at work: who waits for it, and how many it works on.

    Its inbox holds one entry for each run, and takes from the runs in turn: a run with many messages does not hold up
    the others. A run that has begun as many messages as the node has slots, and waits for the first of them to leave,
    stands aside in a lane of its own. What a run has in here can be dropped without looking at anybody else's.
    """

    __slots__ = (
        "active",
        "ancestors",
        "blocked",
        "call",
        "capacity",
        "cyclic",
        "held",
        "inbox",
        "join",
        "limit",
        "name",
        "node",
        "onward",
        "ordered",
        "out",
        "queued",
        "retries",
        "router",
        "waiting",
        "ways",
    )

    def __init__(self, node: Node, name: str, call: Call[Any, Any], limit: int, capacity: int, *, cyclic: bool) -> None:
        self.node = node
        self.name = name
        self.call = call
        self.limit = limit
        self.capacity = capacity
        self.cyclic = cyclic
        # With a single slot messages leave as they came, unless one of them waits for its next attempt.
        self.ordered = node.ordered and (limit > 1 or node.policy.retry is not None)
        self.join = node if isinstance(node, Join) else None
        self.router = isinstance(node, Router)
        self.out: tuple[Link, ...] = ()
        self.onward: tuple[Link, ...] | None = None
        self.ways: dict[str, tuple[Link, ...]] = {}
        self.ancestors: frozenset[NodeState] = frozenset()
        self.active = 0
        self.held = 0
        self.queued = 0
        self.inbox: OrderedDict[Run[Any], Parcel | deque[Parcel]] = OrderedDict()
        self.blocked: dict[Run[Any], Lane] = {}
        self.waiting: OrderedDict[Parcel, None] = OrderedDict()
        self.retries: deque[Parcel] = deque()

    def __repr__(self) -> str:
        return f"<{self.name}: {self.active} active, {self.held} held, {self.queued} queued>"

    def clear(self) -> None:
        """Forget everything."""
        self.active = self.held = self.queued = 0
        self.inbox.clear()
        self.blocked.clear()
        self.waiting.clear()
        self.retries.clear()

    def push(self, parcel: "Parcel") -> None:
        """Put a message into the inbox."""
        self.queued += 1
        present = self.inbox.get(parcel.run)
        if present is None:
            self.inbox[parcel.run] = parcel
        elif isinstance(present, deque):
            present.append(parcel)
        else:
            self.inbox[parcel.run] = deque((present, parcel))

    def pop(self) -> "Parcel":
        """Take the next message out of the inbox: the first of the run whose turn it is."""
        self.queued -= 1
        run, entry = self.inbox.popitem(last=False)
        if not isinstance(entry, deque):
            return entry
        parcel = entry.popleft()
        if entry:
            self.inbox[run] = entry
        return parcel

    def drop(self, run: "Run[Any]") -> None:
        """Forget what a run has in the inbox."""
        entry = self.inbox.pop(run, None)
        if entry is not None:
            self.queued -= len(entry) if isinstance(entry, deque) else 1
        self.blocked.pop(run, None)

    def keeps_order(self, run: "Run[Any]") -> bool:
        """Tell whether the messages of a run have to leave in the order in which they came: it may have several."""
        return self.ordered and (run.pending > 1 or self.cyclic)

    def may_begin(self, run: "Run[Any]") -> bool:
        """Tell whether a run has begun less here than there are slots."""
        line = run.lines.get(self) if run.lines is not None else None
        return line is None or len(line) < self.limit

    def block(self, run: "Run[Any]") -> Lane:
        """Let what a run has in the inbox stand aside."""
        lane = self.blocked.get(run)
        if lane is None:
            entry = self.inbox.pop(run, None)
            waiting = entry if isinstance(entry, deque) else deque([] if entry is None else [entry])
            self.queued -= len(waiting)
            lane = self.blocked[run] = Lane(waiting)
        return lane

    def unblock(self, run: "Run[Any]") -> None:
        """Take what stood aside back into the inbox."""
        lane = self.blocked.pop(run)
        if lane.entry:
            self.inbox[run] = lane.entry
            self.queued += len(lane.entry)
        for parcel in reversed(lane.waiting):
            # To the front: whatever of this run is parked there came later.
            self.waiting[parcel] = None
            self.waiting.move_to_end(parcel, last=False)
            parcel.parked = self.waiting


class Parcel(Host):
    """One message on its way through a flow; for the agent that works on it, what `ctx.send` speaks to."""

    __slots__ = (
        "admitted",
        "attempt",
        "context",
        "done",
        "line",
        "origin",
        "parked",
        "payload",
        "rank",
        "run",
        "state",
        "turn",
        "unbegun",
        "variables",
        "ways",
    )

    def __init__(self, run: "Run[Any]", payload: Any, state: NodeState, variables: contextvars.Context | None) -> None:
        self.run = run
        self.payload = payload
        self.state = state
        self.variables = variables
        self.attempt = 1
        self.rank = 0
        self.line: Line | None = None
        self.done = False
        self.ways: tuple[Link, ...] | None = ()
        self.turn: asyncio.Future[None] | None = None
        self.context: Context | None = None
        self.unbegun: asyncio.Task[None] | None = None
        self.parked: OrderedDict[Parcel, None] | None = None
        self.origin: NodeState | None = None
        self.admitted: asyncio.Future[None] | None = None

    async def send(self, value: object, to: str | None) -> None:
        """Send a value on, ahead of the node's own output."""
        await self.run.engine.send(self, value, to)


class Engine(ABC):
    """What runs and messages ask of the runtime that carries them."""

    @abstractmethod
    async def send(self, parcel: Parcel, value: object, to: str | None) -> None:
        """Send a value on from the node that works on a message."""

    @abstractmethod
    def cancel(self, run: "Run[Any]") -> None:
        """End a run before its time."""


class Run(Generic[Out]):
    """One journey of one input through a flow. `await run` gives its output.

    Waiting is only that: whoever stops waiting leaves the run going. `cancel()` ends it.

    Attributes:
        status: "running", then "completed", "failed" or "cancelled".
        outputs: What has reached the end of the flow so far.
        context: What the flow itself knows of the journey: trace, metadata, deadline.
    """

    __slots__ = (
        "__weakref__",
        "at",
        "buckets",
        "carriers",
        "context",
        "engine",
        "failure",
        "fired",
        "last",
        "lines",
        "outlet",
        "outputs",
        "parked",
        "pending",
        "plain",
        "seen",
        "started",
        "status",
        "timers",
        "waiters",
    )

    def __init__(self, engine: Engine, context: Context) -> None:
        self.engine = engine
        self.context = context
        self.status: RunStatus = "running"
        self.outputs: list[Out] = []
        self.failure: BaseException | None = None
        self.seen = False
        self.pending = 0
        self.plain = context.scope.observer is None and context.scope.ledger is None
        self.carriers: dict[asyncio.Task[None], Parcel] | None = None
        self.waiters: list[asyncio.Future[None]] | None = None
        self.lines: dict[NodeState, Line] | None = None
        self.buckets: dict[NodeState, Bucket] | None = None
        self.at: dict[NodeState, int] | None = None
        self.fired: set[NodeState] | None = None
        self.outlet: Outlet[Parcel] | None = None
        self.parked: dict[Parcel, None] | None = None
        self.timers: set[asyncio.TimerHandle] | None = None
        self.started = 0.0
        self.last: object = None

    def __repr__(self) -> str:
        return f"<Run of {self.context.agent}: {self.status}>"

    def __await__(self) -> Generator[Any, None, Out]:
        if self.status == "running":
            yield from self.ended().__await__()
        return self.result()

    def __del__(self) -> None:
        if self.failure is not None and not self.seen and self.status == "failed":
            logger.error(
                "%r failed, and nobody asked for its result: await the run, or look at its error",
                self,
                exc_info=self.failure,
            )

    @property
    def error(self) -> BaseException | None:
        """Why the run failed or was cancelled."""
        self.seen = True
        return self.failure

    @property
    def trace(self) -> str:
        """The id of the trace, 32 hexadecimal digits."""
        return self.context.trace

    @property
    def done(self) -> bool:
        """Whether nothing of the run is left in the flow."""
        return self.status != "running"

    def cancel(self) -> None:
        """End the run now: interrupt what works on it, and drop what waits. A run that is over stays as it is."""
        self.engine.cancel(self)

    async def ended(self) -> None:
        """Wait until the run is over, however it ends."""
        if self.status != "running":
            return
        waiter = asyncio.get_running_loop().create_future()
        if self.waiters is None:
            self.waiters = []
        self.waiters.append(waiter)
        try:
            await waiter
        finally:
            if not self.done:
                self.waiters.remove(waiter)

    def result(self) -> Out:
        """Return the only or last output of a run that is over; None if nothing reached the end.

        Raises:
            RuntimeError: It is not over yet.
            Exception: Why it failed: `Cancelled`, `DeadlineExceeded`, or what an agent raised.
        """
        if self.failure is not None:
            self.seen = True
            raise self.failure
        if self.status == "running":
            raise RuntimeError("The run is not over: `await run` waits for its result")
        return self.outputs[-1] if self.outputs else cast("Out", None)
