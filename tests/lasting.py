"""The stores that last, each at a place of its own: a file that goes with the test, a database dropped after it."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LASTING: Final = ("sqlite", "duckdb", "postgresql")

SERVER: Final = os.environ.get("MOTET_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
"""The server of the tests; each makes a database of its own in it."""


@contextmanager
def lasting_url(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty store of a kind."""
    if kind != "postgresql":
        yield f"{kind}:///{folder / f'work.{kind}'}"
        return
    with new_database() as url:
        yield url


@contextmanager
def new_database() -> Iterator[str]:
    """Make an empty database on the PostgreSQL server of the tests, and drop it afterwards."""
    import psycopg
    from psycopg import sql

    name = f"motet_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield SERVER.rpartition("/")[0] + f"/{name}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
