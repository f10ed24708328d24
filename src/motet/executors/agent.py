"""`agent`: any agent or flow as the executor of a task."""

import asyncio
import importlib
import os
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, Field

from motet.executors.offer import offer
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.error_payload import text_of
from motet.kernel.errors import InvalidAgent, InvalidPayload, NotFound
from motet.kernel.importing import import_file, is_part
from motet.kernel.registry import DEFAULT_REGISTRY, Registry

__all__ = ["AgentExecutor", "AgentInput", "agent"]


class AgentInput(BaseModel, extra="forbid", hide_input_in_errors=True):
    """Which agent to call.

    Attributes:
        agent: The name of a registered one, `package.module:NAME`, or `FILE.py:NAME`.
        input: Its payload.
    """

    agent: str = Field(min_length=1)
    input: Any = None


class AgentExecutor(Agent[AgentInput, Any]):
    """Call an agent or a flow by its name.

    Args:
        registry: Where names are looked up first.
        root: The folder under which agents may be loaded from files, links resolved; None: from no file.
    """

    name = "agent"
    description = "Call an agent or a flow by its name."
    examples = ({"agent": "flow.py:flow", "input": {"text": "hello"}},)

    def __init__(self, *, registry: Registry = DEFAULT_REGISTRY, root: str | os.PathLike[str] | None = None) -> None:
        self._registry = registry
        self._root = None if root is None else Path(root).resolve()

    async def call(self, inputs: AgentInput, ctx: Context) -> Any:
        """Call the agent as a part of the current trace, and give its output as JSON data."""
        found = await self._find(inputs.agent)
        return found.types[1].dump(await found(inputs.input))

    async def _find(self, text: str) -> Agent[Any, Any]:
        if text in self._registry:
            return self._registry.get(text)
        source, _, name = text.rpartition(":")
        if not source or not name:
            raise self._unknown(text)
        # What is not in memory yet is read in a thread: an import may take seconds, and other tasks go on.
        module = await asyncio.to_thread(_imported, source, self._importer(source))
        return _named(module, name, text)

    def _importer(self, source: str) -> Callable[[], ModuleType]:
        if source.endswith(".py") or "/" in source or os.sep in source:
            path = self._file(source)
            return lambda: import_file(path)
        if not all(part.isidentifier() for part in source.split(".")):
            raise InvalidPayload(f"{source!r} is no name of a module: write package.module:NAME, or FILE.py:NAME")
        return lambda: importlib.import_module(source)

    def _file(self, source: str) -> Path:
        if self._root is None:
            raise InvalidPayload(
                f"Agents are loaded from no file here, so not from {source!r}: register AgentExecutor(root=FOLDER) "
                "with replace=True, or write package.module:NAME"
            )
        path = Path(os.path.realpath(self._root / source))
        if not path.is_relative_to(self._root):
            raise InvalidPayload(f"The file {source!r} lies outside the root: name a file in it")
        if not path.is_file() or path.suffix != ".py":
            raise NotFound(f"There is no Python file {source!r} in the root", name=source)
        return path

    def _unknown(self, text: str) -> NotFound:
        close = get_close_matches(text, self._registry, n=3)
        hint = (
            f"did you mean {' or '.join(map(repr, close))}?" if close else "register it, or write package.module:NAME"
        )
        return NotFound(f"No agent is called {text!r}: {hint}", name=text)

    @staticmethod
    def demo(inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return which agent would be called, and with what."""
        return {"agent": inputs.get("agent"), "input": inputs.get("input")}


def _imported(source: str, importer: Callable[[], ModuleType]) -> ModuleType:
    try:
        return importer()
    except BaseException as error:  # in this thread no signal is raised: whatever it is, the module has raised it
        if isinstance(error, ModuleNotFoundError) and is_part(error.name, source):
            raise NotFound(
                f"There is no module {source!r}: install it where the tasks run, or correct its name", name=source
            ) from error
        raise InvalidAgent(f"{source} cannot be imported: {type(error).__name__}: {text_of(error)}") from error


def _named(module: ModuleType, name: str, text: str) -> Agent[Any, Any]:
    found: object = module
    for step in name.split("."):
        if not hasattr(found, step):
            agents = [key for key, value in vars(module).items() if isinstance(value, Agent)]
            close = get_close_matches(step, agents, n=3)
            hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"its agents are {', '.join(agents)}"
            raise NotFound(f"{text!r} names nothing: {hint if agents else 'there are no agents in it'}", name=text)
        found = getattr(found, step)
    if not isinstance(found, Agent):
        raise InvalidAgent(
            f"{text!r} is {type(found).__name__}, not an agent: name a function with @agent above it, or a Flow"
        )
    return found


agent = AgentExecutor()

offer(agent, AgentExecutor.demo)
