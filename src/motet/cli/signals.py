"""Ctrl-C and SIGTERM: the first one cancels the work, the next one leaves at once."""

import signal
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Final, Self

__all__ = ["CALM", "Interrupted", "Signals"]

_WORDS: Final = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}

CALM: Final = 1.0
"""Seconds for which signals are ignored after one was raised: there are people who press Ctrl-C many times."""


class Interrupted(KeyboardInterrupt):
    """A signal asked the program to end.

    Args:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number
        super().__init__(_WORDS[signal.Signals(number)])


class Signals:
    """What SIGINT and SIGTERM do while a command runs.

    While there is work to cancel, the first signal cancels it, and the work can clean up after itself. A signal raises
    `Interrupted` wherever the program is if there is no work, or if it is the second one; those that come right after
    it are ignored, so that the program can leave.

    Args:
        last: Whether the program ends afterwards: once a signal has come, further ones are then ignored to the end.

    Attributes:
        caught: The first signal that came; 0 while none has.
    """

    def __init__(self, *, last: bool = False) -> None:
        self.caught = 0
        self._last = last
        self._raised = -CALM
        self._cancel: Callable[[], object] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in _WORDS:
            # A signal that whoever started the program told it to ignore (nohup, a shell's `&`) stays ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if self._last and self.caught else handler)

    def watch(self, cancel: Callable[[], object] | None) -> None:
        """Say what cancels the work; None when there is no work any more.

        Args:
            cancel: Called in the signal handler, in the middle of anything.
        """
        self._cancel = cancel

    def _handle(self, number: int, frame: FrameType | None) -> None:
        first, self.caught = not self.caught, self.caught or number
        if first and self._cancel is not None:
            self._cancel()
        elif time.monotonic() - self._raised >= CALM:
            self._raised = time.monotonic()
            raise Interrupted(number)
