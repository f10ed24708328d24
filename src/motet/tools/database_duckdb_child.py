"""The process in which DuckDB answers one question: JSON in, JSON out. See `database_duckdb` for why."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from typing import Any, Final

import duckdb

from motet.tools.database_rows import QueryLimits, Rows, gathered

__all__ = ["main"]

# https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview
_CONFIG: Final = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
    "threads": "2",
    "lock_configuration": "true",
}
_WRITING: Final = {"INSERT", "UPDATE", "DELETE"}
_COLUMNS: Final = """
    SELECT table_schema, table_name, column_name, data_type, is_nullable = 'YES' FROM information_schema.columns
    WHERE table_catalog = current_database() AND table_schema NOT IN ('information_schema', 'pg_catalog')
    ORDER BY table_schema, table_name, ordinal_position
"""
_KEYS: Final = """
    SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table,
           referenced_column_names
    FROM duckdb_constraints() WHERE constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')
"""


def main() -> None:
    """Read a question from standard input, and write the answer to standard output."""
    asked = json.load(sys.stdin)
    json.dump(_answer(asked), sys.stdout)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    limits = QueryLimits(**asked["limits"])
    config = {**_CONFIG, "memory_limit": asked["memory"]}
    try:
        connection = duckdb.connect(asked["path"], read_only=not asked["writable"], config=config)
    except duckdb.Error as error:
        return {"unavailable": str(error)}
    timer = threading.Timer(limits.seconds, connection.interrupt)
    timer.daemon = True
    with closing(connection):
        timer.start()
        try:
            if asked["sql"] is None:
                return {"tables": _tables(connection)}
            return {"rows": asdict(_rows(connection, asked, limits))}
        except duckdb.InterruptException:
            return {"late": True}
        except (duckdb.Error, RuntimeError, ValueError) as error:
            return {"refused": str(error)}
        finally:
            timer.cancel()


def _rows(connection: duckdb.DuckDBPyConnection, asked: dict[str, Any], limits: QueryLimits) -> Rows:
    statements = connection.extract_statements(asked["sql"])
    if len(statements) != 1:
        raise ValueError(f"These are {len(statements)} statements: write one")
    connection.execute("BEGIN TRANSACTION")
    connection.execute(statements[0], asked["parameters"] or None)
    columns = [column[0] for column in connection.description or ()]
    rows = gathered(columns, _fetched(connection), limits)
    if asked["writable"]:
        connection.execute("COMMIT")
    if statements[0].type.name in _WRITING and columns == ["Count"]:
        return Rows(changed=rows.rows[0][0])
    return rows


def _fetched(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while (row := connection.fetchone()) is not None:
        yield row


def _tables(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    tables: dict[tuple[str, str], dict[str, Any]] = {}
    for schema, table, column, kind, nullable in connection.execute(_COLUMNS).fetchall():
        name = table if schema == "main" else f"{schema}.{table}"
        empty: dict[str, Any] = {"name": name, "columns": [], "primary_key": [], "references": []}
        tables.setdefault((schema, table), empty)["columns"].append((column, kind, nullable))
    for schema, table, kind, columns, target, targets in connection.execute(_KEYS).fetchall():
        if kind == "PRIMARY KEY":
            tables[schema, table]["primary_key"] = columns
        else:
            there = ", ".join(f"{target}.{column}" for column in targets)
            tables[schema, table]["references"].append(f"{', '.join(columns)} -> {there}")
    return list(tables.values())
