"""What is at a path that a user has named; where the system refuses to tell, its words are what is wrong."""

import os
import stat
from pathlib import Path

from motet.cli.failures import InvalidUsage

__all__ = ["anything_at", "current_folder", "file_at", "folder_at"]


def file_at(path: str | os.PathLike[str]) -> bool:
    """Tell whether there is a file.

    Raises:
        InvalidUsage: The system refuses to tell.
    """
    return stat.S_ISREG(_mode(path))


def folder_at(path: str | os.PathLike[str]) -> bool:
    """Tell whether there is a folder.

    Raises:
        InvalidUsage: The system refuses to tell.
    """
    return stat.S_ISDIR(_mode(path))


def anything_at(path: str | os.PathLike[str]) -> bool:
    """Tell whether there is anything.

    Raises:
        InvalidUsage: The system refuses to tell.
    """
    return _mode(path) != 0


def current_folder() -> Path:
    """Return the current folder.

    Raises:
        InvalidUsage: It is not there any more, or the system refuses to tell.
    """
    try:
        return Path.cwd()
    except OSError as error:
        told = error.strerror or error
        raise InvalidUsage(f"the current folder cannot be read: {told}: change to another one") from error


def _mode(path: str | os.PathLike[str]) -> int:
    # `Path.is_file` and its like raise what the system refuses, or take it for nothing: that depends on the Python.
    try:
        return Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last: no file has a null byte in its name
        return 0
    except OSError as error:
        raise InvalidUsage(f"{path} cannot be read: {error.strerror or error}") from error
