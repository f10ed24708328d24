"""DuckDB for a model: a process of its own, without files, network and extensions."""

import subprocess
import sys

import duckdb
import pytest

from databases import duckdb_place
from motet.tools import database_duckdb
from motet.tools.database import Database
from support import within

__all__ = ["duckdb_place"]


async def ask(database, sql, **parameters: object):
    return await within(database.query({"sql": sql, "parameters": parameters}))


ESCAPES = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
    "COPY orders TO '{path}'",
    "COPY (SELECT 1) TO '{path}' (FORMAT csv)",
    "COPY orders FROM '/etc/passwd'",
    "EXPORT DATABASE '{path}'",
    "IMPORT DATABASE '/etc'",
    "ATTACH '{path}' AS other",
    "ATTACH ':memory:' AS other (TYPE sqlite)",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'",
    "SET temp_directory = '{path}'",
    "RESET lock_configuration",
    "SET lock_configuration = false",
    "PRAGMA enable_profiling",
    "CREATE SECRET s (TYPE s3)",
    "SELECT getenv('HOME')",
    "SELECT 1; SELECT 2",
]


@pytest.mark.parametrize(("read_only", "escapes"), [(True, ESCAPES), (False, ESCAPES[::5])])
async def test_nothing_outside_of_the_file_is_reached(duckdb_place, tmp_path, read_only, escapes):
    path = tmp_path / "touched"
    database = Database(duckdb_place.url, read_only=read_only)
    for sql in escapes:
        result = await ask(database, sql.replace("{path}", str(path)))
        assert not result.ok, sql
        assert "root:" not in result.text
        assert "\n" not in result.text
    assert not path.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT repeat('x', 3000000000)",
        "SELECT length(repeat('x', 1000000000))",
        "SELECT list(range) FROM range(1000000000)",
        "SELECT * FROM range(1000000000) ORDER BY range % 1000",
    ],
)
async def test_what_needs_too_much_memory_takes_its_own_process_down_at_most(duckdb_place, sql):
    result = await ask(Database(duckdb_place.url, timeout=15), sql)
    assert not result.ok
    assert (await ask(Database(duckdb_place.url), "SELECT 1")).ok


async def test_the_process_stops_a_statement_by_itself(duckdb_place, monkeypatch):
    monkeypatch.setattr(database_duckdb, "BEGINNING", 1000)  # it does not have to be killed
    endless = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t"
    assert (await ask(Database(duckdb_place.url, timeout=0.2), endless)).error["code"] == "agent_timeout"


@pytest.mark.parametrize(
    ("code", "seconds", "told"),
    [
        ("import time; time.sleep(1000)", 1.0, "agent_timeout"),
        ("import sys; sys.exit('broken')", 1000, "agent_failed"),
        ("import os; os.abort()", 1000, "agent_failed"),
        ("print('x' * 10**8)", 1000, "agent_failed"),
    ],
)
async def test_a_process_that_gives_no_answer_is_an_error(duckdb_place, monkeypatch, code, seconds, told):
    monkeypatch.setattr(database_duckdb, "BEGINNING", seconds)
    monkeypatch.setattr(database_duckdb, "_CODE", code)
    result = await ask(Database(duckdb_place.url, timeout=1.0), "SELECT 1")
    assert result.error["code"] == told


async def test_a_value_that_is_too_large_is_left_out(duckdb_place):
    result = await ask(Database(duckdb_place.url, max_bytes=1000), "SELECT repeat('x', 5000)")
    assert (result.value.rows, result.value.truncated) == ([], True)


async def test_values_of_every_type_become_json_data(duckdb_place):
    sql = """
        SELECT 1::HUGEINT, 1.10::DECIMAL(5, 2), 'x'::BLOB, DATE '2024-05-06', INTERVAL 1 DAY, [1, 2], {'a': 1},
               MAP {'k': 2}, '00000000-0000-0000-0000-000000000001'::UUID, NULL, 'nan'::DOUBLE
    """
    result = await ask(Database(duckdb_place.url), sql)
    [row] = result.value.rows
    assert row[:8] == [1, 1.1, "eA==", "2024-05-06", 86400.0, [1, 2], {"a": 1}, {"k": 2}]
    assert row[8:] == ["00000000-0000-0000-0000-000000000001", None, "nan"]
    assert "base64" in result.value.note


async def test_a_file_that_is_open_for_writing_elsewhere_is_told_of(duckdb_place):
    path = duckdb_place.url.partition("///")[2]
    with duckdb.connect(path):
        result = await ask(Database(duckdb_place.url), "SELECT 1")
    assert result.error["code"] == "unavailable"
    assert "close it there first" in result.text


async def test_queries_that_only_duckdb_knows(duckdb_place):
    database = Database(duckdb_place.url)
    for sql in (
        "FROM orders",
        "DESCRIBE orders",
        "SUMMARIZE orders",
        "PIVOT orders ON item USING count(*)",
        "SHOW TABLES",
    ):
        assert (await ask(database, sql)).value.rows
    assert (await ask(database, "SELECT :x::INT[], :y", x=[1, 2], y="z")).value.rows == [[[1, 2], "z"]]


def test_the_driver_is_not_loaded_into_this_process():
    code = (
        "import sys, motet.tools.database as d\n"
        "d.Database('duckdb:///x.duckdb'); d.Database('sqlite:///x.db')\n"
        "print('duckdb' in sys.modules, 'psycopg' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    ("module", "url", "extra"),
    [("duckdb", "duckdb:///x.duckdb", "duckdb"), ("psycopg", "postgresql://u@h/x", "postgres")],
)
def test_without_its_extra_a_database_says_what_to_install(module, url, extra):
    code = (
        "import sys\nfrom motet import MotetError\nfrom motet.tools.database import Database\n"
        f"sys.modules[{module!r}] = None\n"
        f"try:\n    Database({url!r})\nexcept MotetError as error:\n    print(error.code, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("missing_extra")
    assert f'pip install "motet[{extra}]"' in done.stdout
