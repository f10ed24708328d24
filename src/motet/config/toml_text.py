"""The text of a TOML file: its tables, its statements, and on which line each key stands."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from motet.config.errors import InvalidConfig, Problem
from motet.config.source import LayerName, Source

__all__ = ["Place", "Statement", "lines_of", "parse_toml", "read_text", "statements"]

Place = tuple[str, ...]
"""A table or a key, by the names of the tables that it is in and its own."""

_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


def read_text(path: Path, layer: LayerName) -> str | None:
    """Read a file; None where there is none.

    Args:
        path: The file.
        layer: What it is to errors.

    Raises:
        InvalidConfig: It cannot be read, or is no text.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as error:
        raise InvalidConfig.of([Problem(Source(layer, path), "it is not UTF-8 text: save it as such")]) from error
    except OSError as error:
        told = f"it cannot be read: {error.strerror or error}"
        raise InvalidConfig.of([Problem(Source(layer, path), told)]) from error


def parse_toml(text: str, path: Path, layer: LayerName) -> dict[str, object]:
    """Read the tables of a text.

    Raises:
        InvalidConfig: It is no TOML; the message names the line.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        told = str(error)
        found = _AT_LINE.search(told)
        line = int(found[1]) if found else text.count("\n") + 1
        problem = Problem(Source(layer, path, line), f"it is no TOML: {_AT_LINE.sub('', told)}")
        raise InvalidConfig.of([problem]) from error


@dataclass(frozen=True, slots=True)
class Statement:
    """A part of a file that says something: a heading, or a key with its value.

    Args:
        first: The number of its first line, from 1.
        last: That of its last line.
        text: Its lines.
        heading: The line with the heading that it is, or stands below; "" above the first one.
        table: The table that this heading opens.
        says: The tables that it makes, by itself.
    """

    first: int
    last: int
    text: str
    heading: str
    table: Place
    says: Mapping[str, object]

    @property
    def opens(self) -> bool:
        """Whether it is a heading."""
        return self.text is self.heading


def statements(text: str) -> Iterator[Statement]:
    """Take a valid text apart.

    A statement is over with the first line at which what was gathered can be read by itself, below the heading of its
    table: so the reader itself says where statements end, and nothing of TOML is known here.
    """
    heading, gathered, start = "", "", 1
    table: Place = ()
    for number, line in enumerate(text.split("\n"), 1):
        if not gathered:
            start = number
        gathered += line + "\n"
        begins = gathered.lstrip()[:1]
        if begins in {"", "#"}:
            gathered = ""
            continue
        try:
            says = tomllib.loads(gathered if begins == "[" else heading + gathered)
        except tomllib.TOMLDecodeError:
            continue
        if begins == "[":
            heading, table = gathered, next(reversed(list(_places(says, ()))))
        yield Statement(start, number, gathered, heading, table, says)
        gathered = ""


@lru_cache(maxsize=16)
def lines_of(text: str) -> Mapping[Place, int]:
    """Find the line on which each key and each table of a valid text begins."""
    found: dict[Place, int] = {}
    for statement in statements(text):
        for place in _places(statement.says, ()):
            found.setdefault(place, statement.first)
    return found


def _places(tables: object, path: Place) -> Iterator[Place]:
    if path:
        yield path
    if isinstance(tables, Mapping):
        for name, value in tables.items():
            yield from _places(value, (*path, name))
    elif isinstance(tables, list):
        for value in tables:
            if isinstance(value, Mapping):
                yield from _places(value, path)
