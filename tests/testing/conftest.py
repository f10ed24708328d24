"""No test here may leave anything behind: no task, and no thread of a peer."""

import threading
from collections.abc import Iterator

import pytest

from leaks import nothing_left

__all__ = ["no_threads_left", "nothing_left"]


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Fail a test after which a thread of ours is still there."""
    yield
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("motet-")]
