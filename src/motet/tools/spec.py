"""What a model is told of a tool, in nobody's format."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from motet.kernel.errors import InvalidAgent
from motet.kernel.schema import Schema
from motet.tools.json_schema import is_object, rooted, tidied
from motet.tools.result import ToolResult

__all__ = ["ToolSpec", "spec_of"]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a model is told of a tool.

    Args:
        name: What to call it by.
        description: What it does.
        schema: The JSON schema of its arguments, an object.
        output: The JSON schema of its value, where that is an object; None otherwise.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    output: Mapping[str, Any] | None = None


def spec_of(name: str, description: str, taken: Schema[Any], given: Schema[Any]) -> ToolSpec:
    """Say what a model is told.

    Args:
        name: The tool's name.
        description: What it does.
        taken: Its arguments.
        given: What the work gives.

    Raises:
        InvalidAgent: An argument has a type that JSON schema cannot say.
    """
    if not is_object(taken.json_schema):
        raise InvalidAgent(f"A model cannot be told what {name!r} takes: an argument has a type without a JSON schema")
    known = given.type is not ToolResult and is_object(given.json_schema)
    output = tidied(rooted(given.json_schema)) if known else None
    return ToolSpec(name, description, tidied(rooted(taken.json_schema)), output)
