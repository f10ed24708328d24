"""Where lines go: a stream that may break, and a buffer for streams that are slow. Nothing is lost in silence."""

import logging
import os
import sys
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final, TextIO

from motet.observability.logging_formats import JsonFormatter, LineFormatter

__all__ = ["BufferedHandler", "LineHandler"]

END: Final = ""
"""What tells the thread that writes to end: no line is empty."""


class LineHandler(logging.Handler):
    """Writes each line at once and as a whole; where the stream refuses it, to the program's standard error.

    Args:
        stream: Where to; standard error unless given.
        formatter: What makes the lines; JSON unless given.

    Attributes:
        lost: How many lines could not be written anywhere.
    """

    def __init__(self, stream: TextIO | None = None, formatter: LineFormatter | None = None) -> None:
        super().__init__()
        self._stream = sys.stderr if stream is None else stream
        self.setFormatter(formatter or JsonFormatter())
        self.lost = 0
        self._begin()

    def _begin(self) -> None:
        """Begin in a process: a forked one has locks of its own, for those it finds may be held by nobody."""
        self._process = os.getpid()
        # Not the lock of the handler, which `logging` holds while it waits for `flush`.
        self._writing = threading.RLock()

    def handle(self, record: logging.LogRecord) -> bool:
        """Write a record, unless a filter holds it back."""
        # Not formatted under the lock, as `logging` does: what is written may log itself, in this thread or another.
        passed: object = self.filter(record)  # from Python 3.12 on, perhaps another record
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return bool(passed)

    def emit(self, record: logging.LogRecord) -> None:
        """Make a line, and write it."""
        self.put(self.format(record) + "\n")

    def put(self, line: str) -> None:
        """Take a line."""
        if self._process != os.getpid():
            self._begin()
        self.write(line)

    def write(self, line: str) -> None:
        """Write a line, or count it as lost."""
        with self._writing:
            for stream in (self._stream, sys.stderr, sys.__stderr__):
                if stream is not None and _written(stream, line):
                    return
            self.lost += 1


class BufferedHandler(LineHandler):
    """Writes lines from a thread of its own, so that a slow stream holds nobody up.

    What finds the buffer full is dropped and counted, and as soon as there is room a line says how many that were. The
    buffer is written out when the handler is closed, as `logging` does at the end of a program. A forked process has a
    buffer and a thread of its own.

    Args:
        stream: Where to; standard error unless given.
        formatter: What makes the lines; JSON unless given.
        size: How many lines may wait.
        patience: Seconds that flushing and closing wait for the stream, at most.

    Attributes:
        dropped: How many lines found the buffer full.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        formatter: LineFormatter | None = None,
        *,
        size: int = 10_000,
        patience: float = 5.0,
    ) -> None:
        self._size = size
        self._patience = patience
        self.dropped = 0
        self._told = 0
        super().__init__(stream, formatter)

    def _begin(self) -> None:
        super()._begin()
        self._counting = threading.RLock()
        # A SimpleQueue may be put to from a signal handler that interrupts another put.
        self._lines: SimpleQueue[str | threading.Event] = SimpleQueue()
        self._thread: threading.Thread | None = threading.Thread(target=self._work, name="motet-log", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Take a line, if there is room."""
        if self._process != os.getpid() and self._thread is not None:
            self._begin()
        if self._thread is None:
            self.write(line)  # closed: late lines are written at once
        elif self._lines.qsize() >= self._size:
            with self._counting:
                self.dropped += 1
        else:
            self._lines.put(line)

    def flush(self) -> None:
        """Wait until what was taken so far is written, but not longer than it has patience."""
        if self._thread is not None and self._process == os.getpid() and self._thread is not threading.current_thread():
            passed = threading.Event()
            self._lines.put(passed)
            passed.wait(self._patience)

    def close(self) -> None:
        """Write out what is left, end the thread, and count as lost what the stream does not take."""
        thread, self._thread = self._thread, None
        if thread is not None and self._process == os.getpid():
            self._lines.put(END)
            thread.join(self._patience)
            if thread.is_alive():
                self.lost += self._given_up()
                self._lines.put(END)
        super().close()

    def _given_up(self) -> int:
        """Take back what waits, and return how many lines that were."""
        found = 0
        with suppress(Empty):
            while True:
                line = self._lines.get_nowait()
                found += isinstance(line, str) and line != END
        return found

    def _work(self) -> None:
        lines, ended = self._lines, False
        while not (ended and lines.empty()):
            line = lines.get()
            if isinstance(line, threading.Event):
                self._tell_dropped()
                line.set()
            elif line == END:
                ended = True
            else:
                self.write(line)
                self._tell_dropped()
        self._tell_dropped()

    def _tell_dropped(self) -> None:
        with self._counting:
            count, self._told = self.dropped - self._told, self.dropped
        if count:
            message = "%d lines were dropped: the log is written more slowly than lines come"
            record = logging.LogRecord(__name__, logging.WARNING, __file__, 0, message, (count,), None)
            self.write(self.format(record) + "\n")


def _written(stream: TextIO, line: str) -> bool:
    try:
        try:
            stream.write(line)
        except UnicodeEncodeError:
            stream.write(line.encode("ascii", "backslashreplace").decode())
        stream.flush()
    except (OSError, ValueError, AttributeError, RuntimeError):
        return False
    return True
