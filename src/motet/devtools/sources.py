"""Which files are the user's own: those below the folders that are watched, without what others have put there."""

import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["Sources", "elsewhere", "watchable"]

SKIPPED: Final = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})

_LIBRARY: Final = Path(__file__).resolve().parents[1]


class Sources:
    """Folders, and what in them is the user's own.

    Hidden folders, caches, virtual environments and installed packages in them are not, and neither are folders whose
    name is no UTF-8, and Motet itself.

    Args:
        folders: What is watched; one that lies in another one adds nothing.

    Raises:
        NotADirectoryError: One of them is no folder.
    """

    def __init__(self, folders: Iterable[str | os.PathLike[str]]) -> None:
        known: list[Path] = []
        for folder in dict.fromkeys(Path(each).resolve() for each in folders):
            if not folder.is_dir():
                raise NotADirectoryError(f"there is no folder {folder}")
            known.append(folder)
        self.folders: tuple[Path, ...] = tuple(
            folder for folder in known if not any(other in folder.parents for other in known)
        )

    def owns(self, path: str | os.PathLike[str]) -> bool:
        """Tell whether a file is the user's own; it need not exist any more."""
        text = os.path.realpath(path)
        if not text.startswith(tuple(map(str, self.folders))):
            return False  # told at once: it is asked of every module that is loaded, and most are somewhere else
        real = Path(text)
        if real.is_relative_to(_LIBRARY):
            return False
        return any(
            real.is_relative_to(folder) and not any(map(_skipped, _between(folder, real))) for folder in self.folders
        )

    def places(self) -> list[Path]:
        """List the folders with the user's own files in them that are there, each of which has to be watched."""
        there = (folder for folder in self.folders if watchable(folder) and folder.is_dir())
        return [place for folder in there for place in _walk(folder)]

    def shown(self, path: str | os.PathLike[str]) -> str:
        """Name a file as people do: from the folder that is watched, or from the current one."""
        real = Path(os.path.realpath(path))
        around = [folder for folder in self.folders if real.is_relative_to(folder)]
        return str(real.relative_to(around[0])) if around else str(path)


def watchable(folder: Path) -> bool:
    """Tell whether a folder can be watched: what watches it takes names that are UTF-8, and a name may be any bytes."""
    try:
        return bool(str(folder).encode())
    except UnicodeEncodeError:
        return False


def elsewhere(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file belongs to Python, to an installed package, or to Motet."""
    real = Path(os.path.realpath(path))
    return SKIPPED.intersection(real.parts) != set() or any(
        real.is_relative_to(folder) for folder in (_LIBRARY, *_installed())
    )


@cache
def _installed() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    folders = (*(paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")), *site.getsitepackages())
    return (*(Path(folder).resolve() for folder in folders), Path(sys.prefix).resolve() / "lib")


def _between(folder: Path, path: Path) -> Iterator[Path]:
    """Yield the folders below one folder that lead to a file in it."""
    place = folder
    for part in path.relative_to(folder).parts[:-1]:
        place /= part
        yield place


def _walk(folder: Path) -> Iterator[Path]:
    yield folder
    try:
        inside = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    except OSError:  # it is gone, or not for us
        return
    for name in inside:
        if not _skipped(folder / name):
            yield from _walk(folder / name)


def _skipped(folder: Path) -> bool:
    if folder.name in SKIPPED or folder.name.startswith("."):
        return True
    return not watchable(folder) or folder == _LIBRARY or (folder / "pyvenv.cfg").exists()
