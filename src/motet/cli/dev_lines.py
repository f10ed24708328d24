"""Lines of standard input as they come, without a thread that would keep the program from leaving."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from typing import TextIO

__all__ = ["lines_of"]

PIECE = 65536


async def lines_of(stream: TextIO | None) -> AsyncIterator[str]:
    """Read lines, without their ends, until there are no more; a last line without an end counts.

    Args:
        stream: Standard input; None if it is closed.
    """
    if stream is None:
        return
    try:
        file = stream.fileno()
    except OSError:  # it is in memory
        for text in stream:
            yield text.rstrip("\r\n")
        return
    pieces: asyncio.Queue[bytes] = asyncio.Queue()
    stop = _feed(file, pieces.put_nowait)
    rest = b""
    try:
        while piece := await pieces.get():
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield _text(line)
    finally:
        stop()
    if rest:
        yield _text(rest)


def _feed(file: int, put: Callable[[bytes], None]) -> Callable[[], object]:
    """Hand over pieces as they come, and an empty one at the end; return what ends that."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        piece = _read(file)
        if not piece:
            loop.remove_reader(file)
        put(piece)

    try:
        loop.add_reader(file, read)
    except (NotImplementedError, OSError):  # Windows; a file, which cannot be waited for, and never makes anybody wait
        threading.Thread(target=_read_all, args=(file, loop, put), name="motet-input", daemon=True).start()
        return lambda: None
    return lambda: loop.remove_reader(file)


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
