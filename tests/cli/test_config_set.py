"""`motet config set` and `motet config unset`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize(
    ("key", "text", "written"),
    [
        ("tasks.max_concurrency", "4", "[tasks]\nmax_concurrency = 4\n"),
        ("tasks.demo", "yes", "[tasks]\ndemo = true\n"),
        ("cli.deadline", "none", '[cli]\ndeadline = "none"\n'),
        ("cli.deadline", "2.5", "[cli]\ndeadline = 2.5\n"),
        ("executors.command.allow", "uname, uptime", '[executors.command]\nallow = ["uname", "uptime"]\n'),
        ("executors.command.allow", "", "[executors.command]\nallow = []\n"),
        ("tasks.per_executor", "rest=2,x=3", "[tasks]\nper_executor = {rest = 2, x = 3}\n"),
        ("observability.service_name", "5", '[observability]\nservice_name = "5"\n'),
    ],
)
def test_it_is_written_to_the_projects_file(here: Run, tmp_path: Path, key: str, text: str, written: str) -> None:
    done = here("config", "set", key, text)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{key} is written to {tmp_path / 'motet.toml'}\n"
    assert (tmp_path / "motet.toml").read_text() == written


def test_it_is_written_where_one_says(here: Run, tmp_path: Path) -> None:
    env = {"MOTET_CONFIG_GLOBAL": str(tmp_path / "mine" / "config.toml")}
    done = here("config", "set", "flow.inbox", "4", "--global", env=env)
    assert done.stdout == f"flow.inbox is written to {tmp_path / 'mine' / 'config.toml'}\n"
    assert here("config", "get", "flow.inbox", env=env).stdout == "4\n"
    assert not (tmp_path / "motet.toml").exists()
    document = json.loads(here("config", "set", "flow.inbox", "5", "--project", "--profile", "dev", "--json").stdout)
    assert document["file"] == str(tmp_path / "motet.toml")
    assert (document["value"], document["profile"], document["problem"]) == (5, "dev", None)
    assert here("config", "get", "flow.inbox", "--profile", "dev").stdout == "5\n"


def test_what_wins_is_told(here: Run) -> None:
    done = here("config", "set", "flow.inbox", "4", env={"MOTET_FLOW__INBOX": "3"})
    assert done.returncode == 0
    assert done.stderr == "motet: it does not count now: MOTET_FLOW__INBOX stands above it\n"
    arguments = ["config", "set", "flow.inbox", "4", "--json"]
    document = json.loads(here(*arguments, env={"MOTET_FLOW__INBOX": "3"}).stdout)
    assert document["source"]["variable"] == "MOTET_FLOW__INBOX"


def test_a_secret_is_read_from_standard_input_and_not_shown(here: Run, tmp_path: Path) -> None:
    done = here("config", "set", "observability.otlp_headers", "-", "--json", stdin="key=hunter2\n")
    assert json.loads(done.stdout)["value"] == {"key": "********"}
    assert "hunter2" not in done.stdout + done.stderr
    assert 'key = "hunter2"' in (tmp_path / "motet.toml").read_text()
    assert (tmp_path / "motet.toml").stat().st_mode & 0o077 == 0


def test_a_secret_in_a_file_that_others_can_read_is_told(here: Run, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").touch(mode=0o644)
    done = here("config", "set", "observability.otlp_headers", "-", stdin="key=hunter2\n")
    assert done.stderr == f"motet: others can read this secret: chmod 600 {tmp_path / 'motet.toml'}\n"


def test_a_broken_setting_can_be_mended(here: Run, tmp_path: Path) -> None:
    file = tmp_path / "motet.toml"
    file.write_text("[flow]\ninbox = 0  # sic\nconcurrency = 0\n")
    done = here("config", "set", "flow.inbox", "4")
    assert done.returncode == 0
    assert "motet: something else is still wrong: " in done.stderr
    assert "flow.concurrency cannot be 0" in done.stderr
    assert here("config", "set", "flow.concurrency", "4").stderr == ""
    assert file.read_text() == "[flow]\ninbox = 4  # sic\nconcurrency = 4\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["flow.inbox", "many"], "flow.inbox cannot be 'many': it takes a whole number, 1 or more"),
        (["flow.inbox", "--", "-1"], "flow.inbox cannot be '-1': it takes a whole number, 1 or more"),
        (["flow.inbx", "1"], "there is no setting flow.inbx: did you mean flow.inbox?"),
        (["tasks.per_key", "a"], "tasks.per_key cannot be 'a': it takes a table, each value of it a whole number"),
        (["tasks.store", "work.db"], "tasks.store cannot be 'work.db': it takes a URL such as sqlite:///work.db"),
        (["flow.inbox", "1", "--global", "--project"], "--global and --project name two files: give one of them"),
        (["flow.inbox", "1", "--profile", ""], "a profile has a name: give one, or no profile"),
        (["middleware.cache.namespace", "a\udcff"], "namespace cannot be written: it holds bytes that are no text"),
        (["flow.inbox", "-1"], "put -- before a VALUE that begins with a dash"),
        (["flow.inbox"], "Missing argument 'VALUE'"),
    ],
)
def test_what_does_not_fit_is_not_written(here: Run, tmp_path: Path, arguments: list[str], told: str) -> None:
    done = here("config", "set", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_toml_stays_as_it_is(here: Run, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").write_text("[flow\n")
    done = here("config", "set", "flow.inbox", "4", "--json")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["message"].startswith(f"the configuration cannot be used: {tmp_path / 'motet.toml'}:1: it is no TOML")
    assert "cause" not in error
    assert (tmp_path / "motet.toml").read_text() == "[flow\n"


def test_without_a_home_there_is_no_file_of_ones_own(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    env = {"MOTET_CONFIG_GLOBAL": "", "HOME": "", "XDG_CONFIG_HOME": ""}
    done = here("config", "set", "flow.inbox", "4", "--global", env=env)
    assert (done.returncode, done.stderr) == (
        2,
        "motet: nobody knows where your own file would be: set HOME, or give --project\n",
    )


def test_a_setting_is_taken_out_again(here: Run, tmp_path: Path) -> None:
    file = tmp_path / "motet.toml"
    here("config", "set", "flow.inbox", "4")
    done = here("config", "unset", "flow.inbox")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"flow.inbox is taken out of {file}\n", "")
    assert here("config", "get", "flow.inbox").stdout == "64\n"
    done = here("config", "unset", "flow.inbox")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"motet: flow.inbox is not set in {file}\n"
    here("config", "set", "flow.inbox", "4", "--profile", "dev")
    document = json.loads(here("config", "unset", "flow.inbox", "--profile", "dev", "--json").stdout)
    assert document["source"]["layer"] == "default"
    assert {name: document[name] for name in ("key", "value", "file", "profile", "problem")} == {
        "key": "flow.inbox",
        "value": 64,
        "file": str(file),
        "profile": "dev",
        "problem": None,
    }


def test_what_still_says_something_about_it_is_told(here: Run, tmp_path: Path) -> None:
    here("config", "set", "flow.inbox", "4")
    done = here("config", "unset", "flow.inbox", env={"MOTET_FLOW__INBOX": "3"})
    assert done.returncode == 0
    assert done.stderr == "motet: it is still set: MOTET_FLOW__INBOX says so\n"


def test_a_broken_setting_can_be_taken_out(here: Run, tmp_path: Path) -> None:
    (tmp_path / "motet.toml").write_text("[flow]\ninbox = 'many'\nconcurrency = 'all'\n")
    done = here("config", "unset", "flow.inbox")
    assert done.returncode == 0
    assert "motet: something else is still wrong: " in done.stderr
    assert "flow.concurrency" in done.stderr
    assert here("config", "unset", "flow.concurrency").stderr == ""
    assert (tmp_path / "motet.toml").read_text() == "[flow]\n"
