"""`Flow`: a graph that messages travel through, and an agent like any other."""

import asyncio
from collections.abc import AsyncIterable, Iterable, Sequence
from functools import cached_property, partial
from types import TracebackType
from typing import Any, Self, TypeVar, Union, Unpack, get_args

from motet.flow.books import Parcel, Run
from motet.flow.check import check
from motet.flow.compile import Program, compile_graph
from motet.flow.graph import Graph, OnError, build
from motet.flow.outlet import Outlet
from motet.flow.results import Outputs, Results
from motet.flow.runtime import NO_LIMITS, Limits, Runtime
from motet.flow.sketching import sketch
from motet.kernel.agent import Agent
from motet.kernel.channel import Channel
from motet.kernel.context import CURRENT, Context, open_context
from motet.kernel.errors import FlowStopped, InvalidGraph
from motet.kernel.invoke import Call, invoke
from motet.kernel.observers import Observer, combine
from motet.kernel.schema import ANY, Schema
from motet.kernel.scope import CallOptions, Scope
from motet.kernel.sketch import Sketch
from motet.kernel.wiring import Wirable
from motet.kernel.within import Within

__all__ = ["Flow"]

In = TypeVar("In")
Out = TypeVar("Out")


class Flow(Agent[In, Out]):
    """A graph that messages travel through.

    A flow needs no start: it works while something is in it. `async with flow:` bounds its life, and drains it at the
    end. It belongs to one event loop at a time, and is not thread-safe.

    Args:
        name: The flow's name.
        *parts: What `>>` builds, and single agents and nodes.
        edges: Edges written out, as pairs.
        cycles: Whether a message may come back to a node.
        concurrency: How many messages each node works on at once, unless the node says otherwise.
        inbox: How many messages may wait for each node before senders wait, unless the node says otherwise.
        observers: Told of every event of this flow and of the agents in it.
        description: What the flow does, for its card.

    Raises:
        InvalidGraph: The graph cannot run; every problem is listed.
    """

    # `Flow("name", a >> b)` says nothing of its types: it is a Flow[Any, Any] to type checkers, which would ask for an
    # annotation otherwise. `flow: Flow[Question, Answer] = Flow("name", a >> b)` says more.
    def __init__(
        self: "Flow[Any, Any]",
        name: str,
        *parts: Wirable | Sequence[Wirable],
        edges: Iterable[tuple[Wirable, Wirable]] = (),
        cycles: bool = False,
        concurrency: int = 16,
        inbox: int = 64,
        observers: Iterable[Observer] = (),
        description: str = "",
    ) -> None:
        self.name = name
        self.description = description
        self.graph: Graph = build(name, parts, edges)
        problems = check(self.graph, cycles=cycles)
        sizes: dict[str, object] = {"concurrency": concurrency, "inbox": inbox}
        for what, value in sizes.items():
            if not isinstance(value, int) or value < 1:
                problems.append(f"the flow has {what}={value!r}: it takes a whole number of at least 1")
        if problems:
            raise InvalidGraph.of(name, problems)
        self._observer = combine(observers)
        self._inbox = inbox
        self._runtime = Runtime(compile_graph(self.graph, concurrency=concurrency, inbox=inbox))
        self._outlet: Outlet[Parcel] | None = None

    @cached_property
    def types(self) -> tuple[Schema[In], Schema[Out]]:
        """What the first nodes take, and what the last ones give."""
        nodes = self.graph.nodes
        taken = [nodes[index].taken or ANY for index in self.graph.entries]
        given = [nodes[index].given or ANY for index in self.graph.exits]
        return _union(taken), _union(given)

    @cached_property
    def bound(self) -> Call[In, Out]:
        """The flow's own call: its nodes check what they take and give."""
        return self.call

    async def call(self, payload: In, ctx: Context) -> Out:
        """Run one input through the flow, as a part of the caller's work: cancelling the caller cancels the run."""
        return await self._run_within(payload, ctx, None)

    async def _begin(self, payload: In, options: CallOptions, channel: Channel | None = None) -> Out:
        budget = options.get("budget")
        if budget is None or budget.seconds is None or not self._runtime.program.cyclic:
            return await super()._begin(payload, options, channel)
        # The time budget of a flow with cycles ends it with a value, not from outside with an error.
        call = partial(self._run_within, seconds=budget.seconds)
        context = open_context(self.name, options, channel)
        return await invoke(call, payload, context, {**options, "budget": None})

    async def _run_within(self, payload: In, ctx: Context, seconds: float | None) -> Out:
        limits = NO_LIMITS if seconds is None else (None, seconds)
        run: Run[Out] = await self._runtime.take(self._watched(ctx), payload, limits)
        try:
            return await run
        except (asyncio.CancelledError, Exception):
            run.cancel()
            # In a flow the caller is a node: holding it up holds up nobody, and leaves nothing behind when it ends.
            await self._runtime.wind_down(run, patient=isinstance(ctx.host, Parcel))
            raise

    # Runs

    async def submit(self, payload: In, **options: Unpack[CallOptions]) -> Run[Out]:
        """Send an input in, when there is room for it, and return the handle of its run.

        Args:
            payload: The input.
            **options: See `CallOptions`.

        Raises:
            FlowStopped: The flow is stopping.
        """
        return self._take_now(payload, options) or await self._take(payload, options)

    def submit_nowait(self, payload: In, **options: Unpack[CallOptions]) -> Run[Out]:
        """Send an input in at once.

        Raises:
            QueueFull: There is no room; nothing of the input was kept.
            FlowStopped: The flow is stopping.
        """
        context, limits = self._open(options)
        return self._runtime.take_nowait(context, payload, limits)

    def map(
        self, payloads: Iterable[In] | AsyncIterable[In], *, ahead: int | None = None, **options: Unpack[CallOptions]
    ) -> Results[Out]:
        """Run many inputs through the flow, each as a run of its own, and iterate over their outputs in order.

        Inputs are taken as fast as the outputs are read and there is room. The first failure is raised, and ends the
        others, as does leaving the iteration.

        Args:
            payloads: The inputs, from an iterable or an asynchronous one.
            ahead: How many inputs may be ahead of the reader; the flow's inbox size unless given.
            **options: See `CallOptions`; they hold for each run.
        """
        return Results(
            payloads,
            lambda payload: self.submit(payload, **options),
            lambda payload: self._take_now(payload, options),
            self._inbox if ahead is None else ahead,
        )

    def _take_now(self, payload: In, options: CallOptions, outlet: Outlet[Parcel] | None = None) -> Run[Out] | None:
        """Take an input in if there is room for it now."""
        runtime = self._runtime
        runtime.bind()
        if runtime.full_entry() is not None:
            return None
        context, limits = self._open(options)
        return runtime.admit(context, limits, payload, outlet)

    async def _take(self, payload: In, options: CallOptions, outlet: Outlet[Parcel] | None = None) -> Run[Out]:
        """Take an input in when there is room for it."""
        context, limits = self._open(options)
        return await self._runtime.take(context, payload, limits, outlet)

    # A long-lived pipeline

    async def send(self, payload: In, **options: Unpack[CallOptions]) -> Run[Out]:
        """Send an input into the pipeline, whose outputs `outputs()` gives; waits while it is full.

        Args:
            payload: The input.
            **options: See `CallOptions`.

        Raises:
            FlowStopped: `finish()` was called, and what was sent before it has not all been read.
        """
        outlet = self._outlet
        if outlet is not None and outlet.closing:
            if not outlet.finished or len(outlet):
                raise FlowStopped(
                    f"The pipeline of {self.name!r} was closed by finish(): read outputs() to its end before a new one"
                )
            self._outlet = None
        outlet = self._pipeline()
        return self._take_now(payload, options, outlet) or await self._take(payload, options, outlet)

    def outputs(self, *, on_error: OnError = "raise") -> Outputs[Out]:
        """Iterate over the outputs of everything sent in, in the order in which they reach the end.

        The iteration ends when the pipeline was closed by `finish()` or `stop()` and everything has been read.

        Args:
            on_error: What a failed run does: "raise" raises its error from the iteration, which can be continued;
                "emit" gives a `FlowError` in its place.

        Raises:
            ValueError: `on_error` is neither of the two.
        """
        if on_error not in get_args(OnError):
            raise ValueError(f"on_error={on_error!r}: it is one of {', '.join(map(repr, get_args(OnError)))}")
        return Outputs(self._pipeline(), self._runtime, on_error)

    def finish(self) -> None:
        """Say that nothing more will be sent: `outputs()` ends when everything sent so far has come out."""
        self._runtime.finish(self._pipeline())

    # Its life

    @property
    def program(self) -> Program:
        """The graph as it is run: for tools that look at it, or stand between a node and its agent."""
        return self._runtime.program

    @property
    def inside(self) -> int:
        """How many runs are in the flow now."""
        return len(self._runtime.runs)

    async def stop(self, timeout: float | None = None) -> None:
        """Take nothing new, let everything inside come to its end, and leave nothing behind.

        Afterwards the flow can be used again, from a fresh start.

        Args:
            timeout: Seconds until what is still inside is cancelled; None waits for it.
        """
        if self._outlet is not None:
            self._runtime.close(self._outlet)
        try:
            await self._runtime.stop(timeout)
        finally:
            if self._outlet is not None:
                self._outlet.finish()
                self._outlet = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.stop()
        else:
            # The block has failed: what it began is not wanted any more.
            await self.stop(timeout=0)

    def sketch(self) -> Sketch:
        """Return the graph as places and arrows."""
        return sketch(self.graph)

    def _pipeline(self) -> Outlet[Parcel]:
        if self._outlet is None:
            self._outlet = Outlet(self._inbox)
        return self._outlet

    def _open(self, options: CallOptions) -> tuple[Context, Limits]:
        """Make the context of a run that nobody awaits from within a call, so that it keeps its own time."""
        if not options and self._observer is None and CURRENT.get() is None:
            return Context(Scope(), self.name), NO_LIMITS
        context = open_context(self.name, options)
        if self._observer is not None:
            context = self._watched(context)
        if not options and context.scope.deadline is None:
            return context, NO_LIMITS
        budget = options.get("budget")
        return context, (context.remaining(), budget.seconds if budget is not None else None)

    def _watched(self, context: Context) -> Context:
        """Add the flow's own observers to a context."""
        if self._observer is None:
            return context
        return Within(context, context.scope.derive({"observer": self._observer}))


def _union(schemas: list[Schema[Any]]) -> Schema[Any]:
    """Make one type of several; what is not known may be anything."""
    kinds = list(dict.fromkeys(schema.type for schema in schemas))
    if not kinds or any(schema.open for schema in schemas):
        return ANY
    return Schema(Union[tuple(kinds)])  # noqa: UP007 - the kinds are known at run time only
