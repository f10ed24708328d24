"""What `motet dev` follows: the file or module of its target, and the folders around that."""

import importlib.machinery
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from motet.cli.failures import InvalidUsage
from motet.cli.find import find
from motet.cli.load import file_of, parse
from motet.cli.lookup import current_folder, folder_at
from motet.devtools.reloader import Reloader
from motet.devtools.sources import Sources, elsewhere

__all__ = ["Followed", "followed", "unwatched"]


@dataclass(frozen=True, slots=True)
class Followed:
    """What is followed.

    Args:
        target: As the user wrote it.
        sources: What is watched.
        reloader: What loads it.
    """

    target: str
    sources: Sources
    reloader: Reloader


def followed(text: str, watch: Iterable[str], said: str = "--watch") -> Followed:
    """Find out what is to be followed; nothing of it is loaded yet.

    Args:
        text: FILE.py:NAME or package.module:NAME.
        watch: More folders.
        said: What names them, for messages.

    Raises:
        InvalidUsage: There is no such file, module or folder, or it is an installed one.
    """
    target = parse(text)
    entry = file_of(target.source) if target.is_file else target.source
    home = entry.parent if isinstance(entry, Path) else _home(target.source)
    for folder in watch:
        if not folder_at(folder):
            raise InvalidUsage(f"{said} {folder}: there is no such folder (looked from {current_folder()})")
    if elsewhere(home / "_"):
        raise InvalidUsage(f"{target.source} is installed in {home}: `motet dev` follows files of your own")
    sources = Sources([home, *watch])
    return Followed(text, sources, Reloader(entry, lambda module: find(module, target), sources))


def _home(source: str) -> Path:
    """Find the folder that holds a module, or the package that it is in, without importing anything."""
    if not all(part.isidentifier() for part in source.split(".")):
        raise InvalidUsage(f"{source!r} is neither a Python file nor the name of a module: give FILE.py:NAME")
    sys.path.insert(0, str(current_folder()))
    top, *inner = source.split(".")
    spec = importlib.machinery.PathFinder.find_spec(top)
    places = [] if spec is None else _places(spec)
    found = places
    for part in inner:
        below = [place / part for place in found if place.is_dir()]
        found = [place for place in below if place.is_dir() or place.with_suffix(".py").is_file()]
    if not found:
        raise InvalidUsage(
            f"there is no module {source!r} in {current_folder()} or among the installed ones: "
            "give FILE.py:NAME, or start from the folder that holds the package"
        )
    return places[0].parent


def _places(spec: importlib.machinery.ModuleSpec) -> list[Path]:
    """Return where a module is: the folders of a package, or a file."""
    places = spec.submodule_search_locations or [spec.origin or ""]
    return [Path(place).resolve() for place in list(places)]


def unwatched(sources: Sources) -> list[str]:
    """List the folders of modules that are loaded, are no installed ones, and are not watched."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    paths = {Path(os.path.realpath(file)) for file in files if isinstance(file, str) and file.endswith(".py")}
    folders = {path.parent for path in paths if not sources.owns(path) and not elsewhere(path)}
    return sorted(min(str(folder), os.path.relpath(folder), key=len) for folder in folders)
