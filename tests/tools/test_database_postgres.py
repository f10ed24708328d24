"""PostgreSQL for a model: what a read-only transaction, a role and the extended protocol stop."""

import asyncio
import uuid

import psycopg
import pytest
from sqlalchemy import create_engine

from databases import postgres_database, postgres_place
from motet.kernel.errors import InvalidAgent
from motet.tools.database import Database
from motet.tools.database_postgres import _bounded
from motet.tools.database_rows import QueryLimits
from support import within

__all__ = ["postgres_database", "postgres_place"]


async def ask(database, sql, **parameters: object):
    return await within(database.query({"sql": sql, "parameters": parameters}))


ESCAPES = [
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT pg_stat_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "COPY secret FROM PROGRAM 'echo x'",
    "COPY (SELECT 1) TO PROGRAM 'touch {path}'",
    "COPY (SELECT 1) TO '{path}'",
    "COPY (SELECT 1) TO STDOUT",
    "SELECT * FROM secret",
    "SELECT word FROM secret",
    "SET ROLE postgres",
    "RESET ROLE",
    "SET SESSION AUTHORIZATION postgres",
    "SET TRANSACTION READ WRITE",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT set_config('default_transaction_read_only', 'off', false), nextval('x')",
    "DO $$ BEGIN DELETE FROM orders; END $$",
    "CALL nothing()",
    "PREPARE p AS DELETE FROM orders",
    "EXECUTE p",
    "DECLARE c CURSOR FOR SELECT 1",
    "LISTEN x",
    "NOTIFY x",
    "LOCK TABLE orders",
    "SELECT * FROM orders FOR UPDATE",
    "CREATE TEMP TABLE t (x int)",
    "LOAD 'x'",
    "CHECKPOINT",
    "SHOW data_directory",
    "EXPLAIN ANALYZE DELETE FROM orders",
    "SELECT query_to_xml('DELETE FROM orders', true, true, '')",
    "SELECT current_setting('nothing.of.that.name')",
]


async def test_reading_is_all_that_happens(postgres_place, tmp_path):
    path = tmp_path / "touched"
    for url, role in ((postgres_place.url, None), (postgres_place.superuser, postgres_place.reader)):
        for sql in ESCAPES:
            result = await ask(Database(url, role=role), sql.replace("{path}", str(path)))
            assert not result.ok, sql
            assert "root:" not in result.text
            assert "sesame" not in result.text
    assert not path.exists()
    assert postgres_place.ask("SELECT count(*) FROM orders") == [(3,)]


async def test_a_login_that_may_read_files_of_the_server_is_refused_without_a_role(postgres_place):
    for read_only in (True, False):
        database = Database(postgres_place.superuser, read_only=read_only)
        for result in (await ask(database, "SELECT 1"), await within(database.schema({}))):
            assert result.error["code"] == "invalid_agent"
            assert "name the role that statements run as with role=" in result.text
    postgres_place.ask(f"GRANT pg_read_server_files TO {postgres_place.reader}")
    assert (await ask(Database(postgres_place.url), "SELECT 1")).error["code"] == "invalid_agent"


async def test_the_rights_are_those_of_the_role(postgres_place):
    as_reader = Database(postgres_place.superuser, role=postgres_place.reader)
    assert (await ask(as_reader, "SELECT current_user")).value.rows == [[postgres_place.reader]]
    assert "permission denied" in (await ask(as_reader, "SELECT * FROM secret")).text
    as_all = Database(postgres_place.superuser, role="pg_read_all_data")
    assert (await ask(as_all, "SELECT * FROM secret")).value.rows == [["sesame"]]
    assert "permission denied" in (await ask(as_all, "SELECT pg_read_file('/etc/passwd')")).text
    missing = await ask(Database(postgres_place.superuser, role='no"such'), "SELECT 1")
    assert 'role "no"such" does not exist' in missing.text


async def test_a_value_of_a_gigabyte_stays_on_the_server(postgres_place):
    database = Database(postgres_place.url, timeout=2)
    for sql in (
        "SELECT repeat('x', 1000000000)",
        "SELECT repeat('x', 20000000) FROM generate_series(1, 3)",
        "SELECT array_agg(n) FROM generate_series(1, 1000000) n",
        "SELECT convert_to(repeat('x', 20000000), 'UTF8')",
    ):
        result = await ask(database, sql)
        assert not result.ok or (result.value.truncated and result.value.rows == [])
    result = await ask(database, "SELECT n, repeat('x', 300000) FROM generate_series(1, 100) n")
    assert ([row[0] for row in result.value.rows], result.value.truncated) == ([1, 2, 3], True)


def test_values_beyond_the_limit_do_not_leave_the_server(postgres_place):
    sql = "SELECT n, repeat('x', 1000) FROM generate_series(1, 9) n"
    with psycopg.connect(postgres_place.url) as connection:
        rows = connection.execute(_bounded(sql, 2, QueryLimits(3, 2500, 1))).fetchall()
    assert [(size, number, text and len(text)) for size, number, text in rows] == [
        (1001, 1, 1000),
        (2002, 2, 1000),
        (3003, None, None),
        (4004, None, None),
    ]


async def test_time_is_bounded_by_the_server_too(postgres_place):
    database = Database(postgres_place.url, timeout=0.3)
    for sql in ("SELECT pg_sleep(60)", "SELECT set_config('statement_timeout', '0', false), pg_sleep(60)"):
        assert (await ask(database, sql)).error["code"] == "agent_timeout"


async def test_no_statement_goes_on_after_it_was_stopped(postgres_place):
    mark = f"mark_{uuid.uuid4().hex}"
    database = Database(postgres_place.url, timeout=60)
    task = asyncio.create_task(database.query({"sql": f"SELECT pg_sleep(30), '{mark}'"}))
    running = f"SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%{mark}%' AND pid <> pg_backend_pid()"  # noqa: S608
    async with asyncio.timeout(20):
        while postgres_place.ask(running) == [(0,)]:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    async with asyncio.timeout(20):
        while postgres_place.ask(running) != [(0,)]:
            await asyncio.sleep(0.01)


async def test_what_a_statement_does_to_its_session_is_gone_with_it(postgres_place):
    database = Database(postgres_place.url)
    assert (await ask(database, "SELECT set_config('motet.x', 'kept', false)")).ok
    assert (await ask(database, "SELECT current_setting('motet.x', true)")).value.rows == [[None]]
    assert (await ask(database, "SELECT pg_advisory_lock(4711)")).ok
    assert (await ask(database, "SELECT pg_try_advisory_lock(4711)")).value.rows == [[True]]


async def test_connections_of_an_engine_are_not_given_back_to_it(postgres_place):
    engine = create_engine(postgres_place.url.replace("postgresql:", "postgresql+psycopg:"), pool_size=1)
    database = Database(engine)
    assert (await ask(database, "SELECT set_config('motet.x', 'kept', false)")).ok
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT current_setting('motet.x', true)").scalar() is None
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "off"
    engine.dispose()


async def test_a_statement_takes_no_place_in_the_pool_of_an_engine(postgres_place):
    url = postgres_place.url.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    database = Database(engine, timeout=20)
    mark = f"mark_{uuid.uuid4().hex}"
    task = asyncio.create_task(ask(database, f"SELECT pg_sleep(30), '{mark}'"))
    running = f"SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%{mark}%' AND pid <> pg_backend_pid()"  # noqa: S608
    async with asyncio.timeout(20):
        while postgres_place.ask(running) == [(0,)]:
            await asyncio.sleep(0.01)
    assert (await ask(database, "SELECT 1")).ok
    task.cancel()
    await asyncio.wait((task,))
    engine.dispose()


async def test_values_of_every_type_become_json_data(postgres_place):
    sql = """
        SELECT 1::bigint, 1.10::numeric, 'x'::bytea, true, NULL, '2024-05-06'::date, '1 day'::interval,
               ARRAY[1, 2], '{"a": [1]}'::jsonb, ROW(1, 'x')::text, '::1'::inet, '[1,3)'::int4range::text,
               'a9b1c1e0-0000-0000-0000-000000000000'::uuid, pg_sleep(0), 'NaN'::float8
    """
    [row] = (await ask(Database(postgres_place.url), sql)).value.rows
    assert row[:9] == [1, 1.1, "eA==", True, None, "2024-05-06", 86400.0, [1, 2], {"a": [1]}]
    assert row[9:] == ["(1,x)", "::1", "[1,3)", "a9b1c1e0-0000-0000-0000-000000000000", "", "nan"]
    told = await ask(Database(postgres_place.url), "SELECT 'infinity'::timestamptz")
    assert "timestamp too large" in told.text


async def test_parameters_of_every_type_are_taken(postgres_place):
    database = Database(postgres_place.url)
    sql = "SELECT :i + 1, :s, :f::float8, :b, :n::text, :l::int[], :d::jsonb ->> 'a', 'x:s', '1'::text"
    result = await ask(database, sql, i=1, s="y", f=1.5, b=True, n=None, l=[1, 2], d={"a": "z"})
    assert result.value.rows == [[2, "y", 1.5, True, None, [1, 2], "z", "x:s", "1"]]


async def test_every_way_to_write_a_query_fits_into_ours(postgres_place):
    for sql in (
        "VALUES (1), (2)",
        "TABLE orders",
        "SELECT 1;",
        "SELECT 1 -- with a comment",
        "SELECT 1 /* x */",
        "WITH q AS (SELECT 1 AS c0) SELECT * FROM q",
        "SELECT 1 UNION ALL SELECT 2 ORDER BY 1 LIMIT 1",
        "SELECT size FROM (SELECT 1 AS size) r",
    ):
        result = await ask(Database(postgres_place.url), sql)
        assert result.ok, f"{sql}: {result.text}"


async def test_the_order_of_rows_is_kept(postgres_place):
    sql = "SELECT n FROM generate_series(1, 500) n ORDER BY n % 7, n DESC"
    rows = [row[0] for row in (await ask(Database(postgres_place.url), sql)).value.rows]
    assert rows == sorted(range(1, 501), key=lambda n: (n % 7, -n))


async def test_tables_of_other_schemas_have_their_schema_in_front(postgres_place):
    name = postgres_place.reader
    try:
        postgres_place.ask(f"CREATE SCHEMA {name}_two")
        postgres_place.ask(f"CREATE TABLE {name}_two.more (x int)")
        tables = (await within(Database(postgres_place.url).schema({}))).value
        assert {f"{name}_two.more", "customers"} <= {table.name for table in tables}
        assert not [table for table in tables if table.name.startswith(("pg_", "information_schema"))]
    finally:
        postgres_place.ask(f"DROP SCHEMA {name}_two CASCADE")


def test_another_driver_is_refused():
    engine = create_engine("postgresql+psycopg://u@h/x")
    engine.dialect.driver = "another"
    with pytest.raises(InvalidAgent, match=r"postgresql\+psycopg"):
        Database(engine)
