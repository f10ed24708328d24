"""What is in a folder: names, kinds and sizes, a few levels deep; links are told of, and not followed."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from motet.tools.confined import FOLDER, Confined, explained

__all__ = ["Entry", "Kind", "Listing", "entry_of", "listed"]

Kind = Literal["file", "folder", "link", "other"]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in a folder.

    Args:
        path: Where it is, from the root.
        kind: What it is: "file", "folder", "link" for a symbolic one, or "other" for pipes, sockets and devices.
        bytes: How large a file is; 0 for anything else.
        modified: When it was last changed.
    """

    path: str
    kind: Kind
    bytes: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in a folder.

    Args:
        entries: By path.
        complete: Whether that is all; otherwise there were more than are listed at once.
    """

    entries: tuple[Entry, ...]
    complete: bool


def entry_of(path: str, found: os.stat_result) -> Entry:
    """Describe what was found at a path."""
    mode = found.st_mode
    kind: Kind = "other"
    if stat.S_ISREG(mode):
        kind = "file"
    elif stat.S_ISDIR(mode):
        kind = "folder"
    elif stat.S_ISLNK(mode):
        kind = "link"
    size = found.st_size if kind == "file" else 0
    return Entry(path, kind, size, datetime.fromtimestamp(found.st_mtime, UTC))


def listed(root: Confined, path: str, depth: int, most: int) -> Listing:
    """List a folder.

    Args:
        root: What it lies in.
        path: The folder, from the root.
        depth: How many levels, from 1.
        most: How many entries at most; which are left out is up to the system.

    Raises:
        MotetError: There is no such folder, or the way leads over a link.
    """
    entries: list[Entry] = []
    with root.folder(path) as folder:
        prefix = "".join(f"{part}/" for part in path.split("/") if part != ".")
        for entry in _walk(folder, prefix, depth):
            if len(entries) == most:
                return Listing(_sorted(entries), complete=False)
            entries.append(entry)
    return Listing(_sorted(entries), complete=True)


def _sorted(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.path.split("/")))


def _walk(folder: int, prefix: str, depth: int) -> Iterator[Entry]:
    folders: list[str] = []
    try:
        with os.scandir(folder) as scanned:
            for found in scanned:
                entry = _entry(found, prefix)
                if entry is not None:
                    yield entry
                    folders += [found.name] if entry.kind == "folder" else []
    except OSError as error:
        raise explained(error, prefix.rstrip("/") or ".") from error
    for name in folders if depth > 1 else ():
        try:
            inner = os.open(name, FOLDER, dir_fd=folder)
        except OSError:
            continue  # it has gone, has become a link, or is not ours to read
        try:
            yield from _walk(inner, f"{prefix}{name}/", depth - 1)
        finally:
            os.close(inner)


def _entry(found: "os.DirEntry[str]", prefix: str) -> Entry | None:
    try:
        found.name.encode()
        return entry_of(prefix + found.name, found.stat(follow_symlinks=False))
    except (OSError, UnicodeEncodeError):
        return None  # it has gone meanwhile, or has a name that no text can hold
