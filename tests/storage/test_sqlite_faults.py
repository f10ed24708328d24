"""SQLite: what happens to a store when the file, the disk or another program is in its way."""

import asyncio
import contextlib
import logging
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import event

from motet.storage import SqlStore
from motet.tasks.changes import Claim, Record, Step
from motet.tasks.definition import Definition
from motet.tasks.errors import StoreBroken, StoreUnavailable
from motet.tasks.model import Tree
from support import until

TREE = "00000000000000aa"


@contextlib.asynccontextmanager
async def opened(file, patience=0.3):
    store = SqlStore(f"sqlite:///{file}", patience=patience)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


async def begin(store):
    await store.create(Tree(TREE, "tree", created_at=1.0), [Definition(n, f"t{n}", "x") for n in range(1, 6)])
    await store.apply([Claim(TREE, 1, "me", 1.0)])


def big(number):
    return Record(TREE, 1, "me", 1, 1.0, (Step(f"big {number}", os.urandom(60_000).hex()),))


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def held(file):
    """Let another process hold the file."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        yield
        holder.stdin.close()


async def test_a_lock_is_waited_out(tmp_path, caplog):
    caplog.set_level(logging.INFO, "motet.storage")
    async with opened(tmp_path / "work.db", patience=20) as store:
        await begin(store)
        claims = [Claim(TREE, seq, "me", 2.0) for seq in (2, 3)]
        with held(tmp_path / "work.db"):
            waiting = [asyncio.ensure_future(store.apply([claim])) for claim in claims]
            await until(lambda: caplog.records)
            assert [task.seq for task in (await store.tree(TREE)).tasks] == [1, 2, 3, 4, 5]
            assert not any(task.done() for task in waiting)
        await asyncio.gather(*waiting)
        assert [claim.applied for claim in claims] == [True, True]
    warning, info = caplog.records
    assert (warning.levelname, info.levelname) == ("WARNING", "INFO")
    assert "work.db is locked: another program is writing" in warning.getMessage()


async def test_a_lock_that_stays_is_told_and_work_goes_on_afterwards(tmp_path):
    async with opened(tmp_path / "work.db", patience=0.1) as store:
        await begin(store)
        claim = Claim(TREE, 2, "me", 2.0)
        with held(tmp_path / "work.db"):
            with pytest.raises(StoreUnavailable, match="is locked") as raised:
                await store.apply([claim])
            assert raised.value.retryable
            assert claim.applied is None
        await store.apply([claim])
        assert claim.applied is True


async def test_opening_waits_for_a_lock(tmp_path):
    file = tmp_path / "work.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE other (a)")
    connection.close()
    store = SqlStore(f"sqlite:///{file}", patience=20)
    with held(file):
        opening = asyncio.ensure_future(store.open())
        await asyncio.sleep(0.05)
        assert not opening.done()
    await opening
    await begin(store)
    await store.close()


async def test_opening_does_not_wait_for_ever(tmp_path):
    file = tmp_path / "work.db"
    sqlite3.connect(file).close()
    store = SqlStore(f"sqlite:///{file}", patience=0.05)
    with held(file), pytest.raises(StoreUnavailable, match="is locked"):
        await store.open()


async def full(store, make_space):
    """Write until there is no space, and again when there is."""
    await begin(store)
    written = 0
    with pytest.raises(StoreUnavailable, match="no space left"):
        for written in range(200):
            await store.apply([big(written)])
    assert written > 2
    assert len(await store.journal(TREE, 1)) == written
    make_space()
    again = [big(written), big(written + 1)]
    await asyncio.gather(*(store.apply([record]) for record in again))
    assert [record.applied for record in again] == [True, True]
    assert len(await store.journal(TREE, 1)) == written + 2
    assert await store.check() == []


async def test_a_full_database_takes_nothing_and_goes_on_when_there_is_space(tmp_path):
    pages = [200]

    def bound(connection, *_: object):
        connection.execute(f"PRAGMA max_page_count={pages[0]}")

    async with opened(tmp_path / "work.db", patience=0.05) as store:
        event.listen(store._database._engine, "checkout", bound)
        await full(store, lambda: pages.__setitem__(0, 100_000))


@pytest.fixture
def small_disk(tmp_path):
    """Mount a file system of three megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    if not (mount and umount) or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system")
    yield place
    subprocess.run([umount, str(place)], check=True)


async def test_a_full_disk_takes_nothing_and_goes_on_when_there_is_space(small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 1_200_000)
    async with opened(small_disk / "work.db", patience=0.05) as store:
        await full(store, ballast.unlink)


async def test_what_is_no_database_is_refused(tmp_path):
    file = tmp_path / "work.db"
    file.write_text("this is a letter, and a long one at that\n" * 200, encoding="utf-8")
    with pytest.raises(StoreBroken, match=r"work.db is no SQLite database: name another file"):
        await SqlStore(f"sqlite:///{file}").open()


async def test_a_damaged_file_is_told_with_a_way_out(tmp_path):
    file = tmp_path / "work.db"
    async with opened(file) as store:
        await begin(store)
        await store.apply([big(n) for n in range(10)])
    data = bytearray(file.read_bytes())
    for page in range(1, len(data) // 4096):
        data[page * 4096 : page * 4096 + 512] = b"\xff" * 512
    file.write_bytes(bytes(data))
    with pytest.raises(StoreBroken, match=r"is damaged .*restore a backup.*integrity_check"):
        async with opened(file) as store:
            await store.tree(TREE)


async def test_damage_under_way_is_told_and_breaks_nothing_else(tmp_path):
    file = tmp_path / "work.db"
    async with opened(file) as store:
        await begin(store)
    data = bytearray(file.read_bytes())
    with sqlite3.connect(file) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'motet_tasks'").fetchone()
    connection.close()
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    file.write_bytes(bytes(data))
    async with opened(file) as store:
        with pytest.raises(StoreBroken, match="is damaged"):
            await store.apply([Claim(TREE, 2, "me", 1.0)])
        await store.beat("me", 1.0)
        assert [owner for owner, *_ in await store.workers()] == ["me"]
        assert "damaged" in (await store.check())[0]


async def test_a_missing_folder_is_told_at_once(tmp_path):
    with pytest.raises(StoreUnavailable, match="cannot be opened: its folder is missing"):
        await SqlStore(f"sqlite:///{tmp_path}/nowhere/work.db", patience=60).open()


async def test_a_closed_store_says_so(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/work.db")
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="not open"):
            await store.tree(TREE)
        with pytest.raises(StoreUnavailable, match="not open"):
            await store.apply([])
        await store.open()
        await store.open()
        await store.close()
