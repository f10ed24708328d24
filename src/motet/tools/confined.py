"""The way to what lies in a folder and nowhere else: step by step from one open folder to the next, no link followed.

A path that is resolved first and opened afterwards can be changed in between. Here each part of it is opened from the
folder before it (`openat` with O_NOFOLLOW), so there is nothing in between: what is open lies in the root, whatever is
swapped for a link meanwhile. A link is not followed even if it leads into the root: nobody has to find out where to.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from motet.kernel.errors import AgentFailed, InvalidPayload, MotetError, NotAvailable, NotFound
from motet.tools.errors import NotAllowed

__all__ = ["FOLDER", "Confined", "explained", "open_file", "parts_of", "unlike"]

SUPPORTED: Final = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
MAX_PATH: Final = 4096
MAX_NAME: Final = 255

_SAFE: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
FOLDER: Final = os.O_RDONLY | _SAFE | getattr(os, "O_DIRECTORY", 0)
FILE: Final = os.O_RDONLY | _SAFE | getattr(os, "O_NOCTTY", 0)
"""O_NONBLOCK: opening a pipe that nobody writes to would otherwise wait for ever."""


def parts_of(path: str) -> tuple[str, ...]:
    """Split a path from the root into its names.

    Args:
        path: As a model writes it, such as "src/main.py"; "." is the root.

    Raises:
        InvalidPayload: It is no path.
        NotAllowed: It would lead out of the root.
    """
    try:
        size = len(path.encode())
    except UnicodeEncodeError as error:
        raise InvalidPayload(f"The path {path!r} holds characters that no file name has") from error
    if not path or "\0" in path or size > MAX_PATH:
        raise InvalidPayload(f'A path has 1 to {MAX_PATH} bytes, and none of them is 0: "." is the root')
    if path.startswith("/"):
        raise NotAllowed(f"{path!r} is an absolute path: write it from the root, without the slash in front")
    parts = path.split("/")
    if "" in parts:
        raise InvalidPayload(f"{path!r} has an empty part: write a single / between names, and none at the end")
    if ".." in parts:
        raise NotAllowed(f"{path!r} goes up by '..': write the path from the root instead")
    if any(len(part.encode()) > MAX_NAME for part in parts):
        raise InvalidPayload(f"Each name in a path has at most {MAX_NAME} bytes: {path[:60]!r}... has one with more")
    return tuple(part for part in parts if part != ".")


class Confined:
    """A folder that nothing leads out of.

    Args:
        root: The folder. Links in its own path are followed once, when this is made.

    Attributes:
        path: The root, all links resolved.

    Raises:
        NotFound: There is no such folder.
        NotAvailable: This system cannot open files from a folder.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        if not SUPPORTED:
            raise NotAvailable("Files are confined by what POSIX systems offer: this one cannot open files by folder")
        self.path = Path(root).resolve()
        if not self.path.is_dir():
            raise NotFound(f"The root {os.fspath(root)!r} is no folder: make it first")

    @contextmanager
    def folder(self, path: str) -> Iterator[int]:
        """Open a folder; give its descriptor.

        Args:
            path: From the root.

        Raises:
            MotetError: There is none, or the way leads over a link.
        """
        descriptor = self._walk(parts_of(path))
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def place(self, path: str) -> Iterator[tuple[int, str]]:
        """Open the folder that something is in, or will be; give its descriptor, and the name in it.

        Raises:
            MotetError: There is no such folder, the way leads over a link, or the path is that of the root.
        """
        parts = parts_of(path)
        if not parts:
            raise InvalidPayload(f"{path!r} is the root itself: name something in it")
        descriptor = self._walk(parts[:-1])
        try:
            yield descriptor, parts[-1]
        finally:
            os.close(descriptor)

    @contextmanager
    def file(self, path: str) -> Iterator[int]:
        """Open a regular file to read; give its descriptor.

        Raises:
            MotetError: There is none, it is something else, or the way leads over a link.
        """
        with self.place(path) as (folder, name):
            descriptor = open_file(folder, name, path)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @staticmethod
    def missing(path: str) -> NotFound:
        """Make the error that says that there is nothing at a path."""
        return NotFound(f"There is no {path!r}: list the folder above it to see what there is")

    def _walk(self, parts: tuple[str, ...]) -> int:
        try:
            folder = os.open(self.path, FOLDER)
        except OSError as error:
            raise NotFound("The root folder is gone") from error
        for place, part in enumerate(parts, 1):
            try:
                inner = os.open(part, FOLDER, dir_fd=folder)
            except OSError as error:
                raise explained(error, "/".join(parts[:place]), folder, part) from error
            finally:
                os.close(folder)
            folder = inner
        return folder


def open_file(folder: int, name: str, path: str) -> int:
    """Open a regular file in a folder, and nothing else.

    Args:
        folder: The descriptor of the folder.
        name: The file's name in it.
        path: What to call it in an error.
    """
    try:
        _regular(os.lstat(name, dir_fd=folder), path)  # opening a device may do something already
        descriptor = os.open(name, FILE, dir_fd=folder)
    except OSError as error:
        raise explained(error, path, folder, name) from error
    try:
        _regular(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _regular(found: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise unlike(found, path)


def unlike(found: os.stat_result, path: str) -> MotetError:
    """Make the error that says what something is that is no regular file."""
    if stat.S_ISLNK(found.st_mode):
        return NotAllowed(f"{path!r} is a symbolic link, and links are not followed here: name what it leads to")
    if stat.S_ISDIR(found.st_mode):
        return InvalidPayload(f"{path!r} is a folder: name a file in it")
    return NotAllowed(f"{path!r} is a pipe, a socket or a device: only regular files are read and written")


def explained(error: OSError, path: str, folder: int | None = None, name: str = "") -> MotetError:
    """Make the error that says why something cannot be opened, made or changed, and what to do about it.

    Args:
        error: What the system said.
        path: What it is about.
        folder: The descriptor of the folder that it lies in, to look closer.
        name: Its name there.
    """
    if error.errno == errno.ENOENT:
        return Confined.missing(path)
    if folder is not None and error.errno in {errno.ELOOP, errno.ENOTDIR, errno.EMLINK}:
        try:
            found = os.lstat(name, dir_fd=folder)
        except OSError:
            return NotFound(f"{path!r} has just gone")
        return unlike(found, path) if stat.S_ISLNK(found.st_mode) else InvalidPayload(f"{path!r} is no folder")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return NotAllowed(f"The system does not allow that for {path!r}: {error.strerror}")
    return AgentFailed(f"{path!r}: {error.strerror or error}")
