"""Errors as one line for people, as a document for programs, and whose doing they are for the exit code."""

import asyncio
from collections.abc import Iterator
from typing import ClassVar

from motet.devtools.words import plain
from motet.kernel.error_payload import ErrorPayload, text_of, to_payload
from motet.kernel.errors import Detail, Fault, InvalidGraph, MotetError
from motet.tasks.errors import InvalidPlan

__all__ = ["ImportFailed", "InvalidUsage", "describe", "notes_of", "one_line", "payload_of", "refusal"]


class InvalidUsage(MotetError):
    """The command was given something that it cannot use; the message says what to do."""

    code: ClassVar[str] = "invalid_usage"
    fault = Fault.CALLER


class ImportFailed(MotetError):
    """The user's file could not be imported; the message says where it failed."""

    code: ClassVar[str] = "import_failed"
    fault = Fault.CALLER


def one_line(text: str) -> str:
    """Put a text of several lines into one, in which nothing is a command to a terminal."""
    return plain("; ".join(line.strip() for line in text.splitlines() if line.strip()))


def notes_of(error: BaseException) -> list[str]:
    """Return what was noted on an error on its way, such as the node it was raised in; each note once."""
    return list(dict.fromkeys(getattr(error, "__notes__", ())))


def describe(error: BaseException) -> str:
    """Say in one line what failed: type, message, and the notes.

    Args:
        error: What the work raised. Of a group, the errors in it are said too.
    """
    told = one_line(_message(error))
    line = f"{type(error).__name__}: {told}" if told else type(error).__name__
    notes = notes_of(error)
    return f"{line} ({one_line('; '.join(notes))})" if notes else line


def refusal(error: MotetError) -> str:
    """Say what was wrong with the usage or the input: one line; the problems of a graph or an array get one each."""
    told = text_of(error) or type(error).__name__
    return told if isinstance(error, InvalidGraph | InvalidPlan) else one_line(told)


def payload_of(error: BaseException) -> ErrorPayload:
    """Return an error as a program wants it, the notes under `details`."""
    payload = to_payload(error)
    notes: list[Detail] = list(notes_of(error))
    if notes:
        payload["details"] = {**payload["details"], "notes": notes}
    return payload


def _message(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return f"{error.message}: " + "; ".join(describe(leaf) for leaf in _leaves(error))
    if isinstance(error, asyncio.CancelledError) and not error.args:
        return "the work was cancelled, and nobody asked for that from here"
    return text_of(error)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
