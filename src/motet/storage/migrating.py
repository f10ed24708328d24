"""Bringing an older database up to date, with Alembic."""

import threading
from pathlib import Path
from typing import Final

from alembic.config import Config
from alembic.ddl.impl import DefaultImpl
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from motet.storage.schema import METADATA, VERSION_TABLE

__all__ = ["migrate", "scripts"]

FOLDER: Final = Path(__file__).parent / "migrations"

_LOCKS: Final = {
    # Whoever writes first keeps everybody else from writing.
    "sqlite": f"DELETE FROM {VERSION_TABLE} WHERE version_num = ''",
    "postgresql": f"LOCK TABLE {VERSION_TABLE} IN ACCESS EXCLUSIVE MODE",
}


class _DuckDB(DefaultImpl):
    """Alembic looks for what it knows of a dialect by the name of that."""

    __dialect__ = "duckdb"


_ONE_AT_A_TIME: Final = threading.Lock()
"""The `op` that migrations import is one for the whole process."""


def scripts() -> ScriptDirectory:
    """Return the migrations."""
    return ScriptDirectory(str(FOLDER), version_locations=[str(FOLDER)])


def migrate(engine: Engine) -> None:
    """Run the migrations that a database does not have yet, if nobody else is about it."""
    with _ONE_AT_A_TIME, engine.connect() as connection, connection.begin():
        lock = _LOCKS.get(engine.dialect.name)
        if lock is not None:
            connection.execute(text(lock))
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    found = scripts()
    environment = EnvironmentContext(
        Config(),
        found,
        fn=lambda revision, _context: found._upgrade_revs("head", revision),  # noqa: SLF001 - as Alembic's own command does
    )
    environment.configure(
        connection=connection, target_metadata=METADATA, version_table=VERSION_TABLE, transactional_ddl=True
    )
    environment.run_migrations()
