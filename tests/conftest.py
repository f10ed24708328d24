"""What holds for every test."""

import gc
import os
from collections.abc import Generator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test asserts how long something takes: on a loaded machine, an example may take as long as it likes.
settings.register_profile("motet", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("motet")

if "PYTEST_XDIST_WORKER" in os.environ:
    # What pytest-xdist tells its workers of the terminal is nothing for the programs that tests start.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)

VIRTUAL = ("middleware", "tasks")
"""Rooms whose tests run in virtual time, unless they are marked with `real_time`."""

ROOT = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let the suites that used to wait do so in virtual time, and make no event loop for a test that needs none."""
    if isinstance(item, pytest.Function) and item.get_closest_marker("asyncio") is None:
        item.fixturenames[:] = [name for name in item.fixturenames if name != "nothing_left"]
    if entry_of(item.path) in VIRTUAL and item.get_closest_marker("real_time") is None:
        item.add_marker(pytest.mark.virtual_time)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Let garbage collections pass over the tests that are found, which are many and stay, and come less often."""
    session.config.args = shared_out(session.config.args)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)
        gc.enable()


@pytest.fixture(scope="module")
def quick_collections() -> None:
    """Let the garbage collections of a file pass over what was there before it: each takes a tenth of the time."""
    gc.collect()
    gc.freeze()


def shared_out(args: list[str]) -> list[str]:
    """Let each process that runs all tests begin to collect them elsewhere.

    In a fresh clone every test file is compiled when it is first collected: so each process finds most of them compiled
    by another one.
    """
    if [Path(arg).absolute() for arg in args] != [ROOT] or "PYTEST_XDIST_WORKER" not in os.environ:
        return args
    number = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
    entries = sorted(str(entry) for entry in ROOT.iterdir() if entry.is_dir() or entry.match("test_*.py"))
    begin = len(entries) * number // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    return entries[begin:] + entries[:begin]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the tests into one order, wherever their collection began."""
    items.sort(key=lambda item: entry_of(item.path))


@cache
def entry_of(path: Path) -> str:
    """Name what a file of tests belongs to: a room, or itself."""
    return path.relative_to(ROOT).parts[0] if path.is_relative_to(ROOT) else ""
