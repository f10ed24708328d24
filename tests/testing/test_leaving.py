"""A block that leaves something behind is told of it, with where it comes from."""

import asyncio
import os
import re
import threading
import time

import pytest

from motet import Flow, agent
from motet.testing import VirtualTime, assert_no_leaks, echo, hanging

pytestmark = pytest.mark.usefixtures("quick_collections")


async def test_what_cleans_up_passes():
    @agent
    def in_thread(payload: int) -> int:
        return payload + 1

    async with assert_no_leaks():
        assert await Flow("pair", echo("a") >> in_thread)(1) == 2
        run = await Flow("stuck", hanging("a")).submit(1)
        run.cancel()


async def test_a_task_left_is_named_with_where_it_waits():
    async def forever():
        await asyncio.get_running_loop().create_future()

    with pytest.raises(AssertionError) as caught:
        async with assert_no_leaks():
            task = asyncio.ensure_future(forever())
            task.set_name("left-over")
    task.cancel()
    told = str(caught.value)
    assert told.startswith("tasks left behind:\n  left-over runs ")
    assert "forever, waiting at " in told
    assert "test_leaving.py:" in told


async def test_a_timer_left_is_named():
    with pytest.raises(AssertionError, match=r"timers left behind:\n  a call of list\.append at"):
        async with assert_no_leaks():
            timer = asyncio.get_running_loop().call_later(1000, [].append, 1)
    timer.cancel()


@pytest.mark.parametrize("looped", [True, False])
async def test_a_thread_left_is_named(monkeypatch, looped):
    monkeypatch.setattr("motet.testing.leaving.GRACE", 0)
    over = threading.Event()
    with pytest.raises(AssertionError, match=r"threads left behind:\n  busy \(daemon\)"):
        if looped:
            async with assert_no_leaks():
                thread = threading.Thread(target=over.wait, name="busy", daemon=True)
                thread.start()
        else:
            with assert_no_leaks():
                thread = threading.Thread(target=over.wait, name="busy", daemon=True)
                thread.start()
    over.set()
    thread.join()


def test_an_open_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr("motet.testing.leaving.GRACE", 0)
    path = tmp_path / "open.txt"
    with pytest.raises(AssertionError) as caught, assert_no_leaks():
        opened = os.open(path, os.O_CREAT | os.O_WRONLY)
    os.close(opened)
    assert f"open files left behind:\n  {opened} is {path}" in str(caught.value)


async def test_a_failure_that_nobody_saw_is_told():
    async def fail():
        raise LookupError("unseen")

    with pytest.raises(AssertionError, match=r"failures that nobody has seen:\n.*LookupError\('unseen'\)"):
        async with assert_no_leaks():
            task = asyncio.ensure_future(fail())
            await asyncio.sleep(0)
            del task


async def test_what_is_to_be_left_can_be_named_and_kinds_left_out():
    async with assert_no_leaks(ignore=["list.append"]):
        timer = asyncio.get_running_loop().call_later(1000, [].append, 1)
    timer.cancel()
    async with assert_no_leaks(timers=False):
        timer = asyncio.get_running_loop().call_later(1000, [].append, 1)
    timer.cancel()


async def test_threads_that_are_ending_are_waited_for():
    async with assert_no_leaks():
        threading.Thread(target=lambda: None).start()
        await asyncio.to_thread(lambda: None)


async def test_an_error_of_the_block_itself_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        async with assert_no_leaks():
            timer = asyncio.get_running_loop().call_later(1000, [].append, 1)
            _ = 1 / 0
    timer.cancel()


async def test_the_handler_of_the_loop_is_put_back():
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    async with assert_no_leaks():
        assert loop.get_exception_handler() is not before
    assert loop.get_exception_handler() is before


async def test_what_is_left_is_not_given_the_time_that_a_thread_takes_to_end():
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def end():
        while not any("pause" in thread.name for thread in threading.enumerate()):
            time.sleep(0.001)  # it is not waited for yet
        loop.call_soon_threadsafe(over.set)

    with pytest.raises(AssertionError, match="tasks left behind"):
        async with assert_no_leaks():
            threading.Thread(target=end).start()
            task = asyncio.ensure_future(over.wait())
    assert task.done()


async def leaves_something_beside_a_thread():
    fired = []
    with pytest.raises(AssertionError) as caught:
        async with assert_no_leaks():
            threading.Thread(target=time.sleep, args=(0.05,)).start()
            task = asyncio.ensure_future(asyncio.sleep(0.01))
            timer = asyncio.get_running_loop().call_later(0.02, fired.append, 1)
    assert re.fullmatch(r"tasks left behind:\n  .*\ntimers left behind:\n  .*\n  .*append.*", str(caught.value))
    task.cancel()
    timer.cancel()
    return fired, asyncio.get_running_loop().time()


def test_no_virtual_time_passes_while_a_thread_ends():
    with VirtualTime() as virtual:
        assert virtual.run(leaves_something_beside_a_thread()) == ([], 0)


async def test_a_thread_that_needs_the_loop_to_end_is_waited_for():
    loop, told = asyncio.get_running_loop(), threading.Event()

    def end():
        time.sleep(0.02)
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
        told.set()

    async with assert_no_leaks():
        threading.Thread(target=end).start()
    assert told.is_set()


async def test_a_task_that_a_thread_begins_in_its_end_is_told():
    loop, tasks = asyncio.get_running_loop(), []

    def end():
        time.sleep(0.02)
        loop.call_soon_threadsafe(lambda: tasks.append(asyncio.ensure_future(asyncio.sleep(1000))))

    with pytest.raises(AssertionError, match="tasks left behind"):
        async with assert_no_leaks():
            threading.Thread(target=end).start()
    tasks[0].cancel()


async def test_who_waits_for_a_thread_can_be_cancelled():
    over, begun = threading.Event(), asyncio.Event()

    async def work():
        async with assert_no_leaks():
            threading.Thread(target=over.wait).start()
            begun.set()

    working = asyncio.ensure_future(work())
    await begun.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(working, 1)
    over.set()
