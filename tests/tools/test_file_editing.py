"""Text files are written, added to and changed, and nothing is lost."""

import asyncio
import os
import threading
from typing import Any

import pytest
from folder_files import files, outside, root

from motet.kernel.errors import InvalidPayload, NotFound
from motet.tools.errors import Outdated, TooLarge
from motet.tools.file_editing import Written
from support import within

__all__ = ["files", "outside", "root"]


async def test_a_file_is_written_and_its_folders_are_made(files, root):
    assert await files.write("new.txt", "grüße") == Written("new.txt", 7)
    assert (root / "new.txt").read_text() == "grüße"
    with pytest.raises(NotFound, match="There is no 'a'"):
        await files.write("a/b/c.txt", "x")
    await files.write("a/b/c.txt", "x", create_folders=True)
    await files.write("a/b/c.txt", "y", create_folders=True)
    assert (root / "a" / "b" / "c.txt").read_text() == "y"


async def test_text_is_added_to_a_file(files, root):
    for text in ("one\n", "two\n"):
        given = await files.append("log", text)
    assert given == Written("log", 8)
    assert (root / "log").read_text() == "one\ntwo\n"
    os.link(root / "log", root / "other")
    await files.append("log", "three\n")
    assert (root / "other").read_text() == "one\ntwo\n"


async def test_a_piece_is_replaced_where_it_stands_once(files, root):
    await files.replace("notes.txt", "two\n", "2\n")
    assert (root / "notes.txt").read_text() == "one\n2\nthree\n"


@pytest.mark.parametrize(
    ("old", "told"),
    [
        ("four", "does not stand in 'notes.txt': read the file"),
        ("e\n", "stands in 'notes.txt' 2 times: give more of the text"),
        ("", "old is empty"),
        ("TWO", "does not stand"),
    ],
)
async def test_a_piece_that_is_not_there_once_is_not_replaced(files, root, old, told):
    with pytest.raises(InvalidPayload, match=told):
        await files.replace("notes.txt", old, "x")
    assert (root / "notes.txt").read_text() == "one\ntwo\nthree\n"


async def test_pieces_that_overlap_are_two(files, root):
    (root / "file").write_text("aXaXa")
    with pytest.raises(InvalidPayload, match="2 times"):
        await files.replace("file", "aXa", "b")


async def test_many_changes_of_one_file_at_once_all_count(files, root):
    (root / "many").write_text("".join(f"<{number}>" for number in range(50)))
    await within(asyncio.gather(*(files.replace("many", f"<{number}>", f"[{number}]") for number in range(50))))
    assert (root / "many").read_text() == "".join(f"[{number}]" for number in range(50))


async def test_a_change_by_somebody_else_in_between_is_not_lost(files, root, monkeypatch):
    from motet.tools import file_editing

    real = file_editing.write_whole

    def interrupted(*args: Any):
        (root / "notes.txt").write_text("theirs")
        real(*args)

    monkeypatch.setattr(file_editing, "write_whole", interrupted)
    for change in (files.replace("notes.txt", "two", "2"), files.append("notes.txt", "four")):
        with pytest.raises((Outdated, InvalidPayload)):
            await change
    assert (root / "notes.txt").read_text() == "theirs"


async def test_what_is_too_large_is_neither_read_nor_written(files, root):
    (root / "large").write_text("x" * 1001)
    with pytest.raises(TooLarge, match="has 1001 bytes, and 1000 are read at once: read it in parts, with start_line"):
        await files.read("large")
    with pytest.raises(TooLarge):
        await files.append("large", "x")
    with pytest.raises(TooLarge, match="would have 1002 bytes, and may have 1000: split it"):
        await files.write("new", "ü" * 501)
    (root / "almost").write_text("x" * 999)
    with pytest.raises(TooLarge):
        await files.append("almost", "ab")
    with pytest.raises(TooLarge):
        await files.replace("notes.txt", "two", "x" * 1000)
    assert not (root / "new").exists()
    assert (root / "almost").stat().st_size == 999


async def test_what_is_no_text_is_neither_read_nor_written(files, root):
    (root / "binary").write_bytes(b"\xff\xfe\x00")
    for call in (files.read("binary"), files.append("binary", "x"), files.replace("binary", "a", "b")):
        with pytest.raises(InvalidPayload, match="is no text"):
            await call
    with pytest.raises(InvalidPayload, match="UTF-8 cannot say"):
        await files.write("new", "\ud800")
    assert await files.read_bytes("binary") == b"\xff\xfe\x00"


async def test_a_cancellation_waits_for_what_is_being_written(files, root, monkeypatch):
    begun, go, fsync = threading.Event(), threading.Event(), os.fsync

    def slow(descriptor):
        begun.set()
        go.wait()
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    working = asyncio.create_task(files.write("notes.txt", "new"))
    await within(asyncio.to_thread(begun.wait))
    working.cancel()
    await asyncio.sleep(0)
    assert not working.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await within(working)
    assert (root / "notes.txt").read_text() == "new"
    assert sorted(path.name for path in root.iterdir()) == ["link", "notes.txt", "src"]
