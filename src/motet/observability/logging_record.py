"""A record of `logging` as data: where it happened, in which trace, and what is said, without secrets and bounded."""

import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from motet.kernel.context import CURRENT
from motet.observability.plain import Json, Plain, text_of
from motet.observability.redaction import HIDDEN, Redactor

__all__ = ["RecordReader"]

OWN: Final = frozenset({*vars(logging.LogRecord("", 0, "", 0, "", None, None)), "message", "asctime", "taskName"})
"""What `logging` itself puts into a record; everything else came with `extra=`."""

PLACE: Final = ("trace", "span", "agent")
_PLACE: Final = re.compile(r"%(?:\([^)]*\))?[#0\- +]*(?:\d+)?(?:\.\d+)?[hlL]?[a-zA-Z%]")
CHAIN: Final = 10
"""How many causes of an error are told."""


class RecordReader:
    """Reads records.

    Args:
        plain: Makes data of values.
        redactor: Knows what is secret.
    """

    def __init__(self, plain: Plain, redactor: Redactor) -> None:
        self._plain = plain
        self._redactor = redactor

    def read(self, record: logging.LogRecord) -> dict[str, Json]:
        """Make data of a record; whatever is wrong with it is said in it."""
        found: dict[str, Json] = {
            "time": _time(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": self.message(record),
        }
        extra = {name: value for name, value in vars(record).items() if name not in OWN}
        found |= self._place(extra)
        hidden = self._plain.value(extra)
        for name, value in hidden.items() if isinstance(hidden, dict) else ():
            # What a line needs is not overwritten by what somebody calls the same.
            found[name if name not in found and name != "error" else f"extra.{name}"] = value
        if record.exc_info and record.exc_info[1] is not None:
            found["error"] = self.error(record.exc_info[1])
        if record.stack_info:
            found["stack"] = self._plain.lines(text_of(record.stack_info).splitlines(keepends=True))
        return found

    def message(self, record: logging.LogRecord) -> str:
        """Put the arguments into the message; those that do not fit stand behind it."""
        message, args = text_of(record.msg), record.args
        if not args:
            return self._plain.text(message)
        given: Any = self._argument(args) if isinstance(args, Mapping) else tuple(map(self._argument, args))
        if isinstance(given, tuple) and self._redactor.names_key(message):
            given = tuple(self._hidden(message, given))
        try:
            message %= given
        except Exception as error:  # noqa: BLE001 - it is said what went wrong
            message = f"{message} <{text_of(given)} does not fit: {type(error).__name__}>"
        return self._plain.text(message)

    def error(self, error: BaseException) -> Json:
        """Say what an error is, what caused it, and where it came from."""
        first, *causes = [{"type": type(each).__name__, "message": self._plain.text(each)} for each in _chain(error)]
        told: dict[str, Json] = {**first}
        if causes:
            told["causes"] = [{**cause} for cause in causes]
        try:
            lines = traceback.format_exception(error, limit=-50, chain=True)
        except Exception as broken:  # noqa: BLE001 - it is said what went wrong
            lines = [f"<no traceback: {type(broken).__name__}>"]
        told["stack"] = self._plain.lines(lines)
        return told

    def _argument(self, argument: object) -> object:
        """Take secrets out of data that a message is made with; numbers and texts stay what formats expect."""
        if argument is None or isinstance(argument, int | float | str):
            return argument
        try:
            if isinstance(argument, Mapping | list | tuple | set):
                return self._plain.value(argument)
        except Exception as error:  # noqa: BLE001 - it is said what went wrong
            return f"<{type(argument).__name__} that cannot be read: {type(error).__name__}>"
        return _Written(self._plain, argument)

    def _hidden(self, message: str, given: tuple[object, ...]) -> Iterator[object]:
        """Take out the arguments that stand behind the name of a secret: as a whole, whatever is in them."""
        places = [found for found in _PLACE.finditer(message) if not found.group().endswith("%")]
        for number, argument in enumerate(given):
            before = message[: places[number].start()] if number < len(places) else ""
            yield HIDDEN if self._redactor.ends_with_key(before) else argument

    def _place(self, extra: dict[str, object]) -> dict[str, Json]:
        """Say whose call it was: as told with the record, or the current one."""
        told = {name: extra.pop(name) for name in PLACE if isinstance(extra.get(name), str)}
        context = None if "trace" in told else CURRENT.get()
        if context is not None:
            told = {"trace": context.trace, "span": context.span, "agent": context.agent, **told}
        return {name: self._plain.text(told[name]) for name in PLACE if told.get(name)}


class _Written:
    """An argument of a message that is written safely, whichever way the message asks for."""

    def __init__(self, plain: Plain, value: object) -> None:
        self._plain = plain
        self._value = value

    def __str__(self) -> str:
        return self._plain.text(self._value)

    def __repr__(self) -> str:
        try:
            return self._plain.text(repr(self._value))
        except Exception as error:  # noqa: BLE001 - it is said what went wrong
            return f"<{type(self._value).__name__} that cannot be written: {type(error).__name__}>"

    def __float__(self) -> float:
        return float(self._value)  # type: ignore[arg-type]  # what is no number raises, and that is said

    def __int__(self) -> int:
        return int(self._value)  # type: ignore[call-overload, no-any-return]  # likewise


def _chain(error: BaseException) -> Iterator[BaseException]:
    known: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in known and len(known) < CHAIN:
        known.add(id(each))
        yield each
        each = each.__cause__ if each.__cause__ is not None or each.__suppress_context__ else each.__context__


def _time(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return text_of(seconds)
