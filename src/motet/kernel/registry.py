"""Agents by name."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

from motet.kernel.agent import Agent
from motet.kernel.errors import InvalidAgent, NotFound

__all__ = ["DEFAULT_REGISTRY", "Registry"]


class Registry:
    """Agents by name, in the order in which they were added."""

    def __init__(self) -> None:
        self._agents: dict[str, Agent[Any, Any]] = {}

    def add(self, agent: Agent[Any, Any], name: str | None = None, *, replace: bool = False) -> None:
        """Add an agent.

        Args:
            agent: What to add.
            name: What to call it; its own name unless given.
            replace: Whether it may take the place of another one.

        Raises:
            InvalidAgent: The name is taken.
        """
        key = name or agent.name
        if key in self._agents and not replace and self._agents[key] is not agent:
            raise InvalidAgent(f"The name {key!r} is taken: choose another one, or pass replace=True")
        self._agents[key] = agent

    def get(self, name: str) -> Agent[Any, Any]:
        """Return the agent of that name.

        Raises:
            NotFound: There is none; the message offers the names that look alike.
        """
        found = self._agents.get(name)
        if found is None:
            close = get_close_matches(name, self._agents, n=3)
            hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"known are {sorted(self._agents)}"
            raise NotFound(f"No agent is called {name!r}: {hint}", name=name)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._agents

    def __iter__(self) -> Iterator[str]:
        return iter(self._agents)

    def __len__(self) -> int:
        return len(self._agents)


DEFAULT_REGISTRY: Final = Registry()
"""The registry that decorators fill; every constructor that uses it can be given another one."""
