"""What the calls of a trace share: its id, deadline, budget, metadata, observer, and where its chunks go."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypedDict

from motet.kernel.budget import Budget, Ledger
from motet.kernel.channel import Sink
from motet.kernel.clock import SYSTEM_CLOCK, Clock
from motet.kernel.durable import NOTHING_DURABLE, Durable
from motet.kernel.observers import Observer, around_of, combine
from motet.kernel.traceparent import parse_traceparent

__all__ = ["CallOptions", "Scope", "StandIn"]

AnyCall = Callable[..., Awaitable[Any]]

# The second one is a `Context`, which is made of scopes, and has no name here.
StandIn = Callable[[AnyCall, Any], AnyCall]
"""Takes a call that is about to be made and its context, and returns what is called in its place."""

EMPTY: Final[Mapping[str, object]] = MappingProxyType({})


class CallOptions(TypedDict, total=False):
    """What every call of an agent may be given."""

    deadline: float | None  #: seconds from now; the work is interrupted when they are over
    budget: Budget | None  #: what the work may use
    metadata: Mapping[str, object]  #: facts that go along; added to what the caller's context has
    observer: Observer  #: told of every event of this call, beside those who already listen
    traceparent: str  #: a W3C trace context to continue; counts at the top of a trace only
    clock: Clock  #: where time, ids and randomness come from; counts at the top of a trace only


class TraceIds:
    """The id of a trace, and those of the calls in it.

    The ids of calls count up from a random number: they differ within a trace, also from those of another process that
    takes part in it, and the system is asked for randomness once for a trace and not for each call.

    Attributes:
        trace: The id of the trace.
        sampled: Whether those who trace by other means record it; None where nobody has decided.
    """

    __slots__ = ("_span", "sampled", "trace")

    def __init__(self, clock: Clock, trace: str = "", *, sampled: bool | None = None) -> None:
        digits = clock.hex_id(8 if trace else 24)
        self.trace = trace or digits[16:]
        self.sampled = sampled
        self._span = int(digits[:16], 16)

    def span(self) -> str:
        """Return the id of one more call, 16 hexadecimal digits, never all of them zero."""
        self._span = self._span % 0xFFFF_FFFF_FFFF_FFFF + 1
        return f"{self._span:016x}"


class Scope:
    """What the calls of a trace share until one of them changes it for the calls below.

    Attributes:
        stand_in: What may answer in the place of agents and nodes, as a replay does; only looked at where somebody
            observes, so that it costs nothing elsewhere.
    """

    __slots__ = (
        "_around",
        "_ids",
        "channel",
        "clock",
        "deadline",
        "durable",
        "ledger",
        "metadata",
        "observer",
        "remote_span",
        "stand_in",
    )

    def __init__(
        self,
        clock: Clock = SYSTEM_CLOCK,
        deadline: float | None = None,
        ledger: Ledger | None = None,
        metadata: Mapping[str, object] = EMPTY,
        channel: Sink | None = None,
        observer: Observer | None = None,
    ) -> None:
        self.clock = clock
        self.deadline = deadline
        self.ledger = ledger
        self.metadata = metadata
        self.channel = channel
        self.observer = observer
        self.remote_span = ""
        self.stand_in: StandIn | None = None
        self.durable: Durable = NOTHING_DURABLE
        self._ids: TraceIds | None = None
        self._around: Scope | None = None

    @property
    def ids(self) -> TraceIds:
        """The ids of the trace; made when they are first asked for, by whichever call of the trace does."""
        if self._ids is None:
            self._ids = TraceIds(self.clock) if self._around is None else self._around.ids
        return self._ids

    @property
    def trace(self) -> str:
        """The id of the trace, 32 hexadecimal digits."""
        return self.ids.trace

    def derive(self, options: CallOptions, channel: Sink | None = None) -> "Scope":
        """Make the scope of a call that changes something.

        Args:
            options: What changes. A deadline can only come closer; a budget is charged along with those around it.
            channel: Where chunks go from here on; None leaves them where they go.

        Raises:
            TypeError: There is no such option.
        """
        if not options.keys() <= CallOptions.__optional_keys__:
            unknown = ", ".join(sorted(options.keys() - CallOptions.__optional_keys__))
            known = ", ".join(CallOptions.__annotations__)
            raise TypeError(f"A call takes no option {unknown}: it takes {known}")
        seconds = options.get("deadline")
        deadline = self.deadline
        if seconds is not None:
            own = self.clock.now() + seconds
            deadline = own if deadline is None else min(deadline, own)
        budget = options.get("budget")
        metadata = options.get("metadata")
        observer = options.get("observer")
        if observer is not None:
            self.begin(observer)
        return self._with(
            deadline,
            Ledger(budget, self.ledger) if budget is not None else self.ledger,
            MappingProxyType({**self.metadata, **metadata}) if metadata else self.metadata,
            channel or self.channel,
            self.observer if observer is None else _both(self.observer, observer),
        )

    def begin(self, observer: Observer) -> None:
        """Let a trace that begins here be a part of what runs around it, where its observer knows of such a thing."""
        if self._ids is not None:
            return
        if self._around is not None:
            self._around.begin(observer)
            self.remote_span = self._around.remote_span
            return
        header = around_of((observer,))
        found = parse_traceparent(header) if header else None
        if found is not None:
            self.remote_span = found.span
            self._ids = TraceIds(self.clock, found.trace, sampled=found.sampled)

    def until(self, deadline: float, channel: Sink | None) -> "Scope":
        """Make the scope of calls that have to be done sooner, in less time than `derive` takes.

        Args:
            deadline: When, by the clock; a sooner deadline of this scope stays.
            channel: Where their chunks go; None leaves them where they go.
        """
        if self.deadline is not None and self.deadline < deadline:
            deadline = self.deadline
        return self._with(deadline, self.ledger, self.metadata, channel or self.channel, self.observer)

    def _with(
        self,
        deadline: float | None,
        ledger: Ledger | None,
        metadata: Mapping[str, object],
        channel: Sink | None,
        observer: Observer | None,
    ) -> "Scope":
        scope = Scope(self.clock, deadline, ledger, metadata, channel, observer)
        scope._ids = self._ids
        scope._around = self
        scope.remote_span = self.remote_span
        scope.stand_in = self.stand_in
        scope.durable = self.durable
        return scope

    def within(self, durable: Durable, trace: str, span: str = "", *, sampled: bool | None = None) -> "Scope":
        """Put the calls of this scope into a durable task.

        Args:
            durable: The task.
            trace: Its trace.
            span: The span within that which stands around the calls.
            sampled: Whether those who trace by other means record the trace; None where nobody has decided.

        Returns:
            The scope itself.
        """
        self.durable = durable
        self.remote_span = span
        self._ids = TraceIds(self.clock, trace, sampled=sampled)
        return self

    @classmethod
    def root(cls, options: CallOptions) -> "Scope":
        """Make the scope at the top of a trace."""
        scope = cls(options.get("clock", SYSTEM_CLOCK))
        continued = parse_traceparent(options["traceparent"]) if "traceparent" in options else None
        if continued is not None:
            scope.remote_span = continued.span
            scope._ids = TraceIds(scope.clock, continued.trace, sampled=continued.sampled)
        return scope


def _both(known: Observer | None, added: Observer) -> Observer | None:
    return combine((added,) if known is None else (known, added))
