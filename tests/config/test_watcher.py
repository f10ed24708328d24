"""Files are watched, and settings follow."""

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from motet.config.changes import Change
from motet.config.errors import InvalidConfig
from motet.config.manager import ConfigManager
from motet.config.reading import Surroundings
from motet.config.watcher import files_to_watch
from motet.kernel.errors import NotAvailable
from support import within

Make = Callable[..., ConfigManager]


async def test_what_changes_is_yielded_and_told(make: Make, tmp_path: Path) -> None:
    config = make()
    told: list[Change] = []
    config.subscribe(told.append)
    async with aclosing(config.watch()) as changes:
        first = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        (tmp_path / "motet.toml").write_text("[flow]\ninbox = 3\n")
        change = await within(first)
        assert (change.key, change.old, change.new, change.source.line) == ("flow.inbox", 64, 3, 2)
        (tmp_path / "global.toml").write_text("[flow]\nconcurrency = 4\n")
        assert (await within(anext(changes))).key == "flow.concurrency"
        (tmp_path / "motet.toml").unlink()
        assert (await within(anext(changes))).new == 64
    assert [change.key for change in told] == ["flow.inbox", "flow.concurrency", "flow.inbox"]


async def test_a_change_from_before_the_watching_is_seen(make: Make, tmp_path: Path) -> None:
    config = make()
    (tmp_path / "motet.toml").write_text("[flow]\ninbox = 3\n")
    async with aclosing(config.watch()) as changes:
        assert (await within(anext(changes))).new == 3


async def test_a_bad_file_is_told_and_the_next_good_one_counts(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = make()
    wrong: asyncio.Queue[InvalidConfig] = asyncio.Queue()
    good: asyncio.Queue[Change] = asyncio.Queue()
    config.subscribe(good.put_nowait)
    with caplog.at_level(logging.ERROR):
        async with config.watching(wrong.put_nowait) as same:
            assert same is config
            (tmp_path / "motet.toml").write_text("[flow]\ninbox = 0\n")
            error = await within(wrong.get())
            assert config.problem is error
            (tmp_path / "motet.toml").write_text("[flow]\ninbox = 2\n")
            assert (await within(good.get())).new == 2
    assert config.problem is None
    assert "the last good settings stay: the configuration cannot be used" in caplog.text


@pytest.mark.parametrize(
    "text",
    ['[executors.command]\nroot = "~nobody-here/x"\n', '[tasks]\npoll = 1\n"poll.x" = 2\n', '"tasks.poll" = 1\n'],
)
async def test_whatever_is_wrong_with_a_file_it_is_watched_on(make: Make, tmp_path: Path, text: str) -> None:
    config = make()
    wrong: asyncio.Queue[InvalidConfig] = asyncio.Queue()
    good: asyncio.Queue[Change] = asyncio.Queue()
    config.subscribe(good.put_nowait)
    async with config.watching(wrong.put_nowait):
        (tmp_path / "motet.toml").write_text(text)
        error = await within(wrong.get())
        assert config.problem is error
        (tmp_path / "motet.toml").write_text("[flow]\ninbox = 2\n")
        assert (await within(good.get())).new == 2


async def test_folders_that_come_later_are_watched(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "a" / "b" / "config.toml"
    config = make(global_file=file)
    good: asyncio.Queue[Change] = asyncio.Queue()
    config.subscribe(good.put_nowait)
    async with config.watching():
        file.parent.mkdir(parents=True)
        file.write_text("[flow]\ninbox = 2\n")
        assert (await within(good.get())).new == 2


async def test_what_a_link_leads_to_is_watched(make: Make, tmp_path: Path) -> None:
    (tmp_path / "dots").mkdir()
    real = tmp_path / "dots" / "real.toml"
    real.write_text("[flow]\ninbox = 2\n")
    (tmp_path / "global.toml").symlink_to(real)
    config = make()
    async with aclosing(config.watch()) as changes:
        first = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        real.write_text("[flow]\ninbox = 33\n")
        assert (await within(first)).new == 33


async def test_cancelled_it_ends_and_leaves_nothing(make: Make) -> None:
    entered = asyncio.Event()

    async def watch() -> None:
        async with make().watching():
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(watch())
    await within(entered.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


async def test_settings_without_files_cannot_be_watched() -> None:
    with pytest.raises(NotAvailable, match="there is nothing to watch"):
        await anext(ConfigManager.isolated().watch())
    with pytest.raises(NotAvailable, match="there is nothing to watch"):
        async with ConfigManager.isolated().watching():
            pass


async def test_whoever_is_told_of_a_bad_file_may_fail(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = make()
    asked, good = asyncio.Event(), asyncio.Event()

    def broken(error: InvalidConfig) -> None:
        asked.set()
        raise RuntimeError("not my day")

    config.subscribe(lambda change: good.set())
    with caplog.at_level(logging.ERROR):
        async with config.watching(broken):
            (tmp_path / "pyproject.toml").write_text("[tool.motet\n")
            await within(asked.wait())
            (tmp_path / "pyproject.toml").write_text("[tool.motet.flow]\ninbox = 3\n")
            await within(good.wait())
    assert "whoever is told of broken settings has failed" in caplog.text
    assert config.get("flow.inbox") == 3


def test_files_that_may_come_are_watched_too(tmp_path: Path) -> None:
    (tmp_path / "a" / ".git").mkdir(parents=True)
    around = Surroundings({"HOME": "/nowhere"}, folder=tmp_path / "a")
    names = ["/nowhere/.config/motet/config.toml", f"{tmp_path}/a/motet.toml", f"{tmp_path}/a/pyproject.toml"]
    assert [str(path) for path in files_to_watch(around)] == names
    around = Surroundings({"HOME": "/nowhere"}, project_file=tmp_path / "x.toml")
    assert [str(path) for path in files_to_watch(around)] == [names[0], f"{tmp_path}/x.toml"]


def test_without_the_extra_watching_says_what_is_missing() -> None:
    code = (
        "import asyncio, sys; sys.modules['watchfiles'] = None; from motet import ConfigManager\n"
        "asyncio.run(anext(ConfigManager(environment={}).watch()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert 'Watching settings needs an optional dependency: pip install "motet[config]"' in done.stderr
