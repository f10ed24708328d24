"""An import that failed: which line of whose file it was."""

import importlib
import traceback
from pathlib import Path
from traceback import FrameSummary
from typing import Final

import motet
from motet.cli.failures import ImportFailed, one_line
from motet.kernel.error_payload import text_of
from motet.kernel.errors import InvalidGraph, MotetError

__all__ = ["import_failure", "place", "user_frames"]

_OURS: Final = tuple(str(Path(module.__file__ or "").parent) for module in (motet, importlib))


def import_failure(source: str, path: Path | None, error: BaseException) -> MotetError:
    """Make the error that tells a user why their file could not be imported.

    Args:
        source: The file or module as the user wrote it.
        path: The file, where it is known.
        error: What the import raised.

    Returns:
        The same `InvalidGraph` with its place, or an `ImportFailed`.
    """
    where = place(source, path, error)
    if isinstance(error, InvalidGraph):
        placed = InvalidGraph(f"{where}: {error.message}")
        placed.details = error.details
        return placed
    if isinstance(error, SystemExit):
        return ImportFailed(
            f"{where} ends the program (SystemExit: {error.code}) when it is imported: "
            'put what it does as a script under `if __name__ == "__main__":`'
        )
    told = one_line((error.msg if isinstance(error, SyntaxError) else text_of(error)) or "")
    return ImportFailed(f"{where}: {type(error).__name__}{told and f': {told}'}{_advice(error)}")


def place(source: str, path: Path | None, error: BaseException) -> str:
    """Name the line of the user's file, and of the file below it if the error was raised in another one of theirs.

    Args:
        source: The file or module as the user wrote it.
        path: The file, where it is known; otherwise the first one on the way to the error.
        error: What the import raised.
    """
    frames = [(frame.filename, frame.lineno) for frame in user_frames(error)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    if not frames:
        return source
    main = str(path) if path else frames[0][0]
    line = next((line for file, line in reversed(frames) if file == main), None)
    told = f"{source} line {line}" if line else source
    near = [(file, line) for file, line in frames if Path(main).parent in Path(file).parents]
    if near and near[-1][0] != main:
        other, line = near[-1]
        return f"{told}, in {Path(other).relative_to(Path(main).parent)} line {line}"
    return told


def user_frames(error: BaseException) -> list[FrameSummary]:
    """Return the calls on the way to an error that belong neither to the import machinery nor to this library."""
    return [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((*_OURS, "<frozen"))
    ]


def _advice(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        return ": install it in this environment, or correct its name"
    if isinstance(error, ImportError) and "relative import" in text_of(error):
        return ": for a file of a package, give package.module:NAME from the folder that holds the package"
    return ""
