"""What tests of stores need: no thread, connection or task may be left behind."""

import os
import threading
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from leaks import nothing_left

__all__ = ["no_threads_left", "nothing_left", "postgres_url"]

SERVER = os.environ.get("MOTET_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
"""A database in which tests may make schemas of their own."""


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Fail a test after which a thread of a store is still there."""
    yield
    left = [thread for thread in threading.enumerate() if thread.name.startswith("motet-")]
    assert not left


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """Make a schema of the test's own, and drop it afterwards."""
    schema = f"motet_test_{uuid.uuid4().hex[:12]}"
    try:
        connection = psycopg.connect(SERVER, autocommit=True)
    except psycopg.OperationalError as error:
        pytest.fail(f"no PostgreSQL server: start one, or name one in MOTET_TEST_POSTGRES ({error})")
    with connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield f"{SERVER}?options=-csearch_path%3D{schema}"
        connection.execute(f"DROP SCHEMA {schema} CASCADE")
