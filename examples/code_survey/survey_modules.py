"""Names of modules: what the files of a tree are called, and which of them an import means."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["STDLIB", "Import", "Names"]

Path = tuple[str, ...]
"""The parts of a dotted name."""

STDLIB: Final = sys.stdlib_module_names | {"__main__"}


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """One thing that is imported.

    Args:
        module: The module that the statement names, dotted; empty in `from . import name`.
        name: What is taken from there, which may be a module as well; empty in `import module`.
        level: The number of dots in front of a relative import.
        deferred: Whether loading the file does not run the statement: it stands in a function, or under
            `if TYPE_CHECKING` or `if __name__ == "__main__"`.
    """

    module: str
    name: str = ""
    level: int = 0
    deferred: bool = False

    @property
    def top(self) -> str:
        """The first part of the module's name."""
        return self.module.partition(".")[0]


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a file is.

    Args:
        home: The folder that it is in.
        base: The folder that Python would search for its neighbours: the closest one that is no package.
        place: Its module by the path from the root of the tree.
        name: Its module as it is imported.
    """

    home: Path
    base: Path
    place: str
    name: str


class Names:
    """The names of the modules of a tree.

    A module is called as it is imported: by its path from the folder above its topmost package (`src/a/b.py` is `a.b`).
    Where it is in no package, or another one is called the same, it goes by its path from the root of the tree.

    Args:
        files: The files, by their path relative to the root of the tree.
        package: The dotted name of the package that the root itself is; empty if it is none.

    Attributes:
        modules: The name of the module in each file.
    """

    def __init__(self, files: Iterable[str], package: str = "") -> None:
        root = tuple(package.split(".")) if package else ()
        paths = {file: (*root, *file.removesuffix(".py").split("/")) for file in files}
        packages = {path[:-1] for path in paths.values() if path[-1] == "__init__"}
        packages.update(root[:end] for end in range(1, len(root) + 1))
        self._spots = {file: _spot(path, packages) for file, path in paths.items()}
        self.modules = _distinct(self._spots)
        self._known = {spot.place: self.modules[file] for file, spot in self._spots.items()}
        for module in self.modules.values():
            if module.partition(".")[0] not in STDLIB:
                self._known.setdefault(module, module)

    def find(self, file: str, each: Import) -> str | None:
        """Return the module of the tree that an import means; None if there is none.

        Where the very module is not in the tree (it may be compiled), that is the package around it, unless the
        importer is a part of that package.

        Args:
            file: Where the import stands.
            each: The import.
        """
        importer = self.modules[file]
        for key, exact in self._keys(file, each):
            found = self._known.get(key)
            if found is not None and (exact or not importer.startswith(f"{found}.")):
                return found
        return None

    def foreign(self, file: str, each: Import) -> bool:
        """Tell whether an import means something outside the tree."""
        return not each.level and each.top not in self._known and self.find(file, each) is None

    def _keys(self, file: str, each: Import) -> Iterator[tuple[str, bool]]:
        """Yield the paths where the module of an import may be, the best first, and whether each is exactly that."""
        spot = self._spots[file]
        up = len(spot.home) - each.level + 1
        if up < 0:
            return
        bases = [spot.home[:up]] if each.level else [spot.base, ()]
        parts = [part for part in (*each.module.split("."), each.name) if part]
        exact = len(parts) - bool(each.name)
        for base in bases:
            for end in range(len(parts), -1 if each.level else 0, -1):
                yield ".".join([*base, *parts[:end]]), end >= exact


def _spot(path: Path, packages: set[Path]) -> _Spot:
    home = path[:-1]
    base = next((home[:end] for end in range(len(home), 0, -1) if home[:end] not in packages), ())
    place, name = (".".join(parts).removesuffix(".__init__") for parts in (path, path[len(base) :]))
    return _Spot(home, base, place, name if home in packages else place)


def _distinct(spots: dict[str, _Spot]) -> dict[str, str]:
    """Name each file as it is imported, or by its place where that would be the name of several."""
    count = Counter(spot.name for spot in spots.values())
    return {file: spot.name if count[spot.name] == 1 else spot.place for file, spot in spots.items()}
