"""JSON pointers: `/a/0` names a place inside JSON data.  Source: RFC 6901."""

import re
from typing import Final

__all__ = ["NOWHERE", "follow", "is_pointer"]

NOWHERE: Final = object()
"""Stands for "there is nothing at that place": None may well be there."""

_POINTER: Final = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


def is_pointer(text: str) -> bool:
    """Tell whether a text is a pointer: empty, or parts that begin with "/", in which "~" is followed by 0 or 1.

    See RFC 6901, section 3.
    """
    return _POINTER.fullmatch(text) is not None


def follow(pointer: str, data: object) -> object:
    """Return what a pointer points to, or `NOWHERE`.

    See RFC 6901, section 4. "-", the place behind the last one of a list, is nowhere.

    Args:
        pointer: The pointer; "" is the whole.
        data: JSON data.
    """
    for part in pointer.split("/")[1:]:
        # "~1" first: "~01" is the text "~1".
        data = _step(part.replace("~1", "/").replace("~0", "~"), data)
    return data


def _step(part: str, data: object) -> object:
    if isinstance(data, dict):
        return data.get(part, NOWHERE)
    if isinstance(data, list) and _INDEX.fullmatch(part) and int(part) < len(data):
        return data[int(part)]
    return NOWHERE
