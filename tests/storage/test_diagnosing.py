"""What drivers' exceptions mean."""

import errno
import os
import sqlite3

import duckdb
import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from motet.storage.diagnosing import Trouble, diagnose
from motet.tasks.errors import StoreBroken, StoreUnavailable


def sqlite_error(code, text="said"):
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


def postgres_error(state, text="said"):
    return psycopg.errors.lookup(state)(text)


@pytest.mark.parametrize(
    ("error", "trouble", "said", "lost"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY), Trouble.PASSING, "IT is locked", False),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), Trouble.PASSING, "IT is locked", True),
        (sqlite_error(sqlite3.SQLITE_FULL), Trouble.PASSING, "no space left for IT", True),
        (sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), Trouble.PASSING, "look after the disk", True),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), Trouble.BROKEN, "restore a backup", True),
        (sqlite_error(sqlite3.SQLITE_NOTADB), Trouble.BROKEN, "is no SQLite database", True),
        (sqlite_error(sqlite3.SQLITE_READONLY_DIRECTORY), Trouble.STANDING, "may not change the file", True),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), Trouble.STANDING, "its folder is missing", True),
        (sqlite_error(sqlite3.SQLITE_CONSTRAINT_UNIQUE), Trouble.CONFLICT, "the same", False),
        (sqlite_error(sqlite3.SQLITE_MISMATCH), Trouble.MISTAKE, "said", False),
        (sqlite3.ProgrammingError("wrong"), Trouble.MISTAKE, "wrong", False),
        (postgres_error("40001"), Trouble.CONFLICT, "at the same time", False),
        (postgres_error("40P01"), Trouble.CONFLICT, "at the same time", False),
        (postgres_error("23505"), Trouble.CONFLICT, "the same", False),
        (postgres_error("28P01"), Trouble.STANDING, "check name and password", True),
        (postgres_error("3D000"), Trouble.STANDING, "createdb", True),
        (postgres_error("42501"), Trouble.STANDING, "may not", True),
        (postgres_error("25006"), Trouble.PASSING, "takes no writes now", True),
        (postgres_error("53100"), Trouble.PASSING, "no space left", True),
        (postgres_error("53300"), Trouble.PASSING, "has run out of something", True),
        (postgres_error("57P01"), Trouble.PASSING, "being shut down", True),
        (postgres_error("57014"), Trouble.PASSING, "took too long", True),
        (postgres_error("55P03"), Trouble.PASSING, "is locked", True),
        (postgres_error("58030"), Trouble.PASSING, "trouble with its disk", True),
        (postgres_error("08006"), Trouble.PASSING, "cannot be reached", True),
        (postgres_error("XX001"), Trouble.BROKEN, "restore a backup", True),
        (postgres_error("42601"), Trouble.MISTAKE, "said", False),
        (psycopg.OperationalError("connection refused"), Trouble.PASSING, "cannot be reached", True),
        (psycopg.InterfaceError("the connection is closed"), Trouble.PASSING, "cannot be reached", True),
        (psycopg.OperationalError("password authentication failed"), Trouble.STANDING, "does not let this user", True),
        (psycopg.DataError("wrong"), Trouble.MISTAKE, "wrong", False),
        (duckdb.IOException("Could not set lock on file"), Trouble.PASSING, "one process at a time", True),
        (duckdb.TransactionException("write-write conflict"), Trouble.CONFLICT, "at the same time", False),
        (duckdb.TransactionException("Failed to commit: duplicate key"), Trouble.CONFLICT, "the same", False),
        (duckdb.ConstraintException("duplicate key"), Trouble.CONFLICT, "the same", False),
        (duckdb.IOException("No space left on device"), Trouble.PASSING, "no space left", True),
        (duckdb.IOException("anything else"), Trouble.PASSING, "cannot be read or written", True),
        (duckdb.FatalException("database has been invalidated"), Trouble.PASSING, "has to be opened again", True),
        (duckdb.ParserException("wrong"), Trouble.MISTAKE, "wrong", False),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), Trouble.PASSING, "no space left", True),
        (OSError(errno.EIO, os.strerror(errno.EIO)), Trouble.PASSING, "cannot be read or written", True),
        (StoreUnavailable("not yet"), Trouble.PASSING, "not yet", False),
        (KeyError("x"), Trouble.MISTAKE, "x", False),
        (RuntimeError(), Trouble.MISTAKE, "RuntimeError", False),
    ],
)
def test_exceptions_are_understood(error, trouble, said, lost):
    diagnosis = diagnose(error, "IT")
    assert (diagnosis.trouble, diagnosis.lost) == (trouble, lost)
    assert said in diagnosis.message
    assert diagnose(OperationalError("SELECT", {}, error), "IT") == diagnosis


def test_a_fault_says_which_error_to_raise():
    broken = diagnose(sqlite_error(sqlite3.SQLITE_CORRUPT), "IT").error()
    assert type(broken) is StoreBroken
    assert not broken.retryable
    gone = diagnose(postgres_error("57P01"), "IT").error()
    assert type(gone) is StoreUnavailable
    assert gone.retryable
