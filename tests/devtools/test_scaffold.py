"""A new project: made whole or not at all, and in good order."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from motet.devtools import scaffold as module
from motet.devtools.scaffold import CannotCreate, Template, scaffold


def run(folder: Path, *arguments: str) -> str:
    """Run a Python module in a project."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scaffold(tmp_path_factory.mktemp("place") / "my-agents").folder


@pytest.mark.parametrize("template", get_args(Template))
def test_a_project_passes_its_own_tests(tmp_path: Path, template: Template) -> None:
    made = scaffold(tmp_path / "made", template)
    told = run(made.folder, "pytest", "-q", "-p", "no:cacheprovider")
    assert " passed" in told
    assert " skipped" not in told


@pytest.mark.parametrize(
    "arguments",
    [("ruff", "check", "--no-cache", "."), ("ruff", "format", "--no-cache", "--check", "."), ("mypy", "--strict")],
    ids=["ruff check", "ruff format", "mypy"],
)
def test_a_project_is_in_good_order(full: Path, arguments: tuple[str, ...]) -> None:
    run(full, *arguments)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "flow.py:flow", '{"text": "many voices, one piece"}', "--json"), '{"words":4,"longest":"voices"}'),
        (("run", "tasks.json", "--import", "executors.py"), "Words in both texts: 4"),
        (("run", "count_words", "--import", "executors.py", "--inputs", '{"text": "a b"}'), '"words": 2'),
        (("executors", "count_words", "--import", "executors.py"), "Count the words of a text."),
        (("draw", "flow.py:flow"), "flowchart LR"),
        (("dev", "flow.py:flow", "--json"), '"ready"'),
    ],
)
def test_the_command_line_runs_what_is_in_it(full: Path, arguments: tuple[str, ...], told: str) -> None:
    assert told in run(full, "motet", *arguments)


@pytest.mark.parametrize("path", ["a" * 300, f"{'a' * 300}/made"])
def test_what_the_system_refuses_is_told_in_its_words(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotCreate, match=f"^{path} cannot be made: File name too long$"):
        scaffold(path)
    assert list(tmp_path.iterdir()) == []


def test_the_commands_that_are_named_are_in_its_readme(full: Path, tmp_path: Path) -> None:
    readme = (full / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("# my-agents\n")
    assert "{{" not in readme
    assert all(command in readme for command in scaffold(tmp_path / "other").commands)
    assert 'name = "my-agents"' in (full / "pyproject.toml").read_text(encoding="utf-8")


def test_no_file_names_an_address_of_packages(tmp_path: Path) -> None:
    made = scaffold(tmp_path / "made")
    for name in made.files:
        text = (made.folder / name).read_text(encoding="utf-8")
        assert "://" not in text.replace("sqlite://", "").replace("memory://", ""), name


def test_the_files_are_those_of_the_layers(tmp_path: Path) -> None:
    common = {".gitignore", "README.md", "motet.toml", "pyproject.toml"}
    flow, tasks = {"flow.py", "tests/test_flow.py"}, {"executors.py", "tasks.json", "tests/test_executors.py"}
    for template, files in (("flow", flow), ("tasks", tasks), ("full", flow | tasks)):
        made = scaffold(tmp_path / template, template)  # type: ignore[arg-type]
        assert set(made.files) == common | files
        assert {path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*") if path.is_file()} == set(
            made.files
        )


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "a b", "-a", "a-", "_a", "a/b c", "é", "a\n", ".hidden", "missing/a"]
)
def test_a_bad_name_is_refused_and_nothing_is_made(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CannotCreate):
        scaffold(name)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_template_is_refused(tmp_path: Path) -> None:
    wrong: Any = "wrong"
    with pytest.raises(CannotCreate, match="take flow, tasks, full"):
        scaffold(tmp_path / "a", wrong)


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name, told in (("full", "not empty"), ("file", "no folder"), ("link", "no folder")):
        with pytest.raises(CannotCreate, match=told):
            scaffold(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full", "link"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert (scaffold(tmp_path / "empty").folder / "flow.py").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_failure_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_umask", fail)
    with pytest.raises(CannotCreate, match="No space left on device"):
        scaffold(tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def test_a_signal_while_the_first_folder_is_made_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = os.mkdir

    def interrupted(path: str, *arguments: int, **options: int) -> None:
        make(path, *arguments, **options)
        raise KeyboardInterrupt  # as the handler of a signal does when the system call returns

    with monkeypatch.context() as inside:
        inside.setattr(os, "mkdir", interrupted)
        with pytest.raises(KeyboardInterrupt):
            scaffold(tmp_path / "made")
    assert list(tmp_path.iterdir()) == []


def test_somebody_who_was_faster_keeps_what_they_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(_: Path) -> int:
        (tmp_path / "made").mkdir()
        (tmp_path / "made" / "theirs").touch()
        return 0o022

    monkeypatch.setattr(module, "_umask", meanwhile)
    with pytest.raises(CannotCreate):
        scaffold(tmp_path / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["theirs"]


def test_the_folder_has_the_permissions_of_any_new_one(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert scaffold(tmp_path / "made").folder.stat().st_mode == (tmp_path / "other").stat().st_mode
