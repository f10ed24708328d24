"""`motet run`: an agent, an input, and what comes of it."""

import math
import shutil
import sys
import traceback
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from dataclasses import dataclass
from functools import partial
from typing import Any

from motet.cli.failures import InvalidUsage
from motet.cli.find import find_agent
from motet.cli.history_kept import Kept
from motet.cli.history_store import DEFAULT_STORE
from motet.cli.in_workplace import in_workplace
from motet.cli.observing import observing
from motet.cli.output import Output, OutputLost
from motet.cli.payload import missing, parse_payload, read_input
from motet.cli.progress import Progress
from motet.cli.recording import Recording
from motet.cli.show import ForPeople, ForPrograms, Show
from motet.cli.signals import Interrupted, Signals
from motet.cli.tally import Tally
from motet.cli.workplace import Workplace
from motet.kernel.agent import Agent
from motet.kernel.errors import MotetError
from motet.kernel.events import Event
from motet.kernel.observers import Observer, combine
from motet.kernel.scope import CallOptions

__all__ = ["Order", "check_deadline", "print_trace", "run"]


@dataclass(frozen=True, slots=True)
class Order:
    """What the user asked for.

    Args:
        target: FILE.py:NAME or package.module:NAME.
        input: INPUT as it was written; None where there was none.
        stream: Show chunks as they come.
        json: Write for programs.
        deadline: Seconds that the work may take.
        trace: Show the events afterwards.
        debug: Show tracebacks.
        record: Where the history is kept, if it is.
    """

    target: str
    input: str | None
    stream: bool = False
    json: bool = False
    deadline: float | None = None
    trace: bool = False
    debug: bool = False
    record: Kept | None = None


def run(order: Order, signals: Signals) -> int:
    """Run an agent, and show what comes of it.

    Args:
        order: What the user asked for.
        signals: What cancels the work.

    Returns:
        The exit code: 0 done, 1 the work failed, 2 bad usage or input, 130 or 143 ended by a signal.

    Raises:
        OutputLost: Standard output takes nothing more, before there was any work.
    """
    out = Output(sys.stdout)
    show: Show = ForPrograms(out, stream=order.stream) if order.json else ForPeople(out)
    signals.say = show.interrupted
    # What the user's code prints must not get between the documents.
    with redirect_stdout(sys.stderr) if order.json else nullcontext():
        try:
            agent, payload = _prepared(order)
            observed = observing()
        except MotetError as error:
            if order.debug:
                traceback.print_exception(error)
            show.refused(error)
            return 2
        except Interrupted as interrupted:
            signals.tell(interrupted)
            return interrupted.exit_code
        # A stream is progress enough, and on the same terminal the two would write over each other.
        quiet = order.json or order.stream or not sys.stderr.isatty()
        with observed as told:
            tracer = None if told is None else told.tracer
            call = partial(_attempt, order, agent, payload, show, signals, observer=tracer, quiet=quiet)
            return in_workplace(signals, call)


def check_deadline(deadline: float | None) -> None:
    """See to it that there is time to work in.

    Raises:
        InvalidUsage: There is none.
    """
    if deadline is not None and not (math.isfinite(deadline) and deadline > 0):
        raise InvalidUsage(f"--deadline {deadline:g} is no time to work in: give the seconds, more than 0")


def _prepared(order: Order) -> tuple[Agent[Any, Any], object]:
    """Load the agent and read its payload; a MotetError says what is wrong with the order."""
    check_deadline(order.deadline)
    agent = find_agent(order.target)
    if order.input is None:
        raise missing(order.target, agent)
    return agent, parse_payload(read_input(order.input), agent, shell=order.input != "-")


def _attempt(
    order: Order,
    agent: Agent[Any, Any],
    payload: object,
    show: Show,
    signals: Signals,
    place: Workplace,
    *,
    observer: Observer | None,
    quiet: bool,
) -> int:
    """Call the agent and show how that ended; return the exit code."""
    events: list[Event] = []
    tally = Tally(agent.name)
    recording = None
    if order.record is not None:
        recording = Recording(
            order.record.url(DEFAULT_STORE), target=order.target, agent=agent, options=order.record.options
        )
    asked: list[Observer | None] = [
        events.append if order.trace else None,
        None if quiet else tally,
        recording,
        observer,
    ]
    options = CallOptions()
    if everybody := combine(one for one in asked if one is not None):
        options["observer"] = everybody
    if order.deadline is not None:
        options["deadline"] = order.deadline
    display: AbstractContextManager[object] = nullcontext() if quiet else Progress(tally)
    code = 0
    try:
        with display:
            call = _call(order, agent, payload, show, options)
            output = place.run(call if recording is None else recording.around(call), order.deadline)
        show.result(output, agent.types[1])
    except OutputLost:
        raise
    except Interrupted:
        raise
    except BaseException as error:  # noqa: BLE001 - the work may raise anything, a cancellation and sys.exit() as well
        if order.debug:
            traceback.print_exception(error)
        if not signals.caught:
            show.failed(error)
        code = 1
    if order.trace:
        print_trace(events)
    if recording is not None:
        recording.tell()
    if signals.caught:
        raise Interrupted(signals.caught)
    return code


async def _call(order: Order, agent: Agent[Any, Any], payload: object, show: Show, options: CallOptions) -> object:
    # Chunks are emitted only where somebody reads them: for the trace and the history they are read and dropped.
    if not order.stream and not order.trace and order.record is None:
        return await agent(payload, **options)
    async with agent.stream(payload, **options) as stream:
        async for chunk in stream:
            if order.stream:
                show.chunk(chunk)
        return await stream.result()


def print_trace(events: list[Event]) -> None:
    """Print what happened on standard error, as a tree with times."""
    # Loaded here: rich takes a while, and most runs are not traced.
    from motet.cli.trace_tree import ASCII, UNICODE, tree_lines  # noqa: PLC0415

    width = shutil.get_terminal_size((80, 24)).columns if sys.stderr.isatty() else 80
    glyphs = UNICODE if "utf" in sys.stderr.encoding.lower() else ASCII
    print(*tree_lines(events, width, glyphs), sep="\n", file=sys.stderr)
