"""`Process`: a program that goes beyond a bound, and what is told of it."""

import asyncio

import pytest
from attacks import BOMB, PYTHON, SHARED_MEMORY, attack, strays

from motet.kernel.error_payload import from_payload, to_payload
from motet.kernel.errors import AgentFailed, AgentTimeout, InvalidAgent, NotFound
from motet.tools.errors import ProgramEnded
from motet.tools.process import Process
from started import alive, descriptors, program, time_is_up, written
from support import within


@pytest.fixture
def own(tmp_path):
    """Make a tool that may run one program, which is written in sh."""
    return lambda text, **options: Process([program(tmp_path, "it", text)], root=tmp_path, **options)


@pytest.fixture
def it(tmp_path) -> str:
    return str(tmp_path / "it")


async def test_output_beyond_the_bound_ends_the_program_and_is_said(own, it):
    ran = await within(own("yes", max_output=1000).run([it]))
    assert (len(ran.stdout), ran.truncated, ran.exit_code) == (1000, True, -9)


async def test_a_timeout_tells_what_the_program_wrote(own, it, tmp_path):
    text = "echo so far; echo oh >&2; echo > there; sleep 600"
    working = asyncio.create_task(within(own(text).run([it], timeout=29.5)))
    await written(tmp_path / "there")
    await time_is_up(30)
    with pytest.raises(AgentTimeout, match=r"took longer than 29\.5 s, and was ended") as caught:
        await working
    assert caught.value.details == {"stdout": "so far\n", "stderr": "oh\n"}


async def test_a_bound_that_was_passed_is_named(tmp_path):
    tools = Process([PYTHON], root=tmp_path, processes=20, cpu=0.2)
    start = [str(PYTHON), "-I", "-S", "-c"]
    with pytest.raises(ProgramEnded, match="started more than 20 processes, or too many threads") as caught:
        await within(tools.run([*start, attack(BOMB), str(tmp_path)]))
    assert caught.value.details["bound"] == "processes"
    assert type(from_payload(to_payload(caught.value))) is ProgramEnded
    assert not strays(tmp_path)
    with pytest.raises(ProgramEnded, match=r"used more than 0\.2 s of processor time"):
        await within(tools.run([*start, attack("while time.monotonic() < end: pass"), str(tmp_path)]))


async def test_memory_that_was_too_much_is_named(tmp_path):
    tools = Process([PYTHON], memory=200 * 2**20)
    with pytest.raises(ProgramEnded, match="used more than 209715200 bytes of memory"):
        await within(tools.run([str(PYTHON), "-I", "-S", "-c", attack(SHARED_MEMORY), str(tmp_path)]))


async def test_an_error_keeps_the_end_of_long_output(own, it, tmp_path):
    text = "head -c 100000 /dev/zero | tr '\\0' x; echo end; echo > there; sleep 600"
    working = asyncio.create_task(within(own(text).run([it], timeout=30)))
    await written(tmp_path / "there")
    await time_is_up(30)
    with pytest.raises(AgentTimeout) as caught:
        await working
    told = caught.value.details["stdout"]
    assert len(told) == 2000
    assert told.endswith("end\n")


async def test_a_cancellation_ends_everything_below(own, it, tmp_path):
    before = descriptors()
    working = asyncio.create_task(own("sleep 60 & echo $! > pid; sleep 60").run([it]))
    pid = int(await written(tmp_path / "pid"))
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(working)
    assert not alive(pid)
    assert descriptors() == before


async def test_what_cannot_be_started_is_told_of(tmp_path):
    path = program(tmp_path, "broken", "")
    path.write_text("#!/no/such/interpreter\n")
    with pytest.raises(AgentFailed, match="broken' cannot be started: No such file"):
        await Process([path]).run([str(path)])
    with pytest.raises(AgentFailed, match="cannot be started: Argument list too long"):
        await Process(["echo"]).run(["echo", "x" * 5_000_000])


def test_what_a_tool_is_made_of_is_checked(tmp_path):
    with pytest.raises(InvalidAgent, match="no_such_program"):
        Process(["no_such_program"])
    with pytest.raises(NotFound):
        Process(["echo"], root=tmp_path / "nothing")
    for bound in ({"timeout": 0}, {"processes": 0}, {"memory": 1}, {"max_output": 0}, {"cpu": -1}, {"open_files": 0}):
        with pytest.raises(ValueError, match="it is a number from"):
            Process(["echo"], **bound)


async def test_programs_do_not_wait_for_one_another(own, it):
    tools = own("echo > $1; while [ ! -e $2 ]; do sleep 0.01; done")
    await within(asyncio.gather(*(tools.run([it, *pair]) for pair in (["a", "b"], ["b", "a"]))))
