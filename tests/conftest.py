"""What holds for every test."""

import gc
import os
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # What pytest-xdist tells its workers of the terminal is nothing for the programs that tests start.
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)

VIRTUAL = ("middleware", "tasks")
"""Rooms whose tests run in virtual time, unless they are marked with `real_time`."""

ROOT = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let the suites that used to wait do so in virtual time."""
    room = item.path.relative_to(ROOT).parts[0] if item.path.is_relative_to(ROOT) else ""
    if room in VIRTUAL and item.get_closest_marker("real_time") is None:
        item.add_marker(pytest.mark.virtual_time)


def pytest_collection_finish() -> None:
    """Let garbage collections pass over what was collected: it is a lot, it stays, and many tests make collections."""
    gc.collect()
    gc.freeze()
