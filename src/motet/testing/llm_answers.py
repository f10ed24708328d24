"""What a stand-in for a model may answer: text, calls of tools, and everything that goes wrong with models."""

import json
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from motet.testing.llm_request import LLMRequest

__all__ = [
    "Answer",
    "ApiError",
    "Calls",
    "Disconnect",
    "Garbage",
    "Gate",
    "Slow",
    "ToolCalled",
    "tool_call",
    "tool_calls",
]


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """One call of a tool, as it goes over the wire.

    Args:
        name: Which tool.
        arguments: The JSON text of the arguments, or something that a model took for it.
        id: What the result is to be given under; made up by the server where it is empty.
    """

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Calls:
    """The model wants tools to be called.

    Args:
        calls: Which, in order.
        text: What it says beside.
    """

    calls: tuple[ToolCalled, ...]
    text: str = ""


@dataclass(frozen=True, slots=True)
class ApiError:
    """The API answers with an error.

    Args:
        status: The HTTP status, such as 429, 500 or 503.
        message: What it says; a sentence of OpenAI's for the usual ones.
        code: The short name of the error, likewise.
        retry_after: Seconds for the header Retry-After.
    """

    status: int
    message: str = ""
    code: str | None = None
    retry_after: float | None = None

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 599:
            raise ValueError(f"ApiError({self.status}): an error has a status from 400 to 599")


class Gate:
    """Something that stays shut until a test opens it; from any thread."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def open(self) -> None:
        """Let pass."""
        self._open.set()

    @property
    def is_open(self) -> bool:
        """Whether it was opened."""
        return self._open.is_set()


@dataclass(frozen=True, slots=True)
class Slow:
    """An answer that takes its time.

    Args:
        answer: Text or calls.
        first: Seconds before anything is sent, or a gate to wait for.
        each: Seconds before each chunk after the first that has content, or a gate; for streams.
    """

    answer: "str | Calls"
    first: float | Gate = 0.0
    each: float | Gate = 0.0


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The connection is lost in the middle of an answer.

    Args:
        answer: Text or calls.
        after: How many chunks with content come first; of an answer that is not streamed, half of its bytes come.
    """

    answer: "str | Calls" = ""
    after: int = 0


@dataclass(frozen=True, slots=True)
class Garbage:
    """What comes is not what the API promises.

    Args:
        body: The body, with status 200 and the content type of an answer; of a stream, in place of its events.
        raw: Bytes that are sent in place of a whole HTTP answer.
    """

    body: bytes = b'{"choices": ['
    raw: bytes = field(default=b"", kw_only=True)


Fixed = str | Calls | ApiError | Slow | Disconnect | Garbage
Answer = Fixed | Callable[[LLMRequest], "Fixed | Awaitable[Fixed]"]
"""Text, one of the classes here, or a function of the request that gives one; it runs in the server's thread."""


def tool_call(name: str, arguments: Mapping[str, Any] | str | None = None, *, id: str = "") -> Calls:  # noqa: A002
    """Make the answer of a model that wants one tool to be called.

    Args:
        name: Which tool.
        arguments: By name; a string is sent as it is, also if it is no JSON.
        id: What the result is to be given under; made up where it is empty.
    """
    written = arguments if isinstance(arguments, str) else json.dumps(dict(arguments or {}), ensure_ascii=False)
    return Calls((ToolCalled(name, written, id),))


def tool_calls(*calls: Calls, text: str = "") -> Calls:
    """Make the answer of a model that wants several tools to be called at once.

    Args:
        *calls: Made by `tool_call`.
        text: What it says beside.
    """
    each: Sequence[ToolCalled] = [one for call in calls for one in call.calls]
    return Calls(tuple(each), text)
