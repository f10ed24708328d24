"""What a tool gives: a value, or an error as data, and the text of it that a model is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Self

from pydantic import GetPydanticSchema
from pydantic_core import to_json

from motet.kernel.error_payload import ErrorPayload, from_payload, to_payload
from motet.kernel.errors import InvalidAgent, MotetError
from motet.kernel.message import Message, TextPart
from motet.kernel.text import characters

__all__ = ["MAX_TEXT", "ToolResult", "check_max_text"]

MAX_TEXT: Final = 20_000
"""How many characters a model is shown of one result, unless the tool says otherwise: about 5,000 tokens."""

LEAST_TEXT: Final = 100
"""The smallest bound there is: the note that something was cut has to fit."""

# A TypedDict of `typing` is more than pydantic takes before Python 3.12.
Error = Annotated[ErrorPayload, GetPydanticSchema(lambda _, handler: handler(dict[str, Any]))]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a call of a tool came to; an error is data here, and never raised.

    Args:
        value: What the tool returned; None if it failed.
        error: What went wrong, as it would cross a wire; None if nothing did.
        text: What a model is shown: a string as it is, any other value as compact JSON, an error in one line.
    """

    value: Any = None
    error: Error | None = None
    text: str = ""

    @classmethod
    def of(cls, value: object, max_text: int = MAX_TEXT) -> Self:
        """Make the result of a call that went well.

        Args:
            value: What the tool returned. A `ToolResult` stays what it is, within the bound.
            max_text: How many characters of text to keep.

        Raises:
            Exception: The value cannot be written as JSON.
        """
        if isinstance(value, cls):
            return replace(value, text=bounded(value.text, max_text))
        return cls(value, None, bounded(_text(value), max_text))

    @classmethod
    def failed(cls, error: BaseException, max_text: int = MAX_TEXT) -> Self:
        """Make the result of a call that failed.

        Args:
            error: Why. Of an exception from outside the tree of Motet the text shows the type and the message.
            max_text: How many characters of text to keep.
        """
        told = " ".join(_told(error).split())
        return cls(None, to_payload(error), bounded(f"Error: {told}", max_text))

    @property
    def ok(self) -> bool:
        """Whether the call went well."""
        return self.error is None

    def unwrap(self) -> Any:
        """Return the value, where an error is wanted as an exception after all.

        Raises:
            MotetError: The error, as the class that has its code.
        """
        if self.error is not None:
            raise from_payload(self.error)
        return self.value


def check_max_text(max_text: int, name: str) -> int:
    """Return a bound on text that is large enough.

    Raises:
        InvalidAgent: It is not.
    """
    if max_text < LEAST_TEXT:
        raise InvalidAgent(f"{name!r} says max_text={max_text}: the least is {LEAST_TEXT} characters")
    return max_text


def bounded(text: str, most: int) -> str:
    """Cut a text, with a note that says how much is missing; what is no character is replaced."""
    text = characters(text)
    if len(text) <= most:
        return text
    note = f"\n[cut: the first {{:,}} of {len(text):,} characters]"
    kept = most - len(note.format(most))
    return text[:kept] + note.format(kept)


def _text(value: object) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Message) and all(isinstance(part, TextPart) for part in value.parts):
        return value.text
    return to_json(value, inf_nan_mode="strings", bytes_mode="base64", fallback=_plain).decode()


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _told(error: BaseException) -> str:
    """Say what went wrong, and what to do about it: our own errors say so themselves."""
    if not isinstance(error, MotetError):
        kind, message = type(error).__name__, str(error)
        said = f"{kind}: {message}" if message else kind
        return f"{said} (the call failed: change its arguments, or go on without it)"
    if error.retry_after is not None:
        return f"{error.message} (try again in {error.retry_after:g} s)"
    return f"{error.message} (it may work when tried again)" if error.retryable else error.message
