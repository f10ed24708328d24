"""What is published, checked: the same forms for every bus, so that a change of bus changes nothing."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from motet.kernel.errors import InvalidPayload

__all__ = ["Posted", "check_delay", "check_name", "post"]

NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,200}")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
NONE: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Posted:
    """A message as it was published.

    Args:
        topic: Where.
        payload: Its bytes.
        key: What it is in order with.
        headers: Read-only, and nobody else's.
    """

    topic: str
    payload: bytes
    key: str | None
    headers: Mapping[str, str]


def post(topic: str, payload: bytes, key: str | None, headers: Mapping[str, str] | None) -> Posted:
    """Check a message that is to be published.

    Raises:
        InvalidPayload: Something is of another type or form than the contract of buses says.
    """
    check_name(topic, "topic")
    if not isinstance(payload, bytes):
        raise InvalidPayload(f"A bus carries bytes, not {type(payload).__name__}: encode the payload first")
    if key is not None:
        _check_text(key, "key")
    if not headers:
        return Posted(topic, payload, key, NONE)
    kept = dict(headers)
    for name, value in kept.items():
        check_name(name, "header")
        _check_text(value, f"header {name!r}")
        if CONTROL.search(value):
            raise InvalidPayload(f"The header {name!r} has a control character in it: encode such a value first")
    return Posted(topic, payload, key, MappingProxyType(kept))


def check_name(name: object, what: str) -> None:
    """Check the name of something.

    Args:
        name: The name.
        what: What it names, for the message.

    Raises:
        InvalidPayload: It is none.
    """
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise InvalidPayload(
            f"The name of a {what} has 1 to 200 letters from a to z, digits, '_', '.' and '-'; {name!r:.220} has not"
        )


def check_delay(delay: float) -> None:
    """Check the delay of a message that is given back.

    Raises:
        ValueError: It is negative, or no finite number.
    """
    if not 0 <= delay < math.inf:
        raise ValueError(f"a delay is a number of seconds from 0, not {delay}")


def _check_text(text: str, what: str) -> None:
    if not isinstance(text, str):
        raise InvalidPayload(f"The {what} of a message is text, not {type(text).__name__}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidPayload(f"The {what} of a message is no text that can be encoded: {error}") from error
