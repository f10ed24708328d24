"""The plan of the house: rooms import only what they may, and every module says what of it is public."""

import ast
import importlib
import inspect
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import motet

SOURCE = Path(motet.__file__).parent
ROOT = Path(__file__).parent.parent
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]

MIGRATIONS = SOURCE / "storage" / "migrations"
"""Scripts that Alembic loads; nobody imports them."""

LAZY = {"testing"}
"""Rooms that load each name when it is used, as the front door does."""

LOADING = ("if TYPE_CHECKING:", "_FILES: Final", "_HOME: Final", "def __getattr__(name", "def __dir__()")

GATHERING = {"motet.kernel.events"}
"""Modules that list what stands in others: the closed set of events."""

TEMPLATES = SOURCE / "devtools" / "templates"
"""Files of new projects; nobody imports them here."""

ROOMS = sorted(path.parent for path in SOURCE.glob("*/__init__.py"))
MODULES = sorted(
    ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
    for path in SOURCE.rglob("*.py")
    if path.name not in {"__init__.py", "__main__.py"}
    and path.parent not in {SOURCE, MIGRATIONS}
    and TEMPLATES not in path.parents
)


def test_no_contract_between_rooms_is_broken():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


def test_a_broken_contract_would_be_seen(tmp_path):
    config = tmp_path / "broken.toml"
    config.write_text(
        '[tool.importlinter]\nroot_package = "motet"\n[[tool.importlinter.contracts]]\nname = "Turned round"\n'
        'type = "forbidden"\nsource_modules = ["motet.flow"]\nforbidden_modules = ["motet.kernel"]\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    arguments = ["--config", str(config), "--no-cache"]
    done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 1
    assert "Turned round BROKEN" in done.stdout


def named(contract):
    """Read the rooms that a contract speaks of."""
    lists = [contract.get(key, []) for key in ("source_modules", "forbidden_modules", "layers", "ancestors")]
    return {name.strip() for entry in lists for line in entry for name in line.split("|")}


@pytest.mark.parametrize("room", [f"motet.{room.name}" for room in ROOMS])
def test_every_room_stands_in_a_contract_of_each_kind(room):
    for kind in ("forbidden", "layers", "acyclic_siblings"):
        rooms = set().union(*(named(contract) for contract in CONTRACTS if contract["type"] == kind))
        assert room in rooms, kind


def test_every_folder_is_a_room():
    sources = (path for path in SOURCE.rglob("*.py") if TEMPLATES not in path.parents)
    folders = {path.parent for path in sources} - {SOURCE, MIGRATIONS}
    assert folders == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_what_it_is_for_and_lists_names_at_most(room):
    tree = ast.parse((room / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for statement in tree.body[1:]:
        told = ast.unparse(statement)
        lazily = room.name in LAZY and told.startswith(LOADING)
        assert isinstance(statement, ast.ImportFrom) or told.startswith("__all__ = [") or lazily


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_is_public_and_all_of_that_is_described(name):
    module = importlib.import_module(name)
    assert module.__doc__
    assert len(module.__all__) == len(set(module.__all__))
    for public in module.__all__:
        value = getattr(module, public)
        if inspect.isclass(value) or inspect.isroutine(value):
            assert value.__module__ == name or name in GATHERING, f"{public} is at home in {value.__module__}"
            assert inspect.getdoc(value), f"{public} has no docstring"
