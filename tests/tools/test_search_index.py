"""The index is like the folder: whatever changes, however it is bounded, whoever else searches."""

import asyncio
import os
import sqlite3
import threading

import pytest
from folder_texts import paths, root, search

from motet.kernel.errors import InvalidPayload, Unavailable
from motet.tools import search_index, search_store
from motet.tools.search import FolderSearch
from support import within

__all__ = ["root", "search"]


async def test_what_is_new_changed_or_gone_is_noticed_by_the_next_search(search, root):
    assert await paths(search, "needle") == []
    (root / "new.txt").write_text("needle one")
    assert await paths(search, "needle") == ["new.txt"]
    (root / "new.txt").write_text("needle two")
    assert await paths(search, "needle one") == []
    assert await paths(search, "needle two") == ["new.txt"]
    (root / "new.txt").rename(root / "moved.txt")
    assert await paths(search, "needle") == ["moved.txt"]
    (root / "moved.txt").unlink()
    assert await paths(search, "needle") == []
    (root / "moved.txt").symlink_to("café.txt")
    assert await paths(search, "moved") == []


async def test_a_change_that_keeps_size_and_time_is_noticed(search, root, monkeypatch):
    path = root / "café.txt"
    os.utime(path, (1000, 1000))
    assert await paths(search, "zurich") == ["café.txt"]
    later = search_index.time.time_ns() + 10**12
    monkeypatch.setattr(search_index.time, "time_ns", lambda: later)
    assert await paths(search, "zurich") == ["café.txt"]
    path.write_text(path.read_text().replace("Zürich", "Bürich"))
    os.utime(path, (1000, 1000))
    assert await paths(search, "zurich") == []
    assert await paths(search, "burich") == ["café.txt"]


def test_a_file_that_has_only_just_changed_looks_like_nothing_that_could_be_compared(root, monkeypatch):
    # Within one tick of the clock of a file system it may change again, and look the same.
    path = root / "café.txt"
    assert search_index.stamp_of(path.stat()) == ""
    now = search_index.time.time_ns()
    monkeypatch.setattr(search_index.time, "time_ns", lambda: now + 10 * 10**9)
    known = search_index.stamp_of(path.stat())
    assert known
    path.write_text(path.read_text())
    assert search_index.stamp_of(path.stat()) != known
    os.utime(path, ns=(now, now + 3600 * 10**9))
    assert search_index.stamp_of(path.stat()) == ""


async def test_what_has_not_changed_is_not_read_again(search, monkeypatch):
    later = search_index.time.time_ns() + 10**12
    monkeypatch.setattr(search_index.time, "time_ns", lambda: later)
    assert await paths(search, "graph") == ["guides/flows.md"]
    monkeypatch.setattr(search_index, "open_file", None)
    assert await paths(search, "graph") == ["guides/flows.md"]


async def test_what_is_left_out_is_counted(root):
    (root / "large.txt").write_text("needle " * 30)
    (root / "binary.txt").write_bytes(b"needle\0")
    (root / "latin.txt").write_bytes("needle ü".encode("latin-1"))
    (root / "link.txt").symlink_to("café.txt")
    search = FolderSearch(root, max_file_bytes=100)
    for _ in range(2):
        found = await search.search("needle")
        assert (found.hits, found.files) == ((), 3)
        assert found.skipped == {"too large": 1, "no text": 2, "link": 1}
    await search.close()


async def test_the_index_is_bounded_in_files_and_bytes(root):
    search = FolderSearch(root, max_files=1)
    assert (await search.refresh()).files == 1
    assert dict((await search.refresh()).skipped) == {"too many": 2}
    await search.close()
    search = FolderSearch(root, max_total_bytes=100)
    covered = await search.refresh()
    assert covered.files < 3
    assert covered.skipped["too many"] == 3 - covered.files
    await search.close()


async def test_nothing_outside_is_searched(search, root, tmp_path):
    (tmp_path / "secret.txt").write_text("needle")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root / "folder").symlink_to(tmp_path)
    assert await paths(search, "needle") == []


async def test_an_index_in_a_file_is_used_again(root, tmp_path, monkeypatch):
    later = search_index.time.time_ns() + 10**12
    monkeypatch.setattr(search_index.time, "time_ns", lambda: later)
    for _ in range(2):
        search = FolderSearch(root, index=tmp_path / "index.db")
        assert await paths(search, "graph") == ["guides/flows.md"]
        await search.close()
        monkeypatch.setattr(search_index, "open_file", None)
    assert not list(root.glob("*.db*"))


async def test_an_index_of_another_version_is_made_anew(root, tmp_path, monkeypatch):
    search = FolderSearch(root, index=tmp_path / "index.db")
    await search.refresh()
    await search.close()
    monkeypatch.setattr(search_store, "VERSION", 2)
    assert await paths(search, "graph") == ["guides/flows.md"]
    await search.close()


async def test_a_database_of_something_else_is_left_alone(root, tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE files (precious)")
    database.close()
    before = path.read_bytes()
    with pytest.raises(InvalidPayload, match="is a database of something else"):
        await FolderSearch(root, index=path).search("x")
    path.write_bytes(b"no database at all " * 100)
    with pytest.raises(InvalidPayload, match="is no database, or a broken one"):
        await FolderSearch(root, index=path).search("x")
    assert before[:6] == b"SQLite"
    with pytest.raises(Unavailable, match="cannot be used now"):
        await FolderSearch(root, index=tmp_path / "nothing" / "index.db").search("x")


async def test_concurrent_searches_and_refreshes_do_not_disturb_one_another(search, root):
    for number in range(50):
        (root / f"{number}.txt").write_text(f"common word{number}")

    async def one(number):
        (root / f"{number}.txt").write_text(f"common changed{number}")
        assert await paths(search, f"changed{number}") == [f"{number}.txt"]
        return len((await search.search("common", limit=100)).hits)

    calls = [*(one(number) for number in range(20)), *(search.refresh() for _ in range(5))]
    given = await within(asyncio.gather(*calls))
    assert given[:20] == [50] * 20


async def test_a_cancellation_stops_reading_and_the_next_search_is_complete(search, root, monkeypatch):
    for number in range(20):
        (root / f"{number:02}.txt").write_text("common")
    begun, go, read, real = threading.Event(), threading.Event(), [], search_index.open_file

    def slow(folder, name, path):
        read.append(path)
        begun.set()
        go.wait()
        return real(folder, name, path)

    monkeypatch.setattr(search_index, "open_file", slow)
    working = asyncio.create_task(search.search("common"))
    waiting = asyncio.create_task(search.search("common", limit=100))
    await within(asyncio.to_thread(begun.wait))
    working.cancel()
    await asyncio.sleep(0.01)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await within(working)
    assert len((await within(waiting)).hits) == 20
