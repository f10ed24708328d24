"""Real databases with a few rows, one of each kind, for the tests of the database tools."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing

import duckdb
import psycopg
import pytest

from lasting import SERVER, new_database

__all__ = ["KINDS", "Place", "duckdb_place", "place", "postgres_database", "postgres_place", "sqlite_place"]

KINDS = ["sqlite", "duckdb", "postgresql"]

TABLES = [
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, balance NUMERIC(10, 2))",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers (id), item TEXT)",
    "CREATE TABLE secret (word TEXT)",
    "INSERT INTO customers VALUES (1, 'Ada', 10.50), (2, 'Bob', 7), (3, 'Cyd', NULL)",
    "INSERT INTO orders VALUES (1, 1, 'apple'), (2, 1, 'pear'), (3, 2, 'plum')",
    "INSERT INTO secret VALUES ('sesame')",
]


class Place:
    """A database.

    Args:
        url: Its address.
        superuser: Likewise, with all rights; the same where there are no rights.
        reader: A role that may read; "" where there are no roles.
    """

    def __init__(self, url: str, superuser: str = "", reader: str = "") -> None:
        self.url = url
        self.superuser = superuser or url
        self.reader = reader
        self.kind = url.partition(":")[0]

    def ask(self, sql: str) -> list[tuple]:
        """Run a statement around the tools, and commit it."""
        if self.kind == "postgresql":
            with psycopg.connect(self.superuser, autocommit=True) as connection:
                cursor = connection.execute(sql)
                return cursor.fetchall() if cursor.description else []
        path = self.url.partition("///")[2]
        with closing(sqlite3.connect(path) if self.kind == "sqlite" else duckdb.connect(path)) as connection:
            rows = connection.execute(sql).fetchall()
            connection.commit()
            return rows


@pytest.fixture
def sqlite_place(tmp_path):
    made = Place(f"sqlite:///{tmp_path / 'shop.db'}")
    for statement in TABLES:
        made.ask(statement)
    return made


@pytest.fixture
def duckdb_place(tmp_path):
    made = Place(f"duckdb:///{tmp_path / 'shop.duckdb'}")
    for statement in TABLES:
        made.ask(statement)
    return made


@pytest.fixture(scope="module")
def postgres_database() -> Iterator[str]:
    """Give the address of a database in which no other schemas are: the tools list all that they see."""
    with new_database() as url:
        yield url


@pytest.fixture
def postgres_place(postgres_database: str) -> Iterator[Place]:
    name = f"motet_test_{uuid.uuid4().hex[:12]}"
    options = f"?options=-csearch_path%3D{name}"
    login = SERVER.partition("://")[2].partition("@")[0]
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        connection.execute(f"CREATE ROLE {name} LOGIN")
        try:
            reader = postgres_database.replace(f"://{login}@", f"://{name}@")
            made = Place(reader + options, postgres_database + options, name)
            for statement in TABLES:
                made.ask(statement)
            connection.execute(f"GRANT USAGE ON SCHEMA {name} TO {name}")
            connection.execute(f"GRANT SELECT ON {name}.customers, {name}.orders TO {name}")
            yield made
        finally:
            connection.execute(f"DROP SCHEMA {name} CASCADE")
            connection.execute(f"DROP OWNED BY {name}")
            connection.execute(f"DROP ROLE {name}")


@pytest.fixture(params=KINDS)
def place(request):
    """Each kind in turn."""
    fixtures = {"sqlite": "sqlite_place", "duckdb": "duckdb_place", "postgresql": "postgres_place"}
    return request.getfixturevalue(fixtures[request.param])
