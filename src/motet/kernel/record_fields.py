"""How the fields of events are written into records, and read again: a codec each."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from motet.kernel.error_payload import from_payload
from motet.kernel.errors import InvalidPayload
from motet.kernel.event import Status
from motet.kernel.frozen import Frozen, freeze, freeze_error, thaw, thaw_error
from motet.kernel.message import Chunk

__all__ = [
    "CHUNK",
    "ERROR",
    "ERRORS",
    "FLAG",
    "NUMBER",
    "OPTIONAL_FLAG",
    "OPTIONAL_NUMBER",
    "STATUS",
    "TEXT",
    "VALUE",
    "WHOLE",
    "Codec",
]


LARGEST: Final = sys.float_info.max
"""The largest number that can be reckoned with: a JSON text may say a larger one."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How a field is kept.

    Args:
        freeze: Keeps its value at the moment of the event; None where nobody can change it.
        write: Makes JSON data of what was kept, or of the value itself.
        read: Makes the value again, or raises `InvalidPayload`.
    """

    read: Callable[[Any], Any]
    write: Callable[[Any, int], object] = lambda value, _: value
    freeze: Callable[[Any, int], Any] | None = None


def _is(*kinds: type, flag: bool = False) -> Callable[[object], object]:
    def read(value: object) -> object:
        if not isinstance(value, kinds) or (isinstance(value, bool) and not flag):
            raise InvalidPayload(f"it is {type(value).__name__}, not {kinds[0].__name__}")
        return value

    return read


def _number(value: object) -> object:
    read = _is(float, int)(value)
    if not isinstance(read, int | float) or not abs(read) <= LARGEST:
        raise InvalidPayload("it is no number that is finite")
    return read


def _status(value: object) -> Status:
    found: Status | None = next((status for status in get_args(Status) if status == value), None)
    if found is None:
        raise InvalidPayload(f"{value!r} is no status")
    return found


def _error(value: object) -> BaseException | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidPayload("it is no error")
    return from_payload(value)


def _errors(value: object) -> tuple[BaseException, ...]:
    if not isinstance(value, list):
        raise InvalidPayload("it is no list of errors")
    return tuple(error for error in map(_error, value) if error is not None)


def _write_errors(kept: tuple[Frozen, ...], limit: int) -> list[object]:
    return [thaw_error(frozen, limit) for frozen in kept]


Kept = tuple[Frozen, int, tuple[str, ...], int | None]
"""A chunk: its value, its place, the names around it, and where it restarts."""


def _freeze_chunk(chunk: Chunk, limit: int) -> Kept:
    return freeze(chunk.value, limit), chunk.seq, chunk.path, chunk.since


def _write_chunk(kept: Kept, limit: int) -> object:
    value, seq, path, since = kept
    data: dict[str, object] = {"seq": seq, "path": list(path), "value": thaw(value, limit)}
    return data if since is None else {**data, "since": since}


def _read_chunk(value: object) -> Chunk:
    if not isinstance(value, Mapping):
        raise InvalidPayload("it is no chunk")
    seq, path, since = value.get("seq"), value.get("path"), value.get("since")
    if not isinstance(seq, int) or not isinstance(path, list) or not isinstance(since, int | None):
        raise InvalidPayload("it is no chunk")
    return Chunk(value.get("value"), seq, tuple(map(str, path)), since)


def _or_none(codec: Codec) -> Codec:
    return Codec(lambda value: None if value is None else codec.read(value))


TEXT: Final = Codec(_is(str), lambda text, _: thaw(text))
WHOLE: Final = Codec(_is(int))
NUMBER: Final = Codec(_number)
OPTIONAL_NUMBER: Final = _or_none(NUMBER)
FLAG: Final = Codec(_is(bool, flag=True))
OPTIONAL_FLAG: Final = _or_none(FLAG)
STATUS: Final = Codec(_status)
VALUE: Final = Codec(lambda value: value, thaw, freeze)
ERROR: Final = Codec(_error, thaw_error, lambda error, _: freeze_error(error))
ERRORS: Final = Codec(_errors, _write_errors, lambda errors, _: tuple(map(freeze_error, errors)))
CHUNK: Final = Codec(_read_chunk, _write_chunk, _freeze_chunk)
