"""Makes and drops a PostgreSQL database; the suite runs it in the environment of the raw storage floor.

``python -m benchmarks.tasks.server ADDRESS create|drop NAME`` and ``... ADDRESS version``.
"""

from __future__ import annotations

import sys

import psycopg
from psycopg import sql


def main(address: str, act: str, *names: str) -> None:
    """Do one thing on the server at `address`, in autocommit mode."""
    with psycopg.connect(address, autocommit=True, connect_timeout=10) as connection:
        if act == "version":
            row = connection.execute("SHOW server_version").fetchone()
            print(row[0] if row else "unknown")
            return
        name = sql.Identifier(*names)
        command = "CREATE DATABASE {}" if act == "create" else "DROP DATABASE IF EXISTS {} WITH (FORCE)"
        connection.execute(sql.SQL(command).format(name))


if __name__ == "__main__":
    main(*sys.argv[1:])
