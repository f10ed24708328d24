import asyncio
import os
import signal
import subprocess
import sys

import pytest

from motet.cli.signals import Signals
from motet.cli.workplace import Workplace


async def cleaning(log: list[str], name: str, *, started: bool = True) -> None:
    try:
        if started:
            os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.01)
        log.append(name)


def test_work_gives_its_result() -> None:
    async def work() -> int:
        return 3

    with Signals() as signals, Workplace(signals) as place:
        assert place.run(work()) == 3
    assert place.leave(0) == 0


def test_an_error_passes() -> None:
    async def work() -> None:
        raise ValueError("no")

    with Signals() as signals, Workplace(signals) as place, pytest.raises(ValueError, match="no"):
        place.run(work())
    assert not place.stuck


def test_a_signal_cancels_the_work_once_and_everything_below_cleans_up() -> None:
    log: list[str] = []
    below: list[asyncio.Task[None]] = []

    async def work() -> None:
        # As a flow does it: the nodes are cancelled by whoever waits for them, and are not waited for.
        below.append(asyncio.create_task(cleaning(log, "below", started=False)))
        await asyncio.sleep(0)
        try:
            await cleaning(log, "work")
        finally:
            below[0].cancel()

    with Signals() as signals, Workplace(signals) as place:
        with pytest.raises(asyncio.CancelledError):
            place.run(work())
        assert signals.caught == signal.SIGINT
    assert log == ["work", "below"]
    assert not place.stuck


def test_what_runs_on_in_the_background_is_cancelled() -> None:
    log: list[str] = []
    tasks: list[asyncio.Task[None]] = []

    async def work() -> str:
        tasks.append(asyncio.create_task(cleaning(log, "background", started=False)))
        await asyncio.sleep(0)
        return "done"

    with Signals() as signals, Workplace(signals) as place:
        assert place.run(work()) == "done"
    assert log == ["background"]


def test_work_that_gives_in_with_a_result_gives_it() -> None:
    async def work() -> str:
        try:
            await cleaning([], "work")
        except asyncio.CancelledError:
            return "half of it"
        return "all of it"

    with Signals() as signals, Workplace(signals) as place:
        assert place.run(work()) == "half of it"
        assert signals.caught


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_a_sys_exit_or_an_interrupt_in_the_work_is_an_error_like_others(
    below: bool, error: type[BaseException]
) -> None:
    async def leaves() -> None:
        raise error

    async def work() -> None:
        await (asyncio.create_task(leaves()) if below else leaves())

    with Signals() as signals, Workplace(signals) as place, pytest.raises(error):
        place.run(work())
    assert not place.stuck


def test_idle_threads_do_not_keep_the_program() -> None:
    async def work() -> str:
        return await asyncio.to_thread(lambda: "done")

    with Signals() as signals, Workplace(signals) as place:
        assert place.run(work()) == "done"
    assert not place.stuck


STUCK = """
import asyncio, os, signal, sys, threading
from motet.cli import workplace
from motet.cli.signals import Interrupted, Signals

workplace.TASK_GRACE, workplace.THREAD_GRACE = {grace}, 0.05

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

async def stubborn(signals=0):
    while True:
        try:
            count, signals = signals, 0
            for _ in range(count):
                interrupt()
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            pass

{work}

with Signals() as signals:
    place = workplace.Workplace(signals)
    try:
        with place:
            print(place.run(work(), {deadline}))
    except BaseException as error:
        print(type(error).__name__, error)
    print("stuck" if place.stuck else "clean", flush=True)
    place.leave(5)
    print("left by itself")
"""


# A second signal in the few instructions after a lock was taken, in which nobody is there yet to give it back.
LOCKED = """
async def work():
    enter = threading.Condition.__enter__

    def locked(condition):
        taken = enter(condition)
        if sys._getframe(2).f_code.co_name == "start":
            interrupt()
        return taken

    threading.Condition.__enter__ = locked
    interrupt()
    await asyncio.sleep(600)
"""

# Both signals where nothing can be raised, and the second before the first has cancelled the work.
SWALLOWED = """
class Dropped:
    def __del__(self):
        interrupt()

async def work():
    cancel = signals._cancel
    signals.watch(lambda: (interrupt(), cancel()))
    Dropped()
    await asyncio.sleep(600)
"""


@pytest.mark.parametrize(
    ("work", "deadline", "grace", "told"),
    [
        ("def work(): return stubborn(signals=1)", None, 0.05, "Interrupted interrupted"),
        ("def work(): return stubborn(signals=2)", None, 600, "Interrupted interrupted"),
        ("work = stubborn", 0.01, 0.05, "DeadlineExceeded the work did not stop within 0.05 s after its deadline"),
        (
            (
                "async def work():\n    global task\n    task = asyncio.create_task(stubborn())\n"
                "    await asyncio.sleep(0)\n    return 'done'"
            ),
            None,
            0.05,
            "done",
        ),
        (
            (
                "async def work():\n    global task\n    task = asyncio.create_task(stubborn(signals=1))\n"
                "    await asyncio.sleep(0)\n    await asyncio.sleep(600)"
            ),
            None,
            0.05,
            "CancelledError",
        ),
        (
            (
                "async def work():\n    asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)\n"
                "    return 'done'"
            ),
            None,
            600,
            "done",
        ),
        (LOCKED, None, 600, "Interrupted interrupted"),
        (SWALLOWED, None, 600, "Interrupted interrupted"),
    ],
    ids=[
        "a signal",
        "two signals",
        "a deadline",
        "a background task",
        "a task below",
        "a thread",
        "a lock",
        "two signals that are swallowed",
    ],
)
def test_what_will_not_stop_is_left_behind(work: str, deadline: float | None, grace: float, told: str) -> None:
    script = STUCK.format(work=work, deadline=deadline, grace=grace)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert [line.strip() for line in done.stdout.splitlines()] == [told, "stuck"]
    assert done.returncode == 5
