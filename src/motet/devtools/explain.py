"""An error in the user's files: what it is, and the calls in those files that led to it."""

import linecache
import traceback
from collections.abc import Iterator
from pathlib import Path
from traceback import FrameSummary, TracebackException
from typing import Final

from motet.devtools.sources import Sources
from motet.kernel.errors import MotetError

__all__ = ["explain"]

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


def _lines(error: BaseException, sources: Sources, causes: int) -> Iterator[str]:
    told = TracebackException.from_exception(error)
    # "<frozen importlib>" and "<string>" are no files, although they look like ones in the current folder.
    frames = [frame for frame in told.stack if Path(frame.filename).is_absolute() and sources.owns(frame.filename)]
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
    place = "" if frame.name == "<module>" else f", in {frame.name}"
    yield f"{sources.shown(frame.filename)} line {frame.lineno}{place}"
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
