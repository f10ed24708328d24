"""Lines of standard input as they come, without a thread that would keep the program from leaving."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

__all__ = ["Lines"]

PIECE = 65536


class Lines:
    """Reads lines, without their ends, until there are no more; a last line without an end counts.

    Args:
        stream: Standard input; None if it is closed.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._alone = False
        self._look: Callable[[], object] = _nothing
        self._look_away: Callable[[], object] = _nothing

    async def __aiter__(self) -> AsyncIterator[str]:
        if self._stream is None:
            return
        try:
            file = self._stream.fileno()
        except OSError:  # it is in memory
            for text in self._stream:
                yield text.rstrip("\r\n")
            return
        pieces: asyncio.Queue[bytes] = asyncio.Queue()
        self._feed(file, pieces.put_nowait)
        rest = b""
        try:
            while piece := await pieces.get():
                *whole, rest = (rest + piece).split(b"\n")
                for line in whole:
                    yield _text(line)
        finally:
            self._end()
        if rest:
            yield _text(rest)

    @contextmanager
    def left_alone(self) -> Iterator[None]:
        """Leave what comes meanwhile where it is: a debugger, or whatever else runs, may want to read it.

        A file, and whatever comes on Windows, is read all the same.
        """
        self._alone = True
        self._look_away()
        try:
            yield
        finally:
            self._alone = False
            self._look()

    def _feed(self, file: int, put: Callable[[bytes], None]) -> None:
        """Hand over pieces as they come, and an empty one at the end."""
        loop = asyncio.get_running_loop()

        def read() -> None:
            piece = _read(file)
            if not piece:
                self._end()
            put(piece)

        try:
            loop.add_reader(file, read)
        except (NotImplementedError, OSError):  # Windows; a file, which cannot be waited for, and makes nobody wait
            threading.Thread(target=_read_all, args=(file, loop, put), name="motet-input", daemon=True).start()
            return
        self._look = lambda: loop.add_reader(file, read)
        self._look_away = lambda: loop.remove_reader(file)
        if self._alone:
            self._look_away()

    def _end(self) -> None:
        self._look_away()
        self._look = self._look_away = _nothing


def _nothing() -> None:
    """There is nothing to look at, or not any more."""


def _read(file: int) -> bytes:
    try:
        return os.read(file, PIECE)
    except OSError:  # a terminal that is gone
        return b""


def _read_all(file: int, loop: asyncio.AbstractEventLoop, put: Callable[[bytes], None]) -> None:
    piece = b"..."
    while piece:
        piece = _read(file)
        try:
            loop.call_soon_threadsafe(put, piece)
        except RuntimeError:  # the event loop is closed: nobody reads any more
            return


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape").removeprefix("\ufeff").removesuffix("\r")
