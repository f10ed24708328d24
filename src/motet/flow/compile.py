"""From a graph to the states that the runtime works with: everything that can be known before the first message."""

from dataclasses import dataclass
from typing import Any

from motet.flow.books import Link, NodeState
from motet.flow.graph import Graph, Node
from motet.flow.routing import Router
from motet.kernel.context import Context
from motet.kernel.errors import AgentTimeout
from motet.kernel.invoke import Call, limited

__all__ = ["Program", "call_of", "compile_graph"]


@dataclass(frozen=True, slots=True)
class Program:
    """A graph, ready to run.

    Args:
        name: The name of the flow.
        states: One for each node, in the graph's order.
        entries: Where inputs go in.
        joins: The states of the joins.
        barriers: Whether one of them is a `join()` that has to know what is upstream of it.
        cyclic: Whether a message can come back to a node.
    """

    name: str
    states: tuple[NodeState, ...]
    entries: tuple[Link, ...]
    joins: tuple[NodeState, ...]
    barriers: bool
    cyclic: bool


def compile_graph(graph: Graph, *, concurrency: int, inbox: int) -> Program:
    """Make the states of a graph's nodes, and connect them.

    Args:
        graph: A graph that `check` finds no problem in.
        concurrency: How many messages a node works on at once, where it does not say.
        inbox: How many messages may wait for a node, where it does not say.
    """
    cyclic, closing = graph.cyclic(), graph.closing()
    states = tuple(
        NodeState(
            node,
            graph.names[index],
            call_of(node, graph.names[index]),
            node.concurrency or concurrency,
            node.inbox or inbox,
            cyclic=index in cyclic,
        )
        for index, node in enumerate(graph.nodes)
    )
    ranks = {edge: rank for target in range(len(states)) for rank, edge in enumerate(graph.incoming(target))}
    for index, state in enumerate(states):
        ways = [
            (edge.label, Link(states[edge.target], ranks[edge], (edge.source, edge.target) in closing))
            for edge in graph.outgoing(index)
        ]
        state.out = tuple({id(link.target): link for _, link in ways}.values())
        state.onward = state.out or None
        if state.join is not None:
            state.ancestors = frozenset(states[before] for before in graph.upstream(index))
        if isinstance(state.node, Router):
            state.ways = {
                label: tuple(link for case, link in ways if case in {label, None}) for label in state.node.ways
            }
    joins = tuple(state for state in states if state.join is not None)
    return Program(
        graph.name,
        states,
        tuple(Link(states[index], -1, closing=False) for index in graph.entries),
        joins,
        any(state.join is not None and state.join.k is None for state in joins),
        bool(cyclic),
    )


def call_of(node: Node, name: str) -> Call[Any, Any]:
    """Make what a node does with a message: its agent's call, within the time that the node allows.

    Args:
        node: The node.
        name: Its name in the graph, for errors.
    """
    if isinstance(node, Router):
        return node.call
    if node.agent is None:
        return _never
    call = node.agent.bound
    return call if node.policy.timeout is None else timed(call, node.policy.timeout, name)


async def _never(payload: Any, ctx: Context) -> Any:
    raise NotImplementedError(f"{ctx.agent!r} is a join, and joins are not called")


def timed(call: Call[Any, Any], seconds: float, name: str) -> Call[Any, Any]:
    """Put a time limit around a call.

    Args:
        call: What to call.
        seconds: How long one call may take.
        name: The node's name, for the error.
    """

    def late() -> AgentTimeout:
        return AgentTimeout(f"{name!r} took longer than {seconds:g} s")

    async def within(payload: Any, ctx: Context) -> Any:
        return await limited(call, payload, ctx, seconds, late)

    return within
