"""Whether anything is said at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from motet.config.manager import ConfigManager
from motet.config.silence import nothing_said


@pytest.mark.parametrize(
    ("variables", "silent"),
    [
        ({}, True),
        ({"PATH": "x", "MOTET_STORE": "", "MOTET_CONFIG_PROJECT": "no.toml"}, True),
        ({"MOTET_STORE": "memory://"}, False),
        ({"motet_tasks__poll": "1"}, False),
        ({"MOTET_PROFILE": "dev"}, False),
        ({"MOTET_SECRETS_DIR": "/x"}, False),
        ({"MOTET_CONFIG_GLOBAL": "/dev/null"}, False),
    ],
)
def test_a_variable_may_say_something(tmp_path: Path, variables: dict[str, str], silent: bool) -> None:
    assert nothing_said({"HOME": str(tmp_path), **variables}, tmp_path) is silent


@pytest.mark.parametrize("file", [".config/motet/config.toml", "motet.toml", "pyproject.toml"])
def test_a_file_says_something(tmp_path: Path, file: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[tool.motet]\n" if file.startswith("py") else "")
    assert nothing_said({"HOME": str(tmp_path)}, tmp_path) is False


def test_a_file_about_which_the_system_says_nothing_may_say_something(tmp_path: Path) -> None:
    assert not nothing_said({"MOTET_CONFIG_PROJECT": "a" * 300}, tmp_path)


def test_where_nothing_is_said_everything_is_as_by_default(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path)}
    assert nothing_said(environment, tmp_path)
    assert repr(ConfigManager(environment=environment, folder=tmp_path)) == "<ConfigManager of 0 settings>"


def test_a_pyproject_that_is_broken_may_say_something(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.motet\n")
    assert not nothing_said({"HOME": str(tmp_path)}, tmp_path)


def test_the_answer_loads_nothing_heavy() -> None:
    code = "import sys, motet.config.silence; print({'pydantic', 'sqlalchemy', 'asyncio'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "set()\n"
