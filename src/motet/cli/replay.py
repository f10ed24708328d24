"""`motet replay`: a recorded trace runs again with recorded answers, and it is said where that differs."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from motet.cli.failures import InvalidUsage
from motet.cli.find import find_agent
from motet.cli.history_store import history_of, is_file
from motet.cli.signals import Signals
from motet.cli.tasks_session import FAILED, Session, Work
from motet.cli.tasks_setup import Setup, check_there_is
from motet.devtools.history import History
from motet.devtools.replay import replay
from motet.devtools.replay_compare import Difference, Differences
from motet.devtools.replay_places import ABSENT
from motet.devtools.words import plain
from motet.kernel.agent import Agent
from motet.kernel.clock import SYSTEM_CLOCK, Clock
from motet.kernel.schema import ANY
from motet.testing.virtual_time import VirtualTime

__all__ = ["ReplayOrder", "replay_trace"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """What the user asked for.

    Args:
        trace: The beginning of an id, or a file of JSON Lines.
        target: FILE.py:NAME or package.module:NAME; None for what was recorded.
        live: Names of agents that run.
        recorded: Names of agents that answer from the record.
        setup: Where histories are kept.
        json: Write for programs.
        debug: Show tracebacks.
    """

    trace: str
    target: str | None
    live: tuple[str, ...]
    recorded: tuple[str, ...]
    setup: Setup
    json: bool = False
    debug: bool = False


def replay_trace(order: ReplayOrder, signals: Signals) -> int:
    """Replay a trace, and say where it differs.

    Returns:
        The exit code: 0 the same, 1 it differs, 2 it cannot be replayed.
    """
    session = Session(order.setup, signals, json=order.json, debug=order.debug)

    async def work() -> int:
        history = await history_of(order.trace, order.setup.store)
        agent = find_agent(_target(order, history))
        if order.live:
            differences = await _replayed(order, history, agent, SYSTEM_CLOCK)
        else:
            differences = await asyncio.to_thread(_in_no_time, lambda clock: _replayed(order, history, agent, clock))
        _show(session, history, differences)
        return FAILED if differences else 0

    def prepared() -> Work:
        if not is_file(order.trace):
            check_there_is(order.setup.store)
        return work

    return session.perform(prepared)


def _replayed(
    order: ReplayOrder, history: History, agent: Agent[Any, Any], clock: Clock
) -> Coroutine[Any, Any, Differences]:
    return replay(history, agent, live=order.live, recorded=order.recorded, clock=clock)


def _in_no_time(work: Callable[[Clock], Coroutine[Any, Any, T]]) -> T:
    """Do some work on an event loop of its own, on which waiting takes no time."""
    with VirtualTime() as time:
        return time.run(work(time.clock))


def _target(order: ReplayOrder, history: History) -> str:
    target = order.target or history.about.get("target")
    if not isinstance(target, str):
        raise InvalidUsage(
            f"the record does not say what was run: name it, as in motet replay {order.trace} FILE.py:NAME"
        )
    return target


def _show(session: Session, history: History, differences: Differences) -> None:
    if session.json:
        session.show.result(_document(history, differences), ANY)
        return
    session.out.write(plain(f"{differences}\n"))
    for note in differences.notes:
        print(plain(f"motet: {note}"), file=sys.stderr)


def _document(history: History, differences: Differences) -> dict[str, object]:
    return {
        "trace": history.trace,
        "same": not differences,
        "calls": differences.calls,
        "answered": differences.answered,
        "differences": list(map(_difference, differences.found)),
        "notes": differences.notes,
    }


def _difference(difference: Difference) -> dict[str, object]:
    sides = {"expected": difference.expected, "actual": difference.actual}
    return {
        "kind": difference.kind,
        "path": list(difference.path),
        **{side: value for side, value in sides.items() if value is not ABSENT},
    }
