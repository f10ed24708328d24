"""Talks with models as Anthropic's messages have them.

A model's client is one small function:

    @agent
    async def model(request: ChatRequest) -> Turn:
        done = await client.messages.create(model="...", max_tokens=4096, **to_anthropic(request))
        return from_anthropic(done.model_dump())

See https://docs.anthropic.com/en/api/messages. Blocks that are no text and no call, such as those of a model's
thinking, go back to it as they came.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from motet.kernel.errors import InvalidPayload
from motet.tools.chat import ChatRequest, ToolCall, Turn
from motet.tools.formats import anthropic_tools

__all__ = ["from_anthropic", "to_anthropic", "turns_from_anthropic"]

NATIVE: Final = "anthropic"

Block = dict[str, Any]


def to_anthropic(request: ChatRequest) -> dict[str, Any]:
    """Write a request: `messages`, and `system` and `tools` where there are any.

    What the system says stands in one place there, wherever it stood in the talk; turns in a row of one role become
    one message, as the results of tools have to; a turn that says nothing is left out, as it would be refused.

    Args:
        request: What a chat agent takes.

    Raises:
        InvalidAgent: The name of a tool is not allowed there.
    """
    system = "\n\n".join(turn.text for turn in request.turns if turn.role == "system" and turn.text)
    messages: list[dict[str, Any]] = []
    for turn in request.turns:
        role, blocks = "assistant" if turn.role == "assistant" else "user", _blocks(turn)
        if blocks and messages and messages[-1]["role"] == role:
            messages[-1]["content"].extend(blocks)
        elif blocks:
            messages.append({"role": role, "content": blocks})
    tools = anthropic_tools(request.tools)
    return {"messages": messages, **({"system": system} if system else {}), **({"tools": tools} if tools else {})}


def from_anthropic(message: Mapping[str, Any]) -> Turn:
    """Read what an assistant said, such as a whole answer as plain data.

    Raises:
        InvalidPayload: It is no message of an assistant.
    """
    try:
        if message["role"] == "assistant":
            return _said(_content(message))
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidPayload(f"This is no message: {error!r} is missing or odd") from error
    raise InvalidPayload(f"This is a message of the {message['role']}: an assistant's is wanted")


def turns_from_anthropic(messages: Iterable[Mapping[str, Any]], system: str = "") -> tuple[Turn, ...]:
    """Read a whole talk.

    Args:
        messages: What was said.
        system: What the system says.

    Raises:
        InvalidPayload: One of them is no message.
    """
    turns = [Turn("system", system)] if system else []
    for message in messages:
        turns += [from_anthropic(message)] if message.get("role") == "assistant" else _asked(message)
    return tuple(turns)


def _blocks(turn: Turn) -> list[Block]:
    if turn.role == "system":
        return []
    if turn.role == "tool":
        result = {"type": "tool_result", "tool_use_id": turn.call_id, "content": turn.text}
        return [{**result, "is_error": True} if turn.failed else result]
    kept = turn.native.get(NATIVE)
    if kept:
        return list(kept)
    text: list[Block] = [{"type": "text", "text": turn.text}] if turn.text else []
    return [*text, *(_use(call) for call in turn.calls)]


def _use(call: ToolCall) -> Block:
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": _input(call.arguments)}


def _input(arguments: Mapping[str, Any] | str) -> dict[str, Any]:
    """Return arguments as the object that has to be sent, also where a model wrote no JSON."""
    if not isinstance(arguments, str):
        return dict(arguments)
    try:
        given = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        given = None
    return given if isinstance(given, dict) else {"arguments": arguments}


def _content(message: Mapping[str, Any]) -> list[Block]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _said(blocks: list[Block]) -> Turn:
    text = "".join(block["text"] for block in blocks if block["type"] == "text")
    uses = [block for block in blocks if block["type"] == "tool_use"]
    calls = tuple(ToolCall(block["id"], block["name"], block["input"]) for block in uses)
    beyond = any(block["type"] not in {"text", "tool_use"} for block in blocks)
    return Turn("assistant", text, calls, native={NATIVE: blocks} if beyond else {})


def _asked(message: Mapping[str, Any]) -> list[Turn]:
    """Read what a user said, and the results of tools that come along with it."""
    try:
        return [turn for block in _content(message) if (turn := _read(block)) is not None]
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidPayload(f"This is no message: {error!r} is missing or odd") from error


def _read(block: Block) -> Turn | None:
    if block["type"] == "tool_result":
        content = block.get("content") or ""
        text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
        return Turn("tool", text, call_id=block["tool_use_id"], failed=bool(block.get("is_error")))
    return Turn("user", block["text"]) if block["type"] == "text" else None
