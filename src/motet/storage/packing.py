"""How large values are kept: compressed where that helps, and the largest once a tree in a table of their own."""

import zlib
from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from motet.storage.state import Stored

__all__ = ["LARGE", "blob_of", "hash_of", "pack", "resolved", "unpack"]

LARGE: Final = 16_384
"""Bytes beyond which a value goes into a table of its own."""

WORTH_IT: Final = 200
"""Bytes from which a value may become smaller."""

REFERENCE: Final = "@"
"""What a reference begins with, and no JSON."""

COMPRESSED: Final = b"x"
"""What zlib's data begins with, and no JSON."""


def pack(data: bytes) -> bytes:
    """Compress a value where that makes it smaller."""
    if len(data) < WORTH_IT:
        return data
    packed = zlib.compress(data, 1)
    return packed if len(packed) < len(data) else data


def unpack(data: bytes) -> bytes:
    """Return a value as it was."""
    return zlib.decompress(data) if data[:1] == COMPRESSED else data


def blob_of(data: bytes) -> str:
    """Return the reference that stands for a value: it is known by what it contains."""
    return REFERENCE + blake2b(data, digest_size=16).hexdigest()


def hash_of(stored: Stored) -> str | None:
    """Return what a reference refers to; None where it is no reference."""
    if stored is None or not stored:
        return None
    text = stored if isinstance(stored, str) else stored[:33].decode("latin-1")
    return text[1:] if text[0] == REFERENCE else None


def resolved(stored: Stored, blobs: Mapping[str, bytes]) -> Stored:
    """Return a value, in the place of a reference to it."""
    known = hash_of(stored)
    return stored if known is None else blobs[known]
