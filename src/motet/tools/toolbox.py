"""Several tools, looked up by their names: what a model is given, and what answers its calls."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Unpack

from motet.kernel.agent import Agent
from motet.kernel.errors import InvalidAgent, InvalidPayload, NotFound
from motet.kernel.scope import CallOptions
from motet.tools.arguments import Arguments, read_arguments
from motet.tools.formats import anthropic_tools, mcp_tools, openai_tools
from motet.tools.result import ToolResult
from motet.tools.spec import ToolSpec
from motet.tools.tool import Tool, tool

__all__ = ["Toolbox"]

SHOWN: Final = 20
"""How many names a model that asks for an unknown tool is told."""

LONGEST: Final = 100
"""How much of a name that is unknown is told back."""


class Toolbox(Mapping[str, Tool]):
    """Tools by their names; it never changes.

    `a | b` holds the tools of both.

    Args:
        *tools: Tools; functions and agents, which become tools; toolboxes, whose tools are put in.

    Raises:
        InvalidAgent: Two tools have the same name, or something cannot be a tool.
    """

    __slots__ = ("_tools",)

    def __init__(self, *tools: "Tool | Agent[Any, Any] | Callable[..., Any] | Toolbox") -> None:
        found: dict[str, Tool] = {}
        for given in tools:
            for made in given.values() if isinstance(given, Toolbox) else [_as_tool(given)]:
                if made.name in found:
                    raise InvalidAgent(f"Two tools are called {made.name!r}: make one of them with another name=")
                found[made.name] = made
        self._tools = MappingProxyType(found)

    def __getitem__(self, name: str) -> Tool:
        return self._tools[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def __repr__(self) -> str:
        return f"<Toolbox {', '.join(self)}>"

    def __or__(self, other: "Toolbox | Tool | Agent[Any, Any] | Callable[..., Any]") -> "Toolbox":
        return Toolbox(self, other)

    def only(self, *names: str) -> "Toolbox":
        """Return a toolbox with these tools alone.

        Raises:
            NotFound: There is no tool of that name.
        """
        return Toolbox(*(self._found(name) for name in names))

    def without(self, *names: str) -> "Toolbox":
        """Return a toolbox without these tools.

        Raises:
            NotFound: There is no tool of that name.
        """
        gone = {self._found(name).name for name in names}
        return Toolbox(*(made for name, made in self.items() if name not in gone))

    async def call(self, name: str, arguments: Arguments = None, **options: Unpack[CallOptions]) -> ToolResult:
        """Answer a model's call: whatever is wrong with it comes back as data.

        Args:
            name: The name that it gave.
            arguments: What it sent: a mapping, or JSON text.
            **options: See `CallOptions`.
        """
        try:
            made, given = self.prepared(name, arguments)
        except (NotFound, InvalidPayload) as error:
            return ToolResult.failed(error)
        return await made(given, **options)

    def prepared(self, name: str, arguments: Arguments) -> tuple[Tool, Mapping[str, object]]:
        """Find the tool for a model's call, and what to call it with.

        Raises:
            NotFound: There is no tool of that name; the message offers those that look alike.
            InvalidPayload: The arguments are no JSON object.
        """
        made = self._found(name)
        return made, read_arguments(made.name, arguments, made.types[0].json_schema)

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        """What a model is told of each tool, in nobody's format."""
        return tuple(made.spec for made in self.values())

    def openai(self, *, strict: bool = False) -> list[dict[str, Any]]:
        """Write the tools for OpenAI's chat completions; see `openai_tools`."""
        return openai_tools(self.specs, strict=strict)

    def anthropic(self) -> list[dict[str, Any]]:
        """Write the tools for Anthropic's messages; see `anthropic_tools`."""
        return anthropic_tools(self.specs)

    def mcp(self) -> list[dict[str, Any]]:
        """Write the tools for the Model Context Protocol; see `mcp_tools`."""
        return mcp_tools(self.specs)

    def _found(self, name: str) -> Tool:
        if name in self._tools:
            return self._tools[name]
        alike = difflib.get_close_matches(name[:LONGEST], self, n=3, cutoff=0.5)
        listed = alike or list(self)[:SHOWN]
        known = (
            f"{'did you mean' if alike else 'there are'} {', '.join(map(repr, listed))}" if listed else "none is here"
        )
        raise NotFound(f"There is no tool {name[:LONGEST]!r}: {known}", name=name[:LONGEST])


def _as_tool(given: Tool | Agent[Any, Any] | Callable[..., Any]) -> Tool:
    if isinstance(given, list | tuple | set | frozenset):
        raise InvalidAgent("A toolbox takes its tools one by one: write Toolbox(*tools)")
    return given if isinstance(given, Tool) else tool(given)
