"""Whatever there is as JSON data: bounded, without secrets, and without an error, whatever it does when looked at."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import accumulate
from typing import Final

from pydantic import BaseModel, SecretBytes, SecretStr

from motet.kernel.text import characters
from motet.observability.redaction import HIDDEN, Redactor

__all__ = ["Json", "Plain", "cut", "ends_of", "text_of", "word_of"]

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]

ITEMS: Final = 100
DEPTH: Final = 6
MARK: Final = "... [{} more]"
WORD: Final = 1000
"""Characters of a label or an attribute."""


def cut(text: str, size: int) -> str:
    """Shorten a text, and say by how many characters."""
    return text if len(text) <= size else text[:size] + MARK.format(len(text) - size)


def ends_of(lines: Sequence[str], size: int) -> str:
    """Put lines together; of those that are too long together, take the first ones and, above all, the last ones.

    Args:
        lines: With their line ends.
        size: How many characters, beside the marks that say how much more there was.
    """
    if sum(map(len, lines)) <= size:
        return "".join(lines)
    part = size // 4
    lines = [line if len(line) <= part else cut(line, part) + "\n" for line in lines]
    first = _fitting(lines, part)
    last = len(lines) - _fitting(lines[first:][::-1], size - part)
    left = [f"... [{last - first} lines more]\n"] if last > first else []
    return "".join([*lines[:first], *left, *lines[last:]])


def _fitting(lines: Iterable[str], size: int) -> int:
    return sum(1 for whole in accumulate(map(len, lines)) if whole <= size)


def text_of(value: object) -> str:
    """Write a value as text; of one that cannot be written, say what it is."""
    try:
        return "" + str(value)
    except Exception as error:  # noqa: BLE001 - it is said what went wrong
        return f"<{type(value).__name__} that cannot be written: {type(error).__name__}>"


def word_of(value: object) -> str:
    """Write a value as a label or an attribute: as text that is bounded and can be sent, whatever it is."""
    return characters(text_of(value)[:WORD])


class Plain:
    """Makes JSON data of values.

    Args:
        redactor: Knows what is secret.
        size: How many characters of a text are kept.
    """

    def __init__(self, redactor: Redactor, size: int) -> None:
        self._redactor = redactor
        self._size = size

    def text(self, value: object) -> str:
        """Write a value as text, bounded, and without secrets."""
        # Cut twice: a text without bounds is not searched as a whole, and what is cut off no longer counts.
        whole = text_of(value)
        text = self._redactor.text(whole[: 4 * self._size])
        more = max(0, len(text) - self._size) + max(0, len(whole) - 4 * self._size)
        return text[: self._size] + MARK.format(more) if more else text

    def lines(self, lines: Iterable[str]) -> str:
        """Write lines, such as those of a traceback, bounded and without secrets: what is left out is in the middle."""
        return ends_of(list(map(self.text, lines)), self._size)

    def value(self, value: object, depth: int = DEPTH) -> Json:
        """Make JSON data of a value."""
        try:
            return self._value(value, depth)
        except Exception as error:  # noqa: BLE001 - it is said what went wrong
            return f"<{type(value).__name__} that cannot be read: {type(error).__name__}>"

    def _value(self, value: object, depth: int) -> Json:  # noqa: PLR0911 - a line for each kind of value
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return int(value) if -(2**63) <= value < 2**64 else self.text(hex(value))
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else repr(float(value))
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, SecretStr | SecretBytes):
            return HIDDEN
        if isinstance(value, bytes | bytearray):
            return self.text(bytes(value[: 4 * self._size]).decode("utf-8", "backslashreplace"))
        if isinstance(value, Mapping | BaseModel) or (is_dataclass(value) and not isinstance(value, type)):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple | set | frozenset):
            return self._list(value, depth)
        return self.text(value)

    def _mapping(self, value: object, depth: int) -> Json:
        if depth <= 0:
            return f"<{type(value).__name__}>"
        found: dict[str, Json] = {}
        for number, (key, each) in enumerate(_items(value)):
            if number == ITEMS:
                found["..."] = "more"
                break
            name = key if isinstance(key, str) else text_of(key)
            shown = cut(self._redactor.text(name[: 4 * self._size]), 200)
            found[shown] = HIDDEN if self._redactor.hides(name, each) else self.value(each, depth - 1)
        return found

    def _list(self, value: Iterable[object], depth: int) -> Json:
        if depth <= 0:
            return f"<{type(value).__name__}>"
        every = list(value)
        found = [self.value(each, depth - 1) for each in every[:ITEMS]]
        return found if len(every) <= ITEMS else [*found, MARK.format(len(every) - ITEMS)]


def _items(value: object) -> Iterable[tuple[object, object]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, BaseModel):
        return [
            *((name, getattr(value, name)) for name in type(value).model_fields),
            *(value.model_extra or {}).items(),
        ]
    if is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in fields(value) if field.repr]
    return []
