"""Tools in the formats that models and protocols are told of them in.

Recursive models, and models in models, stay references to `$defs`: all three formats take them.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from motet.kernel.errors import InvalidAgent
from motet.tools.json_schema import strict as strictly
from motet.tools.spec import ToolSpec

__all__ = ["anthropic_tools", "mcp_tools", "openai_tools"]

_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What every format takes as a name, https://platform.openai.com/docs/api-reference/chat/create#chat-create-tools."""


def openai_tools(specs: Iterable[ToolSpec], *, strict: bool = False) -> list[dict[str, Any]]:
    """Write tools as OpenAI's chat completions take them.

    Args:
        specs: The tools.
        strict: Let the model give exactly the arguments of the schema: every one is required then, and what may be
            left out may be null. A tool that takes a mapping with any keys, a value of any type or a tuple has no
            strict form, and is written without. See https://platform.openai.com/docs/guides/structured-outputs.

    Raises:
        InvalidAgent: A name is not allowed there.
    """
    return [{"type": "function", "function": _function(spec, strict)} for spec in _named(specs)]


def anthropic_tools(specs: Iterable[ToolSpec]) -> list[dict[str, Any]]:
    """Write tools as Anthropic's messages take them.

    Args:
        specs: The tools. See https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use.

    Raises:
        InvalidAgent: A name is not allowed there.
    """
    return [
        {"name": spec.name, "description": spec.description, "input_schema": dict(spec.schema)}
        for spec in _named(specs)
    ]


def mcp_tools(specs: Iterable[ToolSpec]) -> list[dict[str, Any]]:
    """Write tools as the Model Context Protocol lists them.

    Args:
        specs: The tools. See https://modelcontextprotocol.io/specification/2025-11-25/server/tools.

    Raises:
        InvalidAgent: A name is not allowed there.
    """
    listed = []
    for spec in _named(specs):
        entry = {"name": spec.name, "description": spec.description, "inputSchema": dict(spec.schema)}
        listed.append(entry if spec.output is None else {**entry, "outputSchema": dict(spec.output)})
    return listed


def _function(spec: ToolSpec, strict: bool) -> dict[str, Any]:
    schema = strictly(spec.schema) if strict else None
    if schema is None:
        return {"name": spec.name, "description": spec.description, "parameters": dict(spec.schema)}
    return {"name": spec.name, "description": spec.description, "parameters": schema, "strict": True}


def _named(specs: Iterable[ToolSpec]) -> list[ToolSpec]:
    listed = list(specs)
    for spec in listed:
        if not _NAME.fullmatch(spec.name):
            raise InvalidAgent(
                f"A model cannot call {spec.name!r}: say name= where the tool is made, with 1 to 64 letters, digits, "
                "- and _"
            )
    return listed
