"""A project of files that change, and what loads it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from motet.devtools.modules import folders_of
from motet.devtools.outcome import Broken, Outcome, Reloaded
from motet.devtools.reloader import Pick, Reloader, named
from motet.devtools.sources import Sources
from motet.tasks.executors import DEFAULT_EXECUTORS, Executors


class Project:
    """Files in a folder of their own.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.executors = Executors(installed=False)
        self._entered: list[Reloader] = []

    def write(self, **files: str) -> None:
        """Write files: `pkg__mod` is `pkg/mod.py`, and `pkg____init` its `__init__.py`."""
        for name, text in files.items():
            self.path(name).parent.mkdir(parents=True, exist_ok=True)
            self.path(name).write_text(text, encoding="utf-8")

    def path(self, name: str) -> Path:
        package, marked, module = name.rpartition("__")
        if name.endswith("____init"):
            return self.root / name.removesuffix("____init") / "__init__.py"
        return self.root / package.replace("__", "/") / f"{module}.py" if marked else self.root / f"{name}.py"

    def delete(self, name: str) -> None:
        self.path(name).unlink()

    def reloader(
        self, entry: str = "main", name: str = "shout", *, module: str = "", pick: Pick | None = None
    ) -> Reloader:
        """Make what loads the project, and let it find modules until the end of the test."""
        made = Reloader(module or self.path(entry), pick or named(name), Sources([self.root]), executors=self.executors)
        made.__enter__()
        self._entered.append(made)
        return made

    def leave(self) -> None:
        for made in self._entered:
            made.__exit__(None, None, None)


def reloaded(outcome: Outcome | None) -> Reloaded:
    assert isinstance(outcome, Reloaded), outcome
    return outcome


def broken(outcome: Outcome | None) -> Broken:
    assert isinstance(outcome, Broken), outcome
    return outcome


def places(module: ModuleType) -> list[str]:
    return [getattr(module, "__file__", None) or "", *folders_of(module)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project, and afterwards nothing of it in this process."""
    root = (tmp_path / "project").resolve()
    root.mkdir()
    path, modules = list(sys.path), dict(sys.modules)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    made = Project(root)
    known: dict[str, Any] = DEFAULT_EXECUTORS.added()
    yield made
    made.leave()
    sys.path[:] = path
    new = {name: places(sys.modules[name]) for name in set(sys.modules) - set(modules)}  # read before any is gone
    for name, found in new.items():
        if any(place.startswith(str(tmp_path)) for place in found):
            del sys.modules[name]
    assert DEFAULT_EXECUTORS.added().keys() >= known.keys()
