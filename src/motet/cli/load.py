"""FILE.py:NAME and package.module:NAME: from what the user wrote to the module that it names."""

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from motet.cli.blame import import_failure, user_frames
from motet.cli.failures import InvalidUsage
from motet.cli.lookup import current_folder, file_at, folder_at
from motet.cli.signals import Interrupted
from motet.kernel.importing import import_file, is_part

__all__ = ["Target", "file_of", "load", "parse"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a command is asked to work with.

    Args:
        source: A file or a module, as the user wrote it.
        name: The name in it, with dots for attributes; empty where none was given.
        is_file: Whether the source is a file.
    """

    source: str
    name: str
    is_file: bool


def parse(text: str) -> Target:
    """Read FILE.py:NAME or package.module:NAME.

    Args:
        text: What the user wrote.

    Raises:
        InvalidUsage: The system refuses to tell whether it is a file.
    """
    before, colon, after = text.rpartition(":")
    # In "C:\\flow.py" what follows the colon is no name.
    source, name = (before, after) if colon and not _is_path(after) else (text, "")
    return Target(source, name, source.endswith(".py") or _is_path(source) or file_at(source))


def load(target: Target) -> ModuleType:
    """Import the file or module of a target.

    Raises:
        InvalidUsage: There is no such file or module.
        ImportFailed: It raises when it is imported, whatever that is.
        InvalidGraph: It builds a flow that cannot run.
        Interrupted: A signal has come meanwhile.
    """
    return _load_file(target.source) if target.is_file else _load_module(target.source)


def file_of(source: str) -> Path:
    """Find the file that a user has named, all links resolved.

    Raises:
        InvalidUsage: There is no such file, or the system refuses to tell.
    """
    given = Path(source)
    if folder_at(given):
        raise InvalidUsage(f"{source} is a folder: name a file in it, as in {given / 'flow.py'}:NAME")
    if not file_at(given):
        raise InvalidUsage(
            f"there is no file {source} (looked from {current_folder()}): give the path of a Python file"
        )
    return given.resolve()


def _load_file(source: str) -> ModuleType:
    path = file_of(source)
    try:
        return import_file(path)
    except Interrupted:
        raise
    except BaseException as error:  # a file may skip a test, or interrupt itself
        raise import_failure(source, path, error) from error


def _load_module(source: str) -> ModuleType:
    if not all(part.isidentifier() for part in source.split(".")):
        raise InvalidUsage(f"{source!r} is neither a Python file nor the name of a module: give FILE.py:NAME")
    sys.path.insert(0, str(current_folder()))
    try:
        module = importlib.import_module(source)
    except Interrupted:
        raise
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and is_part(error.name, source) and not user_frames(error):
            raise InvalidUsage(
                f"there is no module {source!r} in {current_folder()} or among the installed ones: "
                "give FILE.py:NAME, or start from the folder that holds the package"
            ) from error
        raise import_failure(source, None, error) from error
    if getattr(module, "__file__", None) is None and hasattr(module, "__path__"):
        raise InvalidUsage(f"{source} is a folder: name a module in it, as in {source}.module:NAME")
    return module


def _is_path(text: str) -> bool:
    return "/" in text or "\\" in text
