"""The `import` statement of the user's modules."""

import sys
from types import ModuleType

import pytest

from motet.devtools.importer import Importer

OLD = {name: ModuleType(name) for name in ("one", "pkg", "pkg.sub", "pkg.hidden")}
OLD["pkg"].__path__ = []
OLD["pkg"].sub = OLD["pkg.sub"]  # type: ignore[attr-defined]
OLD["one"].value = 1  # type: ignore[attr-defined]


def run(statement: str, **namespace: object) -> dict[str, object]:
    within: dict[str, object] = {"__builtins__": {"__import__": Importer(OLD)}, **namespace}
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
