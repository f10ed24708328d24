"""No test here may leave anything behind: a task in the event loop, a process, a socket."""

import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from leaks import nothing_left

sys.path.append(str(Path(__file__).parent))

__all__ = ["no_process_left", "nothing_left"]


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    """Fail a test after which a child of this process is still there, a dead one that nobody reaped too."""
    before = set(psutil.Process().children(recursive=True))
    yield
    left = set(psutil.Process().children(recursive=True)) - before
    for process in left:
        process.kill()
    assert not left, f"processes left behind: {left}"
