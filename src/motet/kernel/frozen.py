"""Values as they were at one moment, kept in little time: frozen where they are met, written as JSON data later.

What cannot be JSON data is kept as an object with a single key, its mark: `$repr` (what it looks like), `$bytes` (in
base64), `$cut` (how long it was, and how it begins), `$error` (an error's payload) or `$unreadable` (why not).
"""

import base64
import gc
import math
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any, Final

from pydantic_core import from_json, to_json

from motet.kernel.error_payload import to_payload
from motet.kernel.errors import MotetError
from motet.kernel.redaction import redacted, redacted_text
from motet.kernel.text import characters

__all__ = ["LIMIT", "MARKS", "Frozen", "bytes_of", "freeze", "freeze_error", "is_data", "thaw", "thaw_error"]

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

DEEPEST: Final = 250
"""How many containers within one another are looked through for iterators: deeper ones cannot be written."""

MANY: Final = 1000
"""Of how many values side by side it is first looked which of them are the same."""

_SUBCLASSED: Final[tuple[type, ...]] = (dict, list, tuple, set, frozenset, deque)
_CONTAINERS: Final = frozenset(_SUBCLASSED)
_LASTING: Final = frozenset({str, int, float, bool, type(None)})


def freeze(value: object, limit: int = LIMIT) -> Frozen:
    """Keep a value as it is now.

    Text, numbers, booleans and None are kept themselves. Anything else is written as JSON at once, since it may change:
    that is what this costs. Iterators, open files among them, are not touched: of what holds one, the looks are kept.

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
    if _takes_out(value):
        return _written(_looks, value)
    return _written(_plain, value)


def freeze_error(error: BaseException | None) -> Frozen:
    """Keep an error with its causes as it is now; of a user's own also the name of its class, and small attributes."""
    return None if error is None else _written(_with_class, error)


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
        return characters(frozen)
    return _number(frozen)


def thaw_error(frozen: Frozen, limit: int = LIMIT) -> Any:
    """Return a frozen error as `thaw` does; one that is too long keeps its class and its code, and all else is cut.

    Args:
        frozen: What `freeze_error` returned.
        limit: Bytes of JSON up to which it is kept whole.
    """
    if not isinstance(frozen, bytes) or len(frozen) <= limit:
        return thaw(frozen, limit)
    whole = thaw(frozen, len(frozen))
    return {**_cut_error(whole), "cut": len(frozen)} if isinstance(whole, dict) and "code" in whole else thaw(frozen)


def _cut_error(payload: dict[str, Any]) -> dict[str, Any]:
    details, cause = payload.get("details", {}), payload.get("cause")
    kind = {"type": details["type"]} if isinstance(details.get("type"), str) else {}
    less = {**payload, "message": str(payload.get("message", ""))[:HEAD], "details": kind}
    return {**less, "cause": _cut_error(cause)} if isinstance(cause, dict) else less


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


def _takes_out(value: object) -> bool:
    """Tell whether writing a value would take something out of it: out of an iterator that it is, or holds."""
    try:
        return _holds_iterator(value)
    except Exception:  # noqa: BLE001 - a container that somebody changes meanwhile, or a class of the user's that breaks
        return True


def _holds_iterator(value: object) -> bool:
    level: list[object] = [value]
    seen: set[int] = set()
    for _ in range(DEEPEST):
        # Most of what is inside is text and numbers: which kinds there are is known much sooner than what each one is.
        kinds = set(map(type, level)) - _LASTING
        if not kinds:
            return False
        others = kinds - _CONTAINERS
        for kind in others:
            if issubclass(kind, Iterator):
                return True
        if len(level) > MANY:  # something may hold itself, many times over
            level = [one for one in {id(one): one for one in level}.values() if id(one) not in seen]
            seen.update(map(id, level))
        held = gc.get_referents(*[one for one in level if type(one) in _CONTAINERS]) if others != kinds else []
        for one in level if others else ():
            if type(one) in others:
                held.extend(_inside(one))
        level = held
    return False


def _inside(value: object) -> Iterable[object]:
    """Return what is written with a value that is an object of a class."""
    marks: Mapping[str, object] = vars(type(value))
    if "__dataclass_fields__" in marks:
        return [getattr(value, name) for name in getattr(value, "__dataclass_fields__", ()) if hasattr(value, name)]
    if "__pydantic_serializer__" in marks:
        fields: dict[str, object] = getattr(value, "__dict__", {})
        return fields.values()
    return gc.get_referents(value) if isinstance(value, _SUBCLASSED) else ()
