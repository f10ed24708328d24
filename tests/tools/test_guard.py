"""The guard of a program: whatever the program does, nothing of it gets away, and it uses no more than it may."""

import asyncio
import signal
import sys
from typing import Any

import pytest
from attacks import (
    BOMB,
    BOMB_OF_SESSIONS,
    BUSY_CHILDREN,
    BUSY_ORPHANS,
    COMET,
    DAEMON,
    DAEMONS,
    DEAF,
    MEMORY_OF_MANY,
    PYTHON,
    SHARED_MEMORY,
    THREADS,
    attack,
    strays,
)

from motet.kernel.errors import AgentFailed
from motet.tools import guarded as module
from motet.tools.bounds import Bounds
from motet.tools.guarded import Guarded, Outcome, guarded
from started import alive, time_is_up, written
from support import SOON

linux = pytest.mark.skipif(sys.platform != "linux", reason="what has left its group is found on Linux alone")


@pytest.fixture
def python(tmp_path):
    """Run an attack; afterwards nothing of it may be left anywhere."""

    async def run(text: str, **bounds: Any) -> Outcome:
        what = Guarded(PYTHON, ["python", "-I", "-S", "-c", attack(text), str(tmp_path)], {})
        try:
            async with asyncio.timeout(2 * SOON):
                return await guarded(what, Bounds(**bounds))
        finally:
            assert not strays(tmp_path)

    return run


@linux
@pytest.mark.parametrize("deaf", ["", DEAF], ids=["polite", "deaf"])
async def test_a_daemon_does_not_outlive_the_program(python, tmp_path, deaf):
    ended = await python(deaf + DAEMON, grace=0.2)
    assert (ended.exit_code, ended.bound) == (0, "")
    assert not alive(int(await written(tmp_path / "daemon")))
    assert not (tmp_path / "lingered").exists()


@linux
@pytest.mark.parametrize("text", [DAEMON, BOMB_OF_SESSIONS], ids=["daemon", "bomb"])
async def test_a_kernel_that_lists_no_children_hides_nobody(python, tmp_path, monkeypatch, text):
    script = tmp_path / "guard.py"
    whole = module.SCRIPT.read_text(encoding="utf-8")
    assert "\nLISTED: Final = os.access" in whole
    script.write_text(whole.replace("\nLISTED: Final = os.access", "\nLISTED: Final = None and os.access"))
    monkeypatch.setattr(module, "SCRIPT", script)
    assert (await python(DEAF + text, grace=0.1, processes=20)).bound == ("" if text == DAEMON else "processes")


@linux
async def test_a_daemon_does_not_outlive_a_timeout_or_a_cancellation(python, tmp_path):
    working = asyncio.create_task(python(DEAF + DAEMON + "linger()", grace=0.1, timeout=30))
    await written(tmp_path / "daemon")
    await time_is_up(30)
    assert (await working).bound == "timeout"
    (tmp_path / "daemon").unlink()
    working = asyncio.create_task(python(DEAF + DAEMON + "linger()", grace=0.1))
    await written(tmp_path / "daemon")
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


@linux
@pytest.mark.parametrize(
    "text", [BOMB, BOMB_OF_SESSIONS, DAEMONS, THREADS], ids=["fork", "setsid", "daemons", "threads"]
)
async def test_a_program_that_starts_too_much_is_killed_with_all_of_it(python, tmp_path, text):
    ended = await python(DEAF + text, processes=20, timeout=60)
    assert (ended.bound, ended.exit_code) == ("processes", -signal.SIGKILL)
    assert (tmp_path / "forks").stat().st_size < 2000


@linux
async def test_one_that_is_never_there_when_it_is_looked_for_is_caught(python, tmp_path):
    await python(DEAF + COMET, processes=20, timeout=1, grace=0.1)
    assert (tmp_path / "forks").stat().st_size > 1


@linux
async def test_processor_time_is_bounded(python):
    assert (await python("while time.monotonic() < end: pass", cpu=0.3, timeout=60)).bound == "cpu"
    catching = "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile time.monotonic() < end: pass"
    assert (await python(catching, cpu=0.3, timeout=60)).bound == "cpu"


@linux
async def test_processor_time_of_all_its_processes_counts(python):
    assert (await python(BUSY_CHILDREN, cpu=1.2, timeout=60)).bound == "cpu"
    one_after_another = """
for _ in range(100):
    if not fork():
        stop = time.process_time() + 0.1
        while time.process_time() < stop: pass
        os._exit(0)
    os.wait()
"""
    assert (await python(one_after_another, cpu=1, timeout=60)).bound == "cpu"
    assert (await python(BUSY_ORPHANS, cpu=1, timeout=60)).bound == "cpu"


@linux
async def test_memory_is_bounded(python):
    ended = await python("held = bytearray(300 * 2**20)", memory=200 * 2**20)
    assert (ended.exit_code, ended.bound) == (1, "")
    assert ended.stderr.endswith(b"MemoryError\n")
    for text in (SHARED_MEMORY, MEMORY_OF_MANY):
        assert (await python(text, memory=200 * 2**20, timeout=60)).bound == "memory"


@linux
async def test_memory_that_is_only_reserved_or_shared_is_not_counted_twice(python):
    shared = """
held = bytearray(os.urandom(60 * 2**20))
for _ in range(6):
    if not fork():
        time.sleep(0.3)
        os._exit(0)
for _ in range(6):
    os.wait()
"""
    assert (await python(shared, memory=200 * 2**20)) == Outcome(0, b"", b"")


@linux
async def test_a_program_that_kills_its_guard_dies_with_it(python):
    text = DEAF + "if not fork(): linger()\nmark('begun')\nos.kill(os.getppid(), signal.SIGKILL)\nlinger()"
    with pytest.raises(AgentFailed, match="guard of the program was killed"):
        await python(text)


async def test_a_program_that_stops_its_guard_wins_no_time(python, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 60)
    ended = await python("os.kill(os.getppid(), signal.SIGSTOP)\nlinger()", timeout=0.5, grace=0.1)
    assert ended.bound == "timeout"


async def test_a_signal_to_the_guard_ends_the_program(python):
    ended = await python("os.kill(os.getppid(), signal.SIGTERM)\nlinger()")
    assert (ended.exit_code, ended.bound) == (-signal.SIGKILL, "")


WANTING = """
import asyncio, sys
from pathlib import Path
from motet.tools.bounds import Bounds
from motet.tools.guarded import Guarded, guarded
what = Guarded(Path(sys.argv[1]), ['python', '-I', '-S', *sys.argv[2:]], {})
asyncio.run(guarded(what, Bounds()))
"""


@pytest.fixture
def wanted(tmp_path):
    """Start an attack from a process of its own."""

    async def start(text: str) -> asyncio.subprocess.Process:
        arguments = ["-c", attack(text), str(tmp_path)]
        return await asyncio.create_subprocess_exec(sys.executable, "-c", WANTING, PYTHON, *arguments)

    return start


async def nothing_is_left(folder):
    async with asyncio.timeout(SOON):
        while strays(folder):
            await asyncio.sleep(0.01)
    assert not (folder / "lingered").exists()


async def test_the_program_does_not_outlive_whoever_wanted_it(wanted, tmp_path):
    process = await wanted(DEAF + DAEMON + "linger()")
    await written(tmp_path / "daemon")
    process.kill()
    await process.wait()
    await nothing_is_left(tmp_path)


@linux
async def test_the_program_does_not_outlive_its_guard_where_nobody_wants_it_any_more(wanted, tmp_path):
    above = "with open(f'/proc/{os.getppid()}/stat') as stat: above = int(stat.read().rpartition(')')[2].split()[1])"
    process = await wanted(f"{above}\nfor pid in (above, os.getppid()): os.kill(pid, signal.SIGKILL)\nlinger()")
    await process.wait()
    await nothing_is_left(tmp_path)
