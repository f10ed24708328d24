"""What has changed of the user's modules since they were loaded: by their content, never by their dates."""

import os
import sys
from collections.abc import Mapping
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

from motet.devtools.imported import Wanted, all_candidates
from motet.devtools.loader import digest
from motet.devtools.module_graph import wanting
from motet.devtools.modules import Modules, folders_of
from motet.devtools.sources import Sources

__all__ = ["Changes"]

GONE: Final = "gone"


class Changes:
    """Compares the user's modules with their files.

    Args:
        sources: Which files are the user's own.
        modules: The modules.
        files: Modules that were named by their file, and are found nowhere else.
    """

    def __init__(self, sources: Sources, modules: Modules, files: Mapping[str, Path]) -> None:
        self._sources = sources
        self._modules = modules
        self._files = files
        self._places: dict[str, str | None] = {}

    def settle(self) -> None:
        """Take note of where each import is found, after a version was loaded."""
        self._places = self._located(self._modules.wants())

    def found(self, known: Mapping[str, ModuleType]) -> tuple[frozenset[str], tuple[str, ...]]:
        """Return the modules that are others now, and the files that are changed, new or gone, as people name them.

        An import that would now be found, in another place than before or for the first time, counts for the modules
        that have it.
        """
        digests = self._modules.served.digests
        others = {name for name, module in known.items() if _digest(module) != digests.get(name)}
        wants = self._modules.wants()
        places = self._located(wants)
        moved = {name for name in places.keys() & self._places.keys() if places[name] != self._places[name]}
        # What is looked up for the first time belongs to a module that was loaded in the meantime.
        self._places = {**places, **self._places}
        files = {vars(known[name]).get("__file__") for name in others} | {places[name] for name in moved}
        shown = tuple(sorted(self._sources.shown(file) for file in files if file))
        return frozenset((*others, *(moved & known.keys()), *wanting(wants, moved))), shown

    def place(self, name: str) -> str | None:
        """Look up where in the user's folders a module would be found now; None where there is none."""
        if name in self._files:
            return str(self._files[name])
        file, folders = self._looked_up(name)
        return file or os.pathsep.join(folders) or None

    def _looked_up(self, name: str) -> tuple[str | None, list[str]]:
        """Look up the file of a module, and the folders of a package; a folder without __init__.py has no file.

        Nothing is loaded for that: a module in a package is in the same place before a call imports both and after.
        """
        around, _, leaf = name.rpartition(".")
        package = sys.modules.get(around)
        known = sys.path if not around else self._looked_up(around)[1] if package is None else folders_of(package)
        ours = [folder or os.curdir for folder in known if self._modules.owns(f"{folder or '.'}/_")]
        # By its last name: by its whole one, a folder could not be found in another one that is not loaded.
        spec = PathFinder.find_spec(leaf, ours) if ours else None
        if spec is None:
            return None, []
        if spec.origin is None:
            return None, [str(path) for folder in ours if (path := Path(folder, leaf)).is_dir()]
        return spec.origin, list(spec.submodule_search_locations or ())

    def _located(self, wants: Mapping[str, frozenset[Wanted]]) -> dict[str, str | None]:
        return {name: self.place(name) for name in all_candidates(wants.values()) if not _standard(name)}


def _digest(module: ModuleType) -> str | None:
    file = vars(module).get("__file__")
    if not file:
        return None
    try:
        return digest(Path(file).read_bytes())
    except OSError:
        return GONE


def _standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names
