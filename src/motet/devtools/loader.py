"""Loading the user's modules from their sources as they are now: never from bytecode, whose date may deceive."""

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Protocol

from motet.devtools.imported import Wanted, imported
from motet.devtools.importer import Importer
from motet.devtools.sources import Sources

__all__ = ["House", "SourceFinder", "digest"]


class House(Protocol):
    """What loaded modules belong to."""

    def enter(self, module: ModuleType) -> Importer:
        """Take a module in before it is executed; return what imports for it."""

    def read(self, name: str, digest: str, wants: frozenset[Wanted]) -> None:
        """Take note of the source of a module, and of what that imports."""

    def execute(self, name: str, body: Callable[[], None]) -> None:
        """Execute a module."""


def digest(source: bytes) -> str:
    """Return what tells one source from another one."""
    return hashlib.sha256(source).hexdigest()


class SourceFinder(MetaPathFinder):
    """Finds modules as Python does, and has those that are the user's own loaded in our way.

    Args:
        sources: Which are the user's own.
        house: What they belong to.

    Attributes:
        files: Modules that were named by their file, and are found nowhere else.
    """

    def __init__(self, sources: Sources, house: House) -> None:
        self.files: dict[str, Path] = {}
        self._sources = sources
        self._house = house
        self._compiled: dict[str, _Compiled] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of the user's own; None leaves it to the others."""
        named = self.files.get(fullname)
        if named is not None:
            return importlib.util.spec_from_file_location(fullname, named, loader=self._loader(fullname, str(named)))
        found = _found(self, fullname, path, target)
        if found is None or found.origin is None or not isinstance(found.loader, SourceFileLoader):
            return None
        if not self._sources.owns(found.origin):
            return None
        return importlib.util.spec_from_file_location(
            fullname,
            found.origin,
            loader=self._loader(fullname, found.origin),
            submodule_search_locations=found.submodule_search_locations,
        )

    def _loader(self, name: str, path: str) -> "_SourceLoader":
        return _SourceLoader(name, path, self._house, self._compiled)


def _found(
    asking: MetaPathFinder, name: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    for finder in sys.meta_path:
        if finder is not asking:
            found = finder.find_spec(name, path, target)
            if found is not None:
                return found
    return None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """What was made of a source."""

    digest: str
    code: CodeType
    wants: frozenset[Wanted]


class _SourceLoader(SourceFileLoader):
    """Compiles the source that it has just read: bytecode of the same second and size may be that of another one.

    Args:
        name: The module.
        path: Its file.
        house: What it belongs to.
        known: What was compiled before, by module: a source that is loaded again because of another one is the same.

    Attributes:
        importer: What imports for the module; None before it is executed.
    """

    def __init__(self, name: str, path: str, house: House, known: dict[str, _Compiled]) -> None:
        super().__init__(name, path)
        self.importer: Importer | None = None
        self._house = house
        self._known = known

    def get_code(self, fullname: str) -> CodeType:
        """Compile the source."""
        source = self.get_data(self.path)
        found, told = self._known.get(fullname), digest(source)
        if found is None or found.digest != told or found.code.co_filename != self.path:
            self._house.read(fullname, told, frozenset())  # whatever comes of it, this is what was read
            code = compile(source, self.path, "exec", dont_inherit=True)
            package = fullname if self.is_package(fullname) else fullname.rpartition(".")[0]
            found = self._known[fullname] = _Compiled(told, code, imported(code, package))
        self._house.read(fullname, told, found.wants)
        return found.code

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module, with an `import` of its own."""
        self.importer = self._house.enter(module)
        self._house.execute(module.__name__, lambda: super(_SourceLoader, self).exec_module(module))
