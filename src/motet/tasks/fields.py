"""The values of a task's fields, each checked and brought into the form that a `Definition` has."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from motet.tasks.definition import Retry
from motet.tasks.hints import Tell, meant, shown
from motet.tasks.json_data import unwritable

__all__ = ["READERS", "read_text"]

PRIORITIES: Final[Mapping[str, int]] = MappingProxyType({"urgent": 0, "high": 1, "normal": 2, "low": 3})

LATEST: Final = datetime(9999, 12, 31, tzinfo=UTC).timestamp()

MOST_ATTEMPTS: Final = 1_000_000

RETRY_KEYS: Final = tuple(field.name for field in dataclasses.fields(Retry))


def read_text(value: object, field: str, tell: Tell) -> str | None:
    """Read a text that names something.

    Args:
        value: What was written.
        field: In which field.
        tell: Takes the problem, if there is one.

    Returns:
        The text; None where it is none.
    """
    if not isinstance(value, str):
        tell(field, f"{shown(value)} is no text: write a string")
    elif not value or "\0" in value or unwritable(value):
        tell(field, f"{shown(value)} cannot name anything: write a text of at least one character")
    else:
        return value if type(value) is str else str.__str__(value)
    return None


def read_priority(value: object, field: str, tell: Tell) -> int | None:
    """Read a priority: 0 to 3, or its name."""
    if type(value) is int and 0 <= value <= 3:
        return value
    if isinstance(value, str) and value in PRIORITIES:
        return PRIORITIES[value]
    tell(field, f"{shown(value)} is no priority: write 0 (urgent), 1 (high), 2 (normal) or 3 (low), or the word")
    return None


def read_timeout(value: object, field: str, tell: Tell) -> float | None:
    """Read the seconds that an attempt may take."""
    seconds = _number(value)
    if seconds is None or seconds <= 0:
        tell(field, f"{shown(value)} is no time to give an attempt: write seconds, a number above 0")
        return None
    return seconds


def read_moment(value: object, field: str, tell: Tell) -> float | None:
    """Read a wall-clock time: seconds since 1970, or a date and time as ISO 8601 writes it, without zone in UTC."""
    seconds = _moment(value)
    if seconds is None:
        tell(field, f'{shown(value)} is no time: write seconds since 1970, or a text such as "2030-01-31T12:00:00Z"')
    elif abs(seconds) > LATEST:
        tell(field, f"{shown(value)} is thousands of years away: write seconds since 1970, not milliseconds")
    return seconds


def read_retry(value: object, field: str, tell: Tell) -> Retry | None:
    """Read how often a task is tried: the number of attempts, or an object with what `Retry` takes."""
    if isinstance(value, Retry):
        value = dataclasses.asdict(value)
    if not isinstance(value, Mapping):
        attempts = _attempts(value)
        if attempts is None:
            tell(field, f'{shown(value)} is no retry: write the number of attempts, or {{"attempts": 3, "cap": 60}}')
        return None if attempts is None else Retry(attempts)
    read: dict[str, int | float | bool] = {}
    for key, item in value.items():
        if not isinstance(key, str) or key not in RETRY_KEYS:
            tell(field, f"{shown(key)} is no part of a retry: {_retry_hint(key)}")
        elif item is not None:
            reader, wanted = _RETRY_READERS[key]
            part = reader(item)
            if part is None:
                tell(f"{field}.{key}", f"{shown(item)} does not fit: write {wanted}")
            else:
                read[key] = part
    return Retry(**read)  # type: ignore[arg-type]  # each part was read by the reader of its type


def _retry_hint(key: object) -> str:
    near = meant(key, RETRY_KEYS) if isinstance(key, str) else ""
    return f'did you mean "{near}"?' if near else f"write {', '.join(RETRY_KEYS)}"


def _number(value: object) -> float | None:
    """Return a finite number as a float; None for everything else. A boolean is no number here."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _moment(value: object) -> float | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(moment, datetime):
            return _number(value)
        return (moment.replace(tzinfo=UTC) if moment.utcoffset() is None else moment).timestamp()
    except (ValueError, OverflowError):
        return None


def _attempts(value: object) -> int | None:
    return value if type(value) is int and 1 <= value <= MOST_ATTEMPTS else None


def _at_least(least: float) -> Callable[[object], float | None]:
    def read(value: object) -> float | None:
        number = _number(value)
        return number if number is not None and number >= least else None

    return read


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


_RETRY_READERS: Final[Mapping[str, tuple[Callable[[object], int | float | bool | None], str]]] = MappingProxyType(
    {
        "attempts": (_attempts, "a whole number from 1 to a million"),
        "initial": (_at_least(0), "seconds, at least 0"),
        "factor": (_at_least(1), "a number of at least 1"),
        "cap": (_at_least(0), "seconds, at least 0"),
        "jitter": (_flag, "true or false"),
    }
)

READERS: Final[Mapping[str, Callable[[object, str, Tell], object]]] = MappingProxyType(
    {
        "priority": read_priority,
        "retry": read_retry,
        "timeout": read_timeout,
        "not_before": read_moment,
        "concurrency_key": read_text,
    }
)
"""The readers of the fields that a definition takes as they are, by field."""
