"""`command`: programs for tasks."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from motet.executors.command import Command, command
from motet.kernel.error_payload import to_payload
from motet.kernel.errors import AgentFailed, AgentTimeout, DeadlineExceeded, InvalidAgent, InvalidPayload
from motet.tools.environment import DEFAULT_ENV
from started import alive, program, time_is_up, written
from support import within


@pytest.fixture
def own(tmp_path: Path):
    """Make an executor that may start one program, which is written in sh."""
    return lambda text, **options: Command(allow=[program(tmp_path, "it", text)], root=tmp_path, **options)


@pytest.fixture
def it(tmp_path: Path) -> str:
    return str(tmp_path / "it")


async def test_a_program_and_what_it_gives():
    given = await Command(allow=["echo"])({"argv": ["echo", "hi", "you"]})
    assert given.pop("seconds") >= 0
    assert given == {
        "argv": ["echo", "hi", "you"],
        "exit_code": 0,
        "stdout": "hi you\n",
        "stderr": "",
        "truncated": False,
    }


async def test_the_output_is_json_data(own, it):
    executor = own(r"printf '\377\303\244'; printf '\355\240\200' >&2")
    given = await executor({"argv": [it]})
    assert given["stdout"] == "\N{REPLACEMENT CHARACTER}ä"
    assert set(given["stderr"]) == {"\N{REPLACEMENT CHARACTER}"}
    json.dumps(executor.types[1].dump(given))


async def test_a_text_is_its_input(own, it):
    assert (await own("cat")({"argv": [it], "stdin": "grüße\n"}))["stdout"] == "grüße\n"
    assert (await own("cat")({"argv": [it]}))["stdout"] == ""


NO_SHELL = [";", "&&", "|", "$(id)", "`id`", "> file", "&", "\n id", "*", "~", "$HOME", "'", '"', "\\"]


@pytest.mark.parametrize("text", NO_SHELL)
async def test_nothing_is_special_in_an_argument(text, tmp_path):
    given = await Command(allow=["echo"], root=tmp_path)({"argv": ["echo", "hi", text, "id"]})
    assert given["stdout"] == f"hi {text} id\n"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["echo hi; id", "echo hi", "", "id"])
async def test_a_text_for_a_shell_is_refused(text):
    with pytest.raises(InvalidPayload, match="argv: write a list, as in .*there is no shell"):
        await Command(allow=["echo"])({"argv": text})


@pytest.mark.parametrize("argv", [["echo hi; id"], ["echo;id"], ["id"], ["sh", "-c", "echo"], ["/bin/sh", "-c", "id"]])
async def test_what_is_not_allowed_is_not_started(argv):
    with pytest.raises(InvalidPayload, match="is not allowed: allowed are echo"):
        await Command(allow=["echo"])({"argv": argv})


async def test_the_registered_one_allows_nothing():
    with pytest.raises(InvalidPayload, match=r"Command\(allow=\['echo'\]\).*motet run --allow-command echo"):
        await command({"argv": ["echo", "hi"]})


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({}, "argv: Field required"),
        ({"argv": []}, "argv: it is empty: the program stands first"),
        ({"argv": [1]}, "argv.0: "),
        ({"argv": ["echo", None]}, "argv.1: "),
        ({"argv": ["echo", "a\0b"]}, "argv.1: "),
        ({"argv": ["echo"], "shell": True}, "shell: Extra inputs"),
        ({"argv": ["echo"], "arg": []}, "arg: Extra inputs"),
        ({"argv": ["echo"], "timeout": 0}, "timeout: "),
        ({"argv": ["echo"], "timeout": float("inf")}, "timeout: "),
        ({"argv": ["echo"], "timeout": 61}, "timeout: 61 s is more than the 60 s"),
        ({"argv": ["echo"], "cwd": "."}, "root=FOLDER"),
        ({"argv": ["echo"], "cwd": "\0"}, "cwd: "),
        ({"argv": ["echo"], "env": {"A=B": "x"}}, "env.A=B"),
        ({"argv": ["echo"], "env": {"": "x"}}, "env."),
        ({"argv": ["echo"], "env": {"TZ": "a\0"}}, "env.TZ"),
        ({"argv": ["echo"], "stdin": b"\xff"}, "stdin: "),
        ([], "no CommandInput"),
    ],
)
async def test_inputs_that_do_not_fit(inputs, told):
    with pytest.raises(InvalidPayload) as caught:
        await Command(allow=["echo"])(inputs)
    assert told in str(caught.value)


async def test_an_error_shows_no_input():
    with pytest.raises(InvalidPayload) as caught:
        await Command(allow=["echo"])({"argv": ["echo"], "env": {"TZ": ["secret-value"]}, "sdtin": "secret-value"})
    assert "secret-value" not in json.dumps(to_payload(caught.value))


async def test_a_failure_tells_exit_code_and_the_last_of_what_was_said(own, it):
    with pytest.raises(AgentFailed) as caught:
        await own("for n in 1 2 3 4 5 6 7; do echo line $n >&2; done; exit 3")({"argv": [it]})
    assert str(caught.value).endswith("it' ended with exit code 3: line 3\nline 4\nline 5\nline 6\nline 7")
    assert caught.value.details["exit_code"] == 3
    assert not caught.value.retryable


async def test_a_failure_without_words_and_one_by_a_signal(own, it):
    with pytest.raises(AgentFailed, match=r"it' ended with exit code 1$"):
        await own("exit 1")({"argv": [it]})
    with pytest.raises(AgentFailed, match=r"it' was ended by signal 9$"):
        await own("kill -9 $$")({"argv": [it]})


async def test_a_failure_of_one_long_line_is_cut(own, it):
    with pytest.raises(AgentFailed) as caught:
        await own("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1")({"argv": [it]})
    assert len(str(caught.value)) < 1200


async def test_an_exit_code_may_be_a_result(own, it):
    assert (await own("exit 3")({"argv": [it], "check": False}))["exit_code"] == 3


async def test_output_beyond_the_limit_is_dropped_and_said_so(own, it):
    given = await own("echo 123456789; echo err >&2", max_output=4)({"argv": [it]})
    assert (given["stdout"], given["stderr"], given["truncated"]) == ("1234", "err\n", True)


async def test_a_program_that_writes_without_end_ends_with_its_time(own, it):
    with pytest.raises(AgentTimeout):
        await within(own("yes")({"argv": [it], "timeout": 0.2}))


async def test_a_timeout_ends_everything_below(own, it, tmp_path):
    executor = own("sleep 60 & echo $! > pid; sleep 60")
    working = asyncio.create_task(within(executor({"argv": [it], "timeout": 29.5})))
    pid = int(await written(tmp_path / "pid"))
    await time_is_up(30)
    with pytest.raises(AgentTimeout, match=r"it' took longer than 29\.5 s, and was ended"):
        await working
    assert not alive(pid)


async def test_a_deadline_ends_everything_below(own, it, tmp_path):
    executor = own("sleep 60 & echo $! > pid; sleep 60")
    working = asyncio.create_task(within(executor({"argv": [it]}, deadline=30)))
    pid = int(await written(tmp_path / "pid"))
    await time_is_up(30)
    with pytest.raises(DeadlineExceeded):
        await working
    assert not alive(pid)


async def test_a_deadline_of_the_caller_bounds_the_program(own, it):
    from motet import agent

    executor = own("sleep 60")

    @agent
    async def above(payload):
        return await executor({"argv": [it]})

    with pytest.raises(DeadlineExceeded):
        await within(above(1, deadline=0.2))


async def test_a_cancellation_ends_everything_below(own, it, tmp_path):
    working = asyncio.create_task(own("sleep 60 & echo $! > pid; sleep 60")({"argv": [it]}))
    pid = int(await written(tmp_path / "pid"))
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(working)
    assert not alive(pid)


async def test_the_working_directory_lies_under_the_root(own, it, tmp_path):
    (tmp_path / "inner").mkdir()
    executor = own("pwd -P")
    assert (await executor({"argv": [it]}))["stdout"].strip() == str(tmp_path.resolve())
    assert (await executor({"argv": [it], "cwd": "inner"}))["stdout"].strip() == str(tmp_path.resolve() / "inner")
    for outside in ("..", "/", "inner/../.."):
        with pytest.raises(InvalidPayload, match="lies outside the root"):
            await executor({"argv": [it], "cwd": outside})


async def test_a_program_in_the_working_directory_is_not_found_by_its_name(own, tmp_path):
    program(tmp_path, "echo", "echo smuggled")
    given = await Command(allow=["echo"], root=tmp_path)({"argv": ["echo", "real"], "cwd": "."})
    assert given["stdout"] == "real\n"
    with pytest.raises(InvalidPayload, match="is a relative path"):
        await Command(allow=["echo"], root=tmp_path)({"argv": ["./echo"], "cwd": "."})


async def test_a_program_gets_the_variables_that_are_named(own, it, monkeypatch):
    monkeypatch.setenv("API_KEY", "secret")
    monkeypatch.setenv("TZ", "UTC")
    shown = (await own("env")({"argv": [it], "env": {"LANG": "C"}}))["stdout"].splitlines()
    assert {"TZ=UTC", "LANG=C"} <= set(shown)
    assert not [line for line in shown if "secret" in line]
    shown = (await own("env", env=["API_KEY"])({"argv": [it]}))["stdout"].splitlines()
    assert "API_KEY=secret" in shown
    assert not [line for line in shown if line.startswith("TZ=")]


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES"])
async def test_a_task_does_not_decide_what_code_runs(own, it, tmp_path, name):
    program(tmp_path, "helper", "echo smuggled")
    executor = own("helper", env=[*DEFAULT_ENV, name])
    with pytest.raises(InvalidPayload, match=f"a task cannot set {name}"):
        await executor({"argv": [it], "env": {name: str(tmp_path)}})


@pytest.mark.parametrize("name", ["BASH_ENV", "PYTHONPATH", "GREETING", "PATHS"])
async def test_a_task_sets_no_other_variable_than_those_named(own, it, name):
    with pytest.raises(InvalidPayload, match=rf"{name} is not allowed: Command\(env=\[\*DEFAULT_ENV, '{name}'\]\)"):
        await own("env")({"argv": [it], "env": {name: "x"}})
    given = await own(f"echo ${name}", env=[*DEFAULT_ENV, name])({"argv": [it], "env": {name: "x"}})
    assert given["stdout"] == "x\n"


async def test_a_program_that_cannot_be_started(tmp_path):
    path = program(tmp_path, "broken", "")
    path.write_text("#!/no/such/interpreter\n")
    with pytest.raises(AgentFailed, match="broken' cannot be started: No such file"):
        await Command(allow=[path])({"argv": [str(path)]})


async def test_arguments_beyond_what_the_system_takes():
    with pytest.raises(AgentFailed, match="cannot be started: Argument list too long"):
        await Command(allow=["echo"])({"argv": ["echo", "x" * 10_000_000]})


def test_a_program_that_does_not_exist_cannot_be_allowed():
    with pytest.raises(InvalidAgent, match="no_such_program"):
        Command(allow=["no_such_program"])


async def test_commands_do_not_wait_for_one_another(own, it, tmp_path):
    executor = own("echo > $1; while [ ! -e $2 ]; do sleep 0.01; done", timeout=20)
    both = [["a", "b"], ["b", "a"]]
    await within(asyncio.gather(*(executor({"argv": [it, *pair], "cwd": "."}) for pair in both)))


async def test_the_interpreter_of_this_environment_may_be_allowed():
    given = await Command(allow=[sys.executable])({"argv": [sys.executable, "-c", "print(6 * 7)"]})
    assert given["stdout"] == "42\n"


def test_the_demo_fits_the_output():
    given = Command.demo({"argv": ["echo", "hi"]})
    assert command.types[1].validator("command", "output")(given)["argv"] == ["echo", "hi"]
