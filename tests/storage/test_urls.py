"""Which store an address stands for."""

import pytest

from motet.kernel.errors import InvalidPayload, MissingExtra
from motet.storage import MemoryStore, SqlStore, engines, open_store
from motet.storage.urls import parse_address


@pytest.mark.parametrize(
    ("text", "kind", "driver", "file"),
    [
        ("sqlite:///work.db", "sqlite", "sqlite+pysqlite", "work.db"),
        ("sqlite:////var/work.db", "sqlite", "sqlite+pysqlite", "/var/work.db"),
        ("sqlite+pysqlite:///work.db", "sqlite", "sqlite+pysqlite", "work.db"),
        ("duckdb:///work.duckdb", "duckdb", "duckdb", "work.duckdb"),
        ("postgres://u:p@h:1/d", "postgresql", "postgresql+psycopg", None),
        ("postgresql://u@h/d?sslmode=require", "postgresql", "postgresql+psycopg", None),
        ("postgresql+asyncpg://h/d", "postgresql", "postgresql+psycopg", None),
    ],
)
def test_addresses_are_read(text, kind, driver, file):
    address = parse_address(text)
    assert (address.kind, address.url.drivername, address.file) == (kind, driver, file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("work.db", "is no address of a store"),
        ("", "is no address of a store"),
        ("mysql://h/d", "is no address of a store"),
        ("sqlite", "is no address of a store"),
        ("sqlite:work.db", "is no address of a store"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("duckdb:///:memory:", "names no file"),
        ("postgresql://h:port/d", "cannot be read"),
    ],
)
def test_what_is_no_address_is_refused_with_examples(text, said):
    with pytest.raises(InvalidPayload, match=said):
        open_store(text)


def test_no_message_has_the_password():
    address = parse_address("postgresql://user:secret@host:5433/work")
    assert "secret" not in address.where
    assert address.where == "The database 'work' at host:5433"


def test_a_store_is_made_by_its_scheme(tmp_path):
    assert type(open_store("memory://")) is MemoryStore
    assert type(open_store(f"sqlite:///{tmp_path}/work.db")) is SqlStore
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("url", "extra"), [("duckdb:///work.duckdb", "duckdb"), ("postgresql://host/database", "postgres")]
)
async def test_a_missing_driver_names_what_to_install(url, extra, monkeypatch):
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=rf'pip install "motet\[{extra}\]"'):
        await open_store(url).open()
