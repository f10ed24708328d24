"""`motet config list`, `get`, `path` and `reload`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from motet.config.keys import all_leaves

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SECRET = "hunter2"  # noqa: S105 - it is none

FILE = f"""\
[tasks]
max_concurrency = 4
store = "postgresql://me:{SECRET}@host/db"

[observability]
otlp_headers = {{ key = "{SECRET}" }}

[profiles.dev.tasks]
max_concurrency = 2
"""


@pytest.fixture
def project(here: Run, tmp_path: Path) -> Path:
    file = tmp_path / "motet.toml"
    file.write_text(FILE)
    return file


def test_list_shows_every_setting_with_its_source(here: Run, project: Path) -> None:
    done = here("config", "list", env={"MOTET_FLOW__INBOX": "3", "COLUMNS": "400"})
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert list(rows) == ["key", *all_leaves()]
    assert rows["tasks.max_concurrency"] == ["4", f"{project}:2"]
    assert rows["flow.inbox"] == ["3", "MOTET_FLOW__INBOX"]
    assert rows["flow.concurrency"] == ["16", "default"]
    assert rows["executors.agent.root"] == ["none", "default"]
    assert rows["tasks.demo"] == ["false", "default"]


def test_list_of_a_section_and_of_what_was_changed(here: Run, project: Path) -> None:
    keys = [line.split()[0] for line in here("config", "list", "--section", "tools.git").stdout.splitlines()[1:]]
    assert keys == ["tools.git.write", "tools.git.author", "tools.git.timeout", "tools.git.max_output"]
    changed = here("config", "list", "--changed", env={"COLUMNS": "200"}).stdout
    assert [line.split()[0] for line in changed.splitlines()[1:]] == [
        "observability.otlp_headers",
        "tasks.store",
        "tasks.max_concurrency",
    ]
    project.unlink()
    assert here("config", "list", "--changed").stdout == ""


def test_programs_get_documents(here: Run, project: Path) -> None:
    found = {each["key"]: each for each in json.loads(here("config", "list", "--json").stdout)}
    assert list(found) == list(all_leaves())
    assert found["tasks.max_concurrency"] == {
        "key": "tasks.max_concurrency",
        "value": 4,
        "secret": False,
        "source": {"layer": "project", "file": str(project), "line": 2, "profile": None, "variable": None},
        "description": "How many tasks run at once.",
    }
    assert json.loads(here("config", "get", "flow.inbox", "--json").stdout)["source"]["layer"] == "default"


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("tasks.max_concurrency", "4"),
        ("tasks.demo", "false"),
        ("cli.deadline", "none"),
        ("executors.command.env", '["PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ"]'),
        ("observability.log_format", "text"),
        ("observability.otlp_headers", '{"key": "********"}'),
        ("tasks.store", "postgresql://me:********@host/db"),
    ],
)
def test_get_prints_the_value(here: Run, project: Path, key: str, told: str) -> None:
    assert here("config", "get", key).stdout == f"{told}\n"


def test_a_profile_is_read(here: Run, project: Path) -> None:
    assert here("config", "get", "tasks.max_concurrency", "--profile", "dev").stdout == "2\n"
    assert here("config", "get", "tasks.max_concurrency", env={"MOTET_PROFILE": "dev"}).stdout == "2\n"
    assert here("config", "get", "tasks.max_concurrency", "--profile", "no").returncode == 2


def test_secrets_are_shown_to_those_alone_who_ask(here: Run, project: Path) -> None:
    commands = [["list"], ["list", "--json"], ["reload"], ["reload", "--json"], ["list", "--changed"]]
    commands += [
        ["get", key, *json_] for key in ("tasks.store", "observability.otlp_headers") for json_ in ([], ["--json"])
    ]
    for command in commands:
        done = here("config", *command)
        assert done.returncode == 0
        assert SECRET not in done.stdout + done.stderr, command
    for command in (["list"], ["list", "--json"], ["get", "tasks.store"], ["get", "observability.otlp_headers"]):
        assert SECRET in here("config", *command, "--reveal", env={"COLUMNS": "200"}).stdout


def test_path_tells_which_files_there_are(here: Run, project: Path, tmp_path: Path) -> None:
    done = here("config", "path", env={"MOTET_CONFIG_GLOBAL": str(tmp_path / "mine.toml"), "COLUMNS": "200"})
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [
        ["global", str(tmp_path / "mine.toml"), "not", "there"],
        ["project", str(project)],
    ]
    project.write_text("broken = = \n")  # and still it says where
    found = json.loads(here("config", "path", "--json", env={"MOTET_CONFIG_GLOBAL": "/no/such"}).stdout)
    assert found == [
        {"layer": "global", "file": "/no/such", "exists": False},
        {"layer": "project", "file": str(project), "exists": True},
    ]


def test_reload_says_what_differs_or_what_is_wrong(here: Run, project: Path) -> None:
    done = here("config", "reload", env={"COLUMNS": "200"})
    assert done.returncode == 0
    assert done.stdout.startswith("everything is in order; 3 settings not as by default\n")
    project.write_text("[tasks]\nmax_concurrency = 0\nstroe = 1\n")
    done = here("config", "reload")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "motet: the configuration cannot be used:\n"
        f"  - {project}:2: tasks.max_concurrency cannot be 0: it takes a whole number, 1 or more\n"
        f"  - {project}:3: there is no setting tasks.stroe: did you mean tasks.store?\n"
    )
    error = json.loads(here("config", "reload", "--json").stdout)["error"]
    assert (error["code"], len(error["details"]["problems"])) == ("invalid_config", 2)
    assert "for now this command only checks" in " ".join(here("config", "reload", "--help").stdout.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["get", "tasks.stroe"], "motet: there is no setting tasks.stroe: did you mean tasks.store?\n"),
        (["list", "--section", "taks"], "motet: there is no section taks: there are cli, compose.map_reduce, dev, "),
        (["get"], "motet: Missing argument 'KEY': `motet config get --help` shows how\n"),
        (["nothing"], "motet: No such command 'nothing'"),
    ],
)
def test_bad_usage_ends_with_2(here: Run, arguments: list[str], told: str) -> None:
    done = here("config", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(told)
    if len(arguments) > 1:
        assert json.loads(here("config", *arguments, "--json").stdout)["error"]["code"] == "not_found"


def test_alone_it_shows_its_commands(here: Run) -> None:
    done = here("config")
    assert done.returncode == 2
    for name in ("list", "get", "set", "unset", "path", "reload"):
        assert f"│ {name} " in done.stdout


def test_the_traceback_is_shown_with_debug(here: Run) -> None:
    assert "Traceback" in here("config", "get", "x.y", "--debug").stderr
