"""JSON data out of what Python programs write: checked, and copied, so that nobody changes it afterwards."""

import math
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Final

from pydantic_core import PydanticSerializationError, to_jsonable_python

from motet.tasks.hints import Tell, shown

__all__ = ["DEEPEST", "OBJECTS", "duplicate", "to_json_data", "unwritable"]

DEEPEST: Final = 100
"""How many lists and objects may stand inside one another: readers of JSON give up at about 200."""

# As constants, so that a check costs nothing but itself: it is made for every value of an array.
SCALARS: Final = (str, int, float, NoneType)
OBJECTS: Final = (dict, Mapping)

MOST_BITS: Final = 13_000
"""Python itself neither reads nor writes numbers of more than 4300 digits, which are 14,284 bits."""


def to_json_data(value: object, field: str, tell: Tell, depth: int = 0) -> object:
    """Return a value as JSON data: a copy of dicts and lists, with what has an obvious JSON form in that form.

    Args:
        value: Any value. Tuples become lists, models and dataclasses objects, dates strings.
        field: Where the value stands, for the problems.
        tell: Takes each problem; None stands in for the value that has it.
        depth: How many lists and objects are around it.
    """
    if isinstance(value, SCALARS):
        return _scalar(value, field, tell)
    if depth >= DEEPEST:
        tell(field, f"more than {DEEPEST} lists and objects stand inside one another: make it flatter")
        return None
    if isinstance(value, OBJECTS):
        return _object(value, field, tell, depth)
    if isinstance(value, list | tuple):
        inside = enumerate(value)
        return [to_json_data(item, f"{field}.{place}", tell, depth + 1) for place, item in inside]
    return _converted(value, field, tell, depth)


def duplicate(value: object) -> object:
    """Return a copy of JSON data, which shares no dict and no list with the original."""
    if type(value) is dict:
        return {key: duplicate(item) for key, item in value.items()}
    if type(value) is list:
        return [duplicate(item) for item in value]
    return value


def unwritable(text: str) -> bool:
    """Tell whether a text cannot be written down: half of a surrogate pair is no character, but JSON can spell it."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _scalar(value: object, field: str, tell: Tell) -> object:
    # What is a string or a number and something else besides, such as a member of an enumeration, becomes plain.
    if isinstance(value, str):
        if unwritable(value):
            tell(field, f"{shown(value)} holds half a surrogate pair, which is no character: leave it out")
        return value if type(value) is str else str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if value.bit_length() > MOST_BITS:
            tell(field, "the number has some thousand digits, which many cannot read: write it as a string")
        return int(value)
    if isinstance(value, float) and not math.isfinite(value):
        tell(field, f"{shown(value)} is no JSON number: write a finite one, or null")
    return value


def _object(value: Mapping[object, object], field: str, tell: Tell, depth: int) -> dict[str, object]:
    made: dict[str, object] = {}
    for key, item in value.items():
        if not isinstance(key, str) or unwritable(key):
            tell(field, f"the key {shown(key)} is no JSON text: write a string")
            continue
        # An enumeration's member is a string whose str() may be something else.
        name = key if type(key) is str else str.__str__(key)
        made[name] = to_json_data(item, f"{field}.{name}", tell, depth + 1)
    return made


def _converted(value: object, field: str, tell: Tell, depth: int) -> object:
    try:
        # An iterator would be empty afterwards for the caller, or never end.
        converted = value if isinstance(value, Iterator) else to_jsonable_python(value)
    except (PydanticSerializationError, ValueError, TypeError, RecursionError):
        converted = value
    if converted is value:
        tell(field, f"{shown(value)} is no JSON data: write null, a boolean, number, string, list or object")
        return None
    return to_json_data(converted, field, tell, depth)
