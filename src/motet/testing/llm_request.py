"""What a client asks a stand-in for a model: read from the bodies of OpenAI's API, and refused as that API refuses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

__all__ = ["BadRequest", "LLMRequest", "read_chat", "read_embeddings", "read_json", "text_of"]

Kind = Literal["chat", "embeddings"]
Body = TypeVar("Body", bound=BaseModel)
JsonObject = dict[str, Any]


class BadRequest(Exception):
    """A request that OpenAI answers with 400.

    Args:
        message: What is wrong with it.
        param: Which field, such as "messages[0].role".
        code: The short name of the mistake.
    """

    def __init__(self, message: str, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


@dataclass(frozen=True, slots=True)
class LLMRequest:
    """One request that the server got.

    Args:
        number: Which one, from 1.
        kind: "chat" or "embeddings".
        body: The whole body.
        headers: The headers, with names in lower case.
    """

    number: int
    kind: Kind
    body: JsonObject
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The model that is asked for."""
        return str(self.body.get("model", ""))

    @property
    def streaming(self) -> bool:
        """Whether the answer is to come in chunks."""
        return bool(self.body.get("stream"))

    @property
    def messages(self) -> list[JsonObject]:
        """The talk so far; empty where embeddings are asked for."""
        return list(self.body.get("messages") or [])

    @property
    def tools(self) -> list[str]:
        """The names of the tools that are offered."""
        return [str(tool["function"]["name"]) for tool in self.body.get("tools") or []]

    @property
    def last_user(self) -> str:
        """The text of the last message of a user; empty without one."""
        said = [message for message in self.messages if message.get("role") == "user"]
        return text_of(said[-1]) if said else ""

    @property
    def tool_results(self) -> list[str]:
        """What tools have answered since the model last spoke, in order."""
        results: list[str] = []
        for message in reversed(self.messages):
            if message.get("role") != "tool":
                break
            results.append(text_of(message))
        return results[::-1]


def text_of(message: Mapping[str, Any]) -> str:
    """Return what of a message is text."""
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if part.get("type") == "text")
    return str(content or "")


class _Function(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    parameters: JsonObject = {}


class _Tool(BaseModel):
    type: Literal["function"]
    function: _Function


class _Called(BaseModel):
    name: str
    arguments: str


class _ToolCall(BaseModel):
    id: str
    type: Literal["function"]
    function: _Called


class _Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[JsonObject] | None = None
    tool_calls: list[_ToolCall] | None = None
    tool_call_id: str | None = None


class _StreamOptions(BaseModel):
    include_usage: bool | None = None


class _Chat(BaseModel):
    model: str = Field(min_length=1)
    messages: list[_Message] = Field(min_length=1)
    tools: list[_Tool] | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    n: int | None = Field(None, ge=1, le=128)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)


class _Embeddings(BaseModel):
    model: str = Field(min_length=1)
    input: str | list[str] | list[int] | list[list[int]] = Field(min_length=1)
    dimensions: int | None = Field(None, ge=1, le=4096)
    encoding_format: Literal["float", "base64"] | None = None


def read_json(raw: bytes) -> JsonObject:
    """Read a body.

    Raises:
        BadRequest: It is no JSON object.
    """
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise BadRequest(
            f"We could not parse the JSON body of your request. (It says: {error}.) "
            "The OpenAI API expects a JSON payload, but what was sent was not valid JSON."
        ) from error
    if not isinstance(body, dict):
        raise BadRequest(f"The body has to be a JSON object, and is a {type(body).__name__}.")
    return body


def read_chat(body: JsonObject) -> None:
    """Check the body of `POST /v1/chat/completions`.

    Raises:
        BadRequest: Something is wrong with it: the first mistake, with its field.
    """
    chat = _checked(_Chat, body)
    if chat.stream_options is not None and not chat.stream:
        raise BadRequest("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
    if chat.n is not None and chat.n > 1:
        raise BadRequest(f"This stand-in gives one choice, and n={chat.n} was asked for: ask with n=1.", "n")
    owed: set[str] = set()
    for place, message in enumerate(chat.messages):
        at = f"messages[{place}]"
        if message.role == "tool" and message.tool_call_id in owed:
            owed.discard(message.tool_call_id)
            continue
        if message.role == "tool":
            raise BadRequest(
                "Invalid parameter: messages with role 'tool' must be a response to a preceding message with "
                f"'tool_calls' (tool_call_id {message.tool_call_id!r} answers none).",
                f"{at}.role",
            )
        _settled(owed, f"{at}.role")
        if message.content is None and not message.tool_calls:
            raise BadRequest(
                f"Invalid value for 'content': expected a string, got null (in the message of the {message.role}).",
                f"{at}.content",
            )
        owed = {call.id for call in message.tool_calls or ()} if message.role == "assistant" else set()
    _settled(owed, "messages")


def _settled(owed: set[str], param: str) -> None:
    """Check that every call of a tool has its answer."""
    if owed:
        raise BadRequest(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(sorted(owed))}",
            param,
        )


def read_embeddings(body: JsonObject) -> list[str]:
    """Check the body of `POST /v1/embeddings`; return what is to be embedded, tokens as text.

    Raises:
        BadRequest: Something is wrong with it.
    """
    given = _checked(_Embeddings, body).input
    if isinstance(given, str):
        return [given]
    if all(isinstance(entry, int) for entry in given):
        return [str(given)]
    return [str(entry) for entry in given]


def _checked(model: type[Body], body: JsonObject) -> Body:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        param = _path(first["loc"])
        if first["type"] == "missing":
            raise BadRequest(f"Missing required parameter: '{param}'.", param, "missing_required_parameter") from error
        raise BadRequest(f"Invalid value for '{param}': {first['msg']}.", param, "invalid_value") from error


def _path(steps: tuple[int | str, ...]) -> str:
    text = ""
    for step in steps:
        if isinstance(step, str) and (step == "str" or step.startswith("list[")):
            continue  # pydantic's name for one of several types, and no field
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
