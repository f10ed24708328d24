"""A program that runs: bounds, ends, and everything it has started."""

import asyncio
import gc
import os
import signal
import time
import tracemalloc
from pathlib import Path

import pytest

from motet.testing.waiting import eventually
from motet.tools.program_run import Ended, Launch, execute
from started import alive, descriptors, program, time_is_up, written
from support import within


def launch(path: Path, *arguments: str, stdin: bytes | None = None, cwd: Path | None = None) -> Launch:
    return Launch(path, [path.name, *arguments], cwd, {"PATH": "/usr/bin:/bin"}, stdin)


async def run(started: Launch, *, max_output: int = 1000, timeout: float = 30, grace: float = 5) -> Ended:
    return await within(execute(started, max_output=max_output, timeout=timeout, grace=grace))


@pytest.fixture
def shell(tmp_path: Path):
    """Launch a program that is written in sh; its folder is the working directory."""
    return lambda text, stdin=None: launch(program(tmp_path, "it", text), stdin=stdin, cwd=tmp_path)


async def test_what_a_program_writes_and_how_it_ends(shell):
    assert await run(shell("echo out; echo err >&2; exit 3")) == Ended(3, b"out\n", b"err\n", truncated=False)


async def test_a_program_reads_its_input_and_nothing_without_one(shell):
    assert (await run(shell("cat", b"\x00\xffhi"))).stdout == b"\x00\xffhi"
    assert (await run(shell("cat", b""))).stdout == b""
    assert (await run(shell("cat"))).stdout == b""


async def test_input_and_output_larger_than_a_pipe_do_not_wait_for_each_other(shell):
    data = b"x" * 3_000_000
    assert (await run(shell("cat", data), max_output=4_000_000)).stdout == data


async def test_input_that_nobody_reads_is_dropped(shell):
    before = descriptors()
    assert (await run(shell("exit 4", b"x" * 3_000_000))).exit_code == 4
    assert (await run(shell("exec 0<&-; sleep 0.05; exit 5", b"x" * 3_000_000))).exit_code == 5
    assert descriptors() == before


async def test_the_environment_is_what_was_given_and_no_more(shell):
    assert (await run(shell("env | grep -v -e ^PWD -e ^_ -e ^SHLVL -e ^OLDPWD"))).stdout == b"PATH=/usr/bin:/bin\n"


async def test_the_file_that_is_named_is_started_whatever_argv_says(tmp_path):
    real = program(tmp_path, "real", "echo real $#")
    fake = program(tmp_path, "fake", "echo fake")
    started = Launch(real, [str(fake), "one"], tmp_path, {})
    assert (await run(started)).stdout == b"real 1\n"


@pytest.mark.parametrize(("size", "truncated"), [(99, False), (100, False), (101, True), (300_000, True)])
async def test_output_is_kept_up_to_its_limit(shell, size, truncated):
    ended = await run(shell(f"head -c {size} /dev/zero; head -c {size} /dev/zero >&2"), max_output=100)
    assert (ended.stdout, ended.stderr) == (b"\0" * min(size, 100),) * 2
    assert ended.truncated is truncated


async def test_a_program_that_writes_without_end_fills_no_memory(shell):
    tracemalloc.start()
    try:
        with pytest.raises(TimeoutError):
            await run(shell("yes; true"), max_output=1000, timeout=0.5)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


async def test_a_timeout_ends_the_program(shell):
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        await run(shell("sleep 60"), timeout=0.1)
    assert time.monotonic() - start < 10


async def test_a_program_is_asked_before_it_is_killed(shell, tmp_path):
    text = "trap 'echo bye > said; exit 0' TERM; echo $$ > pid; while true; do sleep 0.01; done"
    working = asyncio.create_task(run(shell(text)))
    await written(tmp_path / "pid")
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert (tmp_path / "said").read_text() == "bye\n"


async def test_a_program_that_will_not_hear_is_killed(shell, tmp_path):
    working = asyncio.create_task(run(shell("trap '' TERM; echo $$ > pid; while true; do sleep 1; done"), grace=0.2))
    pid = int(await written(tmp_path / "pid"))
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not alive(pid)


async def test_whoever_has_no_more_patience_has_it_killed_at_once(shell, tmp_path):
    working = asyncio.create_task(run(shell("trap '' TERM; echo $$ > pid; while true; do sleep 1; done"), grace=15))
    pid = int(await written(tmp_path / "pid"))
    start = time.monotonic()
    working.cancel()
    await asyncio.sleep(0.05)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not alive(pid)
    assert time.monotonic() - start < 10


GRANDCHILDREN = {
    "keeping the streams": "sleep 60 & echo $! > pid",
    "with streams of its own": "sleep 60 > /dev/null 2>&1 < /dev/null & echo $! > pid",
    "deaf": "(trap '' TERM; while true; do sleep 1; done) & echo $! > pid",
    "two floors down": "sh -c 'sleep 60 & echo $! > pid; wait' & :",
}


@pytest.mark.parametrize("text", GRANDCHILDREN.values(), ids=GRANDCHILDREN)
async def test_a_timeout_ends_grandchildren(shell, tmp_path, text):
    working = asyncio.create_task(run(shell(f"{text}\nsleep 60"), timeout=30, grace=0.3))
    pid = int(await written(tmp_path / "pid"))
    await time_is_up(30)
    with pytest.raises(TimeoutError):
        await working
    assert not alive(pid)


@pytest.mark.parametrize("text", GRANDCHILDREN.values(), ids=GRANDCHILDREN)
async def test_a_cancellation_ends_grandchildren(shell, tmp_path, text):
    working = asyncio.create_task(run(shell(f"{text}\nsleep 60"), grace=0.3))
    pid = int(await written(tmp_path / "pid"))
    assert alive(pid)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not alive(pid)


@pytest.mark.parametrize("text", GRANDCHILDREN.values(), ids=GRANDCHILDREN)
async def test_the_end_of_a_program_ends_what_it_left_behind(shell, tmp_path, text):
    before = descriptors()
    done = "while [ ! -s pid ]; do sleep 0.01; done; echo done"
    assert (await run(shell(f"{text}\n{done}"), grace=0.3)).stdout == b"done\n"
    assert not alive(int(await written(tmp_path / "pid")))
    assert descriptors() == before


async def test_a_grandchild_in_a_session_of_its_own_holds_nobody_up(shell, tmp_path):
    before = descriptors()
    start = time.monotonic()
    ended = await run(
        shell("setsid sh -c 'echo $$ > pid; sleep 60' & while [ ! -s pid ]; do :; done; echo hi"), grace=0.2
    )
    assert ended.stdout == b"hi\n"
    assert time.monotonic() - start < 10
    assert descriptors() == before
    pid = int(await written(tmp_path / "pid"))
    os.killpg(pid, signal.SIGKILL)  # what leaves on purpose is nobody's here


async def test_input_that_somebody_in_another_session_could_still_read_is_dropped(shell, tmp_path):
    before = descriptors()
    text = "exec 3<&0; setsid sh -c 'echo $$ > pid; sleep 60' <&3 & while [ ! -s pid ]; do :; done"
    assert (await run(shell(text, b"x" * 3_000_000), grace=0.2)).exit_code == 0
    assert descriptors() == before
    os.killpg(int(await written(tmp_path / "pid")), signal.SIGKILL)


async def test_what_comes_late_from_below_is_still_read(shell):
    assert (await run(shell("(sleep 0.2; echo late) & echo early"))).stdout == b"early\nlate\n"


async def test_a_program_that_ends_itself_by_a_signal(shell):
    assert (await run(shell("kill -9 $$"))).exit_code == -signal.SIGKILL


async def test_many_at_once_leave_nothing(shell, tmp_path):
    before = descriptors()
    path = program(tmp_path, "counted", "echo $1")
    ended = await asyncio.gather(*(run(launch(path, str(number))) for number in range(25)))
    assert [int(one.stdout) for one in ended] == list(range(25))
    assert descriptors() == before


async def test_a_cancellation_while_it_starts_leaves_nothing(shell, tmp_path):
    before = descriptors()
    path = program(tmp_path, "slow", "sleep 60 & sleep 60")
    for turns in range(8):
        working = asyncio.create_task(run(launch(path), grace=2))
        for _ in range(turns):
            await asyncio.sleep(0)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
    assert descriptors() == before


async def test_cancelling_again_and_again_leaves_nothing(tmp_path, recwarn):
    before, pids = descriptors(), tmp_path / "pids"
    path = program(tmp_path, "slow", f"sleep 60 & echo $! >> {pids}; sleep 60")
    for turns in range(40):
        working = asyncio.create_task(run(launch(path), grace=2))
        for _ in range(turns):
            await asyncio.sleep(0)
        while not working.done():
            working.cancel()
            await asyncio.sleep(turns * 0.0001)
        assert working.cancelled()
    await eventually(lambda: descriptors() == before)
    assert pids.exists(), "no program got so far as to start another one"
    await eventually(lambda: not any(map(alive, map(int, pids.read_text().split()))))
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize("text", [b"\x7fELF nonsense", b"#!/no/such/interpreter\n"])
async def test_what_cannot_be_started(tmp_path, text):
    before = descriptors()
    path = program(tmp_path, "broken", "")
    path.write_bytes(text)
    with pytest.raises(OSError):  # noqa: PT011 - the system has several
        await run(launch(path, stdin=b"x"))
    assert descriptors() == before


async def test_a_folder_that_is_gone(tmp_path):
    with pytest.raises(FileNotFoundError):
        await run(launch(program(tmp_path, "it", "true"), cwd=tmp_path / "gone"))
