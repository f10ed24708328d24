"""Lines of a log: as JSON for machines, as text for people."""

import json
import logging
import re
import threading
from collections.abc import Iterable, Mapping
from typing import Final

from motet.observability.logging_record import RecordReader
from motet.observability.plain import Json, Plain, cut, ends_of, text_of
from motet.observability.redaction import Redactor

__all__ = ["JsonFormatter", "LineFormatter", "TextFormatter"]

SIZE: Final = 8192
"""Characters of a single text in a line."""

LONGEST: Final = 65_536
"""Characters of a line."""

NESTED: Final = 3
"""How deep the writing of a line may lead to the writing of another one, by objects that log when they are written."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class LineFormatter(logging.Formatter):
    """Makes a line of any record: it raises nothing, keeps within bounds, and shows no secret it can recognise.

    Args:
        redact: Names of keys that hold secrets, beside those that are known.
        size: How many characters of a single text are kept.
    """

    def __init__(self, *, redact: Iterable[str] = (), size: int = SIZE) -> None:
        super().__init__()
        redactor = Redactor(redact)
        self._plain = Plain(redactor, size)
        self._reader = RecordReader(self._plain, redactor)
        self._depth = threading.local()

    def format(self, record: logging.LogRecord) -> str:
        """Make a line."""
        depth: int = getattr(self._depth, "value", 0)
        self._depth.value = depth + 1
        try:
            if depth >= NESTED:
                return self.written(self._bare(record, "an object logs while it is written for the log"))
            return self.written(self._reader.read(record))
        except Exception as error:  # noqa: BLE001 - it is said what went wrong
            return self.written(self._bare(record, f"the record cannot be read: {type(error).__name__}"))
        finally:
            self._depth.value = depth

    def written(self, found: Mapping[str, Json]) -> str:
        """Write a record that was read."""
        raise NotImplementedError

    def _bare(self, record: logging.LogRecord, problem: str) -> dict[str, Json]:
        """Read of a record what can be read without asking its arguments."""
        found: dict[str, Json] = {"level": text_of(record.levelname), "logger": text_of(record.name)}
        message = self._plain.text(record.msg) if type(record.msg) is str else f"<{type(record.msg).__name__}>"
        return {"time": text_of(record.created), **found, "message": message, "problem": problem}


class JsonFormatter(LineFormatter):
    """Makes one line of JSON of every record: time, level, logger, message, trace, span, agent, and extras."""

    def written(self, found: Mapping[str, Json]) -> str:
        """Write a line; one that is too long keeps what says where it came from."""
        line = json.dumps(found, allow_nan=False)
        if len(line) <= LONGEST:
            return line
        kept = ("time", "level", "logger", "message", "trace", "span", "agent")
        short: dict[str, Json] = {name: cut(str(found[name]), 1000) for name in kept if name in found}
        if isinstance(error := found.get("error"), dict):
            short["error"] = _shortened(error)
        return json.dumps({**short, "problem": f"the line had {len(line)} characters: extras were left out"})


class TextFormatter(LineFormatter):
    """Makes lines for people: time, level, agent, message, and extras as `name=value`; an error stands below."""

    def written(self, found: Mapping[str, Json]) -> str:
        """Write a line, and an error below it."""
        rest = dict(found)
        time, level, logger, message = (text_of(rest.pop(name, "")) for name in ("time", "level", "logger", "message"))
        trace, agent = text_of(rest.pop("trace", "")), text_of(rest.pop("agent", ""))
        rest.pop("span", None)
        error, stack = rest.pop("error", None), rest.pop("stack", None)
        place = f" [{f'{agent} {trace[:8]}'.strip()}]" if trace else ""
        extras = "".join(f" {name}={_short(value)}" for name, value in rest.items())
        lines = [f"{time} {level:<7} {logger}{place} {_indented(message)}{extras}"]
        if isinstance(error, dict):
            lines.append(_indented("\n" + text_of(error.get("stack", "")).rstrip())[1:])
        if isinstance(stack, str):
            lines.append(_indented("\n" + stack)[1:])
        return cut(_CONTROL.sub(_escaped, "\n".join(lines)), LONGEST)


def _shortened(error: Mapping[str, Json]) -> dict[str, Json]:
    told: dict[str, Json] = {name: cut(text_of(error.get(name, "")), 1000) for name in ("type", "message")}
    return {**told, "stack": ends_of(text_of(error.get("stack", "")).splitlines(keepends=True), 2000)}


def _indented(text: str) -> str:
    """Let no text look like a line of the log's own."""
    return text.replace("\n", "\n  | ")


def _escaped(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode()


def _short(value: Json) -> str:
    return value if isinstance(value, str) and value and not re.search(r"[\s\"=]", value) else json.dumps(value)
