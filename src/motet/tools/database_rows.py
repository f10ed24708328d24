"""What a statement gives: rows as JSON data, never more than so many, nor more bytes than so many."""

import base64
import datetime as dt
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

__all__ = ["QueryLimits", "Rows", "gathered", "json_value"]

DEEPEST: Final = 20
"""How many lists and structs may stand inside one another in a value."""

EXACT: Final = 2**53
"""Up to where a decimal number without a fraction is written as a number: every reader of JSON keeps it."""


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What a statement may take.

    Args:
        rows: How many rows are given.
        bytes: How large they may be as JSON, together.
        seconds: How long it may run.
    """

    rows: int
    bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement gave.

    Args:
        columns: The names of the columns.
        rows: The values, as JSON data: bytes as base64, dates and times as ISO 8601, numbers with a fraction as such
            where nothing of them is lost and as strings otherwise.
        truncated: Whether there are more rows.
        changed: How many rows were written, where that is known.
        note: What to know about the above; empty if nothing.
    """

    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    truncated: bool = False
    changed: int | None = None
    note: str = ""


def gathered(columns: Sequence[str], rows: Iterable[Sequence[object]], limits: QueryLimits, more: bool = False) -> Rows:
    """Take rows as far as the limits allow.

    Args:
        columns: The names of the columns.
        rows: The rows; no more are asked for than are taken, and one.
        limits: How many, and how large.
        more: Whether the database has left out rows already that would have been too large.
    """
    taken: list[list[Any]] = []
    room, encoded, cut = limits.bytes, set[str](), ""
    beyond = f"Only the rows that fit into {limits.bytes:,} bytes are given"
    for row in rows:
        values = [json_value(value) for value in row]
        room -= len(json.dumps(values, ensure_ascii=False).encode("utf-8", "replace"))
        if len(taken) == limits.rows or room < 0:
            cut = beyond if room < 0 else f"There are more than {limits.rows:,} rows"
            break
        encoded |= {name for name, value in zip(columns, row, strict=True) if isinstance(value, bytes | memoryview)}
        taken.append(values)
    cut = cut or (beyond if more else "")
    return Rows(list(columns), taken, bool(cut), note=_note(cut, encoded))


def _note(cut: str, encoded: Iterable[str]) -> str:
    notes = [f"{cut}: select fewer rows or columns, or compute in SQL."] if cut else []
    names = ", ".join(sorted(encoded))
    return " ".join([*notes, f"Bytes are given as base64: {names}."] if names else notes)


def json_value(value: object, depth: int = 0) -> Any:
    """Return a value of a database as JSON data.

    Args:
        value: What a driver gives.
        depth: How many lists and structs are around it.
    """
    if isinstance(value, float | Decimal | dt.timedelta):
        return _number(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, dt.date | dt.time):  # a datetime is a date, too
        return value.isoformat()
    if isinstance(value, Mapping | list | tuple | set | frozenset) and depth < DEEPEST:
        return _nested(value, depth + 1)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _nested(value: Mapping[Any, Any] | Iterable[Any], depth: int) -> Any:
    if isinstance(value, Mapping):
        return {str(key): json_value(item, depth) for key, item in value.items()}
    return [json_value(item, depth) for item in value]


def _number(value: float | Decimal | dt.timedelta) -> float | int | str:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value.is_finite() and value == value.to_integral_value() and abs(value) <= EXACT:
        return int(value)
    exact = value.is_finite() and Decimal(repr(float(value))) == value
    return float(value) if exact else str(value)
