"""Threads for short blocking work."""

import asyncio
import gc
import threading

import pytest

from motet.tools.worker import Worker
from support import until, within


async def test_what_a_function_returns_or_raises():
    worker = Worker("test")
    assert await worker.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await worker.run(divmod, 1, 0)


async def test_the_event_loop_goes_on_meanwhile():
    worker, go = Worker("test"), threading.Event()
    working = asyncio.create_task(worker.run(go.wait))
    await asyncio.sleep(0)
    go.set()
    assert await within(working)


async def test_work_does_not_need_a_thread_of_the_event_loops_own():
    loop, go = asyncio.get_running_loop(), threading.Event()
    held = [loop.run_in_executor(None, go.wait) for _ in range(64)]
    assert await within(Worker("test").run(divmod, 7, 2)) == (3, 1)
    go.set()
    await within(asyncio.gather(*held))


async def test_a_cancellation_tells_the_function_and_waits_for_its_end():
    worker, stop, begun, ended = Worker("test"), threading.Event(), threading.Event(), threading.Event()

    def work():
        begun.set()
        stop.wait()
        ended.set()
        raise ValueError("nobody wants to know")

    working = asyncio.create_task(worker.run_until(stop, work))
    await until(begun.is_set)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(working)
    assert ended.is_set()


async def test_work_that_has_not_begun_is_not_begun_after_a_cancellation():
    worker, go, done = Worker("test", threads=1), threading.Event(), []
    first = asyncio.create_task(worker.run(go.wait))
    second = asyncio.create_task(worker.run(done.append, 1))
    for _ in range(3):
        await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(second)
    go.set()
    assert await within(first)
    assert not done


async def test_the_threads_end_with_their_owner():
    worker = Worker("ending")
    await worker.run(divmod, 7, 2)
    assert any("motet-ending" in thread.name for thread in threading.enumerate())
    del worker
    gc.collect()
    await until(lambda: not any("motet-ending" in thread.name for thread in threading.enumerate()))
