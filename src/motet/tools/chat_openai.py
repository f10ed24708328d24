"""Talks with models as OpenAI's chat completions have them, and as many other servers do.

A model's client is one small function:

    @agent
    async def model(request: ChatRequest) -> Turn:
        done = await client.chat.completions.create(model="...", **to_openai(request))
        return from_openai(done.choices[0].message.model_dump())

See https://platform.openai.com/docs/api-reference/chat/create.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from motet.kernel.errors import InvalidPayload
from motet.tools.chat import ChatRequest, Speaker, ToolCall, Turn
from motet.tools.formats import openai_tools

__all__ = ["from_openai", "to_openai", "turns_from_openai"]

NATIVE: Final = "openai"

_ROLES: Final[Mapping[str, Speaker]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}
_OURS: Final = {"role", "content", "tool_calls", "tool_call_id"}


def to_openai(request: ChatRequest, *, strict: bool = False) -> dict[str, Any]:
    """Write a request: `messages`, and `tools` where there are any.

    Args:
        request: What a chat agent takes.
        strict: See `openai_tools`.

    Raises:
        InvalidAgent: The name of a tool is not allowed there.
    """
    messages = [_message(turn) for turn in request.turns]
    tools = openai_tools(request.tools, strict=strict)
    return {"messages": messages, "tools": tools} if tools else {"messages": messages}


def from_openai(message: Mapping[str, Any]) -> Turn:
    """Read a message, such as `choices[0].message` of an answer as plain data.

    Raises:
        InvalidPayload: It is no message.
    """
    try:
        return _turn(message)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidPayload(f"This is no message of a chat completion: {error!r} is missing or odd") from error


def turns_from_openai(messages: Iterable[Mapping[str, Any]]) -> tuple[Turn, ...]:
    """Read a whole talk.

    Raises:
        InvalidPayload: One of them is no message.
    """
    return tuple(map(from_openai, messages))


def _message(turn: Turn) -> dict[str, Any]:
    if turn.role == "tool":
        return {"role": "tool", "tool_call_id": turn.call_id, "content": turn.text}
    if turn.role != "assistant":
        return {"role": turn.role, "content": turn.text}
    message: dict[str, Any] = {**turn.native.get(NATIVE, {}), "role": "assistant", "content": turn.text or None}
    if turn.calls:
        return {**message, "tool_calls": [_call(call) for call in turn.calls]}
    return {**message, "content": turn.text}


def _call(call: ToolCall) -> dict[str, Any]:
    written = call.arguments if isinstance(call.arguments, str) else json.dumps(dict(call.arguments))
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": written}}


def _turn(message: Mapping[str, Any]) -> Turn:
    beyond = {key: value for key, value in message.items() if key not in _OURS and value not in (None, [])}
    return Turn(
        _ROLES[message["role"]],
        _text(message.get("content")),
        tuple(_read_call(entry) for entry in message.get("tool_calls") or ()),
        message.get("tool_call_id") or "",
        native={NATIVE: beyond} if beyond and message["role"] == "assistant" else {},
    )


def _read_call(entry: Mapping[str, Any]) -> ToolCall:
    function = entry["function"]
    return ToolCall(str(entry.get("id") or ""), str(function["name"]), function.get("arguments") or "")


def _text(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part["text"] for part in content if part.get("type", "text") == "text")
