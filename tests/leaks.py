"""The fixture that lets no test leave a task behind, or a failure that nobody has seen."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
async def nothing_left() -> AsyncIterator[None]:
    """Fail a test after which a task is still there, or the event loop was told of an unseen failure.

    `conftest.py` leaves it out for tests that are no coroutines.
    """
    unseen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: unseen.append(told))
    before = asyncio.all_tasks()
    yield
    left: set[asyncio.Task[Any]] = set()
    for _ in range(10):
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        if not left:
            break
        await asyncio.sleep(0)
    for task in left:
        task.cancel()
    assert not left, f"tasks left behind: {left}"
    assert not unseen, f"failures that nobody saw: {unseen}"
