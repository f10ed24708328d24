"""Replaying: a recorded trace runs again with recorded answers, and it is said where that differs.

What called others when the trace was recorded, a flow, a composition or an agent that calls agents, runs again; what
called nobody answers from the record, with its errors, its chunks and what it sent on. An agent that created a durable
task tree answers from the record too.
"""

import asyncio
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import to_json

from motet.devtools.history import History, Reader
from motet.devtools.replay_agents import Agents
from motet.devtools.replay_compare import Differences, compare
from motet.devtools.replay_desk import AnyCall, Desk, NotReplayable
from motet.devtools.replay_places import ABSENT, Place, places_of, walk
from motet.kernel.agent import Agent
from motet.kernel.channel import Channel
from motet.kernel.clock import SYSTEM_CLOCK, Clock
from motet.kernel.context import Context
from motet.kernel.events import ChunkEmitted, DeadlinePassed, Event
from motet.kernel.frozen import bytes_of, is_data
from motet.kernel.invoke import invoke
from motet.kernel.observers import combine
from motet.kernel.records import VERSION, Keeper, Kept, keep, keepers, write_event
from motet.kernel.scope import Scope

__all__ = ["record", "replay"]

In = TypeVar("In")

LONGEST: Final = 60.0
"""Seconds after which a replay in which nothing goes on is given up."""

_NO_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of JSON up to which values are kept whole in a history that is recorded for a test."""


class _Taken:
    """An observer that keeps records in memory."""

    def __init__(self, limit: int = _NO_LIMIT) -> None:
        self._taken: list[tuple[Event, Keeper, Kept]] = []
        self._keepers = keepers()
        self._limit = limit

    def __call__(self, event: Event) -> None:
        keeper = self._keepers[type(event)]
        self._taken.append((event, keeper, keep(event, keeper, self._limit)))

    def records(self, trace: str, clock: Clock) -> list[dict[str, object]]:
        """Return everything of a trace, as a recorder would have written it."""
        taken = [one for one in self._taken if one[0].trace == trace]
        at = taken[0][0].at if taken else 0.0
        told = {"v": VERSION, "trace": trace, "at": at, "wall": clock.wall() - clock.now() + at, "buffer": 0}
        records: list[dict[str, object]] = [{"kind": "begin", **told, "clock": "", "by": "", "n": 0}]
        for number, (event, keeper, kept) in enumerate(taken, 1):
            records.append({**write_event(event, keeper, kept, self._limit), "by": "", "n": number})
        return [*records, {"kind": "end", "why": "over", "by": "", "n": len(taken)}]


async def record(agent: Agent[In, Any], payload: In, *, clock: Clock = SYSTEM_CLOCK) -> History:
    """Call an agent, and return the history of that: `to_lines(history.records)` is what a test keeps in a file.

    How it ends is in the history, an error too.

    Args:
        agent: What to call.
        payload: Its input.
        clock: Where time, ids and randomness come from.
    """
    taken = _Taken()
    scope = Scope(clock, channel=_drain(), observer=combine((taken,)))
    context = Context(scope, agent.name)
    with suppress(Exception):  # it is in the history
        await invoke(agent.bound, payload, context, {})
    reader = Reader(scope.trace)
    reader.add(taken.records(scope.trace, clock))
    return reader.history


async def replay(
    history: History,
    agent: Agent[Any, Any],
    *,
    live: Collection[str] = (),
    recorded: Collection[str] = (),
    clock: Clock = SYSTEM_CLOCK,
    longest: float = LONGEST,
) -> Differences:
    """Run a recorded trace again, and tell where that differs.

    Args:
        history: What was recorded.
        agent: What runs: the agent that stood at the top, as it is now.
        live: Names of agents that run, although they would answer from the record.
        recorded: Names of agents that answer from the record with everything below them, although they would run.
        clock: Where time, ids and randomness come from; on an event loop with virtual time its clock, so that waits
            take no time.
        longest: Seconds after which a replay that does not end is given up.

    Returns:
        The differences: false where there are none.

    Raises:
        NotReplayable: There is nothing to replay, a value was not recorded, or a name is not in the record.
    """
    roots, notes = _roots(history, agent.name, {*live, *recorded})
    all_of_it = Differences(notes=[*notes, *history.problems])
    chunked = any(isinstance(event, ChunkEmitted) for event in history.events)
    agents = Agents(agent)
    for root in roots:
        desk = Desk(root, agents, frozenset(live), frozenset(recorded))
        if desk.answers_itself(root):
            raise NotReplayable(
                f"{root.name!r} called nothing that would run again: there is nothing to replay. "
                f"To run it, and compare what it gives now, name it as live: {root.name}"
            )
        all_of_it += await _again(root, agent, desk, clock, longest, chunked=chunked)
    return all_of_it


async def _again(
    root: Place, agent: Agent[Any, Any], desk: Desk, clock: Clock, longest: float, *, chunked: bool
) -> Differences:
    """Run a recorded call again, and tell where that differs."""
    taken = _Taken()
    scope = Scope(clock, channel=_drain() if chunked else None, observer=combine((taken,)))
    scope.stand_in = desk.stand_in
    await _run(agent, _payload(root, agent), Context(scope, agent.name), root, desk, longest)
    if desk.problem is not None:
        raise desk.problem
    (again,) = places_of(taken.records(scope.trace, clock), scope.trace)
    found = sorted([*desk.found, *compare(root, again, desk.matched, desk.answered)], key=lambda one: one.at)
    return Differences(found, list(desk.notes), len(desk.matched), len(desk.answered))


def _roots(history: History, name: str, named: Collection[str]) -> tuple[list[Place], list[str]]:
    """Return the calls at the top that run again, and what is to be said of the others.

    Raises:
        NotReplayable: There is none, or a name is not in the record.
    """
    roots = places_of(history.records, history.trace)
    if not roots:
        raise NotReplayable(
            f"Trace {history.trace} has no call of an agent or a flow that could run again: task trees go on with "
            "`motet tasks rerun`"
        )
    known = {place.name for root in roots for place in walk(root)}
    if unknown := [one for one in named if one not in known]:
        raise NotReplayable(f"The record has no call of {unknown[0]!r}: there are {', '.join(sorted(known))}")
    wanted = [root for root in roots if root.name == name] or roots[:1]
    others = sorted({root.name for root in roots if root not in wanted})
    note = f"Only {wanted[0].name!r} is replayed: in this trace, nothing else called {', '.join(map(repr, others))}"
    return wanted, [note] if others else []


def _payload(root: Place, agent: Agent[Any, Any]) -> Any:
    """Return what the call at the top was given, as what the agent takes."""
    raw = bytes_of(root.payload)
    if raw is not None:
        return raw
    if root.payload is ABSENT or not is_data(root.payload):
        raise NotReplayable(
            f"What {root.name!r} was given was not recorded whole: record it with capture='all' and a higher limit"
        )
    taken = agent.types[0]
    if taken.open:
        return root.payload
    try:
        return taken.adapter.validate_json(to_json(root.payload))
    except ValidationError as error:
        raise NotReplayable(f"{agent.name!r} no longer takes what was recorded: {one_line(error)}") from error


def one_line(error: ValidationError) -> str:
    """Say in one line what does not fit."""
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or '(value)'}: {one['msg']}" for one in error.errors())


def _drain() -> Channel:
    """Return a channel that nobody reads: chunks are told to observers, and dropped."""
    channel = Channel(1)
    channel.close(discard=True)
    return channel


async def _run(agent: Agent[Any, Any], payload: Any, context: Context, root: Place, desk: Desk, longest: float) -> None:
    """Run the agent to its end, whatever that is."""

    async def until_cut(given: Any, ctx: Context) -> Any:
        work = asyncio.ensure_future(agent.bound(given, ctx))
        cut = asyncio.ensure_future(desk.reached.wait())
        try:
            await asyncio.wait({work, cut}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise asyncio.CancelledError if root.status == "cancelled" else desk.error_of(root)
            return work.result()
        finally:
            cut.cancel()
            work.cancel()
            await asyncio.wait({work})

    call: AnyCall = until_cut if _was_cut(root) else agent.bound
    task, late = asyncio.ensure_future(invoke(call, payload, context, {})), asyncio.Event()
    task.add_done_callback(lambda _: late.set())
    # Real seconds: on an event loop with virtual time, hours may pass before it ends.
    timer = threading.Timer(longest, _soon, (asyncio.get_running_loop(), late.set))
    timer.daemon = True
    timer.start()
    try:
        await late.wait()
        ended = task.done()
    finally:
        timer.cancel()
        desk.turns.close()
        task.cancel()
        await asyncio.wait({task})
    if not ended:
        raise NotReplayable(f"The replay did not end within {longest:g} s: something waits that nobody answers")
    if not task.cancelled():
        task.exception()  # seen: it is in the records, and is compared


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(call)


def _was_cut(root: Place) -> bool:
    """Tell whether the trace was interrupted from outside: cancelled, or by a deadline of its own."""
    late = any(isinstance(event, DeadlinePassed) for _, event in root.happened)
    return root.status == "cancelled" or (late and root.status == "failed")
