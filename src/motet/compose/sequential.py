"""`sequential`: agents one after another, each with what the one before gave."""

from functools import cached_property
from typing import Any, TypeVar, Unpack, overload

from motet.compose.caller import Caller
from motet.compose.parts import Named, agents_of, told, unique
from motet.compose.sketching import chain, spot
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.invoke import call_below
from motet.kernel.schema import Schema
from motet.kernel.sketch import Sketch

__all__ = ["Sequential", "sequential"]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")


class Sequential(Agent[A, B]):
    """Agents one after another. Made by `sequential`."""

    def __init__(self, agents: tuple[Agent[Any, Any], ...], name: str | None, description: str | None) -> None:
        self.agents = agents
        self.names = unique(agent.name for agent in agents)
        self.name = name or f"sequential of {told(self.names)}"
        self.description = description or f"One after another: {told(self.names)}."
        self.streaming = any(agent.streaming for agent in agents)
        self.validate = "none"  # each agent checks its own sides

    async def call(self, payload: A, ctx: Context) -> B:
        """Call each agent with what the one before gave."""
        caller = Caller()
        value: Any = payload
        for agent, name in zip(self.agents, self.names, strict=True):
            value = await call_below(agent.bound, name, value, ctx)
            caller.check()
        return value  # type: ignore[no-any-return]

    @cached_property
    def types(self) -> tuple[Schema[A], Schema[B]]:
        """What the first agent takes, and what the last one gives."""
        return self.agents[0].types[0], self.agents[-1].types[1]

    def sketch(self) -> Sketch:
        """Return the agents as a chain."""
        return chain(self.name, list(map(spot, self.agents, self.names)))


@overload
def sequential(first: Agent[A, B], /, **options: Unpack[Named]) -> Agent[A, B]: ...
@overload
def sequential(first: Agent[A, B], second: Agent[B, C], /, **options: Unpack[Named]) -> Agent[A, C]: ...
@overload
def sequential(
    first: Agent[A, B], second: Agent[B, C], third: Agent[C, D], /, **options: Unpack[Named]
) -> Agent[A, D]: ...
@overload
def sequential(
    first: Agent[A, B], second: Agent[B, C], third: Agent[C, D], fourth: Agent[D, E], /, **options: Unpack[Named]
) -> Agent[A, E]: ...
@overload
def sequential(*agents: Agent[Any, Any], **options: Unpack[Named]) -> Agent[Any, Any]: ...


def sequential(*agents: Agent[Any, Any], name: str | None = None, description: str | None = None) -> Agent[Any, Any]:
    """Call agents one after another, each with what the one before gave; None is a value like any other.

    Args:
        *agents: At least one.
        name: The name of the sequence; made of the agents' names unless given.
        description: What it does; likewise.

    Returns:
        An agent that takes what the first one takes, and gives what the last one gives.

    Raises:
        InvalidAgent: There are no agents, or something among them is none.
    """
    return Sequential(agents_of("sequential", agents), name, description)
