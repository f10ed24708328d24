"""`import motet.testing`: names only, each loaded when it is used."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import motet.testing

SOURCE = Path(motet.testing.__file__)


def test_type_checkers_are_told_what_is_loaded():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    told = {
        node.module: [alias.name for alias in node.names] for node in block.body if isinstance(node, ast.ImportFrom)
    }
    assert told == motet.testing._FILES


@pytest.mark.parametrize("name", motet.testing.__all__)
def test_every_public_name_is_that_of_its_file(name):
    home = importlib.import_module(motet.testing._HOME[name])
    assert getattr(motet.testing, name) is getattr(home, name)
    assert name in home.__all__


def test_no_public_name_is_hidden_by_a_file_of_that_name():
    files = {path.stem for path in SOURCE.parent.glob("*.py")}
    assert not files & set(motet.testing.__all__)
    assert sorted(motet.testing.__all__) == sorted(dir(motet.testing))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'motet\.testing' has no attribute 'scirpted'"):
        _ = motet.testing.scirpted


def test_importing_the_kit_and_its_plugin_loads_nothing_of_motet_and_nothing_heavy():
    code = "import json, sys; import motet.testing; print(json.dumps([*sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(json.loads(done.stdout))
    assert {name for name in loaded if name.startswith("motet")} == {"motet", "motet.version", "motet.testing"}
    assert not loaded & {"pydantic", "asyncio", "pytest", "sqlalchemy"}
