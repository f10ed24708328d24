"""An error in the user's files: what it is, and the calls in those files that led to it."""

import linecache
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from traceback import FrameSummary, TracebackException
from typing import Final

from motet.devtools.sources import Sources
from motet.kernel.error_payload import text_of
from motet.kernel.errors import MotetError

__all__ = ["explain", "where"]

FIRST: Final = 4
LAST: Final = 8
"""How many calls are shown where there are more: the first ones, and those that are next to the error."""

CAUSES: Final = 5
"""How many causes of causes are told."""


def explain(error: BaseException, sources: Sources) -> str:
    """Write an error for the person who has just saved a file.

    Args:
        error: What was raised. It is not kept.
        sources: Which files are theirs: only calls in these are shown.
    """
    linecache.clearcache()  # the lines of a file are those of now, whatever its date
    return "\n".join(_lines(error, sources, CAUSES))


def where(thread: int, sources: Sources) -> str:
    """Name the line of the user's files that a thread is at; empty where it is in none of them.

    Args:
        thread: Its identifier.
        sources: Which files are the user's.
    """
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - documented, for looking at what does not go on
    while frame is not None and not _is_owned(frame.f_code.co_filename, sources):
        frame = frame.f_back
    return "" if frame is None else _place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name, sources)


def _is_owned(filename: str, sources: Sources) -> bool:
    # "<frozen importlib>" and "<string>" are no files, although they look like ones in the current folder.
    return Path(filename).is_absolute() and sources.owns(filename)


def _place(filename: str, line: int | None, function: str, sources: Sources) -> str:
    return f"{sources.shown(filename)} line {line}" + ("" if function == "<module>" else f", in {function}")


def _lines(error: BaseException, sources: Sources, causes: int) -> Iterator[str]:
    told = TracebackException.from_exception(error)
    frames = [frame for frame in told.stack if _is_owned(frame.filename, sources)]
    for frame in _fewer(frames):
        yield from _frame(frame, sources)
    if isinstance(error, SyntaxError):
        yield from _syntax(told, sources)
    else:
        yield from _message(error)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and causes and not isinstance(error, MotetError):
        below = list(_lines(cause, sources, causes - 1))
        yield f"because of {below[-1]}"


def _fewer(frames: list[FrameSummary]) -> list[FrameSummary | None]:
    if len(frames) <= FIRST + LAST:
        return list(frames)
    return [*frames[:FIRST], None, *frames[-LAST:]]


def _frame(frame: FrameSummary | None, sources: Sources) -> Iterator[str]:
    if frame is None:
        yield "..."
        return
    yield _place(frame.filename, frame.lineno, frame.name, sources)
    if frame.line:
        yield f"    {frame.line}"


def _syntax(told: TracebackException, sources: Sources) -> Iterator[str]:
    lines = "".join(told.format_exception_only()).splitlines()
    if told.filename and lines and lines[0].lstrip().startswith("File "):
        lines[0] = f"{sources.shown(told.filename)} line {told.lineno}"
    yield from lines


def _message(error: BaseException) -> Iterator[str]:
    if isinstance(error, SystemExit):
        yield f"SystemExit: {error.code}: a file ends the program when it is imported"
        return
    if isinstance(error, MotetError):
        yield from f"{type(error).__name__}: {error.message}".splitlines()
        yield from getattr(error, "__notes__", ())
        return
    yield from "".join(traceback.format_exception_only(error)).splitlines()[:50]
    if isinstance(error, ImportError) and "no known parent package" in text_of(error):
        yield "a file of a package is named as package.module:NAME, from the folder that holds the package"
