"""`import motet`: what it offers, and how little it costs."""

import ast
import builtins
import importlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import motet

SOURCE = Path(motet.__file__)
ROOT = Path(__file__).parent.parent
TREE = ast.parse(SOURCE.read_text(encoding="utf-8"))


def type_checking_block():
    """Read the names that type checkers are told of, by the module they come from."""
    block = next(node for node in TREE.body if isinstance(node, ast.If))
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(block.body)
    return {node.module: [alias.name for alias in node.names] for node in imports}


def test_type_checkers_are_told_what_is_loaded():
    assert type_checking_block() == motet._ROOMS


def test_everything_public_is_listed_once_and_in_order():
    names = [name for room in motet._ROOMS.values() for name in room]
    assert len(names) == len(set(names))
    assert set(motet.__all__) == {*names, "__version__"}
    assert len(motet.__all__) == len(set(motet.__all__))
    assert list(motet._ROOMS) == sorted(motet._ROOMS)
    assert all(name not in vars(builtins) for name in names)


@pytest.mark.parametrize("name", motet.__all__)
def test_every_public_name_is_that_of_its_room(name):
    value = getattr(motet, name)
    if name != "__version__":
        room = importlib.import_module(motet._HOME[name])
        assert value is getattr(room, name)
        assert name in room.__all__


def test_dir_lists_the_public_names():
    assert sorted(motet.__all__) == dir(motet)


def test_a_star_import_brings_the_public_names():
    found: dict[str, object] = {}
    exec("from motet import *", found)  # noqa: S102 - a star import cannot stand inside a function
    assert set(motet.__all__) <= set(found)


@pytest.mark.parametrize("name", ["Flwo", "_nothing", "kernel_", "agents"])
def test_an_unknown_name_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match=f"module 'motet' has no attribute '{name}'"):
        getattr(motet, name)


def loaded_by(statement):
    """Run a statement in a fresh interpreter, and return the modules that it loads."""
    code = f"import json, sys; before = {{*sys.modules}}; {statement}; print(json.dumps([*{{*sys.modules}} - before]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout))


HEAVY = {"pydantic", "pydantic_core", "sqlalchemy", "asyncio", "logging", "inspect", "concurrent", "typer", "rich"}


def test_importing_motet_loads_nothing_heavy():
    loaded = loaded_by("import motet")
    assert not HEAVY & {name.partition(".")[0] for name in loaded}
    assert {name for name in loaded if name.startswith("motet")} == {"motet", "motet.version"}


def test_a_name_loads_its_own_room_and_those_below():
    loaded = loaded_by("from motet import agent")
    assert "motet.kernel.function" in loaded
    assert not [name for name in loaded if name.startswith(("motet.flow", "motet.compose", "motet.cli", "sqlalchemy"))]


def test_names_are_loaded_once():
    assert motet.Flow is motet.__dict__["Flow"]


def test_the_base_dependencies_are_pydantic_and_sqlalchemy():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [re.split(r"[<>=!~\[;@ ]", line)[0] for line in project["dependencies"]] == ["pydantic", "sqlalchemy"]


def test_the_version_is_that_of_the_package():
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+|a\d+|b\d+|rc\d+)?", motet.__version__)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["hatch"]["version"]["path"] == "src/motet/version.py"


def test_the_package_says_that_it_is_typed():
    assert (SOURCE.parent / "py.typed").is_file()
