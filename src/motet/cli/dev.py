"""`motet dev`: an agent that follows its files, and inputs that are run on what they say now."""

import asyncio
import sys
import traceback
from collections import deque
from collections.abc import AsyncIterator
from contextlib import nullcontext, redirect_stdout, suppress
from dataclasses import dataclass
from typing import Any

from motet.cli.dev_configured import watching
from motet.cli.dev_lines import Lines
from motet.cli.dev_show import DevForPeople, DevForPrograms, DevShow
from motet.cli.dev_target import Followed, followed, unwatched
from motet.cli.failures import InvalidUsage, describe
from motet.cli.in_workplace import in_workplace
from motet.cli.output import Output, OutputLost
from motet.cli.payload import parse_payload
from motet.cli.show import Show
from motet.cli.signals import Interrupted, Signals
from motet.cli.workplace import Workplace
from motet.devtools.hot_reload import HotReload
from motet.devtools.live_agent import LiveAgent
from motet.devtools.outcome import Broken, Outcome, Reloaded
from motet.kernel.agent import Agent
from motet.kernel.errors import AgentFailed, InvalidPayload, MotetError

__all__ = ["DevOrder", "dev"]


@dataclass(frozen=True, slots=True)
class DevOrder:
    """What the user asked for.

    Args:
        target: FILE.py:NAME or package.module:NAME.
        inputs: What is run again after each change.
        watch: More folders to watch; those of the configuration unless given.
        json: Write for programs.
        debug: Show tracebacks.
    """

    target: str
    inputs: tuple[str, ...] = ()
    watch: tuple[str, ...] = ()
    json: bool = False
    debug: bool = False


def dev(order: DevOrder, signals: Signals) -> int:
    """Follow an agent's files, and run inputs on it, until there are no more inputs or a signal ends it.

    Args:
        order: What the user asked for.
        signals: What cancels the work.

    Returns:
        The exit code: 0 where the inputs have ended, 1 the files cannot be watched or an agent has ended the program, 2
        bad usage, 130 or 143 ended by a signal.

    Raises:
        OutputLost: Standard output takes nothing more, before there was any work.
    """
    out = Output(sys.stdout)
    show: DevShow = DevForPrograms(out) if order.json else DevForPeople(out, order.target, None)
    signals.say = show.interrupted
    # What the user's code prints must not get between the documents.
    with redirect_stdout(sys.stderr) if order.json else nullcontext():
        try:
            # Loaded here: it needs an optional dependency, and says so.
            from motet.devtools.watch import watch  # noqa: PLC0415

            watched = watching(order.watch)
            found = followed(order.target, watched.folders, watched.said)
        except MotetError as error:
            if order.debug:
                traceback.print_exception(error)
            show.refused(error)
            return 2
        except Interrupted as interrupted:
            signals.tell(interrupted)
            return interrupted.exit_code
        if not order.json:
            show = DevForPeople(out, order.target, found.sources)
            signals.say = show.interrupted
        with found.reloader:
            session = _Session(order, found, show, watch(found.sources, **watched.options))
            return in_workplace(signals, lambda place: _attempt(session, signals, place))


def _attempt(session: "_Session", signals: Signals, place: Workplace) -> int:
    try:
        code = place.run(session.work())
    except (OutputLost, Interrupted):
        raise
    except MotetError as error:
        session.show.refused(error)
        return 1
    except BaseException as error:
        if signals.caught:
            raise Interrupted(signals.caught) from error
        if not isinstance(error, SystemExit | KeyboardInterrupt):
            raise
        session.show.refused(AgentFailed(f"an agent has ended the program ({describe(error)})"))
        return 1
    if signals.caught:
        raise Interrupted(signals.caught)
    return code


class _Session:
    """One sitting: the files are followed in one task, inputs are read in another one, and run one after another."""

    def __init__(self, order: DevOrder, found: Followed, show: DevShow, changes: AsyncIterator[None]) -> None:
        self._order = order
        self._found = found
        self.show = show
        self._hot = HotReload(found.reloader, changes, self._told, slow=show.slow)
        self._lines = Lines(sys.stdin)
        self._typed: deque[str] = deque()
        self._again: deque[str] = deque()
        self._more = asyncio.Event()
        self._over = False
        self._number = 0

    async def work(self) -> int:
        """Do it all; return the exit code."""
        first = await self._hot.load()
        if isinstance(first, Broken) and first.step == "find":
            # The files are as they should be: it is the command line that is not.
            self.show.refused(InvalidUsage(first.error["message"]))
            return 2
        if first is not None:
            self._told(first)
        others = [asyncio.create_task(self._hot.run()), asyncio.create_task(self._read())]
        working = asyncio.create_task(self._work())
        try:
            await asyncio.wait((working, others[0]), return_when=asyncio.FIRST_COMPLETED)
            if others[0].done():
                others[0].result()
            await working
        finally:
            await _ended([*others, working])
        return 0

    def _told(self, outcome: Outcome) -> None:
        live = self._hot.live
        if isinstance(outcome, Reloaded) and outcome.version == 1:
            self.show.ready(outcome, unwatched(self._found.sources))
        else:
            self.show.outcome(outcome, serving=live is not None, lagging=0 if live is None else live.lagging)
        if isinstance(outcome, Reloaded):
            # What has not begun yet would show what an earlier version does.
            self._again = deque(self._order.inputs)
            self._more.set()

    async def _read(self) -> None:
        async for line in self._lines:
            if line.strip():
                self._typed.append(line)
                self._more.set()
        self._over = not self._order.inputs
        self._more.set()

    async def _work(self) -> None:
        while True:
            live = self._hot.live
            if live is not None and self._typed:
                await self._run(live, self._typed.popleft(), again=False)
            elif live is not None and self._again:
                await self._run(live, self._again.popleft(), again=True)
            elif self._over and (live is None or not self._typed):
                return
            else:
                self._more.clear()
                await self._more.wait()

    async def _run(self, live: LiveAgent, text: str, *, again: bool) -> None:
        """Run an input on the version of now, which may be replaced meanwhile; its failure ends nothing else."""
        self._number += 1
        show = self.show.run(self._number, text, again=again)
        # What is typed meanwhile is for a debugger in the agent, if there is one; otherwise it waits.
        with live.held() as agent, self._lines.left_alone():
            # In a task of its own: what is raised here is then meant for this session, and what is raised there is the
            # user's code's, which may raise anything. It finds what its modules have set when they were loaded.
            running = asyncio.create_task(_call(agent, text, show, shell=again), context=self._hot.context.copy())
            try:
                await asyncio.wait((running,))
            except asyncio.CancelledError:
                running.cancel()
                await asyncio.wait((running,))
                if not running.cancelled():
                    self._failed(show, running.exception())
                raise
        self._failed(show, asyncio.CancelledError() if running.cancelled() else running.exception())

    def _failed(self, show: Show, error: BaseException | None) -> None:
        if error is None:
            return
        if isinstance(error, OutputLost | SystemExit | KeyboardInterrupt):
            raise error
        if self._order.debug:
            traceback.print_exception(error)
        if isinstance(error, InvalidUsage | InvalidPayload):
            show.refused(error)
        else:
            self.show.failed(show, error)


async def _call(agent: Agent[Any, Any], text: str, show: Show, *, shell: bool) -> None:
    payload = parse_payload(text, agent, shell=shell)
    async with agent.stream(payload) as stream:
        async for chunk in stream:
            show.chunk(chunk)
        output = await stream.result()
    show.result(output, agent.types[1])


async def _ended(tasks: list["asyncio.Task[None]"]) -> None:
    """Cancel tasks, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
