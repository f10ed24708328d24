"""A history is kept where an option or a setting says so, in the store and with the bounds that the settings name."""

import json
from pathlib import Path

import pytest

from cli.conftest import Run
from motet.cli.history_kept import Kept, history_kept

TREE = '[{"name": "work", "executor": "aggregate"}]'
SETTINGS = """
[history]
enabled = true
store = "sqlite:///history.db"

[history.recorder]
capture = "none"
"""


@pytest.fixture(autouse=True)
def settings_of_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOTET_CONFIG_GLOBAL", "/dev/null")
    return tmp_path


def test_where_nothing_is_said_an_option_decides():
    assert history_kept(asked=False) is None
    assert history_kept(asked=True) == Kept()
    assert Kept().url("sqlite:///work.db") == "sqlite:///work.db"


def test_the_settings_say_where_and_how(settings_of_nobody: Path):
    (settings_of_nobody / "motet.toml").write_text(SETTINGS)
    kept = history_kept(asked=False)
    assert kept is not None
    assert kept.options == {"capture": "none"}
    assert kept.url("sqlite:///work.db").endswith("/history.db")


def test_settings_of_something_else_keep_nothing(settings_of_nobody: Path):
    (settings_of_nobody / "motet.toml").write_text("[tasks]\nmax_concurrency = 2\n")
    assert history_kept(asked=False) is None
    assert history_kept(asked=True) == Kept()


def test_runs_are_recorded_where_the_settings_say_so(here: Run, settings_of_nobody: Path):
    (settings_of_nobody / "motet.toml").write_text(SETTINGS)
    (settings_of_nobody / "made.py").write_text(
        "from motet import agent\n\n\n@agent\nasync def secretive(text: str) -> str:\n    return text\n"
    )
    assert here("run", "made.py:secretive", "hidden").returncode == 0
    assert here("run", "--tasks", TREE, "--store", "sqlite:///work.db").returncode == 0
    listed = here("inspect", "--store", "sqlite:///history.db", "--json")
    assert sorted(each["name"] for each in json.loads(listed.stdout)["traces"]) == ["secretive", "work"]
    assert b"hidden" not in (settings_of_nobody / "history.db").read_bytes()
