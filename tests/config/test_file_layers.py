"""Paths in files are meant from the folder of the file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from motet.config.errors import InvalidConfig
from motet.config.manager import ConfigManager

Make = Callable[..., ConfigManager]


def refused(make: Make, folder: Path, text: str, **options: object) -> str:
    """Write a project file that is refused; return what is told."""
    (folder / "motet.toml").write_text(text)
    with pytest.raises(InvalidConfig) as caught:
        make(**options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "written", "meant"),
    [
        ("tasks.store", '"sqlite:///work.db"', "sqlite:///{folder}/work.db"),
        ("tasks.store", '"duckdb:///a/b.duckdb?x=1"', "duckdb:///{folder}/a/b.duckdb?x=1"),
        ("tasks.store", '"sqlite:////tmp/work.db"', "sqlite:////tmp/work.db"),
        ("tasks.store", '"sqlite:///:memory:"', "sqlite:///:memory:"),
        ("tasks.store", '"memory://"', "memory://"),
        ("tasks.store", '"postgresql://host/name"', "postgresql://host/name"),
        ("executors.agent.root", '"agents"', "{folder}/agents"),
        ("executors.agent.root", '"."', "{folder}"),
        ("executors.agent.root", '"/agents"', "/agents"),
        ("executors.agent.root", '"none"', None),
        (
            "cli.imports",
            '["jobs.py", "a/jobs.py", "package.jobs", "jobs"]',
            "{folder}/jobs.py {folder}/a/jobs.py package.jobs jobs",
        ),
        ("dev.watch", '["./src"]', "{folder}/src"),
    ],
)
def test_a_relative_path_is_meant_from_the_folder_of_its_file(
    make: Make, tmp_path: Path, key: str, written: str, meant: str | None
) -> None:
    table, _, name = key.rpartition(".")
    (tmp_path / "motet.toml").write_text(f"[{table}]\n{name} = {written}\n")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    value = make(folder=inner).get(key)
    told = " ".join(value) if isinstance(value, tuple) else value
    assert told == (None if meant is None else meant.format(folder=tmp_path))


def test_a_path_in_a_variable_or_an_argument_is_meant_from_where_one_works(make: Make) -> None:
    config = make({"executors.agent.root": "agents"}, environment={"MOTET_STORE": "sqlite:///work.db"})
    assert (config.get("executors.agent.root"), config.get("tasks.store")) == ("agents", "sqlite:///work.db")


@pytest.mark.parametrize("value", ["3", "[3]", "true"])
def test_what_is_no_path_is_told_as_it_was_written(make: Make, tmp_path: Path, value: str) -> None:
    (tmp_path / "motet.toml").write_text(f"[executors.agent]\nroot = {value}\n")
    with pytest.raises(InvalidConfig, match=r"motet\.toml:2: executors\.agent\.root"):
        make()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[executors.command]\nroot = "~nobody-here/x"\n', "executors.command.root cannot be '~nobody-here/x'"),
        ('[cli]\nimports = ["~nobody-here/x.py"]\n', "cli.imports cannot be '~nobody-here/x.py'"),
    ],
)
def test_a_home_that_nobody_has_is_told(make: Make, tmp_path: Path, text: str, told: str) -> None:
    told = f"{tmp_path / 'motet.toml'}:2: {told}: nobody knows that home folder, write out the path"
    assert told in refused(make, tmp_path, text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[tasks]\npoll = 1\n"poll.x" = 2\n', '3: there is no setting tasks."poll.x": did you mean tasks.poll?'),
        ('[tasks]\n\n"poll" = {"a.b" = 1}\n', "3: tasks.poll cannot be"),
        ('[executors]\n"rest.timeout" = 5\n', '2: there is no setting executors."rest.timeout": did you mean'),
        ('\n"tasks.poll" = 5\n', '2: there is no section "tasks.poll": did you mean tasks.poll?'),
        ('[tasks.per_key]\na = 1\n"a.b" = 0\n', '3: tasks.per_key."a.b" cannot be 0'),
    ],
)
def test_a_name_in_quotes_is_not_taken_apart(make: Make, tmp_path: Path, text: str, told: str) -> None:
    assert f"{tmp_path / 'motet.toml'}:{told}" in refused(make, tmp_path, text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[profile.dev.flow]\ninbox = 1\n", "1: there is no section profile: did you mean profiles?"),
        ("[profiles.dev.profile]\n", "1 (profile dev): there is no section profile: there are cli, compose"),
    ],
)
def test_the_table_of_profiles_may_be_what_was_meant(make: Make, tmp_path: Path, text: str, told: str) -> None:
    assert f"{tmp_path / 'motet.toml'}:{told}" in refused(make, tmp_path, text, profile="dev")


def test_the_table_of_a_pyproject_has_to_be_one(make: Make, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nmotet = 3\n")
    with pytest.raises(InvalidConfig, match=r"pyproject\.toml:2: tool\.motet is a table of settings"):
        make()


def test_profiles_of_both_files_count(make: Make, tmp_path: Path) -> None:
    (tmp_path / "global.toml").write_text("[profiles.dev.flow]\ninbox = 1\nconcurrency = 1\n")
    (tmp_path / "pyproject.toml").write_text("[tool.motet.profiles.dev.flow]\ninbox = 2\n")
    config = make(profile="dev")
    assert (config.get("flow.inbox"), config.get("flow.concurrency")) == (2, 1)
    assert str(config.source_of("flow.inbox")) == f"{tmp_path / 'pyproject.toml'}:2 (profile dev)"


@pytest.mark.parametrize("text", ["[tasks]\n", "[executors]\n[executors.rest]\n", "", "# nothing\n"])
def test_an_empty_table_says_nothing(make: Make, tmp_path: Path, text: str) -> None:
    (tmp_path / "motet.toml").write_text(text)
    assert repr(make()) == "<ConfigManager of 0 settings>"
