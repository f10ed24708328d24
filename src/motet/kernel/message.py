"""What agents exchange when they talk to people, models and protocols: messages, parts and chunks.

A payload may be of any type; `Message` is there for the payloads that protocols speak.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from motet.kernel.errors import InvalidPayload

__all__ = ["Chunk", "DataPart", "FilePart", "Message", "Part", "Role", "TextPart"]

Role = Literal["user", "agent", "system", "tool"]


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of text."""

    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class DataPart:
    """Structured data: any JSON value."""

    data: object
    kind: Literal["data"] = "data"


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file, given by its bytes or by a URL: exactly one of the two.

    Args:
        content: The bytes of the file.
        url: Where the file can be fetched.
        name: A file name to show to people.
        media_type: What is in it, such as "image/png".

    Raises:
        InvalidPayload: Both or neither of `content` and `url` are given.
    """

    content: bytes | None = None
    url: str | None = None
    name: str = ""
    media_type: str = "application/octet-stream"
    kind: Literal["file"] = "file"

    def __post_init__(self) -> None:
        if (self.content is None) == (self.url is None):
            raise InvalidPayload("A FilePart takes either content (bytes) or url (str): give exactly one of them")


Part = TextPart | DataPart | FilePart


@dataclass(frozen=True, slots=True)
class Message:
    """Something said by somebody: a role, and parts of text, data and files.

    Args:
        parts: What it consists of, in order.
        role: Who says it.
        metadata: Facts about it that are no part of what is said.
    """

    parts: tuple[Part, ...]
    role: Role = "user"
    metadata: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, *parts: str | Part, role: Role = "user") -> "Message":
        """Make a message from parts, where a string stands for a part of text."""
        return cls(tuple(TextPart(part) if isinstance(part, str) else part for part in parts), role)

    @property
    def text(self) -> str:
        """The parts of text, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of a stream.

    Args:
        value: What was emitted; None in a restart.
        seq: Its place in the stream, from 1, without gaps.
        path: The names of the agents that stand around the emitter, outermost first, the emitter's own last.
        since: None for data. In a restart, the seq of the first chunk that no longer counts: the agent at `path` is
            tried again, and what it and the agents below it emitted from there on will come anew.
    """

    value: object
    seq: int
    path: tuple[str, ...]
    since: int | None = None

    @property
    def agent(self) -> str:
        """The name of the agent that emitted this chunk."""
        return self.path[-1] if self.path else ""

    @property
    def restart(self) -> bool:
        """Whether this chunk says that an agent is tried again."""
        return self.since is not None

    @property
    def text(self) -> str:
        """The value as text; empty in a restart."""
        return "" if self.restart else str(self.value)

    def replaces(self, earlier: "Chunk") -> bool:
        """Tell whether this chunk, a restart, means that `earlier` no longer counts."""
        if self.since is None or not self.since <= earlier.seq < self.seq:
            return False
        return earlier.path[: len(self.path)] == self.path
