"""The text of a TOML file is edited: a setting is put in or taken out, and everything else reads as before.

A setting is written into the statement that speaks of it already, or into a line of its own. There are several ways to
write the same thing, and which of them a file bears depends on what else is in it: each is tried, and one counts if all
of the file reads as it did, but for the setting.
"""

import tomllib
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from motet.config.toml_text import Place, Statement, statements
from motet.kernel.errors import MissingExtra

try:
    import tomlkit
    from tomlkit.items import InlineTable, Item
except ModuleNotFoundError as error:
    raise MissingExtra.of("Writing settings", "config") from error

__all__ = ["text_with", "text_without"]


def text_with(text: str, path: Place, value: object) -> str:
    """Put a setting into a text.

    Args:
        text: Valid TOML.
        path: The names of the tables that the setting is in, and its own.
        value: What it is to be, as data.

    Returns:
        The text with it; lines that are new end as the first line does.

    Raises:
        ValueError: It cannot be written beside what is there; the message says why.
    """
    before = tomllib.loads(text)
    wanted = _told(_put(before, path, value))
    for made in _ways(text, path, value):
        ended = _ended(made, text)
        if _read(ended) == wanted:
            return ended
    raise ValueError("edit the file by hand")


def text_without(text: str, path: Place) -> str:
    """Take a setting out of a text; the heading above it stays.

    Args:
        text: Valid TOML.
        path: The names of the tables that the setting is in, and its own.

    Returns:
        The text without it: the same where it was not there.

    Raises:
        ValueError: That cannot be done; the message says why.
    """
    lines = text.split("\n")
    for statement in reversed(list(statements(text))):
        left = _line_without(statement, path)
        if left is not None:
            lines[statement.first - 1 : statement.last] = left.split("\n")[:-1]
    made = "\n".join(lines)
    made += "\n" if made.endswith("\r") else ""  # what stood behind it is gone
    if _said(tomllib.loads(made)) != _said(tomllib.loads(text), path):
        raise ValueError("edit the file by hand")
    return made


# Ways to write a setting


def _ways(text: str, path: Place, value: object) -> Iterator[str]:
    """Yield texts that may have the setting in them, the nearest to what was there first."""
    for statement in statements(text):
        if (line := _line_with(statement, path, value)) is not None:
            lines = text.split("\n")
            lines[statement.first - 1 : statement.last] = line.split("\n")[:-1]
            yield "\n".join(lines)
    old = _at(tomllib.loads(text), path)
    if isinstance(old, dict) and isinstance(value, dict):
        yield _name_by_name(text, path, old, value)
    yield from _anew(text if old is None else text_without(text, path), path, value)


def _name_by_name(text: str, path: Place, old: Mapping[str, object], new: Mapping[str, object]) -> str:
    """Write a table that several statements make: so what stays of it keeps its comments."""
    for name in old.keys() - new.keys():
        text = text_without(text, (*path, name))
    for name, value in new.items():
        text = text_with(text, (*path, name), value)
    return text


def _anew(text: str, path: Place, value: object) -> Iterator[str]:
    """Yield texts with a statement more: below its heading, below a new heading, or with dots in its key."""
    ends = {statement.table: statement.last for statement in statements(text)}
    *parent, name = path
    above = [table for table in ends if table == path[: len(table)] and len(table) < len(path)]
    above.sort(key=len, reverse=True)
    dotted = [_inserted(text, ends[table], [_line(path[len(table) :], value)]) for table in above]
    direct = bool(above) and len(above[0]) == len(parent)
    yield from dotted[:1] if direct else ()
    near = max(ends, key=lambda table: (_shared(table, path), ends[table]), default=())
    last = ends[near] if _shared(near, path) else None
    yield _inserted(text, last, [f"[{_key(tuple(parent))}]", _line((name,), value)], apart=True)
    yield from dotted[1:] if direct else dotted


def _inserted(text: str, line: int | None, added: list[str], *, apart: bool = False) -> str:
    """Put lines behind one with this number and the comments right below it; None: at the end.

    A comment that stands right above a heading belongs to that.
    """
    lines = text.split("\n")
    end = len(lines) - (not lines[-1])
    if line is not None:
        end = next((each for each in range(line, len(lines)) if lines[each].lstrip()[:1] != "#"), len(lines))
        end = line if end < len(lines) and lines[end].strip() else end
    if apart:
        added = [*([""] if end and lines[end - 1].strip() else []), *added]
        added += [""] if end < len(lines) and lines[end].strip() else []
    lines[end:end] = added if end < len(lines) else [*added, ""]
    return "\n".join(lines)


def _ended(made: str, text: str) -> str:
    """Let lines that are new end as the first line of a text does."""
    first, *others = text.split("\n")
    if not others or not first.endswith("\r"):
        return made
    old = {first, *others[:-1]}
    *lines, last = made.split("\n")
    return "\n".join([*(line if line in old or line.endswith("\r") else f"{line}\r" for line in lines), last])


# One statement


def _line_with(statement: Statement, path: Place, value: object) -> str | None:
    """Write a setting into a statement that speaks of it, or of an inline table that it is in; None: it does not."""
    if statement.opens or _shared(tuple(_chain(statement.says)), path) <= len(statement.table):
        return None
    document = tomlkit.parse(statement.heading + statement.text)
    table: Any = document
    for step in path[:-1]:
        if step not in table and isinstance(table, InlineTable):
            table[step] = tomlkit.inline_table()
        if step not in table:
            return None
        table = table[step]
    if path[-1] not in table and not isinstance(table, InlineTable):
        return None
    table[path[-1]] = _item(value)
    return tomlkit.dumps(document).removeprefix(statement.heading)


def _line_without(statement: Statement, path: Place) -> str | None:
    """Take a setting out of a statement: "" where it speaks of nothing else; None: it does not speak of it."""
    if _at(statement.says, path) is None:
        return None
    document = tomlkit.parse(statement.text if statement.opens else statement.heading + statement.text)
    table: Any = document
    for step in path[:-1]:
        table = table[step]
    if not isinstance(table, InlineTable):
        return ""
    del table[path[-1]]
    return tomlkit.dumps(document).removeprefix(statement.heading)


def _line(path: Place, value: object) -> str:
    return f"{_key(path)} = {_item(value).as_string()}"


def _key(path: Place) -> str:
    return tomlkit.key(list(path)).as_string()


def _item(value: object) -> Item:
    if not isinstance(value, dict):
        made: Item = tomlkit.item(value)
        return made
    table = tomlkit.inline_table()
    table.update(value)
    return table


# What a text says


def _read(text: str) -> object:
    """Return what a text says so that it equals only itself; None where it is no TOML."""
    try:
        return _told(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return None


def _told(value: object) -> object:
    """Return a value so that 1, 1.0 and true are three, and nan is one."""
    if isinstance(value, dict):
        return {name: _told(each) for name, each in value.items()}
    return [_told(each) for each in value] if isinstance(value, list) else repr(value)


def _put(tables: dict[str, Any], path: Place, value: object) -> dict[str, Any]:
    inner = tables
    for number, step in enumerate(path[:-1], 1):
        inner = inner.setdefault(step, {})
        if not isinstance(inner, dict):
            raise ValueError(f"{'.'.join(path[:number])} is no table")  # noqa: TRY004 - it is the file's fault
    inner[path[-1]] = value
    return tables


def _at(tables: object, path: Place) -> object:
    """Return what tables say at a path; None: nothing."""
    for step in path:
        tables = tables.get(step) if isinstance(tables, Mapping) else None
    return tables


def _said(tables: Mapping[str, object], without: Place = ()) -> dict[str, object]:
    """Return what tables say, without empty ones, and without what stands at a path."""
    said: dict[str, object] = {}
    for name, value in tables.items():
        if without == (name,):
            continue
        inner = without[1:] if without[:1] == (name,) else ()
        told = _said(value, inner) if isinstance(value, dict) else _told(value)
        if told != {}:
            said[name] = told
    return said


def _chain(tables: object) -> Iterator[str]:
    """Yield the names of tables in tables for as long as each holds one."""
    while isinstance(tables, dict) and len(tables) == 1:
        ((name, tables),) = tables.items()
        yield name


def _shared(one: Place, other: Place) -> int:
    """Count the names that two paths begin with."""
    return len(list(takewhile(lambda names: names[0] == names[1], zip(one, other, strict=False))))
