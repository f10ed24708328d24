"""Programs within bounds: what they get, what they write, and how they end."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from motet.kernel.errors import AgentFailed, NotAvailable
from motet.tools import guarded as module
from motet.tools.bounds import Bounds
from motet.tools.guarded import Guarded, Outcome, guarded
from started import alive, descriptors, program, time_is_up, written
from support import within

linux = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")


@pytest.fixture
def shell(tmp_path):
    """Run a program that is written in sh; its folder is the working directory."""

    async def run(text: str, *arguments: str, stdin: bytes | None = None, **bounds: Any) -> Outcome:
        path = program(tmp_path, "it", text)
        folder = os.open(tmp_path, os.O_RDONLY)
        try:
            what = Guarded(path, ["it", *arguments], {"PATH": "/usr/bin:/bin"}, folder, stdin)
            return await within(guarded(what, Bounds(**bounds)))
        finally:
            os.close(folder)

    return run


async def test_what_a_program_writes_and_how_it_ends(shell):
    assert await shell("echo out; echo err >&2; exit 3") == Outcome(3, b"out\n", b"err\n")
    assert await shell("kill -9 $$") == Outcome(-9, b"", b"")


async def test_a_program_reads_its_input_and_nothing_without_one(shell):
    data = b"\x00\xff" * 500_000
    assert (await shell("cat", stdin=data, output=2_000_000)).stdout == data
    assert (await shell("cat", stdin=b"")).stdout == (await shell("cat")).stdout == b""


async def test_input_that_nobody_reads_is_dropped(shell):
    before = descriptors()
    assert (await shell("exit 4", stdin=b"x" * 3_000_000)).exit_code == 4
    assert (await shell("sleep 0.05; exit 5", stdin=b"x" * 3_000_000)).exit_code == 5
    assert descriptors() == before


async def test_arguments_and_environment_are_what_was_given_and_no_more(shell):
    odd = ["", "a b", "ü\n日本", "$(id)", "-x", "'\"\\"]
    assert (await shell(r'printf "%s\0" "$@"', *odd)).stdout == "".join(f"{text}\0" for text in odd).encode()
    lines = (await shell("env | grep -v -e ^PWD -e ^_ -e ^SHLVL -e ^OLDPWD")).stdout
    assert lines == b"PATH=/usr/bin:/bin\n"


async def test_the_folder_is_where_it_runs(shell, tmp_path):
    assert (await shell("pwd -P")).stdout.decode().strip() == str(tmp_path.resolve())


@linux
async def test_a_program_has_its_streams_and_nothing_else(shell):
    assert (await shell("ls /proc/$$/fd | tr '\\n' ' '")).stdout.split()[:4] == [b"0", b"1", b"10", b"2"][:4]
    assert (await shell("readlink /proc/$$/fd/0")).stdout == b"/dev/null\n"


@linux
async def test_a_program_is_set_up_as_the_bounds_say(shell):
    limits = (await shell("ulimit -c; ulimit -d; ulimit -t; ulimit -n", cpu=7.5, memory=2**29, open_files=99)).stdout
    assert limits.split() == [b"0", str(2**29 // 1024).encode(), b"8", b"99"]
    assert b"NoNewPrivs:\t1\n" in (await shell("cat /proc/self/status")).stdout
    assert (await shell("cat /proc/self/oom_score_adj")).stdout == b"1000\n"
    # What Python ignores for itself is not ignored by the program.
    assert (await shell("cat /proc/self/stat")).stdout.split()[40] == b"0"  # the usual scheduling
    ignored = [line for line in (await shell("cat /proc/self/status")).stdout.splitlines() if b"SigIgn" in line]
    assert int(ignored[0].split()[1], 16) & 0x7FFF_FFFF == 0  # those beyond are the C library's own


@pytest.mark.parametrize("size", [99, 100])
async def test_output_within_its_bound_is_kept(shell, size):
    ended = await shell(f"head -c {size} /dev/zero; head -c {size} /dev/zero >&2", output=100)
    assert ended == Outcome(0, b"\0" * size, b"\0" * size)


@pytest.mark.parametrize("text", ["yes", "yes >&2", "head -c 101 /dev/zero; sleep 60", "(yes &) ; sleep 60"])
async def test_a_program_that_writes_more_is_ended_at_once(shell, text):
    start = asyncio.get_running_loop().time()
    ended = await shell(text, output=100, timeout=60)
    assert (ended.bound, len(ended.stdout + ended.stderr)) == ("output", 100)
    assert asyncio.get_running_loop().time() - start < 15


async def test_a_program_that_ends_as_it_passes_its_bound_has_ended_well_or_been_ended(shell):
    for _ in range(15):
        ended = await shell("head -c 101 /dev/zero", output=100)
        assert (ended.bound, ended.stdout) == ("output", b"\0" * 100)
        assert ended.exit_code in {0, -9}


async def test_a_program_that_takes_too_long_is_ended_and_what_it_wrote_is_kept(shell, tmp_path):
    working = asyncio.create_task(shell("echo begun; echo > there; sleep 600", timeout=30))
    await written(tmp_path / "there")
    await time_is_up(30)
    ended = await working
    assert (ended.bound, ended.stdout) == ("timeout", b"begun\n")


async def test_a_program_is_asked_before_it_is_killed(shell, tmp_path):
    text = "trap 'echo bye; exit 0' TERM; echo hi; echo > there; while true; do sleep 0.01; done"
    working = asyncio.create_task(shell(text, timeout=30, grace=10))
    await written(tmp_path / "there")
    await time_is_up(30)
    ended = await working
    assert (ended.bound, ended.stdout) == ("timeout", b"hi\nbye\n")


@linux
async def test_each_process_is_asked_once_those_that_left_the_group_too(shell, tmp_path):
    counting = """import signal, sys, time
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append("asked"))
with open(sys.argv[1], "w") as said:
    print("up", file=said, flush=True)
    while not asked:
        time.sleep(0.01)
    time.sleep(0.2)
    print(*asked, file=said)
"""
    text = f"""setsid '{sys.executable}' -c '{counting}' left &
while [ ! -s left ]; do sleep 0.01; done
exec '{sys.executable}' -c '{counting}' stayed"""
    working = asyncio.create_task(shell(text, grace=20))
    await written(tmp_path / "stayed")
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert [(tmp_path / name).read_text() for name in ("stayed", "left")] == ["up\nasked\n"] * 2


async def test_a_cancellation_ends_everything_below(shell, tmp_path):
    below = "sh -c 'echo $$ > pid; exec sleep 60'"
    text = f"trap 'echo bye > said; exit' TERM; {below} & while true; do sleep 0.01; done"
    working = asyncio.create_task(shell(text, grace=10))
    pid = int(await written(tmp_path / "pid"))
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not alive(pid)
    assert (tmp_path / "said").read_text() == "bye\n"


async def test_whoever_has_no_more_patience_has_it_killed_at_once(shell, tmp_path):
    working = asyncio.create_task(shell("trap '' TERM; echo $$ > pid; while true; do sleep 0.1; done", grace=60))
    pid = int(await written(tmp_path / "pid"))
    start = asyncio.get_running_loop().time()
    working.cancel()
    await asyncio.sleep(0.05)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not alive(pid)
    assert asyncio.get_running_loop().time() - start < 15


async def test_what_comes_late_from_below_is_still_read(shell):
    assert (await shell("(sleep 0.1; echo late) & echo early", grace=10)).stdout == b"early\nlate\n"


async def test_a_grandchild_that_keeps_the_streams_open_holds_nobody_up(shell, tmp_path):
    before = descriptors()
    ended = await shell("sleep 60 & echo $! > pid; echo done", grace=0.1, timeout=60)
    assert ended == Outcome(0, b"done\n", b"")
    assert not alive(int(await written(tmp_path / "pid")))
    assert descriptors() == before


async def test_what_is_left_without_the_streams_is_not_waited_for(shell, tmp_path):
    text = "sleep 60 < /dev/null > /dev/null 2>&1 & echo $! > pid; echo done"
    assert (await shell(text, grace=60)).stdout == b"done\n"
    assert not alive(int(await written(tmp_path / "pid")))


async def test_files_that_it_writes_are_bounded(shell, tmp_path):
    ended = await shell("head -c 3000000 /dev/zero > large; exit 7", file_bytes=2**20)
    assert ended.exit_code == 7
    assert (tmp_path / "large").stat().st_size == 2**20


@pytest.mark.parametrize("text", [b"\x7fELF nonsense", b"#!/no/such/interpreter\n", None])
async def test_what_cannot_be_started(tmp_path, text):
    before = descriptors()
    path = tmp_path / "broken"
    if text is not None:
        path.write_bytes(text)
        path.chmod(0o755)
    with pytest.raises(OSError):  # noqa: PT011 - the system has several
        await within(guarded(Guarded(path, ["broken"], {}, stdin=b"x"), Bounds()))
    assert descriptors() == before


async def test_arguments_beyond_what_the_system_takes(tmp_path):
    with pytest.raises(OSError, match="Argument list too long"):
        await within(guarded(Guarded(Path("/bin/echo"), ["echo", "x" * 5_000_000], {}), Bounds()))


async def test_many_at_once_leave_nothing(shell, tmp_path):
    before = descriptors()
    path = program(tmp_path, "counted", "echo $1")
    runs = [guarded(Guarded(path, ["counted", str(number)], {}), Bounds()) for number in range(12)]
    assert [int(one.stdout) for one in await within(asyncio.gather(*runs))] == list(range(12))
    await asyncio.sleep(0)
    assert descriptors() == before


@linux
async def test_where_there_is_no_interpreter_or_no_way_to_find_processes(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "PROC", tmp_path / "nothing")
    with pytest.raises(NotAvailable, match="/proc"):
        await guarded(Guarded(Path("/bin/true"), ["true"], {}), Bounds())
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(NotAvailable, match=r"sys\.executable"):
        await guarded(Guarded(Path("/bin/true"), ["true"], {}), Bounds())


async def test_a_guard_that_fails_is_told_of(monkeypatch, tmp_path):
    script = tmp_path / "guard.py"
    script.write_text("raise SystemExit('broken')")
    monkeypatch.setattr(module, "SCRIPT", script)
    with pytest.raises(AgentFailed, match="guard of the program was killed"):
        await within(guarded(Guarded(Path("/bin/true"), ["true"], {}), Bounds()))


@linux
async def test_for_whoever_is_not_root_the_system_bounds_the_processes_too(shell, monkeypatch, tmp_path):
    script = tmp_path / "guard.py"
    text = module.SCRIPT.read_text(encoding="utf-8")
    assert "if LINUX and os.getuid():" in text
    script.write_text(text.replace("if LINUX and os.getuid():", "if LINUX:"))
    monkeypatch.setattr(module, "SCRIPT", script)
    told = (await shell("grep processes /proc/self/limits", processes=10)).stdout.split()
    # RLIMIT_NPROC counts all threads of the user, so those that there are already come on top.
    assert 160 < int(told[2]) < 160 + 100_000


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Run guards as on a system without subreapers and /proc."""
    script = tmp_path / "guard.py"
    text = module.SCRIPT.read_text(encoding="utf-8")
    text = text.replace('LINUX: Final = sys.platform == "linux"', "LINUX: Final = False")
    # Who has died belongs to a group on Linux until it is reaped, by whoever got it: that is not waited for.
    script.write_text(text.replace("PATIENCE: Final = 5.0", "PATIENCE: Final = 0.2"))
    assert "Final = False" in script.read_text()
    monkeypatch.setattr(module, "SCRIPT", script)


@pytest.mark.usefixtures("elsewhere")
async def test_on_other_systems_the_group_is_ended(shell, tmp_path):
    assert await shell("echo hi; exit 3") == Outcome(3, b"hi\n", b"")
    for text, bound in (("while true; do :; done", "cpu"), ("sleep 600", "timeout")):
        (tmp_path / "pid").unlink(missing_ok=True)
        working = asyncio.create_task(shell(f"sleep 600 & echo $! > pid\n{text}", timeout=30, cpu=0.1, grace=0.1))
        pid = int(await written(tmp_path / "pid"))
        if bound == "timeout":
            await time_is_up(30)
        assert (await working).bound == bound
        assert not alive(pid)
