"""SQLite for a model: what its authorizer lets through, and what its limits stop."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL

from databases import sqlite_place
from motet.tools.database import Database
from motet.tools.database_sqlite import SqliteGuard
from support import within

__all__ = ["sqlite_place"]

READ, SELECT, FUNCTION = sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION
INSERT, UPDATE, CREATE = sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_CREATE_TABLE


async def ask(database, sql, **parameters: object):
    return await within(database.query({"sql": sql, "parameters": parameters}))


def guard(writable=False, allowed=None):
    return SqliteGuard(writable, ["abs", "load_extension", "COUNT"], ["orders", "secret", "a_view"], allowed)


@pytest.mark.parametrize(
    ("made", "action", "first", "second", "allowed"),
    [
        (guard(), SELECT, None, None, True),
        (guard(), sqlite3.SQLITE_RECURSIVE, None, None, True),
        (guard(), READ, "secret", "word", True),
        (guard(), FUNCTION, None, "abs", True),
        (guard(), FUNCTION, None, "count", True),
        (guard(), FUNCTION, None, "bm25", True),
        (guard(), FUNCTION, None, "regexp", False),
        (guard(), FUNCTION, None, "load_extension", False),
        (guard(True), FUNCTION, None, "LOAD_EXTENSION", False),
        (guard(), INSERT, "orders", None, False),
        (guard(), UPDATE, "orders", "item", False),
        (guard(), UPDATE, "sqlite_master", "name", True),
        (guard(), INSERT, "sqlite_master", None, False),
        (guard(), CREATE, "mine", None, False),
        (guard(), sqlite3.SQLITE_CREATE_TEMP_TABLE, "mine", None, False),
        (guard(), sqlite3.SQLITE_ATTACH, ":memory:", None, False),
        (guard(), sqlite3.SQLITE_DETACH, "main", None, False),
        (guard(), sqlite3.SQLITE_PRAGMA, "table_info", "orders", False),
        (guard(), sqlite3.SQLITE_TRANSACTION, "COMMIT", None, False),
        (guard(), sqlite3.SQLITE_SAVEPOINT, "BEGIN", "x", False),
        (guard(), 12345, None, None, False),
        (guard(True), INSERT, "orders", None, True),
        (guard(True), CREATE, "mine", None, True),
        (guard(True), sqlite3.SQLITE_ATTACH, "x", None, False),
        (guard(True), sqlite3.SQLITE_PRAGMA, "writable_schema", "1", False),
        (guard(True), sqlite3.SQLITE_TRANSACTION, "COMMIT", None, False),
        (guard(True), sqlite3.SQLITE_CREATE_VTABLE, "x", "fts5", False),
        (guard(allowed=["Orders"]), READ, "orders", "item", True),
        (guard(allowed=["orders"]), READ, "ORDERS", "item", True),
        (guard(allowed=["orders"]), READ, "secret", "word", False),
        (guard(allowed=["orders"]), READ, "secret", "", False),
        (guard(allowed=["orders"]), READ, "a_view", "", False),
        (guard(allowed=["orders"]), READ, "from_with", "", True),
        (guard(allowed=["orders"]), READ, "from_with", "x", False),
        (guard(allowed=["orders"]), READ, "sqlite_master", "sql", False),
        (guard(allowed=["orders"]), READ, "sqlite_master", "ROWID", True),
        (guard(allowed=["orders"]), READ, "sqlite_stat1", "", False),
        (guard(allowed=["orders"]), READ, "pragma_table_info", "", False),
        (guard(allowed=["orders"]), READ, "json_each", "value", True),
        (guard(True, ["orders"]), INSERT, "orders", None, True),
        (guard(True, ["orders"]), INSERT, "secret", None, False),
        (guard(True, ["orders"]), CREATE, "mine", None, False),
    ],
)
def test_what_sqlite_asks_for_is_decided_by_a_table(made, action, first, second, allowed):
    assert made(action, first, second, "main", None) == (sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY)
    assert bool(made.denied) is not allowed


@given(st.integers(0, 40), st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_asked_only_listed_actions_are_allowed_to_a_reader(action, first, second):
    if not guard().why_not(action, first, second):
        assert action in {READ, SELECT, FUNCTION, sqlite3.SQLITE_RECURSIVE} or (action, first) == (
            UPDATE,
            "sqlite_master",
        )


MANY = "(WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 5000) SELECT n FROM t)"

HIDDEN = [
    "SELECT * FROM secret",
    "SELECT word FROM main.secret",
    "SELECT count(*) FROM secret",
    "SELECT 1 FROM secret",
    "SELECT rowid FROM secret",
    "SELECT (SELECT word FROM secret)",
    "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM secret)",
    "SELECT id FROM orders UNION SELECT word FROM secret",
    "WITH orders AS (SELECT word FROM secret) SELECT * FROM orders",
    "WITH RECURSIVE orders(x) AS (SELECT word FROM secret UNION SELECT x FROM orders) SELECT * FROM orders",
    "SELECT * FROM (SELECT * FROM secret) AS orders",
    "SELECT * FROM orders, secret",
    "SELECT * FROM SECRET",
    'SELECT * FROM "secret"',
    "SELECT * FROM [secret]",
    "SELECT * FROM all_of_it",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_schema",
    "SELECT sql FROM sqlite_temp_master",
    "SELECT * FROM pragma_table_info('secret')",
    "SELECT * FROM pragma_table_list",
    "SELECT * FROM dbstat",
    "PRAGMA table_info(secret)",
    "EXPLAIN SELECT * FROM secret",
    "EXPLAIN QUERY PLAN SELECT * FROM secret",
]


@pytest.mark.parametrize("sql", HIDDEN)
@pytest.mark.parametrize("read_only", [True, False])
async def test_a_table_that_is_not_allowed_shows_nothing(sqlite_place, sql, read_only):
    sqlite_place.ask("CREATE VIEW all_of_it AS SELECT word FROM secret")
    for tables in (["orders", "customers"], ["orders", "all_of_it"]):
        result = await ask(Database(sqlite_place.url, tables=tables, read_only=read_only), sql)
        assert not result.ok
        assert "sesame" not in result.text


async def test_the_tables_that_are_allowed_can_be_used_in_every_way(sqlite_place):
    database = Database(sqlite_place.url, tables=["orders", "Customers"])
    for sql in (
        "SELECT count(*) FROM orders",
        "WITH big AS (SELECT * FROM orders) SELECT count(*) FROM big",
        "SELECT name, (SELECT count(*) FROM orders WHERE customer_id = customers.id) FROM customers",
        "SELECT value FROM json_each('[1, 2]')",
        "SELECT group_concat(item) FROM orders GROUP BY customer_id",
        "SELECT row_number() OVER (ORDER BY id) FROM orders",
    ):
        result = await ask(database, sql)
        assert result.ok, result.text


async def test_with_a_list_rows_may_be_written_and_tables_may_not(sqlite_place):
    database = Database(sqlite_place.url, tables=["orders"], read_only=False)
    assert (await ask(database, "UPDATE orders SET item = 'fig'")).value.changed == 3
    for sql in (
        "DELETE FROM secret",
        "INSERT INTO orders SELECT 9, 1, word FROM secret",
        "DROP TABLE orders",
        "CREATE TABLE mine (x)",
        "CREATE TEMP VIEW orders AS SELECT * FROM secret",
        "CREATE TRIGGER t AFTER INSERT ON orders BEGIN DELETE FROM secret; END",
    ):
        assert not (await ask(database, sql)).ok
    assert sqlite_place.ask("SELECT word FROM secret") == [("sesame",)]


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT load_extension('x')",
        "SELECT 'a' REGEXP '(a+)+$'",
        "SELECT fts3_tokenizer('simple')",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('/tmp/x', 'y')",
        "SELECT edit('x')",
        "ATTACH ':memory:' AS other",
        "DETACH main",
        "VACUUM INTO '/tmp/motet-copy.db'",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA trusted_schema = ON",
        "PRAGMA database_list",
        "SELECT * FROM pragma_database_list",
        "CREATE VIRTUAL TABLE t USING fts5(x)",
        "CREATE TEMP TABLE t (x)",
        "UPDATE sqlite_master SET sql = 'x'",
        "DELETE FROM sqlite_master",
        "SELECT zeroblob(1000000000)",
        "SELECT length(zeroblob(1000000000))",
        "SELECT hex(zeroblob(600000))",
        "SELECT replace(hex(zeroblob(10000)), '0', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')",
        f"SELECT group_concat(hex(zeroblob(1000))) FROM {MANY}",  # noqa: S608
        "SELECT " + "-" * 1000 + "1",
        "SELECT " + "(" * 500 + "1" + ")" * 500,
        "SELECT 1" + " UNION SELECT 1" * 60,
        "SELECT '" + "x" * 200_000 + "'",
        "SELECT 'x' LIKE '" + "%x" * 200 + "'",
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_reaches_beyond_the_file_or_is_too_large_is_refused(sqlite_place, sql, read_only):
    result = await ask(Database(sqlite_place.url, read_only=read_only, timeout=5), sql)
    assert not result.ok
    assert result.error["code"] == "invalid_payload"
    assert len(result.text) < 300


async def test_a_file_that_cannot_be_written_can_be_read(sqlite_place):
    assert (await ask(Database(sqlite_place.url), "SELECT count(*) FROM orders")).value.rows == [[3]]
    with sqlite3.connect(sqlite_place.url.partition("///")[2]) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert (await ask(Database(sqlite_place.url), "SELECT count(*) FROM orders")).value.rows == [[3]]
        locked = await ask(Database(sqlite_place.url, read_only=False, timeout=0.2), "DELETE FROM orders")
        assert not locked.ok
        writer.rollback()
    writer.close()


async def test_a_path_with_odd_characters_is_that_file_and_no_other(tmp_path):
    odd = tmp_path / "a?mode=rwc&x#y%20z.db"
    with sqlite3.connect(odd) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    url = URL.create("sqlite", database=str(odd))
    assert (await ask(Database(url), "SELECT count(*) FROM t")).value.rows == [[0]]
    assert not (await ask(Database(url), "INSERT INTO t VALUES (1)")).ok
    assert [path.name for path in tmp_path.iterdir()] == [odd.name]


async def test_a_file_that_does_not_exist_is_not_made(tmp_path):
    for read_only in (True, False):
        result = await ask(Database(f"sqlite:///{tmp_path / 'none.db'}", read_only=read_only), "SELECT 1")
        assert result.error["code"] == "unavailable"
    assert list(tmp_path.iterdir()) == []


async def test_text_that_is_no_utf8_is_read_all_the_same(sqlite_place):
    sqlite_place.ask("INSERT INTO secret VALUES (CAST(x'ff61' AS TEXT))")
    result = await ask(Database(sqlite_place.url), "SELECT word FROM secret WHERE word <> 'sesame'")
    assert result.value.rows == [["\ufffda"]]


async def test_bytes_and_odd_parameters(sqlite_place):
    database = Database(sqlite_place.url)
    result = await ask(database, "SELECT x'00ff' AS photo")
    assert (result.value.rows, result.value.note) == ([["AP8="]], "Bytes are given as base64: photo.")
    for odd in (2**70, [1], {"a": 1}):
        assert not (await ask(database, "SELECT :x", x=odd)).ok
