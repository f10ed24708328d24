"""Bytes to source: text and syntax tree, or the reason why there is none."""

import ast
import io
import threading
import tokenize
import warnings
from collections.abc import Iterable
from typing import Final, NamedTuple

__all__ = ["LARGEST", "Lines", "Unreadable", "count_lines", "decode", "parse", "silence_warnings"]

LARGEST: Final = 1_000_000
"""The most bytes of a file that are parsed: Python's parser cannot be interrupted, and its trees take much memory."""

NAME: Final = "<surveyed source>"
"""What Python's parser takes for the name of the file."""

PARSER: Final = threading.Lock()
"""Held while the parser works: some versions of it bear only one thread at a time (CPython issue 106905)."""


class Lines(NamedTuple):
    """The lines of a source.

    Args:
        all: How many there are.
        comments: Those with nothing but a comment.
        blank: Those with nothing but white space, also within strings.
    """

    all: int
    comments: int
    blank: int

    @property
    def code(self) -> int:
        """Those with anything else: strings, docstrings too, are code."""
        return self.all - self.comments - self.blank


class Unreadable(Exception):
    """The bytes of a file are not Python source; the message says why."""


def silence_warnings() -> None:
    """Ignore what the parser has to say of other people's sources, such as invalid escapes in strings.

    That is a setting of the whole process, so it is made once, and not in the threads that parse.
    """
    warnings.filterwarnings("ignore", module=NAME)


def decode(source: bytes) -> str:
    """Decode a file as Python does: by its byte order mark or its coding line (PEP 263), otherwise as UTF-8.

    Raises:
        Unreadable: Its encoding is unknown, or it is in another one.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        text = source.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"not {error.encoding.upper()}: byte 0x{source[error.start]:02x} at {error.start}") from error
    except SyntaxError as error:
        raise Unreadable(f"{error.msg}: save it as UTF-8, or give it a coding line") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str) -> ast.Module:
    """Parse a source.

    Raises:
        Unreadable: It has a syntax error, or is too much for the parser.
    """
    try:
        with PARSER:
            return ast.parse(text, NAME)
    except SyntaxError as error:
        raise Unreadable(f"syntax error in line {error.lineno or 1}: {error.msg}") from error
    except ValueError as error:
        raise Unreadable(str(error)) from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable("nested too deeply for Python's parser") from error


def count_lines(text: str, literals: Iterable[ast.expr]) -> Lines:
    """Count the lines of a source.

    Args:
        text: The source.
        literals: Its strings, and other constants.
    """
    lines = text.removesuffix("\n").split("\n") if text else []
    blank = sum(not line.strip() for line in lines)
    return Lines(len(lines), _comments(text, lines, literals), blank)


def _comments(text: str, lines: list[str], literals: Iterable[ast.expr]) -> int:
    # A line that begins with "#" is a comment, unless it is inside of a string. The tokenizer knows, but is slow: it is
    # asked only where a string has such a line.
    hashed = {number for number, line in enumerate(lines, 1) if line.lstrip().startswith("#")}
    inside = (line for node in literals for line in range(node.lineno + 1, (node.end_lineno or 0) + 1))
    if hashed.isdisjoint(inside):
        return len(hashed)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    starts = (token.start for token in tokens if token.type == tokenize.COMMENT)
    return sum(not lines[row - 1][:column].strip() for row, column in starts)
