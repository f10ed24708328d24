"""Values as they may be shown: secrets hidden, and as data that a file can hold."""

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from motet.config.keys import Leaf
from motet.config.passwords import HIDDEN, without_password
from motet.config.section import NONE

__all__ = ["plain", "shown", "writable"]


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
    return _without_passwords(plain(value)) if leaf.url else plain(value)


def writable(value: object) -> Any:
    """Return a value as a TOML file can hold it."""
    return NONE if value is None else plain(value)


def _without_passwords(value: object) -> Any:
    """Hide the passwords of URLs, also in what should have been one."""
    if isinstance(value, dict):
        return {name: _without_passwords(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_passwords(each) for each in value]
    return without_password(value) if isinstance(value, str) else value


def _hidden(value: object) -> Any:
    """Hide a secret; which ones a table holds may be seen, and that there is none."""
    if isinstance(value, dict):
        return dict.fromkeys(value, HIDDEN)
    return value if value in (None, "", []) else HIDDEN
