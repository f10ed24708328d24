"""The files of a folder that are searched: found through open folders, no link followed, by the order of names."""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from itertools import islice
from typing import Final

from motet.tools.confined import FOLDER, Confined

__all__ = ["Candidate", "Choice", "walk"]

MAX_DEPTH: Final = 64
MAX_FOLDER: Final = 100_000
"""How many entries of one folder are looked at."""

MAX_ENTRIES: Final = 1_000_000
"""How many entries of all folders are looked at."""


class Choice:
    """Which files are searched.

    Args:
        include: Patterns such as "*.md", for the name of a file; one that holds a "/" is for its whole path.
        exclude: Patterns for the name of a file or folder, or for its path, likewise; what they name is left out with
            all that is in it.
    """

    def __init__(self, include: Iterable[str], exclude: Iterable[str]) -> None:
        self._include = _Patterns(include)
        self._exclude = _Patterns(exclude)

    def enters(self, path: str) -> bool:
        """Tell whether a folder is looked into."""
        return not self._exclude.match(path)

    def takes(self, path: str) -> bool:
        """Tell whether a file is searched."""
        return self._include.match(path) and not self._exclude.match(path)


class _Patterns:
    def __init__(self, patterns: Iterable[str]) -> None:
        listed = list(patterns)
        self._name = _any(pattern for pattern in listed if "/" not in pattern)
        self._path = _any(pattern for pattern in listed if "/" in pattern)

    def match(self, path: str) -> bool:
        return bool(self._name.fullmatch(path.rpartition("/")[2]) or self._path.fullmatch(path))


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may be searched.

    Args:
        path: Where it is, from the root.
        folder: The descriptor of the folder that it lies in, open until the next candidate is asked for.
        name: Its name in there.
        found: What it is.
    """

    path: str
    folder: int
    name: str
    found: os.stat_result


def walk(root: Confined, choice: Choice, skipped: Counter[str]) -> Iterator[Candidate]:
    """Find the files that are searched, by name.

    Args:
        root: Where to look.
        choice: Which of them.
        skipped: Counts what was left out though it was asked for, by reason.
    """
    with root.folder(".") as folder:
        yield from _Walk(choice, skipped).through(folder, "", 0)


class _Walk:
    def __init__(self, choice: Choice, skipped: Counter[str]) -> None:
        self._choice, self._skipped = choice, skipped
        self._left = MAX_ENTRIES

    def through(self, folder: int, prefix: str, depth: int) -> Iterator[Candidate]:
        """Go through an open folder, and those in it."""
        for name, found in self._entries(folder):
            path = prefix + name
            if stat.S_ISDIR(found.st_mode):
                if self._choice.enters(path):
                    yield from self._inside(folder, name, path, depth + 1)
            elif self._choice.takes(path):
                if stat.S_ISREG(found.st_mode):
                    yield Candidate(path, folder, name, found)
                else:
                    self._skipped["link" if stat.S_ISLNK(found.st_mode) else "special"] += 1

    def _inside(self, folder: int, name: str, path: str, depth: int) -> Iterator[Candidate]:
        if depth > MAX_DEPTH or not self._left:
            self._skipped["too deep" if self._left else "too many"] += 1
            return
        try:
            inner = os.open(name, FOLDER, dir_fd=folder)
        except OSError:
            self._skipped["unreadable"] += 1  # or it has gone, or become a link meanwhile
            return
        try:
            yield from self.through(inner, f"{path}/", depth)
        finally:
            os.close(inner)

    def _entries(self, folder: int) -> list[tuple[str, os.stat_result]]:
        entries: list[tuple[str, os.stat_result]] = []
        try:
            with os.scandir(folder) as scanned:
                for found in islice(scanned, min(MAX_FOLDER, self._left)):
                    self._left -= 1
                    try:
                        found.name.encode()
                        entries.append((found.name, found.stat(follow_symlinks=False)))
                    except (OSError, UnicodeEncodeError):
                        self._skipped["unreadable"] += 1
        except OSError:
            self._skipped["unreadable"] += 1
        return sorted(entries, key=lambda entry: entry[0])
