import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from motet.version import __version__

Run = Callable[..., "CompletedProcess[str]"]

LONG = "a" * 300


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_the_version_is_printed(motet: Run, arguments: list[str]) -> None:
    done = motet(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"motet {__version__}\n", "")


TASKS = ["list", "show", "tree", "watch", "cancel", "rerun", "copy", "delete", "answer", "resume", "export", "check"]


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        (["--help"], 0, ["Usage: motet", "run", "draw", "version", "Example: motet run flow.py:flow"]),
        ([], 2, ["Usage: motet", "Example: motet run flow.py:flow"]),
        (["run", "--help"], 0, ["Usage: motet run", "--stream", "--deadline", "Example: motet run flow.py:flow"]),
        (["draw", "-h"], 0, ["Usage: motet draw", "--direction", "Example: motet draw flow.py:flow"]),
        (["version", "--help"], 0, ["Usage: motet version", "Example: motet version"]),
        (["run", "--help"], 0, ["Example: motet run tasks.json", "--allow-command", "Exit codes: 0 completed"]),
        (["executors", "--help"], 0, ["Usage: motet executors", "Example: motet executors rest"]),
        (["tasks", "--help"], 0, ["Usage: motet tasks", "resume", "Example: motet tasks list --status failed"]),
        (["tasks"], 2, ["Usage: motet tasks", "Example: motet tasks list --status failed"]),
        *[
            (["tasks", name, "--help"], 0, [f"Usage: motet tasks {name}", f"Example: motet tasks {name}"])
            for name in TASKS
        ],
    ],
)
def test_help_shows_an_example(motet: Run, arguments: list[str], code: int, parts: list[str]) -> None:
    done = motet(*arguments, env={"COLUMNS": "80"})
    assert done.returncode == code
    for part in parts:
        assert part in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rnu"], "motet: No such command 'rnu'. Did you mean 'run'?"),
        (["run"], "motet: say what to run: FILE.py:NAME, FILE.json, the id of an executor, or --tasks '[...]': "),
        (
            ["run", "tasks.json", "--tasks", "[]"],
            "motet: --tasks stands in place of TARGET: leave tasks.json out, or -",
        ),
        (
            ["run", "desk.py:shout", "a", "--watch"],
            "motet: --watch is for task trees and executors, and desk.py:shout ",
        ),
        (["run", "desk.py:shout", "a", "--import", "x"], "motet: --import is for task trees and executors, and desk"),
        (
            ["run", "system_info", "--max-concurrency", "0"],
            "motet: Invalid value for '--max-concurrency': Input should be",
        ),
        (["tasks", "lst"], "motet: No such command 'lst'. Did you mean 'list'?"),
        (["tasks", "show"], "motet: Missing argument 'TREE|TASK': `motet tasks show --help` shows how"),
        (["tasks", "list", "--status", "running"], "motet: Invalid value for '--status'"),
        (["tasks", "list", "--limit", "0"], "motet: Invalid value for '--limit'"),
        (["tasks", "copy", "1f0c", "--scope", "some"], "motet: Invalid value for '--scope'"),
        (["draw"], "motet: Missing argument 'FILE.py:NAME': `motet draw --help` shows how"),
        (["run", "desk.py:shout", "hello", "world"], "motet: Got unexpected extra argument"),
        (["run", "desk.py:shout", "hello", "--fast"], "motet: No such option"),
        (["run", "desk.py:fan", "-3"], "motet: No such option"),
        (["run", "desk.py:shout", "hello", "--deadline", "soon"], "motet: Invalid value for '--deadline'"),
        (["run", "desk.py:shout", "hello", "--deadline"], "motet: Option '--deadline' requires an argument"),
        (["draw", "desk.py:failing", "--style", "svg"], "motet: Invalid value for '--style'"),
        (["draw", "desk.py:failing", "--direction", "up"], "motet: Invalid value for '--direction'"),
        (["--nonsense"], "motet: No such option"),
    ],
)
def test_bad_usage_is_one_line(motet: Run, arguments: list[str], told: str) -> None:
    done = motet(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1


def test_advice_fits_the_mistake(motet: Run) -> None:
    assert "put -- before an INPUT that begins with a dash" in motet("run", "desk.py:fan", "-3").stderr
    assert "put -- before a VALUE that begins with a dash" in motet("tasks", "answer", "1f0c:a", "-3").stderr
    assert "put an INPUT of several words in quotes" in motet("run", "desk.py:shout", "a", "b").stderr
    assert motet("run", "desk.py:anything", "--", "-3").stdout == '{\n  "got": -3\n}\n'


def test_bad_usage_is_a_document_for_programs(motet: Run) -> None:
    done = motet("run", "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout)["error"]["code"] == "invalid_usage"


def test_an_input_that_looks_like_an_option_asks_for_no_document(motet: Run) -> None:
    done = motet("run", "desk.py:shout", "--fast", "--", "--json")
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", f"{LONG}.py:x"],
        ["run", f"{LONG}:x"],
        ["dev", f"{LONG}.py:x"],
        ["dev", "flow.py:x", "--watch", LONG],
        ["draw", f"{LONG}.py:x"],
        ["executors", "--import", f"{LONG}.py"],
        ["executors", "--import", LONG],
        ["new", LONG],
        ["replay", LONG],
        ["inspect", LONG],
        ["inspect", "--store", f"sqlite:///{LONG}.db"],
        ["tasks", "list", "--store", f"sqlite:///{LONG}.db"],
    ],
)
def test_a_name_that_the_system_refuses_is_told_in_a_line(here: Run, arguments: list[str]) -> None:
    Path("flow.py").touch()
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("motet: ")
    assert done.stderr.endswith(": File name too long\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="a folder that somebody is in cannot be removed there")
@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "flow.py:x"],
        ["run", "flow:x"],
        ["run", "tasks.json"],
        ["run", "system_info"],
        ["dev", "flow:x"],
        ["draw", "flow.py:x"],
        ["draw", "flow:x"],
        ["executors"],
        ["executors", "--json"],
        ["inspect"],
        ["replay", "1f0c"],
        ["tasks", "list"],
        ["config", "list"],
        ["config", "path"],
    ],
)
def test_a_current_folder_that_is_gone_is_told_in_a_line(
    here: Run, arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir("gone")
    (tmp_path / "gone").rmdir()
    done = here(*arguments)
    told = json.loads(done.stdout)["error"]["message"] if "--json" in arguments else done.stderr
    assert done.returncode == 2
    assert " folder cannot be read: No such file or directory: change to another one" in told
    assert (done.stdout + done.stderr).count("\n") == 1


SETPRIV = shutil.which("setpriv")


@pytest.mark.skipif(os.name == "nt" or (os.geteuid() == 0 and not SETPRIV), reason="nothing can be kept from this user")
@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "locked/flow.py:flow", "{}"],
        ["new", "locked/x"],
        ["tasks", "list", "--store", "sqlite:///locked/x.db"],
    ],
)
def test_a_folder_that_may_not_be_entered_is_told_in_a_line(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "locked").mkdir(mode=0)
    less = [SETPRIV, "--bounding-set", "-dac_override,-dac_read_search"] if SETPRIV and os.geteuid() == 0 else []
    command = [*less, sys.executable, "-m", "motet.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    (tmp_path / "locked").chmod(0o700)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("motet: locked/")
    assert done.stderr.endswith(": Permission denied\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "Permission denied", "some/file"), "some/file: Permission denied"),
        (OSError(24, "Too many open files"), "Too many open files"),
        (OSError("a library's own words"), "a library's own words"),
    ],
)
def test_what_the_system_refuses_anywhere_before_the_work_is_a_line(
    here: Run, monkeypatch: pytest.MonkeyPatch, error: OSError, told: str
) -> None:
    def refused() -> None:
        raise error

    monkeypatch.setattr("motet.cli.configured.settings_said", refused)
    done = here("executors")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"motet: {told}\n")
    assert json.loads(here("executors", "--json").stdout)["error"]["message"] == told
    assert "Traceback" in here("executors", "--debug").stderr


def test_what_the_system_refuses_in_the_middle_of_the_work_is_no_bad_usage(
    here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(session: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("motet.cli.dev._Session.work", broken)
    Path("flow.py").touch()
    with pytest.raises(OSError, match="Input/output error"):
        here("dev", "flow.py:x")


@pytest.mark.parametrize(
    ("arguments", "drawing"),
    [
        (["desk.py:failing"], 'flowchart LR\n    nshout["shout"]\n    nfails["fails"]\n    nshout --> nfails\n'),
        (["desk.py:shout", "--direction", "TB"], 'flowchart TB\n    nshout["shout"]\n'),
        (["desk:shout"], 'flowchart LR\n    nshout["shout"]\n'),
    ],
)
def test_an_agent_is_drawn(motet: Run, arguments: list[str], drawing: str) -> None:
    done = motet("draw", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, drawing, "")


def test_dot_is_drawn_too(motet: Run) -> None:
    done = motet("draw", "desk.py:failing", "--style", "dot", "--direction", "TB")
    assert done.returncode == 0
    assert done.stdout.startswith('digraph "failing" {\n    rankdir=TB;')


def test_what_cannot_be_drawn_is_told_in_a_line(motet: Run) -> None:
    done = motet("draw", "desk.py:plain")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "motet: desk.py:plain is a plain function, not an agent: put @agent (from motet import agent) above it\n"
    )
    assert "Traceback" in motet("draw", "desk.py:plain", "--debug").stderr


def test_a_command_loads_only_what_it_needs(motet: Run) -> None:
    import subprocess

    script = (
        "import sys; sys.argv = ['motet', 'version']\n"
        "from motet.cli.__main__ import main\n"
        "assert main() == 0\n"
        "print(*sorted({'pydantic', 'asyncio', 'rich', 'typer', 'motet.kernel.agent'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"motet {__version__}", ""]


@pytest.mark.parametrize("arguments", [["tasks", "--help"], ["tasks", "list", "--help"], ["run", "--help"]])
def test_help_loads_nothing_that_works_on_tasks(arguments: list[str]) -> None:
    import subprocess

    script = (
        "import sys; from motet.cli.app import start; from motet.cli.signals import Signals\n"
        f"start({arguments!r}, Signals())\n"
        "heavy = {'sqlalchemy', 'aiohttp', 'motet.tasks.manager', 'motet.storage', 'motet.cli.tasks_setup'}\n"
        "sys.stderr.write(' '.join(sorted(heavy & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
