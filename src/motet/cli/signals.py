"""Ctrl-C and SIGTERM: the first one cancels the work, the next one leaves at once."""

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Final, Self

from motet.cli.output import OutputLost

__all__ = ["CALM", "GRACE", "LONG_GRACE", "PATIENCE", "Interrupted", "Signals", "end_within"]

_WORDS: Final = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}

CALM: Final = 1.0
"""Seconds for which signals are ignored after one was raised: there are people who press Ctrl-C many times."""

PATIENCE: Final = 0.2
"""Seconds that the event loop has to raise a signal, before that is raised in the middle of whatever keeps the loop."""

GRACE: Final = 3.0
"""Seconds that the program has to leave after the second signal; then it is ended where it is."""

LONG_GRACE: Final = 10.0
"""The same where there was only one signal, so that everything may clean up after itself."""


class Interrupted(KeyboardInterrupt):
    """A signal asked the program to end.

    Args:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.exit_code = 128 + number
        super().__init__(_WORDS[signal.Signals(number)])


class Signals:
    """What SIGINT and SIGTERM do while a command runs.

    While there is work to cancel, the first signal cancels it, and the work can clean up after itself. A signal raises
    `Interrupted` if there is no work, or if it is the second one; those that come right after it are ignored, so that
    the program can leave.

    An exception in the middle of anything does harm: a weak reference's callback swallows it, and a lock that was being
    taken is never given back, so that the threads which want it wait for ever. While an event loop runs it is therefore
    the loop that raises, between two of its callbacks. A thread keeps watch from then on: it has the exception raised
    wherever the program is if the loop does not come to it, or if something has swallowed it, and ends the program
    itself if that is still there when its time to leave is over.

    Args:
        last: Whether the program ends afterwards: once a signal has come, further ones are then ignored to the end.

    Attributes:
        caught: The first signal that came; 0 while none has.
        worked: Whether there has been work to cancel.
        leaving: Whether `Interrupted` is or was to be raised: nothing needs to be left in order.
        say: Says that a signal ended the program; called once.
    """

    def __init__(self, *, last: bool = False) -> None:
        self.caught = 0
        self.worked = False
        self.leaving = False
        self.say: Callable[[Interrupted], object] = _say
        self._last = last
        self._raised = -CALM
        self._number = 0  # the signal that was last to be raised
        self._owed = 0  # the same until it is raised
        self._reminded = False
        self._telling = self._told = self._settled = False
        self._cancel: Callable[[], object] | None = None
        self._hand: Callable[[Callable[[], object]], object] | None = None
        self._main = 0
        self._inside = _thread.allocate_lock()
        self._before: dict[int, Any] = {}
        self._hook = sys.unraisablehook

    def __enter__(self) -> Self:
        self._main = threading.get_ident()
        self._inside.acquire()
        self._hook, sys.unraisablehook = sys.unraisablehook, self._swallowed
        for number in _WORDS:
            # A signal that whoever started the program told it to ignore (nohup, a shell's `&`) stays ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._settled = True
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if self._last and self.caught else handler)
        sys.unraisablehook = self._hook
        self._inside.release()

    def watch(self, cancel: Callable[[], object] | None) -> None:
        """Say what cancels the work; None when there is no work any more.

        Args:
            cancel: Called in the signal handler, in the middle of anything.
        """
        self._cancel = cancel
        self.worked = self.worked or cancel is not None

    def through(self, hand: Callable[[Callable[[], object]], object] | None) -> None:
        """Say how an event loop is told to raise `Interrupted`; None when it does not run any more.

        Args:
            hand: The loop's `call_soon_threadsafe`.

        Raises:
            Interrupted: A signal has come, and the loop did not come to raise it.
        """
        self._hand = hand
        self._pay()

    def tell(self, interrupted: Interrupted) -> None:
        """Say that a signal ended the program, unless that was said before; further signals are ignored."""
        if not self._telling:
            self._telling = True
            self.say(interrupted)
            self._told = True

    def settle(self) -> None:
        """Let the exit code stand: further signals are ignored.

        Raises:
            Interrupted: It was raised before, and something has made an end of its own of it; Typer does.
        """
        if self.leaving and not self._telling:
            raise Interrupted(self._number)
        self._settled = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        reminded, self._reminded = self._reminded, False
        first, self.caught = not self.caught, self.caught or number
        if self._telling or self._settled:
            return
        if reminded:
            self._pay()
        elif first and self._cancel is not None:
            self._cancel()
        elif time.monotonic() - self._raised >= CALM:
            self._raised = time.monotonic()
            # A loop that has not raised the one before will not raise this one.
            hand, self.leaving = None if self.leaving else self._hand, True
            self._owed = self._number = number
            with suppress(RuntimeError):  # the system gives no thread: then it has to do without
                _thread.start_new_thread(self._insist, (number, LONG_GRACE if first else GRACE))
            if hand is None:
                self._pay()
            else:
                with suppress(RuntimeError):  # the loop is closed already: `through` raises
                    hand(self._pay)

    def _pay(self) -> None:
        """Raise what is still to be raised."""
        number, self._owed = self._owed, 0
        if number and not self._telling:
            raise Interrupted(number)

    def _swallowed(self, what: "sys.UnraisableHookArgs") -> None:
        """Take note of an `Interrupted` that came where nothing can be raised, and do not show it."""
        if isinstance(what.exc_value, Interrupted):
            self._owed = what.exc_value.number
        else:
            self._hook(what)

    def _insist(self, number: int, grace: float) -> None:
        """In a thread of its own: see to it that the program leaves."""
        end = time.monotonic() + grace
        while time.monotonic() < end:
            if self._inside.acquire(timeout=PATIENCE):
                self._inside.release()
                return
            if self._owed and not self._telling:
                self._reminded = True
                if sys.platform == "win32":
                    signal.raise_signal(number)
                else:  # a system call that the main thread waits in is interrupted too
                    signal.pthread_kill(self._main, number)
        _end(128 + number, lambda: self._last_words(Interrupted(number)))

    def _last_words(self, interrupted: Interrupted) -> None:
        if not self._telling:
            self.tell(interrupted)
        elif not self._told:  # standard output takes nothing, or the main thread would have told it
            _say(interrupted)


def end_within(grace: float, code: int) -> None:
    """End the program if it has not ended by itself: a thread, or what runs at its exit, may keep it for ever.

    Args:
        grace: Seconds that it has.
        code: The exit code.
    """
    # Both begin now: while a program ends, Python 3.12 makes no more threads.
    with suppress(RuntimeError):
        _thread.start_new_thread(_exit, (grace + PATIENCE, code))
        _thread.start_new_thread(_speak, (grace,))


def _say(interrupted: Interrupted) -> None:
    print(f"motet: {interrupted}", file=sys.stderr)


def _end(code: int, last_words: Callable[[], object]) -> None:
    """End the program where it is, whether or not anybody still reads what it has to say."""
    with suppress(RuntimeError):  # the system gives no thread: it ends without a word
        _thread.start_new_thread(_speak, (0, last_words))
    _exit(PATIENCE, code)


def _speak(grace: float, last_words: Callable[[], object] = lambda: None) -> None:
    time.sleep(grace)
    # Whatever hinders this has kept the program from leaving, and is of no interest any more.
    with suppress(OSError, ValueError, RuntimeError, OutputLost):
        last_words()
        sys.stdout.flush()
        sys.stderr.flush()


def _exit(grace: float, code: int) -> None:
    time.sleep(grace)
    os._exit(code)
