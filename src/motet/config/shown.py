"""Values as they may be shown: secrets hidden, and as data that a file can hold."""

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import SecretStr

from motet.config.keys import Leaf
from motet.config.section import NONE

__all__ = ["HIDDEN", "plain", "shown", "without_password", "writable"]

HIDDEN: Final = "********"

_PASSWORD: Final = re.compile(r"(?P<before>^[A-Za-z][\w+.-]*://[^/?#@]*?:)(?P<secret>[^/?#]*)(?=@)")
_QUERY: Final = re.compile(
    r"(?P<before>[?&][^=&#]*(?:password|secret|token|key)[^=&#]*=)(?P<secret>[^&#]*)", re.IGNORECASE
)


def plain(value: object) -> Any:
    """Return a value as JSON data, secrets and all."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value


def shown(leaf: Leaf | None, value: object, *, reveal: bool = False) -> Any:
    """Return a value as JSON data that anybody may see.

    Args:
        leaf: The setting; None where it is not known, so that nothing of it is shown.
        value: Its value, checked or not.
        reveal: Show secrets all the same.
    """
    if reveal:
        return plain(value)
    if leaf is None:
        return HIDDEN
    if leaf.secret:
        return _hidden(plain(value))
    if leaf.url and isinstance(value, str):
        return without_password(value)
    return plain(value)


def without_password(url: str) -> str:
    """Return a URL without the password in it, and without what its parameters call a secret."""
    return _QUERY.sub(rf"\g<before>{HIDDEN}", _PASSWORD.sub(rf"\g<before>{HIDDEN}", url))


def writable(value: object) -> Any:
    """Return a value as a TOML file can hold it."""
    return NONE if value is None else plain(value)


def _hidden(value: object) -> Any:
    """Hide a secret; which ones a table holds may be seen, and that there is none."""
    if isinstance(value, dict):
        return dict.fromkeys(value, HIDDEN)
    return value if value in (None, "", []) else HIDDEN
