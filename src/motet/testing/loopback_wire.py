"""What the two sides of a loopback say to each other: frames of bytes, and values as JSON; no I/O here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, TypeVar

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from motet.kernel.errors import InvalidPayload
from motet.kernel.schema import Schema, invalid

__all__ = ["Frame", "Head", "decode", "encode", "pack", "sizes_of", "unpack"]

T = TypeVar("T")
Side = Literal["input", "output", "chunk"]


class Head(TypedDict, total=False):
    """What a frame says beside its value."""

    kind: Literal["call", "cancel", "more", "chunk", "result", "error"]
    id: int  #: of the call
    stream: bool  #: of a call: whether chunks are wanted
    deadline: float  #: of a call: seconds that remain
    traceparent: str  #: of a call: the span of the client
    metadata: Mapping[str, object]  #: of a call
    path: list[str]  #: of a chunk: the names below the agent that is served
    seq: int  #: of a chunk: its number on the serving side
    since: int | None  #: of a chunk: see `Chunk.since`


@dataclass(frozen=True, slots=True)
class Frame:
    """One thing that is said.

    Args:
        head: What it is about.
        body: A value as JSON text; empty without one.
    """

    head: Head
    body: bytes = b""


def pack(frame: Frame) -> bytes:
    """Write a frame: two lengths of four bytes, the head as JSON, and the body.

    Raises:
        InvalidPayload: The metadata is no JSON data.
    """
    try:
        head = json.dumps(frame.head, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidPayload(f"Metadata that crosses a wire has to be JSON data: {error}") from error
    return len(head).to_bytes(4) + len(frame.body).to_bytes(4) + head + frame.body


def sizes_of(prefix: bytes) -> tuple[int, int]:
    """Read how long the head and the body of a frame are, from its first eight bytes."""
    return int.from_bytes(prefix[:4]), int.from_bytes(prefix[4:])


def unpack(head: bytes, body: bytes) -> Frame:
    """Read a frame."""
    told: Head = json.loads(head)
    return Frame(told, body)


def encode(schema: Schema[Any], value: object, agent: str, side: Side) -> bytes:
    """Write a value as JSON text, as its type says.

    Raises:
        InvalidPayload: It does not fit the type, or is no JSON data.
    """
    try:
        if schema.open:
            # Not `Schema.dump`: it makes None of NaN where the type is Any.
            return json.dumps(to_jsonable_python(value), allow_nan=False).encode()
        return json.dumps(schema.dump(schema.validator(agent, side)(value)), allow_nan=False).encode()
    except ValueError as error:
        raise InvalidPayload(f"The {side} of {agent!r} is no JSON data: {error}") from error


def decode(schema: Schema[T], body: bytes, agent: str, side: Side) -> T:
    """Read a value.

    Raises:
        InvalidPayload: It does not fit the type.
    """
    if schema.open:
        value: T = json.loads(body)
        return value
    try:
        return schema.adapter.validate_json(body)
    except ValidationError as error:
        raise invalid(agent, side, schema.name, error) from error
