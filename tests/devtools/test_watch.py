"""Being told when files change: with the real thing."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from leaks import nothing_left  # noqa: F401 - a fixture
from motet.devtools import watch as module
from motet.devtools.sources import Sources
from motet.devtools.watch import watch
from motet.kernel.errors import Unavailable
from support import within


@asynccontextmanager
async def watching(root: Path) -> AsyncIterator[Any]:
    """Watch a folder from here on."""
    changes: Any = watch(Sources([root]), 0.02)
    async with aclosing(changes):
        await within(anext(changes))
        yield changes


async def test_it_tells_once_at_the_start(tmp_path: Path) -> None:
    async with watching(tmp_path):
        pass


@pytest.mark.parametrize("change", ["new", "write", "delete", "move over"])
async def test_a_change_is_told(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a.py"
    if change != "new":
        path.write_text("1\n")
    (tmp_path / "other").write_text("2\n")
    async with watching(tmp_path) as changes:
        if change == "delete":
            path.unlink()
        elif change == "move over":
            (tmp_path / "other").replace(path)
        else:
            path.write_text("2\n")
        await within(anext(changes))


async def test_a_file_in_a_new_folder_is_told(tmp_path: Path) -> None:
    async with watching(tmp_path) as changes:
        (tmp_path / "v1.0" / "deep").mkdir(parents=True)
        await within(anext(changes))
        (tmp_path / "v1.0" / "deep" / "a.py").write_text("1\n")
        await within(anext(changes))


async def test_a_folder_that_goes_away_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    async with watching(tmp_path) as changes:
        (tmp_path / "gone").rmdir()
        await within(anext(changes))
        (tmp_path / "a.py").write_text("1\n")
        await within(anext(changes))


@pytest.mark.parametrize("name", ["root", "root/pkg"])
@pytest.mark.parametrize("how", ["deleted", "moved"])
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_folder_that_is_made_again_is_watched_again(tmp_path: Path, name: str, how: str, at_once: bool) -> None:
    folder = tmp_path / name
    folder.mkdir(parents=True)
    (folder / "a.py").write_text("1\n")
    async with watching(tmp_path / "root") as changes:
        if how == "deleted":
            shutil.rmtree(folder)
        else:
            folder.rename(tmp_path / "moved")
        if not at_once:
            await within(anext(changes))
        folder.mkdir()
        await within(anext(changes))
        await asyncio.sleep(0)
        for number in range(3):
            (folder / "a.py").write_text(f"{number}\n")
            await within(anext(changes))


async def test_a_root_that_is_not_there_when_watching_begins_is_waited_for(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    changes: Any = watch(Sources([root, other]), 0.02)
    root.rmdir()
    async with aclosing(changes):
        await within(anext(changes))
        (other / "a.py").write_text("1\n")
        await within(anext(changes))
        root.mkdir()
        await within(anext(changes))
        (root / "a.py").write_text("1\n")
        await within(anext(changes))


async def test_a_folder_that_goes_away_before_it_is_watched_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, seen = Sources([tmp_path]), iter([[tmp_path / "gone"]] * 2)
    monkeypatch.setattr(sources, "places", lambda: next(seen, [tmp_path]))
    changes: Any = watch(sources, 0.02)
    async with aclosing(changes):
        await within(anext(changes))
        await within(anext(changes))
        (tmp_path / "a.py").write_text("1\n")
        await within(anext(changes))


@pytest.mark.parametrize("kind", ["file", "folder"])
async def test_a_name_that_is_no_utf8_ends_nothing(tmp_path: Path, kind: str) -> None:
    odd = tmp_path / os.fsdecode(b"a\xff.txt")
    async with watching(tmp_path) as changes:
        try:
            odd.touch() if kind == "file" else odd.mkdir()
        except OSError:
            pytest.skip("the system has no such names")
        await within(anext(changes))
        (tmp_path / "a.py").write_text("1\n")
        await within(anext(changes))
    async with watching(tmp_path) as changes:
        (tmp_path / "a.py").write_text("2\n")
        await within(anext(changes))


async def test_a_root_whose_name_is_no_utf8_cannot_be_watched(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"b\xff")
    try:
        odd.mkdir()
    except OSError:
        pytest.skip("the system has no such names")
    with pytest.raises(Unavailable, match=r"b\\udcff' is no UTF-8: rename"):
        await within(anext(watch(Sources([odd]))))


async def test_what_is_not_the_users_own_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    async with watching(tmp_path) as changes:
        (tmp_path / "__pycache__" / "a.py").write_text("1\n")
        (tmp_path / "notes.txt").write_text("1\n")
        following = asyncio.ensure_future(anext(changes))
        (tmp_path / "a.py").write_text("1\n")
        await within(following)


async def test_waiting_can_be_cancelled(tmp_path: Path) -> None:
    async with watching(tmp_path) as changes:
        following = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(following)


def test_without_the_extra_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['watchfiles'] = None\n"
        "from motet.kernel.errors import MissingExtra\n"
        "try:\n    import motet.devtools.watch\nexcept MissingExtra as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == 'Watching files needs an optional dependency: pip install "motet[dev]"\n'


async def test_what_the_system_does_not_let_us_watch_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> AsyncIterator[set[object]]:
        raise OSError(28, "No space left on device")
        yield set()

    monkeypatch.setattr(module, "awatch", refuse)
    changes: Any = watch(Sources([tmp_path]))
    async with aclosing(changes):
        await within(anext(changes))
        with pytest.raises(Unavailable, match="raise what the system allows"):
            await within(anext(changes))
