"""Where a child stores, and how much is stored there; the suite makes the place before and removes it after.

A folder, and for workloads on PostgreSQL a database, are made for every single measurement and named in the environment
(`surroundings`). This module imports nothing but the standard library, for it is imported in the interpreter of each
side.
"""

from __future__ import annotations

import os
import random
import sqlite3
import string
from contextlib import closing
from pathlib import Path

FOLDER = "BENCHMARK_FOLDER"
DATABASE = "BENCHMARK_DATABASE"
TURN_BYTES = 1024

POSTGRES_BYTES = """
SELECT coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')
"""
"""Tells what all tables of a PostgreSQL database take, with their indexes and with what is stored out of line."""


class NoPlaceError(Exception):
    """The environment names no place, because the suite did not start this child."""


def file(name: str) -> Path:
    """Give the path of a file that is not there yet.

    Raises:
        NoPlaceError: The environment names no folder.
    """
    if FOLDER not in os.environ:
        raise NoPlaceError(f"set {FOLDER} to an empty folder on the disk that is to be measured")
    return Path(os.environ[FOLDER]) / name


def database() -> str:
    """Give the address of an empty PostgreSQL database, as ``postgresql://...``.

    Raises:
        NoPlaceError: The environment names no database.
    """
    if DATABASE not in os.environ:
        raise NoPlaceError(f"set {DATABASE} to the address of an empty database, as postgresql://...")
    return os.environ[DATABASE]


def turn_text(turn: int) -> str:
    """Make the text of a turn: about 1 KB, different in each turn, hard to compress."""
    letters = string.ascii_letters + string.digits
    return "".join(random.Random(turn).choices(letters, k=TURN_BYTES))  # noqa: S311 - a payload, not a secret


def sqlite_bytes(path: Path) -> int:
    """Bring the log of a SQLite file into it, and say how large the file is."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def sqlite_column_bytes(path: Path) -> int:
    """Add up the bytes of all values in all tables of a SQLite file: neither indexes nor free space."""
    total = 0
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for column in connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall():
                sized = f'SELECT coalesce(sum(length(CAST("{column[0]}" AS BLOB))), 0) FROM "{table}"'  # noqa: S608
                total += connection.execute(sized).fetchone()[0]
    return total
