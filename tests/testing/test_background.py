"""An event loop in a thread of its own: results, failures, cancellation, and its end."""

import asyncio
import threading

import pytest

from motet.testing import background
from motet.testing.background import Background
from motet.testing.virtual_loop import VirtualLoop


@pytest.fixture
def loop():
    made = Background("test")
    yield made
    made.stop()


async def where() -> str:
    return threading.current_thread().name


async def broken() -> None:
    raise ValueError("broken")


def test_work_runs_in_the_other_thread_and_gives_its_result(loop):
    assert loop.run(where()) == "motet-testing-test"
    assert not loop.inside


def test_a_failure_comes_out_as_it_was(loop):
    with pytest.raises(ValueError, match="broken"):
        loop.run(broken())


def test_what_hangs_is_cancelled(loop, monkeypatch):
    monkeypatch.setattr(background, "PATIENCE", 0.01)
    ended = threading.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        loop.run(endless())
    assert ended.wait(20)


def test_its_own_thread_is_not_made_to_wait_for_itself(loop):
    async def inside() -> None:
        loop.run(where())

    with pytest.raises(RuntimeError, match="itself"):
        loop.run(inside())


def test_stopping_ends_what_runs_and_the_thread_also_if_the_last_thing_fails():
    loop = Background("test")
    ended: list[str] = []

    async def begin() -> None:
        async def endless() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("endless")

        tasks.append(asyncio.ensure_future(endless()))
        await asyncio.sleep(0)

    tasks: list[object] = []
    loop.run(begin())
    with pytest.raises(ValueError, match="broken"):
        loop.stop(broken())
    assert ended == ["endless"]
    assert "motet-testing-test" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.virtual_time
async def test_in_a_test_in_virtual_time_its_time_is_real_and_the_tests_stays_its_own(clock):
    await asyncio.sleep(5)
    background = Background("real")
    try:
        assert not isinstance(background._loop, VirtualLoop)
        assert await asyncio.to_thread(clock.now) == 5
    finally:
        background.stop()
