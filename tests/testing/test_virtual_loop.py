"""The virtual loop: exact order, and what its time stands still for."""

import asyncio
import math
import subprocess
import sys
import threading
import time

import pytest

from motet import Context, agent
from motet.testing.virtual_time import VirtualTime


def test_timers_of_one_time_fire_in_the_order_in_which_they_were_set():
    told = []

    async def main(loop):
        for number in range(50):
            loop.call_at(7.0, told.append, number)
            loop.call_later(3.0, told.append, -number)
        await asyncio.sleep(10)

    with VirtualTime() as virtual:
        virtual.run(main(virtual.loop))
    assert told == [*(-number for number in range(50)), *range(50)]


def test_time_is_exactly_that_of_the_timer():
    seen = []

    async def main(loop):
        for number in range(1, 400):
            loop.call_at(number * 1e5 / 3, lambda: seen.append(loop.time()))
        await asyncio.sleep(2e7)

    with VirtualTime() as virtual:
        virtual.run(main(virtual.loop))
    assert seen == [number * 1e5 / 3 for number in range(1, 400)]


def test_a_cancelled_timer_takes_no_time():
    async def main(loop):
        loop.call_later(1000, pytest.fail).cancel()
        await asyncio.sleep(1)
        return loop.time()

    with VirtualTime() as virtual:
        assert virtual.run(main(virtual.loop)) == 1


def test_a_closed_loop_sets_no_timer():
    with VirtualTime() as virtual:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        virtual.loop.call_later(1, print)


def test_time_passes_for_a_thread_that_waits_for_the_loop():
    @agent
    async def nap(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return asyncio.get_running_loop().time()

    @agent
    def work(seconds: float, ctx: Context) -> float:
        return ctx.wait(nap(seconds)) + ctx.wait(nap(seconds))

    with VirtualTime() as virtual:
        assert virtual.run(work(3600.0, clock=virtual.clock)) == 3 * 3600
        assert not virtual.loop.busy


def test_time_stands_still_for_a_thread_that_says_so():
    from motet.kernel.outside import outside

    async def main(loop):
        gate = outside(loop.create_future())
        threading.Thread(target=lambda: (time.sleep(0.02), loop.call_soon_threadsafe(gate.set_result, 1))).start()
        early = asyncio.ensure_future(asyncio.sleep(0.001))
        await gate
        now, done = loop.time(), early.done()
        await early
        return now, done, loop.time()

    with VirtualTime() as virtual:
        assert virtual.run(main(virtual.loop)) == (0, False, 0.001)


def test_time_goes_on_when_nobody_waits_for_the_thread_any_more():
    gate = threading.Event()

    async def main(loop):
        work = loop.run_in_executor(None, gate.wait)
        await asyncio.sleep(0)
        work.cancel()
        await asyncio.sleep(5)
        gate.set()
        return loop.time()

    with VirtualTime() as virtual:
        assert virtual.run(main(virtual.loop)) == 5


def test_the_end_of_worker_threads_takes_no_time():
    """From Python 3.12 on, whoever closes a loop waits for its threads for five minutes at most."""

    async def main(loop):
        loop.run_in_executor(None, time.sleep, 0.05).cancel()
        await loop.shutdown_default_executor(300)
        return loop.time()

    with VirtualTime() as virtual:
        assert virtual.run(main(virtual.loop)) == 0
        assert not virtual.loop.busy


async def answered(code):
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE)
    out, _ = await process.communicate()
    return out, process.returncode


@pytest.mark.parametrize("code", ["print('done')", "import os; os.close(1); os._exit(3)"])
def test_a_process_is_not_outrun(code):
    async def main(loop):
        async with asyncio.timeout(0.001):
            told = await answered(code)
        return told, loop.time()

    with VirtualTime(patience=math.inf) as virtual:
        (out, code), now = virtual.run(main(virtual.loop))
    assert now < 0.001
    assert (out, code) in {(b"done\n", 0), (b"", 3)}


def test_without_patience_a_process_is_outrun():
    async def main():
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "input()", stdin=subprocess.PIPE)
        try:
            async with asyncio.timeout(3600):
                await process.wait()
        finally:
            process.kill()
            await process.wait()

    with VirtualTime(patience=0) as virtual:
        with pytest.raises(TimeoutError):
            virtual.run(main())
        assert virtual.loop.time() == 3600


def test_what_only_listens_is_not_waited_for():
    async def main(loop):
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0):
            await asyncio.sleep(1000)
        return loop.time()

    with VirtualTime(patience=math.inf) as virtual:
        assert virtual.run(main(virtual.loop)) == 1000


def test_a_connection_that_is_silent_is_waited_for_a_while_only():
    async def main(loop):
        held = []
        server = await asyncio.start_server(lambda *both: held.append(both[1]), "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1000):
                    await reader.read()
            for end in (writer, *held):
                end.close()
                await end.wait_closed()
        return loop.time()

    with VirtualTime(patience=0.01) as virtual:
        assert virtual.run(main(virtual.loop)) == 1000


def test_a_timer_at_infinity_is_none():
    async def main(loop):
        forever = asyncio.ensure_future(asyncio.sleep(math.inf))
        told = await answered("import time; time.sleep(0.1); print('done')")
        before = loop.time()
        await asyncio.sleep(5)
        forever.cancel()
        return told, before, loop.time()

    with VirtualTime(patience=0.01) as virtual:
        assert virtual.run(main(virtual.loop)) == ((b"done\n", 0), 0, 5)


def test_a_timer_at_infinity_outlasts_a_thread_that_nobody_told_the_loop_of():
    async def main(loop):
        future = loop.create_future()
        threading.Timer(0.05, lambda: loop.call_soon_threadsafe(future.set_result, "late")).start()
        async with asyncio.timeout(math.inf):
            return await future, loop.time()

    with VirtualTime() as virtual:
        assert virtual.run(main(virtual.loop)) == ("late", 0)


@pytest.mark.parametrize("seconds", [math.inf, -math.inf, math.nan])
def test_time_does_not_jump_to_where_there_is_none(seconds):
    with VirtualTime() as virtual:
        for move in (virtual.loop.jump, virtual.advance):
            with pytest.raises(ValueError, match="is no time that can pass: give a finite number of seconds"):
                move(seconds)
        assert virtual.loop.time() == 0
