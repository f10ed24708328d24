"""What a driver's exception means, and what to do about it."""

import errno
import sqlite3
from dataclasses import dataclass
from enum import Enum
from typing import Final

from motet.kernel.errors import MotetError
from motet.tasks.errors import StoreBroken, StoreUnavailable

__all__ = ["Diagnosis", "Trouble", "diagnose"]


class Trouble(Enum):
    """What kind of trouble it is."""

    CONFLICT = "somebody else was quicker: try again at once"
    PASSING = "it may be over in a moment"
    STANDING = "it stays until somebody does something about it"
    BROKEN = "the store cannot be used"
    MISTAKE = "the fault of one operation, or of this program"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What an exception means.

    Args:
        trouble: What kind of trouble it is.
        message: What happened, and what to do about it.
        lost: Whether the connection is of no use any more.
    """

    trouble: Trouble
    message: str
    lost: bool = False

    def error(self) -> MotetError:
        """Return what to raise."""
        if self.trouble is Trouble.BROKEN:
            return StoreBroken(self.message)
        return StoreUnavailable(self.message)


_SQLITE: Final[dict[int, tuple[Trouble, str]]] = {
    sqlite3.SQLITE_BUSY: (
        Trouble.PASSING,
        "{where} is locked: another program is writing to it, or holds a transaction open. End that, and try again",
    ),
    sqlite3.SQLITE_FULL: (Trouble.PASSING, "There is no space left for {where}: make some, and work goes on"),
    sqlite3.SQLITE_IOERR: (Trouble.PASSING, "{where} cannot be read or written: look after the disk ({error})"),
    sqlite3.SQLITE_CORRUPT: (
        Trouble.BROKEN,
        (
            "{where} is damaged ({error}): restore a backup, or save what can be read with `sqlite3 FILE .recover`; "
            "`PRAGMA integrity_check` tells what is wrong"
        ),
    ),
    sqlite3.SQLITE_NOTADB: (
        Trouble.BROKEN,
        "{where} is no SQLite database: name another file, or restore a backup of this one",
    ),
    sqlite3.SQLITE_READONLY: (
        Trouble.STANDING,
        "{where} cannot be written: this user may not change the file, or its folder ({error})",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        Trouble.STANDING,
        "{where} cannot be opened: its folder is missing, or this user may not write there",
    ),
    sqlite3.SQLITE_PERM: (Trouble.STANDING, "{where} cannot be opened: this user may not ({error})"),
}
_SQLITE[sqlite3.SQLITE_LOCKED] = _SQLITE[sqlite3.SQLITE_BUSY]

_DUCKDB: Final[tuple[tuple[str, Trouble, str], ...]] = (
    (
        "could not set lock on file",
        Trouble.PASSING,
        (
            "{where} is in use by another process, and DuckDB is for one process at a time: end that one, or keep "
            "tasks in SQLite or PostgreSQL, which several processes can share"
        ),
    ),
    ("no space left", Trouble.PASSING, "There is no space left for {where}: make some, and work goes on"),
    ("conflict", Trouble.CONFLICT, "Somebody else has changed {where} at the same time"),
    ("duplicate key", Trouble.CONFLICT, "Somebody else has stored the same in {where} at the same time"),
    ("not a valid duckdb database", Trouble.BROKEN, "{where} is no DuckDB database: name another file"),
    ("checksum", Trouble.BROKEN, "{where} is damaged ({error}): restore a backup"),
    ("corrupt", Trouble.BROKEN, "{where} is damaged ({error}): restore a backup"),
    (
        "newer version of duckdb",
        Trouble.BROKEN,
        "{where} was written by another version of DuckDB ({error})",
    ),
    ("read-only", Trouble.STANDING, "{where} cannot be written ({error})"),
    ("permission denied", Trouble.STANDING, "{where} cannot be opened: this user may not"),
    ("cannot open file", Trouble.STANDING, "{where} cannot be opened: its folder is missing, or this user may not"),
    ("database has been invalidated", Trouble.PASSING, "{where} has to be opened again ({error})"),
)

_POSTGRES: Final[tuple[tuple[str, Trouble, str], ...]] = (
    ("40", Trouble.CONFLICT, "Somebody else has changed {where} at the same time"),
    ("23505", Trouble.CONFLICT, "Somebody else has stored the same in {where} at the same time"),
    ("28", Trouble.STANDING, "{where} does not let this user in: check name and password ({error})"),
    ("3D000", Trouble.STANDING, "{where} does not exist: create it with `createdb` ({error})"),
    ("42501", Trouble.STANDING, "This user may not do that in {where} ({error})"),
    ("25006", Trouble.PASSING, "{where} takes no writes now: it is a standby, or set to read-only ({error})"),
    ("53100", Trouble.PASSING, "There is no space left for {where}: make some, and work goes on"),
    ("53", Trouble.PASSING, "{where} has run out of something ({error})"),
    ("55P03", Trouble.PASSING, "{where} is locked ({error})"),
    ("57014", Trouble.PASSING, "{where} took too long ({error})"),
    ("57", Trouble.PASSING, "{where} is being shut down ({error})"),
    ("58", Trouble.PASSING, "{where} has trouble with its disk ({error})"),
    ("XX001", Trouble.BROKEN, "{where} is damaged ({error}): restore a backup"),
    ("XX002", Trouble.BROKEN, "An index of {where} is damaged ({error}): REINDEX, or restore a backup"),
    ("08", Trouble.PASSING, "{where} cannot be reached ({error})"),
)


def diagnose(error: BaseException, where: str) -> Diagnosis:
    """Tell what an exception means.

    Args:
        error: What a driver raised, or SQLAlchemy around that.
        where: What the database is called, for the message.
    """
    origin: BaseException = getattr(error, "orig", None) or error
    if isinstance(origin, sqlite3.Error):
        return _of_sqlite(origin, where)
    module = type(origin).__module__.partition(".")[0]
    if module in {"duckdb", "_duckdb"}:
        return _of_duckdb(origin, where)
    if module == "psycopg":
        return _of_postgres(origin, where)
    if isinstance(origin, StoreUnavailable):
        return Diagnosis(Trouble.PASSING, str(origin))
    if isinstance(origin, OSError):
        return _of_system(origin, where)
    return Diagnosis(Trouble.MISTAKE, _said(origin))


def _of_sqlite(error: sqlite3.Error, where: str) -> Diagnosis:
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_CONSTRAINT_UNIQUE or code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:  # noqa: PLR1714
        return Diagnosis(Trouble.CONFLICT, f"Somebody else has stored the same in {where} at the same time")
    trouble, message = _SQLITE.get((code or 0) & 0xFF, (Trouble.MISTAKE, "{error}"))
    lost = trouble is not Trouble.MISTAKE and code != sqlite3.SQLITE_BUSY
    return Diagnosis(trouble, message.format(where=where, error=_said(error)), lost)


def _of_duckdb(error: BaseException, where: str) -> Diagnosis:
    said = _said(error)
    for words, trouble, message in _DUCKDB:
        if words in said.lower():
            lost = trouble is not Trouble.CONFLICT
            return Diagnosis(trouble, message.format(where=where, error=said), lost)
    kind = type(error).__name__
    if kind in {"IOException", "FatalException", "ConnectionException"}:
        return Diagnosis(Trouble.PASSING, f"{where} cannot be read or written ({said})", lost=True)
    return Diagnosis(Trouble.MISTAKE, said)


def _of_postgres(error: BaseException, where: str) -> Diagnosis:
    said = _said(error)
    state = getattr(error, "sqlstate", None)
    for code, trouble, message in _POSTGRES if state else ():
        if str(state).startswith(code):
            return Diagnosis(trouble, message.format(where=where, error=said), lost=trouble is not Trouble.CONFLICT)
    if type(error).__name__ in {"OperationalError", "InterfaceError", "ConnectionTimeout"}:
        standing = any(words in said for words in ("authentication failed", "no password supplied", "does not exist"))
        message = "{where} does not let this user in, or does not exist" if standing else "{where} cannot be reached"
        trouble = Trouble.STANDING if standing else Trouble.PASSING
        return Diagnosis(
            trouble, f"{message.format(where=where)}: check address, name and password ({said})", lost=True
        )
    return Diagnosis(Trouble.MISTAKE, said)


def _of_system(error: OSError, where: str) -> Diagnosis:
    if error.errno == errno.ENOSPC:
        return Diagnosis(Trouble.PASSING, f"There is no space left for {where}: make some, and work goes on", lost=True)
    return Diagnosis(Trouble.PASSING, f"{where} cannot be read or written ({error})", lost=True)


def _said(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return " ".join(line.strip() for line in lines) or type(error).__name__
