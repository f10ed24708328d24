"""Where the next part of a list begins: the last entry of the part before, as an opaque text."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from pydantic_core import from_json, to_json

from motet.kernel.errors import InvalidPayload

__all__ = ["Entry", "read_cursor", "write_cursor"]

Entry = tuple[float, str, int]
"""When the tree was created, its id, and the task's place in it; 0 for a tree."""


def write_cursor(place: Entry) -> str:
    """Write a place as a cursor."""
    return urlsafe_b64encode(to_json(place)).decode()


def read_cursor(cursor: str | None) -> Entry | None:
    """Read the place back from a cursor.

    Raises:
        InvalidPayload: No list has given this cursor.
    """
    if cursor is None:
        return None
    try:
        created_at, tree_id, seq = from_json(urlsafe_b64decode(cursor.encode()))
        return float(created_at), str(tree_id), int(seq)
    except (Error, ValueError, TypeError) as error:
        raise InvalidPayload(f"{cursor!r} is no cursor of a list: pass on what the last page said") from error
