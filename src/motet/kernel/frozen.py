"""Values as they were at one moment, kept in little time: frozen where they are met, written as JSON data later.

What cannot be JSON data is kept as an object with a single key, its mark: `$repr` (what it looks like), `$bytes` (in
base64), `$cut` (how long it was, and how it begins), `$error` (an error's payload) or `$unreadable` (why not).
"""

import base64
import math
from collections.abc import Callable, Container
from types import GeneratorType
from typing import Any, Final

from pydantic_core import from_json, to_json

from motet.kernel.error_payload import to_payload
from motet.kernel.errors import MotetError
from motet.kernel.redaction import redacted, redacted_text

__all__ = ["LIMIT", "MARKS", "Frozen", "bytes_of", "freeze", "freeze_error", "freeze_errors", "is_data", "thaw"]

LIMIT: Final = 64 * 1024
"""Bytes of JSON, or characters of text, up to which a value is kept whole."""

HEAD: Final = 1000
"""Characters that are kept of a longer one."""

LONGEST_REPR: Final = 500

LONGEST_FACT: Final = 100
"""Characters of a text up to which an attribute of an error is kept: longer ones are what was worked on."""

LONGEST_NUMBER: Final = 14_000
"""Bits of the longest number that every reader of JSON takes: about 4300 digits."""

MARKS: Final = frozenset({"$repr", "$bytes", "$cut", "$error", "$unreadable"})

Frozen = bytes | str | int | float | bool | None
"""JSON as bytes; or a value that nobody can change, as it is."""

_LASTING: Final = frozenset({str, int, float, bool, type(None)})


def freeze(value: object, limit: int = LIMIT) -> Frozen:
    """Keep a value as it is now.

    Text, numbers, booleans and None are kept themselves. Anything else is written as JSON at once, since it may change:
    that is what this costs. A generator is not touched, unless it is deep inside something else.

    Args:
        value: Anything.
        limit: Above so many characters only the beginning of a text is kept, and of bytes their number.
    """
    kind = type(value)
    if kind in _LASTING:
        if kind is str and len(value) > limit:  # type: ignore[arg-type]
            return to_json({"$cut": {"size": len(value), "head": value[:HEAD]}}, fallback=_unfamiliar)  # type: ignore[arg-type, index]
        return value  # type: ignore[return-value]
    if kind is bytes:
        return _bytes(value, limit)  # type: ignore[arg-type]
    if _used_up(value):
        return _written(_looks, value)
    return _written(_plain, value)


def freeze_error(error: BaseException | None) -> Frozen:
    """Keep an error with its causes as it is now; of a user's own also the name of its class, and small attributes."""
    return None if error is None else _written(_with_class, error)


def freeze_errors(errors: tuple[BaseException, ...]) -> Frozen:
    """Keep several errors."""
    return _written(lambda listed: [to_payload(error) for error in listed], errors) if errors else None


def thaw(frozen: Frozen, limit: int = LIMIT) -> Any:
    """Return a frozen value as JSON data, without what looks like a secret; what is too long is cut.

    Args:
        frozen: What `freeze` returned.
        limit: Bytes of JSON up to which it is kept whole.
    """
    if isinstance(frozen, bytes):
        try:
            data = redacted(from_json(frozen))
        except ValueError as error:  # deeper, or with longer numbers, than anything reads
            return {"$unreadable": f"{len(frozen)} bytes of JSON: {error}"}
        if len(frozen) <= limit or (isinstance(data, dict) and data.keys() <= {"$cut"}):
            return data
        return {"$cut": {"size": len(frozen), "head": to_json(data).decode()[:HEAD]}}
    if isinstance(frozen, str):
        # A lone surrogate is no text to anybody else.
        return frozen if frozen.isascii() else frozen.encode("utf-8", "replace").decode()
    return _number(frozen)


def _number(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, int) and value.bit_length() > LONGEST_NUMBER:
        return {"$unreadable": f"a number of {value.bit_length():,} bits"}
    return value


def is_data(value: object) -> bool:
    """Tell whether recorded data is the value itself, and not in any part a mark for something else."""
    if isinstance(value, dict):
        if len(value) == 1 and not MARKS.isdisjoint(value):
            return False
        return all(map(is_data, value.values()))
    return all(map(is_data, value)) if isinstance(value, list) else True


def bytes_of(data: object) -> bytes | None:
    """Return the bytes that recorded data stands for; None where it is something else."""
    if not isinstance(data, dict) or data.keys() != {"$bytes"} or not isinstance(data["$bytes"], str):
        return None
    try:
        return base64.b64decode(data["$bytes"], validate=True)
    except ValueError:
        return None


def _plain(value: object) -> object:
    return value


def _with_class(error: BaseException) -> object:
    payload, kind = to_payload(error), type(error)
    if kind.__module__ == "builtins" or kind.__module__.startswith("motet."):
        return payload
    known: Container[str] = payload if isinstance(error, MotetError) else ()
    facts = {name: value for name, value in vars(error).items() if name not in known and _is_fact(value)}
    return {**payload, "class": f"{kind.__module__}:{kind.__qualname__}", "attributes": facts}


def _is_fact(value: object) -> bool:
    """Tell whether an attribute of an error is one of the small ones that programs look at, such as a status."""
    return type(value) in _LASTING and not (isinstance(value, str) and len(value) > LONGEST_FACT)


def _written(make: Callable[[Any], object], value: object) -> bytes:
    """Write what `make` makes of a value; whatever goes wrong with that is the value's own doing, and is written."""
    problem: Exception | None = None
    for attempt in (make, _looks):
        for mode in ("utf8", "base64"):
            try:
                return to_json(attempt(value), bytes_mode=mode, inf_nan_mode="strings", fallback=_unfamiliar)
            except Exception as error:  # noqa: BLE001 - properties, serializers and __repr__ of the user's
                problem = error
    told = f"{type(value).__name__}: {type(problem).__name__}"
    return to_json({"$unreadable": told.encode("ascii", "replace").decode()})


def _looks(value: object) -> object:
    told = redacted_text(repr(value))
    told = told if len(told) <= LONGEST_REPR else told[: LONGEST_REPR - 1] + "…"
    return {"$repr": told.encode("utf-8", "backslashreplace").decode()}


def _unfamiliar(value: object) -> object:
    return {"$error": to_payload(value)} if isinstance(value, BaseException) else _looks(value)


def _bytes(value: bytes, limit: int) -> bytes:
    if len(value) > limit:
        return to_json({"$cut": {"size": len(value), "head": repr(value[:HEAD])}})
    return to_json({"$bytes": base64.b64encode(value).decode()})


def _used_up(value: object) -> bool:
    """Tell whether writing a value would take something out of it."""
    if isinstance(value, GeneratorType):
        return True
    inside = value.values() if type(value) is dict else value if type(value) in {list, tuple} else ()
    return any(type(item) is GeneratorType for item in inside)  # type: ignore[attr-defined]
