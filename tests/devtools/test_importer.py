"""The `import` statement of the user's modules."""

import builtins
import sys
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import pytest

from motet.devtools.importer import IMPORTS, Importer

OLD = {name: ModuleType(name) for name in ("one", "pkg", "pkg.sub", "pkg.hidden")}
NEW = ModuleType("one")
OLD["pkg"].__path__ = []
OLD["pkg"].sub = OLD["pkg.sub"]  # type: ignore[attr-defined]
OLD["one"].value = 1  # type: ignore[attr-defined]


def run(statement: str, **namespace: object) -> dict[str, object]:
    importer = partial(Importer(OLD), builtins.__import__)
    within: dict[str, object] = {"__builtins__": {"__import__": importer}, **namespace}
    exec(statement, within)  # noqa: S102 - an import statement with other builtins is what is tested
    return within


@pytest.mark.parametrize(
    ("statement", "name", "found"),
    [
        ("import one", "one", OLD["one"]),
        ("import pkg.sub", "pkg", OLD["pkg"]),
        ("import pkg.sub as x", "x", OLD["pkg.sub"]),
        ("from pkg import sub", "sub", OLD["pkg.sub"]),
        ("from one import value", "value", 1),
        ("from one import *", "value", 1),
        ("import json", "json", sys.modules["json"]),
        ("from json import decoder", "decoder", sys.modules["json.decoder"]),
    ],
)
def test_a_module_finds_those_of_its_version_and_then_all_others(statement: str, name: str, found: object) -> None:
    assert run(statement)[name] is found


@pytest.mark.parametrize("statement", ["from . import sub", "from .sub import __name__", "from .. import x"])
def test_relative_imports_start_from_the_package(statement: str) -> None:
    if statement == "from .. import x":
        with pytest.raises(ImportError, match="beyond top-level"):
            run(statement, __package__="pkg")
    else:
        assert run(statement, __package__="pkg").keys() & {"sub", "__name__"}


def test_what_is_not_there_is_an_import_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        run("import nowhere_at_all")
    with pytest.raises(ImportError):
        run("from one import nothing")


class Loader:
    importer = Importer(OLD)


def of_module(statement: str, loader: object) -> dict[str, object]:
    within: dict[str, object] = {"__spec__": ModuleSpec("any", loader)}  # type: ignore[arg-type]
    exec(statement, within)  # noqa: S102 - an import statement of another module is what is tested
    return within


@pytest.mark.parametrize(("loader", "found"), [(Loader(), OLD["one"]), (None, NEW), (object(), NEW)])
def test_while_it_is_needed_each_module_is_asked_for_its_own(
    monkeypatch: pytest.MonkeyPatch, loader: object, found: object
) -> None:
    monkeypatch.setitem(sys.modules, "one", NEW)
    before = builtins.__import__
    IMPORTS.enter()
    IMPORTS.enter()
    assert of_module("import one", loader)["one"] is found
    IMPORTS.leave()
    assert of_module("import one", loader)["one"] is found
    IMPORTS.leave()
    assert builtins.__import__ is before
    assert of_module("import one", loader)["one"] is NEW


def test_what_others_put_in_its_place_meanwhile_stays_and_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "__import__", builtins.__import__)
    asked: list[str] = []
    IMPORTS.enter()
    ours = builtins.__import__

    def theirs(name: str, *rest: Any) -> ModuleType:
        asked.append(name)
        return ours(name, *rest)

    builtins.__import__ = theirs
    IMPORTS.leave()
    assert builtins.__import__ is theirs
    IMPORTS.enter()
    assert of_module("import one", Loader())["one"] is OLD["one"]
    assert of_module("import json", Loader())["json"] is sys.modules["json"]
    IMPORTS.leave()
    assert asked == ["json"]
    assert builtins.__import__ is theirs
