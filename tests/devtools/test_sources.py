"""Which files are the user's own."""

import json
import os
import sys
from pathlib import Path

import pydantic
import pytest

import motet
from motet.devtools.sources import Sources, elsewhere


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.py", "pkg/b.py", "pkg/deep/c.py", ".hidden/d.py", "__pycache__/e.py", "env/pyvenv.cfg", "env/f.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path.resolve()


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("a.py", True),
        ("pkg/deep/c.py", True),
        ("pkg/not_yet_there.py", True),
        (".hidden/d.py", False),
        ("__pycache__/e.py", False),
        ("env/f.py", False),
        ("env/lib/site-packages/g.py", False),
        ("../outside.py", False),
    ],
)
def test_what_others_have_put_there_is_not_the_users_own(root: Path, name: str, own: bool) -> None:
    assert Sources([root]).owns(root / name) is own


def test_the_places_are_the_folders_that_have_files_of_the_users_own(root: Path) -> None:
    assert Sources([root]).places() == [root, root / "pkg", root / "pkg" / "deep"]


def test_a_file_is_the_same_through_a_link(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("other") / "link"
    link.symlink_to(root)
    assert Sources([root]).owns(link / "a.py")
    assert Sources([link]).owns(root / "a.py")


def test_a_folder_in_another_one_adds_nothing(root: Path) -> None:
    assert Sources([root / "pkg", root, root]).folders == (root,)


def test_motet_itself_is_nobodys_own() -> None:
    library = Path(motet.__file__).parent
    assert not Sources([library.parent]).owns(library / "version.py")
    assert library not in Sources([library.parent]).places()


def test_a_folder_that_is_not_there_is_refused(root: Path) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere"):
        Sources([root / "nowhere"])


def test_a_folder_that_goes_away_has_no_places(root: Path) -> None:
    sources = Sources([root / "pkg"])
    (root / "pkg").rename(root / "moved")
    assert sources.places() == []
    (root / "pkg").write_text("no folder any more")
    assert sources.places() == []


def test_a_folder_whose_name_is_no_utf8_is_no_place(root: Path) -> None:
    odd = root / os.fsdecode(b"b\xff")
    try:
        (odd / "inner").mkdir(parents=True)
    except OSError:
        pytest.skip("the system has no such names")
    assert Sources([root]).places() == [root, root / "pkg", root / "pkg" / "deep"]
    assert not Sources([root]).owns(odd / "a.py")


def test_a_file_is_named_from_the_folder_that_is_watched(root: Path) -> None:
    assert Sources([root]).shown(root / "pkg" / "b.py") == str(Path("pkg/b.py"))
    assert Sources([root]).shown("/elsewhere/x.py") == "/elsewhere/x.py"


@pytest.mark.parametrize("module", [json, pydantic, motet, sys.modules["_pytest"]])
def test_python_packages_and_motet_are_elsewhere(module: object) -> None:
    assert elsewhere(module.__file__)  # type: ignore[attr-defined]


def test_a_file_of_the_user_is_not_elsewhere(root: Path) -> None:
    assert not elsewhere(root / "a.py")
