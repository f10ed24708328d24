"""Statements that read or write many rows at once, in each dialect: one statement costs what one row costs.

SQLite takes rows as VALUES, in a few sizes so that its cache of prepared statements serves. PostgreSQL and DuckDB take
each column as one array, so that one text serves every number of rows.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Double, Table

__all__ = ["DUCKDB", "POSTGRESQL", "SQLITE", "Bulk", "Row", "Statement"]

Row = tuple[Any, ...]
Statement = tuple[str, Sequence[Any]]
"""A statement's text in the words of its driver, and its parameters."""

SIZES: Final = (256, 64, 16, 4, 1)


class Bulk(ABC):
    """What the dialects have in common; rows are tuples in the order of the table's columns."""

    def insert(self, table: Table, rows: Sequence[Row], *, ignore: bool = False) -> Iterator[Statement]:
        """Insert rows; leave those out that are there already if told so."""
        return self._emit("ignore" if ignore else "insert", table, rows)

    def put(self, table: Table, rows: Sequence[Row]) -> Iterator[Statement]:
        """Insert rows, in the place of those that are there."""
        return self._emit("put", table, rows)

    def update(self, table: Table, rows: Sequence[Row]) -> Iterator[Statement]:
        """Update the rows that have these primary keys."""
        return self._emit("update", table, rows)

    def delete(self, table: Table, keys: Sequence[Row], columns: Sequence[str]) -> Iterator[Statement]:
        """Delete the rows in which these columns have one of these values."""
        return self._emit("delete", table, keys, tuple(columns))

    def select(self, table: Table, keys: Sequence[Row], columns: Sequence[str]) -> Iterator[Statement]:
        """Select the rows in which these columns have one of these values, for an update; perhaps more than once."""
        return self._emit("select", table, keys, tuple(columns))

    def learn(self, tables: Sequence[Table]) -> Iterator[Statement]:
        """Let the database learn that these tables have changed a lot, where it would not see by itself at once."""
        return iter(())

    @abstractmethod
    def _emit(
        self, verb: str, table: Table, rows: Sequence[Row], columns: tuple[str, ...] = ()
    ) -> Iterator[Statement]: ...


class _Values(Bulk):
    """Rows as VALUES."""

    def _emit(self, verb: str, table: Table, rows: Sequence[Row], columns: tuple[str, ...] = ()) -> Iterator[Statement]:
        if verb == "select":
            yield from self._padded(table, rows, columns)
            return
        begin = 0
        for size in SIZES:
            while len(rows) - begin >= size:
                part = rows[begin : begin + size]
                yield _values_text(verb, table, columns, size), [value for row in part for value in row]
                begin += size

    @staticmethod
    def _padded(table: Table, rows: Sequence[Row], columns: tuple[str, ...]) -> Iterator[Statement]:
        for begin in range(0, len(rows), SIZES[0]):
            part = rows[begin : begin + SIZES[0]]
            size = next(size for size in reversed(SIZES) if size >= len(part))
            filled = [*part, *[part[-1]] * (size - len(part))]
            yield _values_text("select", table, columns, size), [value for row in filled for value in row]


@cache
def _values_text(verb: str, table: Table, columns: tuple[str, ...], size: int) -> str:
    names = columns or tuple(column.name for column in table.columns)
    row = f"({', '.join('?' * len(names))})"
    values = f"VALUES {', '.join([row] * size)}"
    given = {name: f"v.column{place}" for place, name in enumerate(names, 1)}
    if verb == "select":
        listed = ", ".join(f't."{column.name}"' for column in table.columns)
        met = " AND ".join(f't."{name}" = {given[name]}' for name in names)
        # CROSS JOIN: SQLite keeps its order, and looks each key up.
        return f"SELECT {listed} FROM ({values}) AS v CROSS JOIN {table.name} AS t ON {met}"
    if verb == "delete":
        return f"DELETE FROM {table.name} WHERE ({_listed(names)}) IN ({values})"
    if verb == "update":
        return _update_text(table, given, f"({values}) AS v")
    return f"INSERT INTO {table.name} ({_listed(names)}) {values}{_conflict(verb, table)}"


class _Arrays(Bulk):
    """Columns as arrays.

    Args:
        mark: What stands for a parameter.
        types: What its types are called, by those of SQLAlchemy.
        unnest: Whether arrays become rows as a "table", or in a "select".
        lock: What keeps selected rows from others.
        merges: Whether ON CONFLICT is a join with the whole table.
    """

    def __init__(self, mark: str, types: dict[str, str], unnest: str, lock: str, *, merges: bool) -> None:
        self.mark = mark
        self.types = types
        self.unnest = unnest
        self.lock = lock
        self.merges = merges

    def learn(self, tables: Sequence[Table]) -> Iterator[Statement]:
        """Let PostgreSQL count: it plans how to read by what it knows of the number of rows."""
        if self.lock:
            yield f"ANALYZE {', '.join(table.name for table in tables)}", ()

    def _emit(self, verb: str, table: Table, rows: Sequence[Row], columns: tuple[str, ...] = ()) -> Iterator[Statement]:
        if len(rows) == 1:
            yield _one(self, verb, table, rows[0], columns)
            return
        for begin in range(0, len(rows), 10_000):
            arrays = [list(column) for column in zip(*rows[begin : begin + 10_000], strict=True)]
            names = columns or tuple(column.name for column in table.columns)
            for place, name in enumerate(names):
                if isinstance(table.columns[name].type, Double):
                    # A driver wants all numbers of an array to be of one type.
                    arrays[place] = [None if number is None else float(number) for number in arrays[place]]
            yield _arrays_text(self, verb, table, columns), arrays


def _one(bulk: _Arrays, verb: str, table: Table, row: Row, columns: tuple[str, ...]) -> Statement:
    """Return the statement for one row: without arrays it takes half the time."""
    text = _one_text(bulk, verb, table, columns)
    if verb != "update":
        return text, row
    keys = {column.name for column in table.primary_key}
    named = [(column.name in keys, value) for column, value in zip(table.columns, row, strict=True)]
    return text, [value for key, value in named if not key] + [value for key, value in named if key]


@cache
def _one_text(bulk: _Arrays, verb: str, table: Table, columns: tuple[str, ...]) -> str:
    mark, names = bulk.mark, columns or tuple(column.name for column in table.columns)
    met = " AND ".join(f'"{name}" = {mark}' for name in columns)
    if verb == "select":
        lock = bulk.lock.replace(" OF t", "")
        return f"SELECT {_listed([column.name for column in table.columns])} FROM {table.name} WHERE {met} {lock}"
    if verb == "delete":
        return f"DELETE FROM {table.name} WHERE {met}"
    if verb == "update":
        keys = [column.name for column in table.primary_key]
        news = ", ".join(f'"{name}" = {mark}' for name in names if name not in keys)
        known = " AND ".join(f'"{name}" = {mark}' for name in keys)
        return f"UPDATE {table.name} SET {news} WHERE {known}"
    if verb == "ignore" and bulk.merges:
        given = {name: f"${place}" for place, name in enumerate(names, 1)}
        there = " AND ".join(f'"{column.name}" = {given[column.name]}' for column in table.primary_key)
        return (
            f"INSERT INTO {table.name} ({_listed(names)}) SELECT {', '.join(given.values())} "
            f"WHERE NOT EXISTS (SELECT 1 FROM {table.name} WHERE {there})"
        )
    marks = ", ".join([mark] * len(names))
    return f"INSERT INTO {table.name} ({_listed(names)}) VALUES ({marks}){_conflict(verb, table)}"


@cache
def _arrays_text(bulk: _Arrays, verb: str, table: Table, columns: tuple[str, ...]) -> str:
    names = columns or tuple(column.name for column in table.columns)
    arrays = [f"{bulk.mark}::{bulk.types[type(table.columns[name].type).__name__]}[]" for name in names]
    if bulk.unnest == "table":
        source = f"unnest({', '.join(arrays)}) AS v({_listed(names)})"
    else:
        unnested = (f'unnest({array}) AS "{name}"' for array, name in zip(arrays, names, strict=True))
        source = f"(SELECT {', '.join(unnested)}) AS v"
    given = {name: f'v."{name}"' for name in names}
    met = " AND ".join(f't."{name}" = {given[name]}' for name in names)
    if verb == "select":
        listed = ", ".join(f't."{column.name}"' for column in table.columns)
        return f"SELECT {listed} FROM {table.name} AS t JOIN {source} ON {met}{_locked(bulk, table)}"
    if verb == "delete":
        return f"DELETE FROM {table.name} AS t USING {source} WHERE {met}"
    if verb == "update":
        return _update_text(table, given, source)
    return f"INSERT INTO {table.name} ({_listed(names)}) SELECT {_listed(names)} FROM {source}{_conflict(verb, table)}"


def _locked(bulk: _Arrays, table: Table) -> str:
    # In one order everywhere, so that two writers do not wait for each other.
    order = ", ".join(f't."{column.name}"' for column in table.primary_key)
    return f" ORDER BY {order} {bulk.lock}" if bulk.lock else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _update_text(table: Table, given: dict[str, str], source: str) -> str:
    keys = [column.name for column in table.primary_key]
    news = ", ".join(f'"{name}" = {value}' for name, value in given.items() if name not in keys)
    met = " AND ".join(f'{table.name}."{name}" = {given[name]}' for name in keys)
    return f"UPDATE {table.name} SET {news} FROM {source} WHERE {met}"


def _conflict(verb: str, table: Table) -> str:
    if verb == "insert":
        return ""
    if verb == "ignore":
        return " ON CONFLICT DO NOTHING"
    keys = [column.name for column in table.primary_key]
    news = ", ".join(
        f'"{column.name}" = excluded."{column.name}"' for column in table.columns if column.name not in keys
    )
    return f" ON CONFLICT ({_listed(keys)}) DO UPDATE SET {news}"


SQLITE: Final[Bulk] = _Values()
POSTGRESQL: Final[Bulk] = _Arrays(
    "%s",
    {
        "Text": "text",
        "Integer": "int",
        "BigInteger": "bigint",
        "Double": "float8",
        "LargeBinary": "bytea",
        "Boolean": "boolean",
    },
    "table",
    "FOR UPDATE OF t",
    merges=False,
)
DUCKDB: Final[Bulk] = _Arrays(
    "?",
    {
        "Text": "varchar",
        "Integer": "int",
        "BigInteger": "bigint",
        "Double": "double",
        "LargeBinary": "blob",
        "Boolean": "boolean",
    },
    "select",
    "",
    merges=True,
)
