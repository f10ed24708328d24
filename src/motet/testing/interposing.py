"""Standing between an agent and whoever calls it, without either knowing, and leaving no trace afterwards.

Calls are put together once, when a graph is compiled or middleware folded, so that they cost nothing later. To stand in
between, the call of the agent at the centre is replaced, and what was put together around it is put together anew.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from motet.flow.books import NodeState
from motet.flow.compile import call_of
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.kernel.invoke import Call
from motet.testing.places import Place

__all__ = ["Interposed", "Layer", "interpose", "interpose_node", "withdraw", "withdraw_node"]

Layer = Callable[[Call[Any, Any], Any, Context], Awaitable[Any]]
"""What stands in between: it is given the call behind it, the payload and the context."""


class Interposed:
    """A call with layers around it, the last one added outermost.

    Args:
        call: The call itself.
    """

    __slots__ = ("call", "layers")

    def __init__(self, call: Call[Any, Any]) -> None:
        self.call = call
        self.layers: list[Layer] = []

    async def __call__(self, payload: Any, ctx: Context) -> Any:
        """Go through the layers of this moment."""
        call = self.call
        for layer in self.layers:
            call = partial(layer, call)
        return await call(payload, ctx)


class _AroundNode(Interposed):
    """Layers around everything that a node does, told apart from those around its agent's own call."""

    __slots__ = ()


def interpose(place: Place, layer: Layer) -> None:
    """Put a layer around what does the work at a place; middleware and the node's policy stay around it.

    Args:
        place: Where.
        layer: What to put there; an agent that stands in several places has it in all of them, once.

    Raises:
        InvalidAgent: The agent makes its call in a way of its own.
    """
    if place.agent is None:
        if place.state is not None:
            interpose_node(place.state, layer)
        return
    found = vars(place.agent).get("bound")
    if isinstance(found, Interposed):
        if layer not in found.layers:
            found.layers.append(layer)
    else:
        made = Interposed(place.agent.bound)
        made.layers.append(layer)
        vars(place.agent)["bound"] = made
        if place.agent.bound is not made:
            del vars(place.agent)["bound"]
            raise InvalidAgent(f"{place.agent.name!r} defines `bound` itself, so that nothing can stand in between")
    _relink(place)


def withdraw(place: Place, layer: Layer) -> None:
    """Take a layer away again."""
    if place.agent is None:
        if place.state is not None:
            withdraw_node(place.state, layer)
        return
    found = vars(place.agent).get("bound")
    if isinstance(found, Interposed):
        if layer in found.layers:
            found.layers.remove(layer)
        if not found.layers:
            _restore(place.agent, found)
    _relink(place)


def _restore(agent: Agent[Any, Any], found: Interposed) -> None:
    vars(agent)["bound"] = found.call


def _relink(place: Place) -> None:
    """Put together anew what was put together around the call at a place."""
    for agent in reversed(place.around):
        vars(agent).pop("bound", None)
    state = place.state
    if state is not None:
        call = call_of(state.node, state.name)
        if isinstance(state.call, _AroundNode):
            state.call.call = call  # somebody stands around the whole node, and stays there
        else:
            state.call = call


def interpose_node(state: NodeState, layer: Layer) -> None:
    """Put a layer around everything that a node does with one message, once.

    Args:
        state: The node.
        layer: What to put there.
    """
    if not isinstance(state.call, _AroundNode):
        state.call = _AroundNode(state.call)
    if layer not in state.call.layers:
        state.call.layers.append(layer)


def withdraw_node(state: NodeState, layer: Layer) -> None:
    """Take a layer around a node away again."""
    if isinstance(state.call, _AroundNode):
        if layer in state.call.layers:
            state.call.layers.remove(layer)
        if not state.call.layers:
            state.call = state.call.call
