"""JSON values on their way into a store and out again."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import from_json, to_json

from motet.kernel.errors import InvalidPayload

__all__ = ["check_number", "check_text", "copied", "decode", "encode"]

SURELY_READABLE: Final = 380
"""Bytes up to which what was written can be read again: the reader stops at 200 levels and at 4300 digits."""


def encode(value: object, what: str) -> bytes:
    """Write a value as JSON.

    Args:
        value: JSON data; whatever else pydantic can write becomes what it looks like in JSON.
        what: What the value is, for the error.

    Raises:
        InvalidPayload: It cannot be written, or could not be read again.
    """
    try:
        data = to_json(value, fallback=_unfamiliar)
        if len(data) > SURELY_READABLE:
            from_json(data)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidPayload(f"{what} cannot be stored as JSON: {error}") from error
    return data


def _unfamiliar(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON data")


def decode(data: bytes | str) -> Any:
    """Read a value from JSON."""
    return from_json(data)


def copied(value: Any) -> Any:
    """Copy JSON data, so that nobody else can change it."""
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [copied(inner) for inner in value]
    return value


def check_text(text: object, what: str) -> str:
    """Return a text that every database can keep.

    Raises:
        InvalidPayload: It is no text, or has characters that a database cannot keep.
    """
    if type(text) is str and (text.isascii() or _encodable(text)) and "\x00" not in text:
        return text
    raise InvalidPayload(f"{what} cannot be stored: {text!r} is no text, or has NUL or surrogate characters in it")


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_number(number: float | None, what: str) -> None:
    """Check that a number is one.

    Raises:
        InvalidPayload: It is "not a number", which databases take for none at all.
    """
    if number is not None and number != number:  # noqa: PLR0124 - what NaN is known by
        raise InvalidPayload(f"{what} cannot be stored: it is not a number")
