"""An agent's description of itself: what people, models and protocols read before they call it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Card"]


@dataclass(frozen=True, slots=True)
class Card:
    """What an agent is called, does, takes and gives.

    Args:
        name: Its name.
        description: What it does, for people and models.
        input_schema: The JSON schema of its input.
        output_schema: The JSON schema of its output.
        tags: Words to find it by.
        version: The version of the agent.
        examples: Inputs that show its use, as JSON data.
        streaming: Whether it says that it emits chunks.
    """

    name: str
    description: str = ""
    input_schema: Mapping[str, Any] = field(default_factory=dict)
    output_schema: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    version: str = "1"
    examples: tuple[object, ...] = ()
    streaming: bool = False
