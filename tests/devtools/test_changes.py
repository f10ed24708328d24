"""What has changed of the user's modules since they were loaded."""

import importlib
import sys

import pytest

from devtools.conftest import Project
from motet.devtools.changes import Changes
from motet.devtools.modules import Modules
from motet.devtools.sources import Sources


@pytest.fixture
def made(project: Project) -> tuple[Modules, Changes]:
    sources = Sources([project.root])
    modules = Modules(sources, project.executors)
    return modules, Changes(sources, modules, {})


def found(made: tuple[Modules, Changes]) -> tuple[set[str], tuple[str, ...]]:
    modules, changes = made
    importlib.invalidate_caches()
    names, files = changes.found(modules.scan())
    return set(names), files


def test_content_that_is_new_or_gone_and_imports_that_are_found_elsewhere_count(
    project: Project, made: tuple[Modules, Changes]
) -> None:
    sys.path.insert(0, str(project.root))
    wanting = "try:\n    import chg_later\nexcept ImportError:\n    pass\n"
    project.write(chg_a="x = 1\n", chg_b=wanting, pkg_chg____init="", pkg_chg__m="")
    for name in ("chg_a", "chg_b", "pkg_chg.m"):
        importlib.import_module(name)
    made[0].scan()
    made[1].settle()
    assert found(made) == (set(), ())
    project.write(chg_a="x = 2\n")
    assert found(made) == ({"chg_a"}, ("chg_a.py",))
    project.write(chg_a="x = 1\n", chg_later="")
    assert found(made) == ({"chg_b"}, ("chg_later.py",))
    project.delete("chg_later")
    project.delete("pkg_chg__m")
    assert found(made) == ({"pkg_chg.m"}, ("pkg_chg/m.py",))


@pytest.mark.parametrize(
    ("name", "place"), [("chg_top", "chg_top.py"), ("json", None), ("nowhere_at_all", None), ("not_there.inner", None)]
)
def test_only_places_in_the_users_folders_are_looked_at(
    project: Project, made: tuple[Modules, Changes], name: str, place: str | None
) -> None:
    sys.path.insert(0, str(project.root))
    project.write(chg_top="")
    importlib.invalidate_caches()
    assert made[1].place(name) == (place and str(project.root / place))
