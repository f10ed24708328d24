"""`Database`: what holds for every kind of database."""

import asyncio

import pytest
from sqlalchemy import create_engine

from databases import duckdb_place, place, postgres_database, postgres_place, sqlite_place
from motet.kernel.errors import DeadlineExceeded, InvalidAgent
from motet.tools import database_source
from motet.tools.database import Database
from motet.tools.toolbox import Toolbox
from support import within

__all__ = ["duckdb_place", "place", "postgres_database", "postgres_place", "sqlite_place"]

ENDLESS = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t"


async def ask(database, sql, **parameters: object):
    return await within(database.query({"sql": sql, "parameters": parameters}))


async def test_a_query_gives_columns_and_rows(place):
    result = await ask(Database(place.url), "SELECT id, name, balance FROM customers ORDER BY id")
    assert result.value.columns == ["id", "name", "balance"]
    assert result.value.rows == [[1, "Ada", 10.5], [2, "Bob", 7], [3, "Cyd", None]]
    assert result.text.startswith('{"columns":["id","name","balance"],"rows":[[1,"Ada",10.5],')
    assert not result.value.truncated


async def test_two_columns_may_have_the_same_name_and_none_may_have_rows(place):
    result = await ask(Database(place.url), "SELECT 1 AS a, 2 AS a FROM customers WHERE id > 99")
    assert (result.value.columns, result.value.rows) == (["a", "a"], [])


async def test_values_go_beside_the_sql(place):
    database = Database(place.url)
    sql = "SELECT id FROM customers WHERE name = :name AND id < :most"
    assert (await ask(database, sql, name="Ada", most=9)).value.rows == [[1]]
    assert (await ask(database, sql, name="' OR 1 = 1 --", most=9)).value.rows == []
    assert not (await ask(database, sql, name="Ada")).ok
    assert not (await database.query({"sql": "SELECT :x", "parameters": {"x": object()}})).ok


async def test_the_schema_tells_tables_columns_and_how_they_refer(place):
    database = Database(place.url)
    result = await within(database.schema({}))
    tables = {table.name: table for table in result.value}
    assert {"customers", "orders"} <= tables.keys()
    assert [column.name for column in tables["customers"].columns] == ["id", "name", "balance"]
    assert tables["customers"].primary_key == ("id",)
    assert tables["orders"].references == ("customer_id -> customers.id",)
    one = await within(database.schema({"table": "orders"}))
    assert [table.name for table in one.value] == ["orders"]
    assert (
        "There is no table 'nothing': there are customers, orders" in (await database.schema({"table": "nothing"})).text
    )


async def test_the_schema_tells_only_of_the_tables_that_may_be_used(place):
    database = Database(place.url, tables=["Customers"])
    assert [table.name for table in (await within(database.schema({}))).value] == ["customers"]
    assert not (await database.schema({"table": "orders"})).ok


WRITES = [
    "INSERT INTO customers VALUES (9, 'Eve', 0)",
    "UPDATE customers SET balance = 0",
    "DELETE FROM orders",
    "DELETE FROM orders RETURNING id",
    "DROP TABLE orders",
    "ALTER TABLE orders ADD COLUMN more TEXT",
    "CREATE TABLE mine (x INTEGER)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE INDEX mine ON orders (item)",
    "WITH x AS (SELECT 1) INSERT INTO secret SELECT 'x'",
    "WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone",
    "SELECT 1; DROP TABLE orders",
    "COMMIT; DROP TABLE orders",
    "SELECT 1) SELECT 1; DROP TABLE orders; --",
    "'; DROP TABLE orders; --",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT x",
    "ATTACH '/tmp/other.db' AS other",
    "VACUUM",
    "EXPLAIN DELETE FROM orders; DELETE FROM orders",
    "SET TRANSACTION READ WRITE",
    "PRAGMA writable_schema = 1",
    "PRAGMA query_only = 0",
    "",
    ";",
    "-- nothing",
    "no SQL at all",
    "\x00",
    "SELECT * FROM nothing_of_that_name",
]


@pytest.mark.parametrize("kind", ["sqlite_place", "postgres_place"])
async def test_nothing_but_reading_happens(kind, request):
    place = request.getfixturevalue(kind)
    for url, role in {(place.url, None), (place.superuser, place.reader or None)}:
        for sql in WRITES:
            result = await ask(Database(url, role=role), sql)
            assert not result.ok, sql
            assert "\n" not in result.text
    assert len(place.ask("SELECT id FROM orders")) == 3
    assert place.ask("SELECT sum(balance) FROM customers")[0][0] == 17.5


async def test_duckdb_only_reads_too(duckdb_place):
    database = Database(duckdb_place.url)
    for sql in WRITES[: WRITES.index("BEGIN")]:
        assert not (await ask(database, sql)).ok, sql
    assert len(duckdb_place.ask("SELECT id FROM orders")) == 3
    assert float(duckdb_place.ask("SELECT sum(balance) FROM customers")[0][0]) == 17.5


async def test_rows_and_bytes_are_bounded(place):
    result = (await ask(Database(place.url, max_rows=2), "SELECT id FROM customers ORDER BY id")).value
    assert (result.rows, result.truncated) == ([[1], [2]], True)
    assert "more than 2 rows" in result.note
    small = Database(place.url, max_bytes=20)
    result = (await ask(small, "SELECT name FROM customers ORDER BY id")).value
    assert (result.rows, result.truncated) == ([["Ada"], ["Bob"]], True)
    assert "fit into 20 bytes" in result.note


async def test_a_billion_rows_are_not_fetched(place):
    many = "(WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 1000) SELECT n FROM t)"
    result = await ask(Database(place.url, max_rows=5), f"SELECT 1 FROM {many} a, {many} b, {many} c")  # noqa: S608
    assert len(result.value.rows) == 5
    assert result.value.truncated


async def test_a_statement_without_end_is_stopped(place):
    result = await ask(Database(place.url, timeout=0.3), ENDLESS)
    assert result.error["code"] == "agent_timeout"
    assert "The statement was stopped after 0.3 s" in result.text


async def test_cancelling_stops_the_statement(place, monkeypatch):
    monkeypatch.setattr(database_source, "GRACE", 1000)  # it is not only given up
    database = Database(place.url, timeout=60)
    task = asyncio.create_task(database.query({"sql": ENDLESS}))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    with pytest.raises(DeadlineExceeded):
        await within(database.query({"sql": ENDLESS}, deadline=0.2))
    assert (await ask(database, "SELECT 1")).value.rows == [[1]]


async def test_several_statements_run_at_once(place):
    database = Database(place.url, timeout=60)
    results = await within(asyncio.gather(*(ask(database, "SELECT :n + 1", n=number) for number in range(8))))
    assert [result.value.rows for result in results] == [[[number + 1]] for number in range(8)]


async def test_writing_has_to_be_asked_for_and_is_committed(place):
    database = Database(place.superuser, read_only=False, role=place.reader or None)
    if place.kind == "postgresql":
        place.ask(f"GRANT INSERT, UPDATE, DELETE ON customers, orders TO {place.reader}")
    result = await ask(database, "INSERT INTO orders VALUES (:id, 1, :item)", id=9, item="fig")
    assert (result.value.changed, result.value.rows) == (1, [])
    assert (await ask(database, "DELETE FROM orders WHERE id < 3 RETURNING id")).value.rows == [[1], [2]]
    assert place.ask("SELECT id, item FROM orders ORDER BY id") == [(3, "plum"), (9, "fig")]
    assert (await ask(database, "SELECT count(*) FROM orders")).value.rows == [[2]]


async def test_a_statement_that_fails_half_way_changes_nothing(place):
    database = Database(place.superuser, read_only=False, role=place.reader or None)
    if place.kind == "postgresql":
        place.ask(f"GRANT INSERT ON customers TO {place.reader}")
    result = await ask(database, "INSERT INTO customers SELECT 10, 'new', 1 UNION ALL SELECT 1, 'twice', 1")
    assert not result.ok
    assert place.ask("SELECT count(*) FROM customers") == [(3,)]


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "DELETE FROM orders; DELETE FROM customers"])
async def test_one_statement_at_a_time_also_where_writing_is_allowed(place, sql):
    database = Database(place.superuser, read_only=False, role=place.reader or None)
    assert not (await ask(database, sql)).ok
    assert place.ask("SELECT count(*) FROM orders") == [(3,)]


def test_the_tools_describe_themselves(sqlite_place):
    database = Database(sqlite_place.url, max_rows=50)
    assert list(Toolbox(*database.tools)) == ["query", "schema"]
    assert (
        database.query.description
        == "Run one SQL statement in a SQLite database; it only reads, and gives at most 50 rows."
    )
    assert "Write :name" in str(database.query.spec.schema)
    writing = Database(sqlite_place.url, read_only=False, name="sales")
    assert list(Toolbox(*writing.tools, *Database(sqlite_place.url).tools)) == [
        "sales_query",
        "sales_schema",
        "query",
        "schema",
    ]
    assert "is committed" in writing.query.description
    assert Toolbox(database.query).openai()


async def test_an_engine_names_the_database_as_well(place):
    engine = create_engine(place.url.replace("postgresql:", "postgresql+psycopg:"))
    database = Database(engine)
    assert (await ask(database, "SELECT count(*) FROM orders")).value.rows == [[3]]
    assert not (await ask(database, "DELETE FROM orders")).ok
    engine.dispose()


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("mysql://host/x", "Nobody knows here"),
        ("nonsense", "cannot be read"),
        ("", "cannot be read"),
        (3, "cannot be read"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///file:x.db?uri=true", "names no file"),
        ("duckdb:///:memory:", "names no file"),
    ],
)
def test_what_is_no_address_is_refused(where, told):
    with pytest.raises(InvalidAgent, match=told):
        Database(where)


@pytest.mark.parametrize(
    "options", [{"max_rows": 0}, {"max_bytes": 0}, {"timeout": 0}, {"timeout": float("inf")}, {"role": "x"}]
)
def test_an_option_that_makes_no_sense_is_refused(options):
    with pytest.raises(InvalidAgent):
        Database("sqlite:///x.db", **options)


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/x.db", "duckdb:////nowhere/x.duckdb", "postgresql://u@127.0.0.1:1/x"]
)
async def test_a_database_that_is_not_there_is_told_of(url):
    result = await ask(Database(url), "SELECT 1")
    assert result.error["code"] == "unavailable"
    assert not (await within(Database(url).schema({}))).ok
