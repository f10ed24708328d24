"""The context of one call: its place in the journey, and the way to emit, send and spend.

A contextvar carries the current context, so an agent that is called inside another one joins its trace. What the calls
of a trace have in common is in their `Scope`.
"""

from asyncio import Task
from collections.abc import Awaitable, Mapping
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from motet.kernel.channel import Channel, Sink
from motet.kernel.errors import DeadlineExceeded, NotAvailable
from motet.kernel.events import BudgetSpent, ChunkEmitted
from motet.kernel.host import NO_HOST, Host
from motet.kernel.observers import sampled_by
from motet.kernel.scope import CallOptions, Scope
from motet.kernel.task_side import TaskSide
from motet.kernel.traceparent import format_traceparent

__all__ = ["CURRENT", "Context", "open_context"]

T = TypeVar("T")


class Context(TaskSide):
    """What one call of an agent knows, and the way to emit, send and spend.

    Args:
        scope: What it shares with the calls around it.
        agent: The name of the agent, or of the node, that is called.
        parent: The context of the caller.
        host: What the agent runs in.
    """

    # `_below` is only there once something has begun: most calls begin nothing that they do not await.
    __slots__ = ("_below", "_path", "_span", "agent", "first_chunk", "host", "parent", "scope")

    def __init__(self, scope: Scope, agent: str, parent: "Context | None" = None, host: Host = NO_HOST) -> None:
        self.scope = scope
        self.agent = agent
        self.parent = parent
        self.host = host
        self.first_chunk = 0
        self._span = ""
        self._path: tuple[str, ...] = ()

    @property
    def trace(self) -> str:
        """The id of the trace, 32 hexadecimal digits."""
        return self.scope.trace

    @property
    def span(self) -> str:
        """The id of this call within the trace, 16 hexadecimal digits."""
        if not self._span:
            self._span = self.scope.ids.span()
        return self._span

    @property
    def parent_span(self) -> str:
        """The id of the call around this one, local or remote; empty at the top."""
        return self.scope.remote_span if self.parent is None else self.parent.span

    @property
    def traceparent(self) -> str:
        """This call as a W3C traceparent header, for whoever is called over a wire."""
        return format_traceparent(self.trace, self.span, sampled=self.sampled is not False)

    @property
    def sampled(self) -> bool | None:
        """Whether those who trace by other means record this call; None where nobody has decided."""
        scope = self.scope
        told = None if scope.observer is None else sampled_by((scope.observer,), self.span)
        return scope.ids.sampled if told is None else told

    @property
    def metadata(self) -> Mapping[str, object]:
        """Facts that go along with the call; immutable."""
        return self.scope.metadata

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the agents around this call, outermost first, its own last."""
        if not self._path:
            self._path = (self.agent,) if self.parent is None else (*self.parent.path, self.agent)
        return self._path

    @property
    def cancelled(self) -> bool:
        """Whether the work was cancelled: for sync functions to look at, as they cannot be interrupted."""
        return False

    def now(self) -> float:
        """Return the monotonic time in seconds, of the clock that deadlines and events go by."""
        return self.scope.clock.now()

    def remaining(self) -> float | None:
        """Return the seconds until the deadline, below 0 when it has passed, or None without a deadline."""
        deadline = self.scope.deadline
        return None if deadline is None else deadline - self.scope.clock.now()

    def check(self) -> None:
        """Raise if the work should stop: what a long sync function calls now and then.

        Raises:
            DeadlineExceeded: The deadline has passed.
            Cancelled: The work was cancelled.
        """
        remaining = self.remaining()
        if remaining is not None and remaining <= 0:
            raise DeadlineExceeded(f"The deadline passed in {self.agent!r}")

    async def emit(self, value: object) -> None:
        """Emit any value to whoever reads the stream of this work; waits while the reader is behind.

        Nobody listening is no error: the value is dropped.
        """
        channel = self.scope.channel
        if channel is not None and self._push(channel, value, self._path or self.path):
            await channel.room()

    async def emit_for(self, value: object, below: tuple[str, ...]) -> None:
        """Emit a chunk on behalf of a call below this one: one that was held back, or comes from a record.

        `below` are the names of the agents below this one that stood around it, outermost first; empty for its own.
        """
        channel = self.scope.channel
        if channel is not None and self._push(channel, value, (*self.path, *below)):
            await channel.room()

    def _push(self, channel: Sink, value: object, path: tuple[str, ...]) -> bool:
        full = channel.push(value, path)
        if not self.first_chunk:
            self._mark(channel.seq)
        if self.scope.observer is not None:
            self._tell_chunk(channel.seq, value, restart=False)
        return full

    async def restart(self) -> None:
        """Mark in the stream that this agent begins again: what it emitted so far no longer counts.

        Nothing happens where it has not emitted. Whoever tries an agent again calls this before the next attempt.
        """
        channel, since = self.scope.channel, self.first_chunk
        if channel is None or not since:
            return
        self.first_chunk = 0
        full = channel.push(None, self.path, since)
        if self.scope.observer is not None:
            self._tell_chunk(channel.seq, None, restart=True)
        if full:
            await channel.room()

    async def send(self, value: object, *, to: str | None = None) -> None:
        """Send a value on from a node of a flow, as many times as it likes; waits while the way is full.

        Args:
            value: Anything but None, which goes nowhere.
            to: The name of one successor; None sends to all of them.

        Raises:
            NotAvailable: This is no node of a flow.
            NotFound: The node has no successor of that name.
        """
        await self.host.send(value, to)

    def spend(
        self,
        *,
        tokens: int = 0,
        cost: float = 0.0,
        input_tokens: int = 0,
        output_tokens: int = 0,
        model: str = "",
        provider: str = "",
    ) -> None:
        """Report tokens of language models and money, in the budget's currency, and charge it to the budget.

        Args:
            tokens: How many in all; the sum of the two below unless given.
            cost: What it has cost.
            input_tokens: How many the model has read, for whoever observes.
            output_tokens: How many it has written, likewise.
            model: Which model, likewise.
            provider: Whose model it is, such as "openai", likewise.

        Raises:
            BudgetExceeded: The budget is used up.
        """
        scope = self.scope
        total = tokens or input_tokens + output_tokens
        if scope.observer is not None:
            told = total, cost, model, provider, input_tokens, output_tokens
            scope.observer(BudgetSpent(scope.trace, scope.clock.now(), self.span, self.agent, *told))
        if scope.ledger is not None:
            scope.ledger.spend(tokens=total, cost=cost)

    def wait(self, work: Awaitable[T]) -> T:
        """Run something asynchronous from a sync function in a worker thread, and wait for its result.

        Args:
            work: What to wait for, such as `ctx.emit(...)`, `ctx.send(...)` or the call of another agent.

        Raises:
            NotAvailable: This is no worker thread.
        """
        close = getattr(work, "close", None)
        if close is not None:
            close()
        raise NotAvailable("ctx.wait() is for sync functions in a worker thread; in async code, write `await` instead")

    def begun(self, task: Task[Any], channel: Channel) -> None:
        """Take note of a stream that this call has begun: it ends with the call, unless that ends well."""
        below: dict[Task[Any], Channel] = getattr(self, "_below", {})
        below[task] = channel
        self._below = below
        task.add_done_callback(below.pop)

    def abandon(self) -> None:
        """Cancel the streams that this call has begun: it has failed, or was cancelled itself."""
        for task, channel in list(getattr(self, "_below", {}).items()):
            channel.close(discard=True)
            task.cancel()

    def _mark(self, seq: int) -> None:
        # Up to where the stream begins: what stands around it has a stream, and numbers, of its own.
        context: Context | None = self
        channel = self.scope.channel
        while context is not None and not context.first_chunk and _numbered_alike(context.scope.channel, channel):
            context.first_chunk = seq
            context = context.parent

    def _tell_chunk(self, seq: int, value: object, *, restart: bool) -> None:
        scope = self.scope
        if scope.observer is not None:
            scope.observer(ChunkEmitted(scope.trace, scope.clock.now(), self.span, self.agent, seq, restart, value))


def _numbered_alike(one: Sink | None, other: Sink | None) -> bool:
    return one is other or (one is not None and other is not None and one.source is other.source)


CURRENT: Final[ContextVar[Context | None]] = ContextVar("motet_context", default=None)
"""The context of the call that is running."""


def open_context(agent: str, options: CallOptions, channel: Channel | None = None) -> Context:
    """Make the context of a call: part of the current trace, or at the top of a new one.

    Args:
        agent: The name of what is called.
        options: What the caller asked for.
        channel: Where the chunks of the call go; None leaves them where the caller's go.
    """
    parent = CURRENT.get()
    if parent is None:
        scope = Scope.root(options)
        return Context(scope.derive(options, channel) if options or channel else scope, agent)
    scope = parent.scope
    return Context(scope.derive(options, channel) if options or channel else scope, agent, parent, parent.host)
