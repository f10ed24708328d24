"""What is at a path, and what is said where the system does not tell."""

import os
from pathlib import Path

import pytest

from motet.cli.failures import InvalidUsage
from motet.cli.lookup import anything_at, current_folder, file_at, folder_at

LONG = "a" * 300


def test_a_path_leads_to_a_file_a_folder_or_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    asked = (tmp_path, file, tmp_path / "nothing", file / "below", "a\0b")
    assert [folder_at(path) for path in asked] == [True, False, False, False, False]
    assert [file_at(path) for path in asked] == [False, True, False, False, False]
    assert [anything_at(path) for path in asked] == [True, True, False, False, False]


@pytest.mark.parametrize("look", [file_at, folder_at, anything_at])
def test_what_the_system_refuses_is_told_in_its_words(look: object) -> None:
    assert callable(look)
    with pytest.raises(InvalidUsage, match=f"^{LONG} cannot be read: File name too long$"):
        look(LONG)


@pytest.mark.skipif(os.name == "nt", reason="a folder that somebody is in cannot be removed there")
def test_a_current_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert current_folder() == Path.cwd()
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir("gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(InvalidUsage, match="^the current folder cannot be read: No such file or directory: change to"):
        current_folder()
