"""`Files`: the files of one folder."""

import asyncio
import os
import threading
from datetime import UTC, datetime

import pytest
from folder_files import files, outside, root

from motet.kernel.error_payload import from_payload, to_payload
from motet.kernel.errors import InvalidPayload, MotetError, NotFound
from motet.tools.errors import NotAllowed, Outdated, TooLarge
from motet.tools.files import Files
from started import descriptors

__all__ = ["files", "outside", "root"]


async def test_a_file_is_read_whole_or_in_lines(files):
    whole = await files.read("notes.txt")
    assert (whole.text, whole.start_line, whole.lines, whole.complete) == ("one\ntwo\nthree\n", 1, 3, True)
    some = await files.read("notes.txt", start_line=2, lines=1)
    assert (some.text, some.start_line, some.lines, some.complete) == ("two\n", 2, 1, False)
    assert await files.read_bytes("src/main.py") == b"print('hi')\n"


async def test_lines_are_counted_however_a_file_ends(files, root):
    for text, lines in (("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("\n\n", 2)):
        (root / "counted").write_text(text)
        assert (await files.read("counted")).lines == lines


@pytest.mark.parametrize("numbers", [{"start_line": 0}, {"lines": 0}, {"start_line": -1, "lines": 2}])
async def test_numbers_of_lines_begin_at_one(files, numbers):
    with pytest.raises(InvalidPayload, match="numbers from 1"):
        await files.read("notes.txt", **numbers)


OUTWARD = ["../outside/secret", "link/secret", "/etc/passwd", "link", "src/../../outside/secret", "a\0b", ""]


@pytest.mark.parametrize("path", OUTWARD)
async def test_nothing_leads_outside(files, path, root, outside):
    calls = [
        lambda: files.read(path),
        lambda: files.read(path, start_line=1),
        lambda: files.read_bytes(path),
        lambda: files.list(path),
        lambda: files.write(path, "x"),
        lambda: files.write(path + "/new", "x", create_folders=True),
        lambda: files.append(path, "x"),
        lambda: files.replace(path, "secret", "x"),
        lambda: files.make_folder(path + "/new"),
        lambda: files.move(path + "/secret", "mine"),
        lambda: files.move("notes.txt", path + "/new"),
        lambda: files.delete(path + "/secret"),
        lambda: files.stat(path + "/secret"),
    ]
    for call in calls:
        with pytest.raises((NotAllowed, InvalidPayload)):
            await call()
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_text() == "secret"
    assert sorted(path.name for path in root.iterdir()) == ["link", "notes.txt", "src"]


async def test_a_folder_is_listed_and_links_are_only_told_of(files, root):
    os.mkfifo(root / "pipe")
    listing = await files.list()
    assert [(entry.path, entry.kind, entry.bytes) for entry in listing.entries] == [
        ("link", "link", 0),
        ("notes.txt", "file", 14),
        ("pipe", "other", 0),
        ("src", "folder", 0),
    ]
    assert listing.complete
    deep = await files.list(depth=9)
    assert [entry.path for entry in deep.entries] == ["link", "notes.txt", "pipe", "src", "src/main.py"]
    assert [entry.path for entry in (await files.list("src")).entries] == ["src/main.py"]
    assert [entry.path for entry in (await files.list("./src/.")).entries] == ["src/main.py"]


async def test_a_listing_is_bounded(root):
    for number in range(20):
        (root / "src" / f"{number:02}").touch()
    few = Files(root, max_entries=10)
    listing = await few.list(depth=2)
    assert len(listing.entries) == 10
    assert not listing.complete
    assert (await Files(root, max_entries=24).list(depth=2)).complete
    for depth in (0, 33):
        with pytest.raises(InvalidPayload, match="depth is a number from 1 to 32"):
            await few.list(depth=depth)


async def test_a_name_that_is_no_text_is_left_out(files, root):
    (root / os.fsdecode(b"\xff")).touch()
    assert [entry.path for entry in (await files.list()).entries] == ["link", "notes.txt", "src"]


async def test_what_something_is(files, root):
    os.utime(root / "notes.txt", (0, 86400))
    found = await files.stat("notes.txt")
    assert (found.kind, found.bytes, found.modified) == ("file", 14, datetime(1970, 1, 2, tzinfo=UTC))
    assert [(await files.stat(path)).kind for path in (".", "src", "link")] == ["folder", "folder", "link"]
    with pytest.raises(NotFound, match="There is no 'nothing'"):
        await files.stat("nothing")


async def test_files_links_and_empty_folders_are_deleted(files, root, outside):
    with pytest.raises(InvalidPayload, match="is not empty: delete what is in it first"):
        await files.delete("src")
    for path in ("src/main.py", "src", "link"):
        await files.delete(path)
    assert [path.name for path in root.iterdir()] == ["notes.txt"]
    assert (outside / "secret").exists()
    for path, kind in (("nothing", NotFound), (".", InvalidPayload), ("notes.txt/x", InvalidPayload)):
        with pytest.raises(kind):
            await files.delete(path)


async def test_files_and_folders_are_moved_to_where_nothing_is(files, root):
    await files.move("notes.txt", "src/notes.txt")
    await files.move("src", "source")
    assert sorted(path.name for path in (root / "source").iterdir()) == ["main.py", "notes.txt"]
    await files.write("other", "x")
    for target in ("source/notes.txt", "source", "link"):
        with pytest.raises(InvalidPayload, match="There is something at"):
            await files.move("other", target)
    with pytest.raises(InvalidPayload, match="cannot be moved into itself"):
        await files.move("source", "source/inner")
    with pytest.raises(NotFound):
        await files.move("nothing", "new")
    assert (root / "other").read_text() == "x"


async def test_folders_are_made(files, root):
    await files.make_folder("a/b/c")
    await files.make_folder("a/b/c")
    await files.make_folder(".")
    assert (root / "a" / "b" / "c").is_dir()
    for path in ("notes.txt", "notes.txt/x", "src/main.py/x/y"):
        with pytest.raises(InvalidPayload, match="is no folder"):
            await files.make_folder(path)
    with pytest.raises(NotAllowed, match="is a symbolic link"):
        await files.make_folder("link")


async def test_nothing_is_changed_unless_that_was_allowed(root):
    files = Files(root)
    before = sorted(path.name for path in root.rglob("*"))
    calls = [
        files.write("notes.txt", "x"),
        files.append("notes.txt", "x"),
        files.replace("notes.txt", "two", "x"),
        files.delete("notes.txt"),
        files.move("notes.txt", "x"),
        files.make_folder("x"),
    ]
    for call in calls:
        with pytest.raises(NotAllowed, match=r"Files\(\.\.\., write=True\)"):
            await call
    assert sorted(path.name for path in root.rglob("*")) == before
    assert (root / "notes.txt").read_text() == "one\ntwo\nthree\n"


@pytest.mark.parametrize("bounds", [{"max_bytes": 0}, {"max_entries": 0}, {"max_bytes": float("nan")}])
def test_bounds_that_make_no_sense(root, bounds):
    with pytest.raises(ValueError, match="it is a number from 1"):
        Files(root, **bounds)


@pytest.mark.parametrize("kind", [NotAllowed, TooLarge, Outdated])
def test_the_errors_cross_a_wire(kind):
    assert type(from_payload(to_payload(kind("told")))) is kind


async def test_a_folder_that_is_swapped_for_a_link_meanwhile_lets_nothing_out_or_in(files, root, outside):
    (outside / "main.py").write_text("outside")
    (outside / "old").write_text("outside")
    before = descriptors()
    inner, away, done = root / "src", root / "away", threading.Event()

    def swap() -> None:
        try:
            for _ in range(2000):
                inner.rename(away)
                inner.symlink_to(outside)
                inner.unlink()
                away.rename(inner)
        finally:
            done.set()

    swapper = threading.Thread(target=swap)
    swapper.start()
    seen, refused = set(), 0
    while not done.is_set():
        calls = [
            files.read("src/main.py"),
            files.write("src/main.py", "inside"),
            files.append("src/log", "x"),
            files.delete("src/log"),
            files.move("src/main.py", "src/old"),
            files.move("src/old", "src/main.py"),
            files.list("src"),
        ]
        for given in await asyncio.gather(*calls, return_exceptions=True):
            assert not isinstance(given, BaseException) or isinstance(given, MotetError), repr(given)
            refused += isinstance(given, NotAllowed)
            seen.add(getattr(given, "text", ""))
            assert "secret" not in str(getattr(given, "entries", ""))
    swapper.join()
    assert refused or seen  # how the threads take turns decides which
    assert seen <= {"", "inside", "print('hi')\n"}
    assert {path.name: path.read_text() for path in outside.iterdir()} == {
        "main.py": "outside",
        "old": "outside",
        "secret": "secret",
    }
    assert descriptors() == before
