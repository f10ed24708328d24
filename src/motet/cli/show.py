"""What a run shows on standard output: text and pretty JSON for people, JSON lines for programs."""

import json
import sys
import warnings
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any, Final, Literal

from pydantic_core import to_jsonable_python

from motet.cli.failures import describe, payload_of, refusal
from motet.cli.output import Output, OutputLost
from motet.cli.signals import Interrupted
from motet.devtools.words import counted
from motet.kernel.error_payload import ErrorPayload, to_payload
from motet.kernel.errors import Cancelled, InvalidPayload, MotetError
from motet.kernel.message import Chunk
from motet.kernel.schema import Schema

__all__ = ["ForPeople", "ForPrograms", "Show", "already_told", "jsonable"]

BYTES: Final[tuple[Literal["utf8", "base64"], ...]] = ("utf8", "base64")


class Show(ABC):
    """Where a run's chunks, its result and its failure go."""

    @abstractmethod
    def chunk(self, chunk: Chunk) -> None:
        """Show a piece of the stream, as it comes."""

    @abstractmethod
    def result(self, value: object, schema: Schema[Any]) -> None:
        """Show the output, whose declared type is `schema`."""

    @abstractmethod
    def refused(self, error: MotetError) -> None:
        """Show why nothing was run."""

    @abstractmethod
    def failed(self, error: BaseException) -> None:
        """Show why the work failed."""

    @abstractmethod
    def interrupted(self, interrupted: Interrupted) -> None:
        """Show that a signal ended the work."""


class ForPrograms(Show):
    """One JSON document, or with `--stream` one on each line, the last of which is the result or the error.

    Args:
        out: Standard output.
        stream: Whether chunks are shown; everything is then in an object whose key says what it is.
    """

    def __init__(self, out: Output, *, stream: bool) -> None:
        self._out = out
        self._stream = stream
        self._over = False

    def chunk(self, chunk: Chunk) -> None:
        """Write a chunk or a restart in one line."""
        told: dict[str, object] = {"seq": chunk.seq, "path": list(chunk.path)}
        if chunk.restart:
            self._write({"restart": {**told, "since": chunk.since}})
        else:
            self._write({"chunk": {**told, "value": jsonable(chunk.value)}})

    def result(self, value: object, schema: Schema[Any]) -> None:
        """Write the output."""
        data = jsonable(value, schema)
        self._last({"result": data} if self._stream else data)

    def refused(self, error: MotetError) -> None:
        """Write an error payload; its message says everything that its causes do."""
        payload = payload_of(error)
        payload.pop("cause", None)
        self._error(payload)

    def failed(self, error: BaseException) -> None:
        """Write an error payload."""
        self._error(payload_of(error))

    def interrupted(self, interrupted: Interrupted) -> None:
        """Write an error payload."""
        self._error(to_payload(Cancelled(f"the work was {interrupted}")))

    def _error(self, payload: ErrorPayload) -> None:
        self._last({"error": payload})

    def _last(self, data: object) -> None:
        """Write the document that says how it ended: there is only one, even where a signal comes after the result."""
        if not self._over:
            self._over = True
            self._write(data)

    def _write(self, data: object) -> None:
        self._out.document(data)


class ForPeople(Show):
    """Text as it is, anything else as indented JSON; failures in one line on standard error.

    Args:
        out: Standard output.
    """

    def __init__(self, out: Output) -> None:
        self._out = out
        self._kept: list[Chunk] = []
        self._open_line = False

    def chunk(self, chunk: Chunk) -> None:
        """Write a chunk: text without a line end, anything else on a line of its own."""
        if chunk.restart:
            gone = [kept for kept in self._kept if chunk.replaces(kept)]
            self._kept = [kept for kept in self._kept if not chunk.replaces(kept)]
            if gone:
                self._line(f"[{chunk.agent} starts again: its {counted(len(gone), 'chunk')} above no longer count]")
            return
        self._kept.append(chunk)
        if isinstance(chunk.value, str):
            self._out.write(chunk.value)
            self._open_line = not chunk.value.endswith("\n") if chunk.value else self._open_line
        else:
            self._line(json.dumps(jsonable(chunk.value), ensure_ascii=False))

    def result(self, value: object, schema: Schema[Any]) -> None:
        """Write the output, unless it is the text that was streamed."""
        if value is None or already_told(self._kept, value):
            self.end_line()
        elif isinstance(value, str):
            self._line(value)
        else:
            text = json.dumps(jsonable(value, schema), ensure_ascii=False, indent=2)
            self._line(_coloured(text) if self._out.terminal else text)

    def refused(self, error: MotetError) -> None:
        """Write why, on standard error."""
        self.complain(refusal(error))

    def failed(self, error: BaseException) -> None:
        """Write why, on standard error."""
        self.complain(describe(error))

    def interrupted(self, interrupted: Interrupted) -> None:
        """Write one word, on standard error."""
        self.complain(str(interrupted))

    def end_line(self) -> None:
        """Begin a new line if a chunk has left one open."""
        if self._open_line:
            self._out.write("\n")
            self._open_line = False

    def complain(self, text: str) -> None:
        """Write a line to standard error, below a chunk that may have left its line open."""
        with suppress(OutputLost):
            self.end_line()
        print(f"motet: {text}", file=sys.stderr)

    def _line(self, text: str) -> None:
        self.end_line()
        self._out.write(text if text.endswith("\n") else text + "\n")


def already_told(chunks: list[Chunk], value: object) -> bool:
    """Tell whether an output is text that was streamed already.

    Args:
        chunks: What was streamed and still counts.
        value: The output.

    Returns:
        Whether the output is all of the text, or what the last chunks say, or all that one agent has emitted.
    """
    if not isinstance(value, str) or not chunks:
        return False
    rest = value
    for chunk in reversed(chunks):
        if not rest or not rest.endswith(chunk.text):
            break
        rest = rest.removesuffix(chunk.text)
    if not rest:
        return True
    texts: dict[tuple[str, ...], list[str]] = {}
    for chunk in chunks:
        for depth in range(len(chunk.path)):
            texts.setdefault(chunk.path[: depth + 1], []).append(chunk.text)
    return any("".join(parts) == value for parts in texts.values())


def jsonable(value: object, schema: Schema[Any] | None = None) -> object:
    """Return a value as JSON data, whatever it is.

    Args:
        value: An output or a chunk.
        schema: Its declared type, which may say how it is written. A value that is not of that type (such as an
            `Exhausted`) is written as what it is.
    """
    if schema is None:
        return _plain(value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            return _plain(schema.dump(value))
    except (InvalidPayload, ValueError, UserWarning):
        return _plain(value)


def _plain(value: object) -> object:
    for bytes_mode in BYTES:
        try:
            return to_jsonable_python(value, bytes_mode=bytes_mode, inf_nan_mode="null", fallback=_unknown)
        except ValueError:  # pydantic's own error is one: bytes that are no text, or an object that contains itself
            continue
    return repr(value)


def _unknown(value: object) -> object:
    return to_payload(value) if isinstance(value, BaseException) else repr(value)


def _coloured(text: str) -> str:
    # Loaded here: rich takes a while, and only a terminal shows colours.
    from rich.console import Console  # noqa: PLC0415
    from rich.highlighter import JSONHighlighter  # noqa: PLC0415

    console = Console()
    with console.capture() as captured:
        console.print(JSONHighlighter()(text), soft_wrap=True)
    return captured.get()
