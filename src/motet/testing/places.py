"""Where agents stand: the nodes of flows, the parts of compositions, and what middleware stands around them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from motet.flow.books import NodeState
from motet.flow.flow import Flow
from motet.flow.graph import Node
from motet.kernel.agent import Agent, Middleware
from motet.testing.stand_in import StandIn

__all__ = ["Place", "innermost", "places_of"]


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that an agent is called from.

    Args:
        name: What the place is called: a node's name, otherwise the agent's.
        agent: What does the work there, within all middleware; None for routers and joins.
        around: The agents that stand around it as one with it, such as middleware, outermost first.
        state: The node, where the place is one.
    """

    name: str
    agent: Agent[Any, Any] | None
    around: tuple[Agent[Any, Any], ...] = ()
    state: NodeState | None = None


def innermost(agent: Agent[Any, Any]) -> Agent[Any, Any]:
    """Return what does the work in an agent that middleware, or a tool, stands around."""
    return _peeled(agent)[1]


def places_of(roots: Iterable[Agent[Any, Any]]) -> list[Place]:
    """Find every place in agents, at any depth: what an agent calls that only its code names is not found.

    Args:
        roots: Flows, compositions and other agents. A flow is no place itself unless it stands in another one.
    """
    walk = _Walk()
    for root in roots:
        if isinstance(_peeled(root)[1], Flow):
            walk.enter(root)
        else:
            walk.visit(root, root.name, None)
    return walk.places


class _Walk:
    """A walk through agents, into each one once."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self._entered: set[int] = set()

    def visit(self, agent: Agent[Any, Any], name: str, state: NodeState | None) -> None:
        """Note a place, and what is in it."""
        around, inner = _peeled(agent)
        self.places.append(Place(name, inner, around, state))
        self.enter(agent)

    def enter(self, agent: Agent[Any, Any]) -> None:
        """Note what is in an agent."""
        around, inner = _peeled(agent)
        for one in (*around, inner):
            if id(one) in self._entered:
                continue
            self._entered.add(id(one))
            if isinstance(one, Flow):
                self._nodes(one)
            elif not isinstance(one, StandIn):  # it only looks like the agent that it knows
                for part in _parts(vars(one)):
                    if part is not inner and part not in around:
                        self.visit(part, part.name, None)

    def _nodes(self, flow: Flow[Any, Any]) -> None:
        for state in flow.program.states:
            if state.node.agent is None:
                self.places.append(Place(state.name, None, (), state))
            else:
                self.visit(state.node.agent, state.name, state)


def _peeled(agent: Agent[Any, Any]) -> tuple[tuple[Agent[Any, Any], ...], Agent[Any, Any]]:
    around: list[Agent[Any, Any]] = []
    inner = agent
    while isinstance(inside := getattr(inner, "inner", None), Agent):
        around.append(inner)
        inner = inside
    return tuple(around), inner


def _parts(value: object) -> Iterator[Agent[Any, Any]]:
    """Find the agents in the attributes of an agent: its own, and those of the middleware and nodes there."""
    if isinstance(value, Agent):
        yield value
    elif isinstance(value, Node):
        yield from _parts(value.agent)
    elif isinstance(value, Middleware):
        yield from _parts(vars(value))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _parts(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _parts(item)
