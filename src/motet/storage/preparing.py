"""Making a database ready: its tables are created or migrated, and a newer one is refused."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Dialect, Engine
from sqlalchemy.schema import CreateIndex, CreateTable

from motet.kernel.errors import MissingExtra
from motet.storage.bulk import Statement
from motet.storage.schema import METADATA, VERSION_TABLE, VERSIONS
from motet.storage.session import Session, session_for
from motet.tasks.errors import StoreBroken

__all__ = ["ready"]

LATEST: Final = VERSIONS[-1]

_KNOWN_TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "duckdb": "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
}

_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(7020665120)"
"""PostgreSQL lets one at a time create or migrate; the number is any that nobody else uses."""


def ready(engine: Engine, where: str) -> None:
    """Make a database ready.

    Args:
        engine: Connects to it.
        where: What it is called in messages.

    Raises:
        StoreBroken: It was written by a newer version, or has tables of these names that are somebody else's.
        MissingExtra: It was written by an older version, and what migrates it is not installed.
    """
    connection = engine.raw_connection()
    try:
        session = session_for(engine.dialect.name, connection.driver_connection)
        if engine.dialect.name == "sqlite":
            _use_log(session)
        version = _known_version(session) if engine.dialect.name == "duckdb" else None
        if version is None:
            version = _version(session, engine.dialect.name)
        if version is None:
            version = _create(session, engine.dialect)
        _check(version, where)
    finally:
        if engine.dialect.name == "postgresql":
            connection.invalidate()  # its settings are ours: nobody else shall get it
        else:
            connection.close()  # into the pool: where it is the only one, the next would open the database once more
    if version != LATEST:
        _migrate(engine, where)


def _use_log(session: Session) -> None:
    # Kept in the file: set once, and asking is free.
    if session.rows([("PRAGMA journal_mode", ())]) != [("wal",)]:
        session.rows([("PRAGMA journal_mode=WAL", ())])


def _version(session: Session, dialect: str) -> str | None:
    """Return the version of the tables; "" where only migrations have begun, None where there are no tables.

    Raises:
        StoreBroken: There are tables of our names that are somebody else's.
    """
    tables = {name for (name,) in session.rows([(_KNOWN_TABLES[dialect], ())])}
    if VERSION_TABLE not in tables:
        if strange := sorted(tables & METADATA.tables.keys()):
            raise StoreBroken(
                f"The database has tables that Motet has not made ({', '.join(strange)}): use another database, or "
                "another schema"
            )
        return None
    return _written_version(session)


def _known_version(session: Session) -> str | None:
    """Return the version of the tables without a list of them, which takes DuckDB a third of the time to open a file.

    Returns:
        None where there is no such table, so that the list has to tell what there is.
    """
    try:
        return _written_version(session)
    except Exception as error:
        # By name: the driver is optional, and the message may hold any word, as it names tables that look alike.
        if type(error).__name__ == "CatalogException":
            return None
        raise


def _written_version(session: Session) -> str:
    rows = session.rows([(f"SELECT version_num FROM {VERSION_TABLE}", ())])
    return str(rows[0][0]) if rows else ""


def _create(session: Session, dialect: Dialect) -> str:
    """Create the tables, unless somebody else was quicker; return their version."""
    session.begin()
    try:
        if dialect.name == "postgresql":
            session.rows([(_ONE_AT_A_TIME, ())])
        version = _version(session, dialect.name)
        if version is None:
            session.run(_creation(dialect))
            version = LATEST
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return version


def _creation(dialect: Dialect) -> Iterator[Statement]:
    for table in METADATA.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect)), ()
        for index in table.indexes:
            yield str(CreateIndex(index).compile(dialect=dialect)), ()
    key = f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num)"
    yield f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, {key})", ()
    yield f"INSERT INTO {VERSION_TABLE} (version_num) VALUES ('{LATEST}')", ()


def _check(version: str, where: str) -> None:
    if version and version not in VERSIONS:
        raise StoreBroken(
            f"{where} was written by a newer version of Motet (its tables have version {version}, this one knows "
            f"{LATEST}): upgrade Motet, or use another store"
        )


def _migrate(engine: Engine, where: str) -> None:
    try:
        from motet.storage.migrating import migrate  # noqa: PLC0415 - needs an extra, and only here
    except ImportError as error:
        raise MissingExtra.of(f"Bringing {where} up to date", "migrate") from error
    migrate(engine)
