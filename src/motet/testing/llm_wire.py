"""Answers as OpenAI's API writes them; no I/O here. See https://platform.openai.com/docs/api-reference/chat."""

import base64
import hashlib
import json
import math
import re
import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

from motet.testing.llm_answers import ApiError, Calls
from motet.testing.llm_request import LLMRequest, text_of

__all__ = ["Completion", "embedding", "embeddings", "error_body", "event", "model_object", "models_list", "words"]

CREATED: Final = 1_750_000_000
"""The time that every answer bears, in seconds since 1970."""

FRAGMENT: Final = 8
"""Characters of a tool's arguments in one chunk of a stream."""

JsonObject = dict[str, Any]

_USUAL: Final[dict[int, tuple[str, str, str | None]]] = {
    400: ("The request is invalid.", "invalid_request_error", None),
    401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    403: ("You are not allowed to do this.", "invalid_request_error", "permission_denied"),
    404: ("The model does not exist or you do not have access to it.", "invalid_request_error", "model_not_found"),
    429: ("Rate limit reached for requests.", "requests", "rate_limit_exceeded"),
    500: ("The server had an error while processing your request. Sorry about that!", "server_error", None),
    503: ("The engine is currently overloaded, please try again later.", "server_error", "overloaded"),
}


def words(text: str) -> int:
    """Count the tokens of a text: its words."""
    return len(text.split())


def error_body(error: ApiError, param: str | None = None) -> JsonObject:
    """Write the body of an error."""
    kind = 500 if error.status > 500 else 400
    message, type_, code = _USUAL.get(error.status, _USUAL[kind])
    return {
        "error": {
            "message": error.message or message,
            "type": type_,
            "param": param,
            "code": error.code or (code if not error.message or error.status in {401, 404, 429} else None),
        }
    }


def event(data: object) -> bytes:
    """Write an event of a stream."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


class Completion:
    """One answer to a request for a chat completion, whole or in chunks.

    Args:
        request: What was asked.
        answer: What the model says.
        hex_id: Gives ids, by their size in bytes.
    """

    def __init__(self, request: LLMRequest, answer: str | Calls, ids: Iterator[str]) -> None:
        said = Calls((), answer) if isinstance(answer, str) else answer
        self._request = request
        self._text = said.text
        self._id = f"chatcmpl-{next(ids)}"
        self._calls: list[JsonObject] = [
            {
                "id": call.id or f"call_{next(ids)}",
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in said.calls
        ]

    @property
    def usage(self) -> JsonObject:
        """How many tokens were used, words counting as such."""
        prompt = sum(words(text_of(message)) + _words_called(message) for message in self._request.messages)
        completion = words(self._text) + _words_called({"tool_calls": self._calls})
        return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}

    def whole(self) -> JsonObject:
        """Write it as one object."""
        message: JsonObject = {"role": "assistant", "content": self._text or None, "refusal": None}
        if self._calls:
            message["tool_calls"] = self._calls
        else:
            message["content"] = self._text
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish}
        return {**self._head("chat.completion"), "choices": [choice], "usage": self.usage}

    def first(self) -> JsonObject:
        """Write the first chunk, which tells the role."""
        return self._chunk({"role": "assistant", "content": None if self._calls and not self._text else ""})

    def content(self) -> Iterator[JsonObject]:
        """Write the chunks with content: words, then each call with fragments of its arguments."""
        for piece in re.findall(r"\s*\S+\s*", self._text) or ([self._text] if self._text else []):
            yield self._chunk({"content": piece})
        for index, call in enumerate(self._calls):
            function = call["function"]
            arguments = function["arguments"]
            begin = {"index": index, **call, "function": {"name": function["name"], "arguments": ""}}
            yield self._chunk({"tool_calls": [begin]})
            for start in range(0, len(arguments), FRAGMENT):
                fragment = {"index": index, "function": {"arguments": arguments[start : start + FRAGMENT]}}
                yield self._chunk({"tool_calls": [fragment]})

    def last(self) -> Iterator[JsonObject]:
        """Write the chunk that says why it ends, and the one with the usage if it was asked for."""
        yield self._chunk({}, self._finish)
        if self._with_usage:
            yield {**self._head("chat.completion.chunk"), "choices": [], "usage": self.usage}

    @property
    def _finish(self) -> str:
        return "tool_calls" if self._calls else "stop"

    @property
    def _with_usage(self) -> bool:
        return bool((self._request.body.get("stream_options") or {}).get("include_usage"))

    def _chunk(self, delta: JsonObject, finish: str | None = None) -> JsonObject:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        chunk = {**self._head("chat.completion.chunk"), "choices": [choice]}
        return {**chunk, "usage": None} if self._with_usage else chunk

    def _head(self, kind: str) -> JsonObject:
        return {
            "id": self._id,
            "object": kind,
            "created": CREATED,
            "model": self._request.model,
            "system_fingerprint": "fp_motet",
        }


def _words_called(message: JsonObject) -> int:
    calls = message.get("tool_calls") or ()
    return sum(words(call["function"]["name"]) + words(call["function"]["arguments"]) for call in calls)


def embeddings(request: LLMRequest, texts: Sequence[str]) -> JsonObject:
    """Write the answer to a request for embeddings."""
    size = int(request.body.get("dimensions") or 32)
    packed = request.body.get("encoding_format") == "base64"
    data = []
    for index, text in enumerate(texts):
        vector = embedding(text, size)
        shown: object = base64.b64encode(struct.pack(f"<{size}f", *vector)).decode() if packed else vector
        data.append({"object": "embedding", "index": index, "embedding": shown})
    tokens = sum(map(words, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": request.model, "usage": usage}


def embedding(text: str, size: int = 32) -> list[float]:
    """Make the vector of a text: the sum of one for each of its words, of length 1; who shares words is near.

    Args:
        text: Any text; capitals make no difference.
        size: How many dimensions.
    """
    sums = [0.0] * size
    for word in re.findall(r"\w+", text.lower()) or [text]:
        for place, number in enumerate(_numbers(word, size)):
            sums[place] += number
    length = math.sqrt(sum(number * number for number in sums)) or 1.0
    return [number / length for number in sums]


def _numbers(word: str, size: int) -> Sequence[float]:
    raw = hashlib.shake_256(word.encode("utf-8", "surrogatepass")).digest(2 * size)
    return [number / 32_768 for number in struct.unpack(f"<{size}h", raw)]


def models_list(names: Sequence[str]) -> JsonObject:
    """Write the list of models."""
    return {"object": "list", "data": [model_object(name) for name in names]}


def model_object(name: str) -> JsonObject:
    """Write one model."""
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "motet"}
