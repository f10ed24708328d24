"""Errors of a record as exceptions again, of the class that was raised: agents above them tell errors by their class.

A record has the name of that class, its text, and attributes that are numbers or short texts. Nothing is imported for
it, as a history may come from anywhere: the class is looked for among those that are loaded, and the code that runs has
loaded what it catches.
"""

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from motet.kernel.error_payload import from_payload, text_of
from motet.kernel.errors import AgentFailed, MotetError

__all__ = ["error_from", "stood_for"]


def error_from(payload: Mapping[str, Any]) -> Exception:
    """Make an error again.

    Args:
        payload: What was recorded of it: an `ErrorPayload`; of a user's own class also its name, as `class`, and
            `attributes`.

    Returns:
        An exception of its class, without what else it carried; `AgentFailed` where that class is not loaded, or
        nothing that says the same can be made of it: see `stood_for`.
    """
    plain = from_payload(payload)
    kind = _class_of(payload)
    if kind is None or kind is type(plain):
        return plain
    told = payload.get("attributes")
    facts = {str(name): value for name, value in told.items()} if isinstance(told, Mapping) else {}
    if issubclass(kind, MotetError):
        return _like(plain, kind, facts)
    for error in _made(kind, plain.message):
        vars(error).update(facts)
        if (text_of(error) or kind.__name__) == plain.message:
            error.__cause__ = plain.__cause__
            return error
    return plain


def stood_for(error: Exception) -> str:
    """Return what the class is called that an error stands for; empty where it is of its own class."""
    name = error.details.get("type", "") if type(error) is AgentFailed else ""
    return "" if name == AgentFailed.__name__ else str(name)


def _class_of(payload: Mapping[str, Any]) -> type[Exception] | None:
    """Find the class of an error among those that are loaded."""
    told, details = payload.get("class"), payload.get("details")
    if not isinstance(told, str):  # none of a user's own; or the record is older than the names of those
        named = details.get("type") if isinstance(details, Mapping) else None
        kind = getattr(builtins, str(named), None) if payload.get("code") == AgentFailed.code else None
        return kind if isinstance(kind, type) and issubclass(kind, Exception) else None
    module, _, name = told.partition(":")
    named_so = [kind for kind in _exceptions(Exception) if kind.__qualname__ == name]
    of_module = [kind for kind in named_so if kind.__module__ == module]
    if of_module:
        # Of several, one that was loaded anew is what its module has now.
        now = vars(sys.modules[module]).get(name) if module in sys.modules else None
        return next((kind for kind in of_module if kind is now), of_module[-1])
    # A program's own module is called otherwise where it is imported.
    return named_so[0] if len(named_so) == 1 else None


def _exceptions(root: type[Exception]) -> Iterable[type[Exception]]:
    seen: dict[type[Exception], None] = {}
    waiting = [root]
    while waiting:
        kind = waiting.pop()
        if kind not in seen:
            seen[kind] = None
            waiting += type.__subclasses__(kind)
    return seen


def _like(plain: MotetError, kind: type[MotetError], facts: Mapping[str, object]) -> MotetError:
    """Make an error of a class in our tree that says what another says."""
    error = kind.__new__(kind)  # its own __init__ may want what no record has
    vars(error).update(facts)
    MotetError.__init__(error, plain.message, retry_after=plain.retry_after)
    error.details, error.fault, error.retryable = plain.details, plain.fault, plain.retryable
    error.__cause__ = plain.__cause__
    return error


def _made(kind: type[Exception], message: str) -> Iterator[Exception]:
    """Make an exception of a class in the ways that there are, the usual one first."""
    ways: list[tuple[object, ...]] = [(message,)]
    if issubclass(kind, KeyError):
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):  # its text is the key as code
            ways.insert(0, (ast.literal_eval(message),))
    if message == kind.__name__:
        ways.insert(0, ())  # what has no text is recorded by its name
    for arguments in ways:
        with suppress(Exception):  # whatever a class of the user's makes of a text that it did not expect
            yield kind(*arguments)
        with suppress(Exception):
            yield kind.__new__(kind, *arguments)
