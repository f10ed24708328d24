"""Which files are read."""

import os
from pathlib import Path

import pytest

from motet.config.errors import InvalidConfig
from motet.config.manager import ConfigManager
from motet.config.places import find_places, heading_of, upwards


@pytest.mark.parametrize(
    ("environment", "file"),
    [
        ({"XDG_CONFIG_HOME": "/base", "HOME": "/home/me"}, "/base/motet/config.toml"),
        ({"XDG_CONFIG_HOME": "", "HOME": "/home/me"}, "/home/me/.config/motet/config.toml"),
        ({"XDG_CONFIG_HOME": "relative", "HOME": "/home/me"}, "/home/me/.config/motet/config.toml"),
        ({"MOTET_CONFIG_GLOBAL": "/mine.toml", "XDG_CONFIG_HOME": "/base"}, "/mine.toml"),
        ({"MOTET_CONFIG_GLOBAL": "", "HOME": "/home/me"}, "/home/me/.config/motet/config.toml"),
    ],
)
def test_the_users_file_is_where_the_environment_says(tmp_path: Path, environment: dict[str, str], file: str) -> None:
    assert find_places(tmp_path, environment).global_file == Path(file)


def test_arguments_name_other_files(tmp_path: Path) -> None:
    environment = {"MOTET_CONFIG_GLOBAL": "/a", "MOTET_CONFIG_PROJECT": "/b"}
    assert find_places(tmp_path, environment).project_file == Path("/b")
    places = find_places(tmp_path, environment, "/c", "/d")
    assert (places.global_file, places.project_file) == (Path("/c"), Path("/d"))


@pytest.mark.parametrize("variable", ["MOTET_CONFIG_PROJECT", "MOTET_CONFIG_GLOBAL"])
def test_a_home_that_nobody_has_is_told(tmp_path: Path, variable: str) -> None:
    with pytest.raises(
        InvalidConfig, match=f"{variable}: it cannot be '~nobody-here/x': nobody knows that home folder"
    ):
        ConfigManager(folder=tmp_path, environment={variable: "~nobody-here/x"})
    with pytest.raises(InvalidConfig, match="argument: it cannot be '~nobody-here/x': nobody knows that home folder"):
        ConfigManager(folder=tmp_path, environment={}, project_file="~nobody-here/x")


def test_the_nearest_project_file_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_places(inner, {}).project_file is None
    assert find_places(inner, {}).new_project_file == inner / "motet.toml"
    (tmp_path / "motet.toml").touch()
    assert find_places(inner, {}).project_file == tmp_path / "motet.toml"
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.motet.flow]\ninbox = 1\n")
    assert find_places(inner, {}).project_file == tmp_path / "a" / "pyproject.toml"
    (tmp_path / "a" / "motet.toml").touch()
    assert find_places(inner, {}).project_file == tmp_path / "a" / "motet.toml"


@pytest.mark.parametrize("text", ["", "[tool.ruff]\n", '[project]\nname = "motet"\n', "broken = = but not ours\n"])
def test_a_pyproject_that_does_not_speak_of_us_is_no_project_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert find_places(tmp_path, {}).project_file is None


def test_a_pyproject_that_speaks_of_us_and_is_broken_is_reported_when_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.motet]\nx = =\n")
    assert find_places(tmp_path, {}).project_file == tmp_path / "pyproject.toml"
    with pytest.raises(InvalidConfig, match=r"pyproject\.toml:2: it is no TOML"):
        ConfigManager(folder=tmp_path, environment={})


def test_a_folder_in_which_nothing_may_be_looked_for_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "exists", refused)
    with pytest.raises(InvalidConfig) as caught:
        find_places(tmp_path, {})
    assert str(caught.value) == (
        f"the configuration cannot be used: {tmp_path.resolve() / 'motet.toml'}: it cannot be looked for: Permission "
        "denied; name a file in MOTET_CONFIG_PROJECT, or start from another folder"
    )


@pytest.mark.skipif(os.name == "nt", reason="a folder that somebody is in cannot be removed there")
def test_a_working_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.chdir("gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(InvalidConfig, match="^the working folder cannot be read: No such file or directory: change to"):
        ConfigManager(environment={})


def test_the_way_up_ends_at_a_repository(tmp_path: Path) -> None:
    inner = tmp_path / "repository" / "a"
    inner.mkdir(parents=True)
    (tmp_path / "motet.toml").touch()
    (tmp_path / "repository" / ".git").touch()  # a file, as in a worktree
    assert list(upwards(inner)) == [inner, tmp_path / "repository"]
    assert find_places(inner, {}).project_file is None


def test_the_way_up_ends_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "home" / "a"
    inner.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert list(upwards(inner)) == [inner, tmp_path / "home"]


def test_the_way_up_ends_below_a_folder_in_which_anybody_may_write(tmp_path: Path) -> None:
    inner = tmp_path / "shared" / "mine" / "a"
    inner.mkdir(parents=True)
    (tmp_path / "shared").chmod(0o1777)
    (tmp_path / "shared" / "motet.toml").write_text('[executors.command]\nallow = ["sh"]\n')
    assert list(upwards(inner)) == [inner, tmp_path / "shared" / "mine"]
    assert find_places(inner, {}).project_file is None


def test_the_way_up_begins_where_a_link_leads(tmp_path: Path) -> None:
    (tmp_path / "real" / "a").mkdir(parents=True)
    (tmp_path / "real" / ".git").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "a")
    assert list(upwards(tmp_path / "link")) == [tmp_path / "real" / "a", tmp_path / "real"]


def test_a_pyproject_has_a_table_of_ours() -> None:
    assert heading_of(Path("a/pyproject.toml")) == ("tool", "motet")
    assert heading_of(Path("a/motet.toml")) == ()
