"""Reading an open file within bounds: all of it, or some of its lines."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from motet.kernel.errors import InvalidPayload
from motet.tools.errors import TooLarge

__all__ = ["FileText", "as_text", "read_all", "read_lines"]

SCAN: Final = 64
"""How many times the bound may be read to find lines that stand far down in a file."""


@dataclass(frozen=True, slots=True)
class FileText:
    """Text of a file.

    Args:
        path: The file, from the root.
        text: What it says, line ends as they are.
        start_line: The number of the first line of `text`, from 1.
        lines: How many lines `text` has.
        complete: Whether the file ends with it.
    """

    path: str
    text: str
    start_line: int
    lines: int
    complete: bool


def read_all(descriptor: int, most: int, path: str) -> bytes:
    """Read a whole file, and no more than one byte beyond the bound.

    Args:
        descriptor: The open file.
        most: Bytes that it may have.
        path: What to call it in an error.

    Raises:
        TooLarge: It has more.
    """
    data = bytearray()
    while len(data) <= most:
        piece = os.read(descriptor, most + 1 - len(data))
        if not piece:
            return bytes(data)
        data += piece
    size = max(os.fstat(descriptor).st_size, len(data))
    raise TooLarge(
        f"{path!r} has {size} bytes, and {most} are read at once: read it in parts, with start_line and lines"
    )


def read_lines(descriptor: int, start_line: int, lines: int | None, most: int, path: str) -> FileText:
    """Read some lines of a file.

    Args:
        descriptor: The open file.
        start_line: The first line, from 1.
        lines: How many, from 1; None for as many as there is room for.
        most: Bytes that they may have together: where there are more, the text ends before the line that is too much.
        path: What to call it in an error.

    Raises:
        InvalidPayload: The file has fewer lines, or it is no text.
        TooLarge: A single line has more bytes, or the lines stand too far down.
    """
    kept: list[bytes] = []
    room, complete = most, True
    for number, line in enumerate(_split(descriptor, most, path), 1):
        if number < start_line:
            continue
        if len(kept) == lines or len(line) > room:
            complete = False
            break
        kept.append(line)
        room -= len(line)
    if not kept and complete and start_line > 1:
        raise InvalidPayload(f"{path!r} has no line {start_line}: ask for an earlier one")
    if not kept and not complete:
        raise TooLarge(f"Line {start_line} of {path!r} has more than {most} bytes")
    return FileText(path, as_text(b"".join(kept), path), start_line, len(kept), complete)


def _split(descriptor: int, most: int, path: str) -> Iterator[bytes]:
    """Split a file into lines; of one that is longer than the bound, only so much is kept as to show that."""
    scanned, begins = 0, True
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        while piece := file.readline(most + 1):
            if begins:
                yield piece
            begins = piece.endswith(b"\n")
            scanned += len(piece)
            if scanned > SCAN * most:
                raise TooLarge(f"These lines stand beyond the first {SCAN * most} bytes of {path!r}: they are not read")


def as_text(data: bytes, path: str) -> str:
    """Decode what a file holds.

    Raises:
        InvalidPayload: It is no text in UTF-8.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidPayload(f"{path!r} is no text in UTF-8 (byte {error.start} is not): it may be binary") from error
    if "\0" in text:
        raise InvalidPayload(f"{path!r} holds bytes of 0: it is binary, and no text")
    return text
