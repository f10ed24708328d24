"""What development mode follows."""

import sys
from pathlib import Path

import pytest

import motet
from motet.cli.dev_target import followed, unwatched
from motet.cli.failures import InvalidUsage
from motet.devtools.sources import Sources


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pkg" / "deep").mkdir(parents=True)
    (tmp_path / "pkg" / "__init__.py").write_text("1 / 0\n")
    (tmp_path / "pkg" / "deep" / "app.py").write_text("1 / 0\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "flow.py").write_text("1 / 0\n")
    return tmp_path.resolve()


@pytest.mark.parametrize(
    ("target", "folder"),
    [("flow.py:f", "."), ("pkg/deep/app.py:f", "pkg/deep"), ("pkg.deep.app:f", "."), ("flow:f", "."), ("pkg:f", ".")],
)
def test_the_folder_of_the_file_or_around_the_package_is_watched_and_nothing_is_imported(
    place: Path, target: str, folder: str
) -> None:
    assert followed(target, ["lib"]).sources.folders[0] == (place / folder).resolve()


@pytest.mark.parametrize("target", ["none.py:f", "pkg.none:f", "none:f", "pkg:f", "json.decoder:f", "a-b:f"])
def test_what_is_not_there_or_not_the_users_own_is_refused(target: str) -> None:
    with pytest.raises(InvalidUsage):
        followed(target, ["nowhere"] if target == "pkg:f" else [])


def test_modules_of_the_users_own_elsewhere_are_named_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        module = type(sys)(f"unwatched_{name}")
        module.__file__ = str(place / "lib" / f"{name}.py")
        monkeypatch.setitem(sys.modules, module.__name__, module)
    assert "lib" in unwatched(Sources([place / "pkg"]))
    found = unwatched(Sources([place]))
    assert "lib" not in found
    assert not any(Path(folder).resolve().is_relative_to(Path(motet.__file__).parent) for folder in found)
