"""Which store an address stands for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from motet.kernel.errors import InvalidPayload

__all__ = ["Address", "parse_address"]

_DRIVERS: Final[Mapping[str, str]] = {
    "sqlite": "sqlite+pysqlite",
    "duckdb": "duckdb",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store is.

    Args:
        kind: "memory", "sqlite", "duckdb" or "postgresql".
        url: What SQLAlchemy connects to; None for memory.
        where: What the store is called in messages; no password is in it.
        file: The path of the database's file; None where it has none.
    """

    kind: str
    url: URL | None
    where: str
    file: str | None = None


def parse_address(text: str) -> Address:
    """Read the address of a store.

    Args:
        text: `memory://`, `sqlite:///work.db` (four slashes before an absolute path), `duckdb:///work.duckdb` or
            `postgresql://user@host/database`.

    Raises:
        InvalidPayload: It is no address of a store.
    """
    scheme = text.partition("://")[0].partition("+")[0]
    if scheme == "memory":
        return Address("memory", None, "the store in memory")
    if scheme not in _DRIVERS or "://" not in text:
        raise InvalidPayload(
            f"{text!r} is no address of a store: write memory://, sqlite:///work.db, duckdb:///work.duckdb or "
            "postgresql://user@host/database"
        )
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise InvalidPayload(f"The address of a store cannot be read: {error}") from error
    url = url.set(drivername=_DRIVERS[scheme])
    if scheme.startswith("postgres"):
        return Address("postgresql", url, f"The database {url.database or ''!r} at {_server(url)}")
    if url.database in {None, "", ":memory:"}:
        raise InvalidPayload(f"{text!r} names no file: write {scheme}:///work.db, or memory:// to keep nothing")
    return Address(scheme, url, str(url.database), url.database)


def _server(url: URL) -> str:
    host = url.host or "this machine"
    return host if url.port is None else f"{host}:{url.port}"
