"""Loading the user's modules from their sources as they are now."""

import builtins
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from devtools.conftest import Project
from motet.devtools.imported import Wanted
from motet.devtools.importer import Importer
from motet.devtools.loader import SourceFinder, digest
from motet.devtools.sources import Sources


class Record:
    """A house that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []
        self.read_last: dict[str, tuple[str, frozenset[Wanted]]] = {}

    def enter(self, module: ModuleType) -> Importer:
        self.told.append(("enter", module.__name__))
        return Importer({})

    def read(self, name: str, digest: str, wants: frozenset[Wanted]) -> None:
        self.read_last[name] = (digest, wants)

    def execute(self, name: str, body: Callable[[], None]) -> None:
        self.told.append(("execute", name))
        body()


@pytest.fixture
def record(project: Project) -> Iterator[Record]:
    made = Record()
    finder = SourceFinder(Sources([project.root]), made)
    sys.path.insert(0, str(project.root))
    sys.meta_path.insert(0, finder)
    yield made
    sys.meta_path.remove(finder)


def test_a_module_of_the_users_own_is_told_of_and_has_an_import_of_its_own(project: Project, record: Record) -> None:
    project.write(loaded_one="import json\n")
    module = importlib.import_module("loaded_one")
    assert record.told == [("enter", "loaded_one"), ("execute", "loaded_one")]
    assert record.read_last == {"loaded_one": (digest(b"import json\n"), frozenset({Wanted("json")}))}
    assert isinstance(vars(module.__spec__.loader)["importer"], Importer)  # type: ignore[union-attr]
    assert vars(module)["__builtins__"] is vars(builtins)
    assert module.__file__ == str(project.path("loaded_one"))


def test_other_modules_are_loaded_as_ever(tmp_path: Path, record: Record) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "loaded_elsewhere.py").write_text("x = 1\n")
    sys.path.insert(0, str(tmp_path / "elsewhere"))
    assert importlib.import_module("loaded_elsewhere").x == 1
    assert record.told == []


def test_no_bytecode_is_written(project: Project, record: Record) -> None:
    project.write(loaded_two="x = 1\n")
    importlib.import_module("loaded_two")
    assert not list(project.root.rglob("*.pyc"))


def test_a_source_that_is_no_python_has_been_read_all_the_same(project: Project, record: Record) -> None:
    project.write(loaded_three="def (\n")
    with pytest.raises(SyntaxError):
        importlib.import_module("loaded_three")
    assert record.read_last["loaded_three"] == (digest(b"def (\n"), frozenset())


def test_a_future_import_counts_and_docstrings_are_kept(project: Project, record: Record) -> None:
    text = '"""What it is."""\nfrom __future__ import annotations\ndef f(x: Nothing) -> None: ...\n'
    project.write(loaded_four=text)
    module = importlib.import_module("loaded_four")
    assert module.__doc__ == "What it is."
    assert module.f.__annotations__["x"] == "Nothing"


def test_a_source_that_is_the_same_is_not_compiled_again(project: Project, record: Record) -> None:
    project.write(loaded_five="def f():\n    return 1\n")
    first = importlib.import_module("loaded_five")
    del sys.modules["loaded_five"]
    second = importlib.import_module("loaded_five")
    assert first is not second
    assert first.f.__code__ is second.f.__code__
    assert first.f.__globals__ is not second.f.__globals__
