"""The picture of a graph: what kind of place each node is, and which arrows close a cycle."""

from motet.flow.graph import Graph, Node
from motet.flow.join import Join
from motet.flow.routing import Router
from motet.kernel.sketch import Arrow, Shape, Sketch, Spot

__all__ = ["sketch"]


def sketch(graph: Graph) -> Sketch:
    """Return a graph as places and arrows, with the graphs of its subflows inside them.

    Args:
        graph: What to sketch.
    """
    closing = graph.closing()
    return Sketch(
        graph.name,
        tuple(_spot(node, name) for node, name in zip(graph.nodes, graph.names, strict=True)),
        tuple(
            Arrow(
                graph.names[edge.source],
                graph.names[edge.target],
                edge.label or "",
                (edge.source, edge.target) in closing,
            )
            for edge in graph.edges
        ),
    )


def _spot(node: Node, name: str) -> Spot:
    shape: Shape = "agent"
    if isinstance(node, Router):
        shape = "router"
    elif isinstance(node, Join):
        shape = "join"
    inside = node.agent.sketch() if node.agent is not None else None
    if inside is not None and (inside.arrows or len(inside.spots) > 1):
        return Spot(name, "flow", inside)
    return Spot(name, inside.spots[0].shape if inside is not None and inside.spots else shape)
