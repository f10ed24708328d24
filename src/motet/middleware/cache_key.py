"""Keys for payloads: typed values written down in one canonical way, and digested.

What differs in type or value has a different key: 1, "1", True, 1.0 and b"1" are five keys, and so are a list and a
tuple of the same items. Equal values have the same key in every process. Of dicts and sets the order does not count.
Classes are known by their module and name.
"""

import dataclasses
import datetime as dt
import ipaddress
import struct
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import Enum, Flag
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from pathlib import PurePath
from types import MappingProxyType, NoneType
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AnyUrl, BaseModel
from pydantic_core import TzInfo

from motet.kernel.errors import InvalidPayload

__all__ = ["Keys", "encode"]

Encoder = Callable[[Any], bytes]


class Keys:
    """Makes the keys for the payloads of one agent: 40 hexadecimal digits, the same in every process.

    Args:
        name: The agent's name, for errors.
        *identity: What tells the agent from others.
    """

    __slots__ = ("_begun", "_name")

    def __init__(self, name: str, *identity: str) -> None:
        self._name = name
        self._begun = blake2b(encode(identity), digest_size=20, person=b"motet cache 1")

    def of(self, payload: object) -> str:
        """Return the key of a payload.

        Raises:
            InvalidPayload: No key can be made of it; the message says what to do.
        """
        digest = self._begun.copy()
        try:
            digest.update(encode(payload))
        except RecursionError as error:
            raise self._unkeyed("it is nested too deeply, or contains itself") from error
        except TypeError as error:
            raise self._unkeyed(str(error)) from error
        return digest.hexdigest()

    def _unkeyed(self, reason: str) -> InvalidPayload:
        told = f"Cache can make no key of this payload of {self._name!r}: {reason}. Give it Cache(key=...), a function "
        return InvalidPayload(told + "of (payload, ctx) that returns what the answer depends on", agent=self._name)


def encode(value: object) -> bytes:
    """Write a value down so that no other value is written alike.

    Every piece says what it is and where it ends, so no two neighbours can be taken for one.

    Raises:
        TypeError: A part of it has no canonical form; the message names its type.
    """
    kind = type(value)
    return (_ENCODERS.get(kind) or _encoder_of(kind))(value)  # type: ignore[arg-type] # every class can be hashed


def _piece(tag: bytes, raw: bytes) -> bytes:
    return b"%b%d:%b" % (tag, len(raw), raw)


def _str(value: str) -> bytes:
    raw = value.encode("utf-8", "surrogatepass")
    return b"s%d:%b" % (len(raw), raw)


def _int(value: int) -> bytes:
    # Not as decimal digits: the interpreter refuses to write very long ones.
    return _piece(b"i", value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def _float(value: float) -> bytes:
    return b"f" + struct.pack(">d", value)


def _items(tag: bytes, values: Iterable[object]) -> bytes:
    parts = [encode(value) for value in values]
    return b"%b%d:%b" % (tag, len(parts), b"".join(parts))


def _sorted(tag: bytes, values: Iterable[object]) -> bytes:
    parts = sorted(encode(value) for value in values)
    return b"%b%d:%b" % (tag, len(parts), b"".join(parts))


def _pairs(tag: bytes, values: Mapping[Any, object]) -> bytes:
    parts = sorted(encode(key) + encode(value) for key, value in values.items())
    return b"%b%d:%b" % (tag, len(parts), b"".join(parts))


def _named(kind: type, *parts: object) -> bytes:
    return _items(b"o", (f"{kind.__module__}.{kind.__qualname__}", *parts))


def _time(value: dt.datetime | dt.time) -> bytes:
    zone = value.tzinfo
    if not isinstance(zone, NoneType | dt.timezone | ZoneInfo | TzInfo):
        raise TypeError(f"a time zone that is a {type(zone).__name__} has no canonical form")
    # Two zones may agree about this moment and not about the next: what they are called counts as well.
    named = (type(zone).__name__, str(zone)) if zone is not None else None
    return _named(type(value), value.isoformat(), value.fold, named)


def _by_text(value: object) -> bytes:
    return _named(type(value), str(value))


def _enum(value: Enum) -> bytes:
    return _named(type(value), value.value if isinstance(value, Flag) else value.name)


def _model(value: BaseModel) -> bytes:
    fields = {name: value.__dict__[name] for name in type(value).__pydantic_fields__ if name in value.__dict__}
    return _named(type(value), fields, value.__pydantic_extra__ or {}, value.__pydantic_private__ or {})


def _dataclass(value: Any) -> bytes:
    names = (field.name for field in dataclasses.fields(value))
    return _named(type(value), {name: getattr(value, name) for name in names if hasattr(value, name)})


def _sequence(value: Iterable[object]) -> bytes:
    return _named(type(value), list(value))


def _mapping(value: Mapping[object, object]) -> bytes:
    return _named(type(value), dict(value))


_ENCODERS: Final[Mapping[type, Encoder]] = {
    str: _str,
    int: _int,
    NoneType: lambda _: b"n",
    bool: lambda value: b"T" if value else b"F",
    float: _float,
    complex: lambda value: b"c" + struct.pack(">dd", value.real, value.imag),
    bytes: lambda value: _piece(b"b", value),
    bytearray: lambda value: _piece(b"y", bytes(value)),
    list: lambda value: _items(b"l", value),
    tuple: lambda value: _items(b"t", value),
    dict: lambda value: _pairs(b"d", value),
    MappingProxyType: lambda value: _pairs(b"m", value),
    set: lambda value: _sorted(b"S", value),
    frozenset: lambda value: _sorted(b"Z", value),
    OrderedDict: lambda value: _named(OrderedDict, list(value.items())),  # its order is a part of it
    defaultdict: _mapping,
    Counter: _mapping,
    deque: _sequence,
    dt.datetime: _time,
    dt.time: _time,
    dt.date: _by_text,
    dt.timedelta: lambda value: _named(dt.timedelta, value.days, value.seconds, value.microseconds),
    UUID: _by_text,
    Decimal: _by_text,
    Fraction: _by_text,
}
_TEXTUAL: Final = (
    PurePath,
    AnyUrl,
    ipaddress.IPv4Address,
    ipaddress.IPv6Address,
    ipaddress.IPv4Network,
    ipaddress.IPv6Network,
)
_BUILT_IN: Final = (str, bytes, int, float, list, tuple, dict, set, frozenset)


@lru_cache(maxsize=1024)
def _encoder_of(kind: type) -> Encoder:
    """Find how the values of a class are written.

    Raises:
        TypeError: They have no canonical form.
    """
    if issubclass(kind, Enum):
        return _enum
    if issubclass(kind, BaseModel):
        return _model
    if issubclass(kind, _TEXTUAL):
        return _by_text
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _sequence
    # A dataclass that is a list as well has contents that its fields know nothing of.
    if dataclasses.is_dataclass(kind) and not issubclass(kind, _BUILT_IN):
        return _dataclass
    raise TypeError(f"a {kind.__name__} has no canonical form")
