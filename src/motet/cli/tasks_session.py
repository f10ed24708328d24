"""A command about durable tasks, from its options to its exit code: errors, signals and documents for programs."""

import sys
import traceback
from collections.abc import Callable, Coroutine
from contextlib import nullcontext, redirect_stdout
from typing import Any, Final

from motet.cli.in_workplace import in_workplace
from motet.cli.output import Output, OutputLost
from motet.cli.show import ForPeople, ForPrograms, Show
from motet.cli.signals import Interrupted, Signals
from motet.cli.tasks_setup import Setup
from motet.cli.workplace import Workplace
from motet.kernel.errors import Cancelled, DeadlineExceeded, Fault, MotetError

__all__ = ["ALL", "FAILED", "REFUSED", "WAITS", "Session", "Work"]

FAILED: Final = 1
REFUSED: Final = 2
WAITS: Final = 3
"""The exit code of a tree that waits for a person."""

ALL: Final = ""
"""Stands for the id of every tree that is worked on."""

Work = Callable[[], Coroutine[Any, Any, int]]
"""What a command does once everything it was given is read; it returns the exit code."""


class Session:
    """One command.

    Args:
        setup: Where tasks are kept and with what they run.
        signals: What cancels the work.
        json: Write for programs.
        lines: Whether there is more than one document, each on a line.
        debug: Show tracebacks.

    Attributes:
        tree_id: The tree that is worked on here, or `ALL`: what to go on with after an interruption.
    """

    def __init__(
        self, setup: Setup, signals: Signals, *, json: bool = False, lines: bool = False, debug: bool = False
    ) -> None:
        self.setup = setup
        self.json = json
        self.out = Output(sys.stdout)
        self.show: Show = ForPrograms(self.out, stream=lines) if json else ForPeople(self.out)
        self.tree_id: str | None = None
        self._signals = signals
        self._debug = debug
        signals.say = self._interrupted

    def perform(self, prepare: Callable[[], Work], deadline: float | None = None) -> int:
        """Read what there is to read, do the work in an event loop, and leave that, whatever happens.

        Args:
            prepare: Reads files and imports modules; what it returns is done in the event loop.
            deadline: In how many seconds the work ends by itself.

        Returns:
            The exit code: that of the work, 1 where it failed, 2 for bad usage or input, 130 or 143 after a signal.

        Raises:
            OutputLost: Standard output takes nothing more, before there was any work.
        """
        # What the user's code prints must not get between the documents.
        with redirect_stdout(sys.stderr) if self.json else nullcontext():
            try:
                work = prepare()
            except MotetError as error:
                return self._refused(error)
            except Interrupted as interrupted:
                self._signals.tell(interrupted)
                return interrupted.exit_code
            return in_workplace(self._signals, lambda place: self._attempt(work, place, deadline))

    def say(self, text: str) -> None:
        """Tell people something on standard error; programs are told in documents."""
        if isinstance(self.show, ForPeople):
            self.show.complain(text)

    def _attempt(self, work: Work, place: Workplace, deadline: float | None) -> int:
        try:
            code = place.run(work(), deadline)
        except (OutputLost, Interrupted):
            raise
        except BaseException as error:  # noqa: BLE001 - user code may raise anything, a cancellation and sys.exit() too
            code = FAILED if self._signals.caught else self._failed(error)
        if self._signals.caught:
            raise Interrupted(self._signals.caught)
        return code

    def _failed(self, error: BaseException) -> int:
        if isinstance(error, MotetError):
            return self._refused(error)
        if self._debug:
            traceback.print_exception(error)
        self.show.failed(error)
        return FAILED

    def _refused(self, error: MotetError) -> int:
        if self._debug:
            traceback.print_exception(error)
        self.show.refused(error)
        mistaken = error.fault is Fault.CALLER and not isinstance(error, Cancelled | DeadlineExceeded)
        return REFUSED if mistaken else FAILED

    def _interrupted(self, interrupted: Interrupted) -> None:
        if self.tree_id is None or not self.setup.kept:
            self.show.interrupted(interrupted)
        else:
            again = self.again()
            self.show.refused(Cancelled(f"{interrupted}; go on with: {again}", tree=self.tree_id, resume=again))

    def again(self) -> str:
        """Write the command line that goes on with the tree, or with all trees."""
        return self.setup.line("tasks resume", *([self.tree_id] if self.tree_id else []))
