"""Copies of values, so that what one caller does with its own reaches nobody else, and estimates of their sizes."""

import datetime as dt
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from gc import get_referents
from pathlib import PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from sys import getsizeof
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType, NoneType
from typing import Any, Final, TypeVar
from uuid import UUID

__all__ = ["IMMUTABLE", "copied", "size_of"]

T = TypeVar("T")

IMMUTABLE: Final[frozenset[type[Any]]] = frozenset({
    NoneType, bool, int, float, complex, str, bytes, Decimal, Fraction, UUID,
    dt.date, dt.time, dt.datetime, dt.timedelta, dt.timezone,
    PosixPath, PurePosixPath, WindowsPath, PureWindowsPath,
})  # fmt: skip
"""Classes whose own instances never change. A frozen model is not among them: what it holds may change."""

_SHARED: Final = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType, FrameType)


def copied(value: T) -> T:
    """Return a deep copy of a value; the value itself where it cannot change.

    Raises:
        Exception: Whatever a value that cannot be copied raises.
    """
    return value if type(value) in IMMUTABLE else deepcopy(value)


def size_of(value: object) -> int:
    """Estimate how many bytes of memory a value takes, with all that it refers to, each object once.

    What it shares with the whole program, such as its class, is left out. `sys.getsizeof` is asked for each object, so
    memory that a library holds outside of Python's objects counts only where that library tells of it.
    """
    if type(value) in IMMUTABLE:
        return getsizeof(value)
    return sum(getsizeof(part, 64) for part in _parts(value))


def _parts(value: object) -> Iterator[object]:
    known = {id(value)}
    ahead = [value]
    while ahead:
        part = ahead.pop()
        yield part
        for below in get_referents(part):
            if id(below) not in known and not isinstance(below, _SHARED):
                known.add(id(below))
                ahead.append(below)
