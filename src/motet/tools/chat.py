"""The small vocabulary of a talk with a model, in nobody's format. All of it goes through JSON and back.

A chat agent is any `Agent[ChatRequest, Turn]`: a model's client is one small function, with the converters of
`chat_openai` or `chat_anthropic`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic_core import to_json

from motet.kernel.errors import Fault, InvalidPayload
from motet.kernel.message import FilePart, Message, Role, TextPart
from motet.kernel.schema import Schema
from motet.tools.spec import ToolSpec

__all__ = ["Answer", "ChatRequest", "Said", "Stop", "ToolCall", "Turn", "read_said", "read_turns"]

Speaker = Literal["system", "user", "assistant", "tool"]
Stop = Literal["rounds", "calls", "tokens", "cost", "seconds"]

_SPEAKERS: Final[Mapping[Role, Speaker]] = {"user": "user", "agent": "assistant", "system": "system", "tool": "tool"}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to call a tool.

    Args:
        id: What the result is to be given under; empty where the model gave none.
        name: Which tool.
        arguments: A mapping, or the JSON text that the model wrote: whether it is any is seen when the call is made.
    """

    id: str
    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody says in a talk.

    Args:
        role: Who says it.
        text: What is said.
        calls: What an assistant wants to be called.
        call_id: Which call a tool answers.
        name: What that tool is called.
        failed: Whether the tool failed.
        native: What of a provider's own message has no place above, under the provider's name. It goes back to that
            provider as it came.
    """

    role: Speaker
    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""
    name: str = ""
    failed: bool = False
    native: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a chat agent takes: the talk so far, and the tools that it may call."""

    turns: tuple[Turn, ...]
    tools: tuple[ToolSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a talk with tools came to.

    Args:
        text: What the model said last.
        turns: The whole talk. Each call in it has its answer, so it can be gone on with.
        rounds: How often the model was asked.
        calls: How many calls it made.
        failed: How many of them failed.
        stopped: Which bound ended the talk; None where the model had finished.
    """

    text: str
    turns: tuple[Turn, ...]
    rounds: int = 0
    calls: int = 0
    failed: int = 0
    stopped: Stop | None = None


Said = str | Message | Sequence[Turn]
"""What a talk may begin with."""


def read_turns(said: Said) -> tuple[Turn, ...]:
    """Read what a talk begins with.

    Raises:
        InvalidPayload: A message holds a file, which has no place in a turn.
    """
    if isinstance(said, str):
        return (Turn("user", said),)
    if isinstance(said, Message):
        return (Turn(_SPEAKERS[said.role], _text(said)),)
    return tuple(said)


def read_said(output: object, agent: str) -> Turn:
    """Read what a chat agent said: a turn, or the text of one that calls nothing.

    Args:
        output: What it returned.
        agent: Its name, for the error.

    Raises:
        InvalidPayload: It is nothing that an assistant says.
    """
    said = _OUTPUT.validator(agent, "output")(output)
    if isinstance(said, Turn):
        if said.role == "assistant":
            return said
        error = InvalidPayload(f"The output of {agent!r} is a turn of the {said.role}: an assistant's is wanted")
        error.fault = Fault.AGENT
        raise error
    return Turn("assistant", said if isinstance(said, str) else _text(said))


_OUTPUT: Final[Schema[str | Turn | Message]] = Schema(str | Turn | Message)


def _text(message: Message) -> str:
    texts: list[str] = []
    for part in message.parts:
        if isinstance(part, FilePart):
            raise InvalidPayload("A message with a file has no place in a talk: put what the model needs into text")
        texts.append(part.text if isinstance(part, TextPart) else to_json(part.data).decode())
    return "".join(texts)
