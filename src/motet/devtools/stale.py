"""Values of classes that have been defined anew since the values were made."""

import sys
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final

import pydantic
from pydantic_core import PydanticSerializationError

__all__ = ["is_stale", "renewed"]

ANYTHING: Final[pydantic.TypeAdapter[Any]] = pydantic.TypeAdapter(Any)

DEPTH: Final = 4
MANY: Final = 1000
"""How deep into lists and mappings, and at how many of the values in one, is looked."""


def is_stale(value: object, depth: int = DEPTH) -> bool:
    """Tell whether a value, or one in it, is of a class in whose place another one stands by now.

    Args:
        value: What was made by code of any version.
        depth: How deep into lists and mappings to look.
    """
    if isinstance(value, str | bytes | int | float | None):
        return False
    if isinstance(value, list | tuple | set | frozenset):
        return depth > 0 and _any_stale(value, depth)
    if isinstance(value, dict):
        return depth > 0 and _any_stale(value.values(), depth)
    return _replaced(type(value))


def _any_stale(values: Iterable[object], depth: int) -> bool:
    return any(is_stale(each, depth - 1) for each in islice(values, MANY))


def _replaced(cls: type) -> bool:
    found: object = sys.modules.get(cls.__module__)
    for step in cls.__qualname__.split("."):
        found = getattr(found, step, None)
    return isinstance(found, type) and found is not cls


def renewed(value: object) -> object:
    """Return a value as plain data, for the classes of now to be made of; the value itself if it is no such data."""
    try:
        return ANYTHING.dump_python(value, by_alias=True)
    except (PydanticSerializationError, ValueError):
        return value
