"""DuckDB: one process at a time, and files that are none."""

import subprocess
import sys

import pytest

from motet.storage import SqlStore
from motet.tasks.definition import Definition
from motet.tasks.errors import StoreBroken, StoreUnavailable
from motet.tasks.model import Tree

HOLD = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("CREATE TABLE IF NOT EXISTS other (a INTEGER)")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "work.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        yield holder
        holder.stdin.close()


async def test_a_file_in_use_by_another_process_is_told_with_a_way_out(tmp_path, held):
    store = SqlStore(f"duckdb:///{tmp_path}/work.duckdb", patience=0.05)
    with pytest.raises(StoreUnavailable, match="DuckDB is for one process at a time.*SQLite or PostgreSQL"):
        await store.open()
    held.stdin.close()
    held.wait()
    await store.open()
    await store.create(Tree("aa", "tree"), [Definition(1, "root")])
    await store.close()


async def test_what_is_no_database_is_refused(tmp_path):
    file = tmp_path / "work.duckdb"
    file.write_text("this is a letter\n" * 1000, encoding="utf-8")
    with pytest.raises(StoreBroken, match=r"work.duckdb is no DuckDB database"):
        await SqlStore(f"duckdb:///{file}", patience=60).open()


async def test_a_missing_folder_is_told_at_once(tmp_path):
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        await SqlStore(f"duckdb:///{tmp_path}/nowhere/work.duckdb", patience=60).open()
