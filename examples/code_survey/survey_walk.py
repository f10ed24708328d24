"""A folder to the list of Python files in it. Nothing is opened here, and no symlink is followed."""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Problem", "Tree", "list_tree"]

SKIPPED: Final = {"__pycache__", "node_modules", "site-packages", "dist-packages"}
"""Folders whose files belong to others. Hidden folders and virtual environments are skipped as well."""

LISTING_SHARE: Final = 0.5
"""The share of its time that a survey may spend on listing: the rest is for parsing."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A file or folder that the survey could not take into account, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tree:
    """The Python files below a folder.

    Args:
        title: The folder as the user named it.
        root: The folder as an absolute path.
        package: The dotted name of the package that the folder itself is; empty if it is none.
        files: Paths relative to the root, sorted.
        problems: What could not be listed, sorted.
        complete: Whether there was time to list every folder.
        until: When the survey's time is up, on `time.monotonic`'s clock; None for never.
    """

    title: str
    root: Path
    package: str = ""
    files: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    complete: bool = True
    until: float | None = None

    @property
    def time_left(self) -> float | None:
        """The seconds until the survey's time is up; None without a deadline."""
        return None if self.until is None else self.until - time.monotonic()

    @property
    def time_is_up(self) -> bool:
        """Whether no more files should be parsed."""
        return self.until is not None and time.monotonic() >= self.until


def list_tree(path: Path, seconds: float | None = None) -> Tree:
    """List the Python files below a folder.

    Args:
        path: The folder.
        seconds: How long the whole survey may take; None for as long as it needs.
    """
    start, root = time.monotonic(), Path(os.path.realpath(path))
    stop = None if seconds is None else start + seconds * LISTING_SHARE
    files: list[str] = []
    problems: list[Problem] = []
    folders = [root]
    while folders and (stop is None or time.monotonic() < stop):
        for found in _inside(folders.pop(), root):
            match found:
                case str():
                    files.append(found)
                case Path():
                    folders.append(found)
                case Problem():
                    problems.append(found)
    return Tree(
        str(path),
        root,
        _package(root),
        tuple(sorted(files)),
        tuple(sorted(problems, key=lambda problem: problem.file)),
        complete=not folders,
        until=None if seconds is None else start + seconds,
    )


def _inside(folder: Path, root: Path) -> list[str | Path | Problem | None]:
    """Look at what is in a folder: Python files by their relative path, folders to go on with, and problems."""
    try:
        with os.scandir(folder) as entries:
            return [_checked(Path(entry.path), root) for entry in entries]
    except OSError as error:
        return [Problem(_relative(folder, root), f"the folder cannot be listed: {error.strerror}")]


def _checked(path: Path, root: Path) -> str | Path | Problem | None:
    try:
        return _found(path, root)
    except OSError as error:
        what = "a symlink that cannot be followed" if path.is_symlink() else "cannot be looked at"
        return Problem(_relative(path, root), f"{what}: {error.strerror}")


def _found(path: Path, root: Path) -> str | Path | Problem | None:
    """Tell what a path is: a Python file, a folder, a problem, or nothing that matters here."""
    name, folder = _relative(path, root), path.is_dir()
    if _skipped(path) if folder else path.suffix != ".py":
        return None
    if path.is_symlink():
        path.stat()  # raises where the symlink is broken
        inside = Path(os.path.realpath(path)).is_relative_to(root)  # then it is found at its own place
        return None if inside else Problem(name, "a symlink to something outside the folder: not followed")
    if root / name != path:
        return Problem(name, "its name is not UTF-8")
    if folder:
        return path
    return name if path.is_file() else Problem(name, "no regular file")


def _skipped(folder: Path) -> bool:
    """Tell whether a folder is hidden, a virtual environment, or for the files of others."""
    return folder.name.startswith(".") or folder.name in SKIPPED or (folder / "pyvenv.cfg").exists()


def _package(root: Path) -> str:
    """Return the dotted name of the package that a folder is; empty if it is none, or that cannot be seen."""
    names: list[str] = []
    with suppress(OSError):
        while root.name and (root / "__init__.py").is_file():
            names.insert(0, root.name)
            root = root.parent
    return ".".join(names)


def _relative(path: Path, root: Path) -> str:
    """Return a path relative to the root, as text that can be printed: bytes that are not UTF-8 are spelled out."""
    return path.relative_to(root).as_posix().encode("utf-8", "backslashreplace").decode()
