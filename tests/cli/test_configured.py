"""What the configuration says is what commands do, unless an option says otherwise."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from motet.cli.options import setup_of
from motet.cli.tasks_setup import DEFAULT_STORE, Setup, opened
from motet.config.manager import ConfigManager

Run = Callable[..., "subprocess.CompletedProcess[str]"]

DESK = Path(__file__).parent / "desk"

FILE = """\
[cli]
deadline = 7
imports = ["jobs.py"]

[tasks]
store = "sqlite:///work.db"
max_concurrency = 3
per_executor = { shout = 2 }
demo = true

[executors]
command = { allow = ["uname"], timeout = 5, max_output = 100 }
rest = { private = true, timeout = 9 }
agent = { root = "agents" }
"""


@pytest.fixture
def project(here: Run, tmp_path: Path) -> Path:
    (tmp_path / "motet.toml").write_text(FILE)
    return tmp_path


@pytest.mark.parametrize("silent", [True, False])
def test_nothing_said_everything_is_as_by_default(here: Run, tmp_path: Path, *, silent: bool) -> None:
    if not silent:
        (tmp_path / "motet.toml").touch()
    setup = setup_of(None)
    assert (setup.store, setup.max_concurrency, setup.deadline, setup.root) == (DEFAULT_STORE, None, None, None)
    assert (setup.imports, setup.allow_command, setup.allow_private, setup.demo) == ((), (), False, False)
    assert (setup.rest, setup.configured) == ({}, frozenset())
    assert ConfigManager.isolated().get("tasks.store") == DEFAULT_STORE
    assert setup_of(None, otherwise="memory://").store == "memory://"
    assert setup_of("x://", otherwise="memory://").store == "x://"


async def test_managers_are_the_same_where_nothing_is_said_and_where_a_file_says_nothing(
    here: Run, tmp_path: Path
) -> None:
    made = []
    for _ in range(2):
        async with opened(setup_of("memory://")) as manager:
            made.append((manager._desk.queue._limits, manager._membership.lease, manager._desk.demo))
        (tmp_path / "motet.toml").touch()
    assert made[0] == made[1]


def test_the_configuration_says_what_no_option_does(project: Path) -> None:
    setup = setup_of(None, otherwise="memory://")
    assert setup.store == f"sqlite:///{project}/work.db"
    assert (setup.max_concurrency, setup.deadline, setup.root) == (3, 7.0, str(project / "agents"))
    assert (setup.imports, setup.allow_command) == ((str(project / "jobs.py"),), ("uname",))
    assert (setup.allow_private, setup.demo) == (True, True)
    assert (setup.command["timeout"], setup.command["max_output"], setup.rest) == (5.0, 100, {"timeout": 9.0})
    assert setup.manager["per_executor"] == {"shout": 2}


def test_options_stand_above_it(project: Path) -> None:
    setup = setup_of(
        "memory://", 5, ["x.py"], ["uptime"], "here", demo=False, allow_private=False, deadline=1.0, otherwise="x://"
    )
    assert (setup.store, setup.max_concurrency, setup.deadline, setup.root) == ("memory://", 5, 1.0, "here")
    assert (setup.imports, setup.allow_command) == (("x.py",), ("uptime",))
    assert (setup.allow_private, setup.demo, setup.configured) == (False, False, frozenset())


def test_the_line_that_goes_on_leaves_out_what_is_configured(project: Path) -> None:
    assert setup_of(None).line("tasks resume") == f"motet tasks resume --store sqlite:///{project}/work.db"
    given = setup_of(None, 5, ["a.py"], root="r", demo=True)
    line = "--import a.py --root r --demo --max-concurrency 5"
    assert given.line("tasks resume") == f"motet tasks resume --store sqlite:///{project}/work.db {line}"


def test_a_password_that_is_configured_is_not_in_the_line_and_is_not_needed(here: Run) -> None:
    url = "postgresql://me:secret@host/tasks"
    assert Setup(store=url, configured=frozenset({"store"})).line("tasks resume") == "motet tasks resume"


async def test_a_manager_has_the_limits_of_the_configuration(project: Path) -> None:
    async with opened(setup_of("memory://", demo=False)) as manager:
        limits = manager._scheduler._desk.queue._limits
        assert (limits.total, dict(limits.per_executor)) == (3, {"shout": 2})


def test_a_tree_runs_with_what_is_configured(here: Run, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").write_text(
        f'[cli]\nimports = ["{DESK / "jobs.py"}"]\n[tasks]\nstore = "sqlite:///kept.db"\n'
        '[executors.command]\nallow = ["echo"]\n'
    )
    tasks = '[{"name": "say", "executor": "command", "inputs": {"argv": ["echo", "hi"]}}]'
    done = here("run", "--tasks", tasks, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["result"]["stdout"] == "hi\n"
    assert (tmp_path / "kept.db").exists()
    assert len(json.loads(here("tasks", "list", "--json").stdout)["trees"]) == 1
    assert here("run", "shout", "--inputs", '{"text": "hi"}').stdout == "HI\n"
    assert "shout" in here("executors").stdout
    other = ["--store", "sqlite:///other.db"]
    assert here("tasks", "list", *other).returncode == 2
    assert here("run", "--tasks", tasks, "--allow-command", "uname", *other).returncode == 1


def test_a_program_of_the_command_line_is_ended_at_the_configured_deadline(here: Run, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").write_text("[cli]\ndeadline = 0.05\n")
    done = here("run", f"{DESK / 'desk.py'}:waiting", str(tmp_path / "never"))
    assert done.returncode == 1
    assert "DeadlineExceeded" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--tasks", "[]"],
        ["run", "nothing.py:x", "y"],
        ["run", "aggregate"],
        ["tasks", "list"],
        ["tasks", "resume"],
        ["executors"],
        ["config", "list"],
    ],
)
def test_with_a_broken_file_no_command_begins(here: Run, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "motet.toml").write_text("[tasks]\nmax_concurrency = 'many'\n")
    told = f"{tmp_path / 'motet.toml'}:2: tasks.max_concurrency cannot be 'many': it takes a whole number, 1 or more"
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"motet: the configuration cannot be used: {told}\n"
    error = json.loads(here(*arguments, "--json").stdout)["error"]
    assert (error["code"], error["message"]) == ("invalid_config", f"the configuration cannot be used: {told}")
    assert "Traceback" in here(*arguments, "--debug").stderr


def test_a_variable_that_does_not_fit_is_named(here: Run) -> None:
    done = here("tasks", "list", env={"MOTET_TASKS__MAX_CONCURRENCY": "many"})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("motet: the configuration cannot be used: MOTET_TASKS__MAX_CONCURRENCY: ")


@pytest.mark.parametrize(
    "arguments", [["version"], ["--help"], ["run", "--help"], ["config", "--help"], ["draw", "--help"]]
)
def test_what_needs_no_settings_reads_none(motet: Run, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "motet.toml").write_text("broken = =\n")
    assert motet(*arguments, cwd=tmp_path, env={"MOTET_TASKS__POLL": "x"}).returncode == 0
