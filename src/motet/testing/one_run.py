"""`run_one`: one input through a flow or an agent, with everything that happened on the way."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Unpack

from motet.flow.flow import Flow
from motet.kernel.agent import Agent
from motet.kernel.channel import PAUSE, Sink
from motet.kernel.context import CURRENT, Context
from motet.kernel.errors import Cancelled
from motet.kernel.events import AgentStarted, RunStarted, Status
from motet.kernel.invoke import Call
from motet.kernel.message import Chunk
from motet.kernel.scope import CallOptions, Scope
from motet.testing.interposing import interpose_node, withdraw_node
from motet.testing.outcome import NOTHING, Outcome, visits_in
from motet.testing.places import places_of
from motet.testing.recorder import Recorder
from motet.testing.stand_in import an_agent
from motet.testing.waiting import patience

__all__ = ["run_one"]

LONG: Final = 30.0
"""For how many seconds of real time a run may last, unless said."""

TURNS: Final = 5
"""How many turns of the loop what was interrupted is given to end."""


class _Ground(Context):
    """What a run under test stands on: it is no call itself, so it has no span, and no place in paths."""

    __slots__ = ()

    @property
    def span(self) -> str:
        """Nothing: whoever is called is at the top."""
        return ""

    @property
    def path(self) -> tuple[str, ...]:
        """Nothing, likewise."""
        return ()


class _Basket(Sink):
    """Where every chunk is kept; it never holds up whoever emits."""

    __slots__ = ("chunks", "seq")

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.seq = 0

    @property
    def source(self) -> Sink:
        """This basket."""
        return self

    def push(self, value: object, path: tuple[str, ...], since: int | None = None) -> bool:
        """Keep a chunk; now and then the emitter lets others have their turn."""
        self.seq += 1
        self.chunks.append(Chunk(value, self.seq, path, since))
        return not self.seq % PAUSE

    async def room(self) -> None:
        """Let others have their turn."""
        await asyncio.sleep(0)


class _Taps:
    """Sees what each node of one trace is given, and what it returns."""

    def __init__(self, scope: Scope) -> None:
        self.values: dict[str, tuple[Any, Any]] = {}
        self._scope = scope

    async def see(self, call: Call[Any, Any], payload: Any, ctx: Context) -> Any:
        """Note a payload, and then the output."""
        if ctx.scope.trace != self._scope.trace:
            return await call(payload, ctx)
        self.values[ctx.span] = payload, NOTHING
        output = await call(payload, ctx)
        self.values[ctx.span] = payload, output
        return output

    @contextmanager
    def on(self, agent: Agent[Any, Any]) -> Iterator[None]:
        """Watch every node in an agent for a while."""
        states = [place.state for place in places_of((agent,)) if place.state is not None and place.state.join is None]
        for state in states:
            interpose_node(state, self.see)
        try:
            yield
        finally:
            for state in states:
                withdraw_node(state, self.see)


async def run_one(
    agent: Agent[Any, Any], payload: Any, *, timeout: float | None = None, **options: Unpack[CallOptions]
) -> Outcome:
    """Run one input through a flow, or call an agent once, as the top of a trace, and tell what became of it.

    Failures are told, not raised: see `Outcome.error`, or `Outcome.result()`.

    Args:
        agent: A flow, a composition or any other agent.
        payload: The input.
        timeout: Seconds of the loop's time after which the run counts as hanging; 30 unless given, or a day where time
            is virtual. `deadline=` is the way to test how the agent meets a deadline.
        **options: See `CallOptions`.

    Raises:
        AssertionError: The run hangs; the message says what was still at work.
    """
    __tracebackhide__ = True
    an_agent("run_one()", agent)
    Scope().derive(options)  # a wrong option is a mistake of the test, not what became of the input
    recorder, basket = Recorder(), _Basket()
    scope = Scope.root(options).derive({"observer": recorder}, basket)
    taps = _Taps(scope)
    token = CURRENT.set(_Ground(scope, ""))
    status: Status = "completed"
    outputs: list[Any] = []
    failure: BaseException | None = None
    seconds = patience(timeout, LONG)
    timer = asyncio.timeout(seconds)
    try:
        with taps.on(agent):
            async with timer:
                await _go_through(agent, payload, options, outputs)
    except (Cancelled, asyncio.CancelledError) as error:
        if _unwanted():
            raise
        status, failure = "cancelled", error
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what became of the input
        status, failure = "failed", error
    finally:
        CURRENT.reset(token)
    root = next((told.span for told in recorder if isinstance(told, RunStarted | AgentStarted)), "")
    visits = visits_in(recorder, root, taps.values)
    output = outputs[-1] if outputs else None
    told = Outcome(agent.name, status, output, tuple(outputs), failure, tuple(recorder), tuple(basket.chunks), visits)
    if timer.expired():
        waiting = [record for record in told.nodes.values() if any(v.status == "cancelled" for v in record.visits)]
        at_work = ", ".join(repr(record.name) for record in waiting) or "nothing that can be named"
        raise AssertionError(f"{agent.name!r} had not ended after {seconds:g} s; at work was {at_work}\n{told}")
    return told


async def _go_through(agent: Agent[Any, Any], payload: Any, options: CallOptions, outputs: list[Any]) -> None:
    if not isinstance(agent, Flow):
        outputs.append(await agent(payload, **options))
        return
    run = await agent.submit(payload, **options)
    try:
        await run
    except BaseException:
        run.cancel()
        await _turns()  # what it has interrupted tells how it ended
        raise
    finally:
        outputs += run.outputs


async def _turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


def _unwanted() -> bool:
    """Tell whether it is the test itself that was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
