"""Tables are created, migrated, and left alone when they are newer."""

import asyncio
import subprocess
import sys
import threading

import pytest
from alembic.runtime.migration import MigrationContext
from sqlalchemy import event, inspect, text

from motet.kernel.errors import MissingExtra
from motet.storage import SqlStore, preparing
from motet.storage.engines import make_engine
from motet.storage.migrating import migrate, scripts
from motet.storage.schema import METADATA, VERSION_TABLE, VERSIONS
from motet.storage.urls import parse_address
from motet.tasks.definition import Definition
from motet.tasks.errors import StoreBroken
from motet.tasks.model import Tree


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return f"{request.param}:///{tmp_path}/work.db"


@pytest.fixture
def engine(url):
    engine = make_engine(parse_address(url))
    yield engine
    engine.dispose()


def run(engine, *statements: str):
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def shape(engine):
    """Describe every table: columns, keys, indexes."""
    if engine.dialect.name == "duckdb":
        # What SQLAlchemy asks of PostgreSQL, DuckDB cannot answer.
        with engine.connect() as connection:
            questions = (
                "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() ORDER BY ALL",
                "SELECT table_name, constraint_type, constraint_text FROM duckdb_constraints() ORDER BY ALL",
                "SELECT table_name, index_name, sql FROM duckdb_indexes() ORDER BY ALL",
            )
            return [connection.execute(text(question)).fetchall() for question in questions]
    seen = inspect(engine)
    return {
        table: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(table)],
            seen.get_pk_constraint(table),
            sorted(map(str, seen.get_unique_constraints(table))),
            sorted(map(str, seen.get_indexes(table))),
        )
        for table in sorted(seen.get_table_names())
    }


def begin_with_migrations(engine):
    """Leave a database as one that was made before the first migration of ours."""
    key = "CONSTRAINT motet_version_pkc PRIMARY KEY (version_num)"
    run(engine, f"CREATE TABLE motet_version (version_num VARCHAR(32) NOT NULL, {key})")


def test_the_tables_are_what_the_migrations_lead_to(engine):
    preparing.ready(engine, "it")
    created = shape(engine)
    assert len(created) >= 3
    for table in [*METADATA.sorted_tables, VERSION_TABLE]:
        run(engine, f"DROP TABLE {table}")
    begin_with_migrations(engine)
    preparing.ready(engine, "it")
    assert shape(engine) == created
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert context.get_current_revision() == VERSIONS[-1]


def test_the_migrations_are_those_that_the_schema_names():
    revisions = [script.revision for script in scripts().walk_revisions()]
    assert tuple(reversed(revisions)) == VERSIONS


async def test_a_migrated_database_works(url, engine):
    begin_with_migrations(engine)
    engine.dispose()
    store = SqlStore(url)
    await store.open()
    await store.create(Tree("aa", "tree"), [Definition(1, "root")])
    assert await store.check() == []
    await store.close()


async def test_a_newer_database_is_refused_and_left_alone(url, engine):
    store = SqlStore(url)
    await store.open()
    await store.create(Tree("aa", "tree"), [Definition(1, "root")])
    await store.close()
    run(engine, "UPDATE motet_version SET version_num = '0999'")
    before = shape(engine)
    engine.dispose()
    with pytest.raises(StoreBroken, match="newer version of Motet .*0999.*upgrade Motet"):
        await store.open()
    assert shape(engine) == before


async def test_opening_what_is_up_to_date_needs_no_alembic(url):
    """Nor does creating: it is imported where there is something to migrate, and nowhere else."""
    program = (
        "import asyncio, sys\nfrom motet.storage import open_store\n"
        "async def cycle():\n    store = open_store(sys.argv[1])\n    await store.open()\n    await store.close()\n"
        "asyncio.run(cycle())\nasyncio.run(cycle())\nprint('alembic' in sys.modules)\n"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, url], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


async def test_a_migration_without_alembic_says_what_to_install(url, engine, monkeypatch):
    begin_with_migrations(engine)
    engine.dispose()
    monkeypatch.setitem(sys.modules, "motet.storage.migrating", None)
    with pytest.raises(MissingExtra, match=r'pip install "motet\[migrate\]"'):
        await SqlStore(url).open()


@pytest.mark.parametrize("migrating", [False, True])
def test_of_many_who_open_at_once_one_makes_the_tables(url, engine, migrating):
    if migrating:
        begin_with_migrations(engine)
        engine.dispose()
    failures = []

    async def use(number):
        store = SqlStore(url, patience=20)
        await store.open()
        await store.create(Tree(f"{number:016x}", "tree"), [Definition(1, "root")])
        await store.close()

    def work(number):
        try:
            asyncio.run(use(number))
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM motet_trees")).scalar() == 4
        assert connection.execute(text("SELECT count(*) FROM motet_version")).scalar() == 1


def test_of_two_processes_that_open_at_once_one_makes_the_tables(tmp_path):
    program = (
        "import asyncio, sys\nfrom motet.storage import open_store\n"
        "async def use():\n    store = open_store(sys.argv[1])\n    await store.open()\n    await store.close()\n"
        "sys.stdin.read(1)\nasyncio.run(use())\n"
    )
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path}/work.db"]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    for process in processes:
        process.stdin.write(b"g")
        process.stdin.flush()
    for process in processes:
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, b"")


async def test_tables_of_somebody_else_are_left_alone(url, engine):
    run(engine, "CREATE TABLE motet_tasks (a INTEGER)", "INSERT INTO motet_tasks VALUES (1)")
    engine.dispose()
    with pytest.raises(StoreBroken, match="motet_tasks.*use another database"):
        await SqlStore(url, patience=0.1).open()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT a FROM motet_tasks")).scalar() == 1


def test_migrating_what_is_up_to_date_does_nothing(engine):
    preparing.ready(engine, "it")
    before = shape(engine)
    migrate(engine)
    assert shape(engine) == before


def test_what_has_opened_a_file_reads_it_too(url, engine):
    """DuckDB would open its file once more; of PostgreSQL's connection the settings have been changed."""
    connected = []
    event.listen(engine, "connect", lambda *_: connected.append(1))
    preparing.ready(engine, "it")
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert len(connected) == (2 if engine.dialect.name == "postgresql" else 1)


async def test_tables_of_others_may_have_any_name(url, engine):
    """DuckDB names those that look alike where one is not there: no such name says that a database is damaged."""
    run(engine, "CREATE TABLE corrupt_version (n INTEGER)", "CREATE TABLE motet_versions_conflict (n INTEGER)")
    engine.dispose()
    store = SqlStore(url)
    await store.open()
    assert await store.check() == []
    await store.close()
