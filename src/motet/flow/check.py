"""What is wrong with a graph: all of it at once, each problem with its place."""

from collections import Counter
from collections.abc import Iterator
from types import GenericAlias
from typing import Any

from motet.flow.compatible import fits
from motet.flow.graph import Edge, FlowError, Graph
from motet.flow.join import Join
from motet.flow.order import find_cycle, reachable
from motet.flow.routing import Router

__all__ = ["check"]


def check(graph: Graph, *, cycles: bool = False) -> list[str]:
    """List the problems of a graph.

    Args:
        graph: What to look at.
        cycles: Whether messages may come back to a node.

    Returns:
        A sentence for each problem, naming its place; empty for a graph that can run.
    """
    return [
        *_doubled_names(graph),
        *_unreachable(graph),
        *([] if cycles else _cycles(graph)),
        *_bounds(graph),
        *_mismatches(graph),
    ]


def _doubled_names(graph: Graph) -> Iterator[str]:
    for name, count in Counter(graph.names).items():
        if count > 1:
            yield (
                f"{count} nodes are called {name!r}: give each its own name, as in Node(agent, name='{name}_2'), "
                "or use the same agent object where the same place is meant"
            )


def _unreachable(graph: Graph) -> Iterator[str]:
    reached = reachable(graph.pairs, graph.entries)
    for index, name in enumerate(graph.names):
        if index not in reached:
            yield f"{name!r} can never get a message: nothing leads to it from {_listed(graph, graph.entries)}"


def _cycles(graph: Graph) -> Iterator[str]:
    cycle = find_cycle(len(graph.nodes), graph.pairs, graph.entries)
    if cycle:
        way = " >> ".join(graph.names[index] for index in [*cycle, cycle[0]])
        yield f"{way} is a cycle: pass cycles=True if it is meant, and give runs a budget that ends it"


def _bounds(graph: Graph) -> Iterator[str]:
    for node, name in zip(graph.nodes, graph.names, strict=True):
        for what, value in (("concurrency", node.concurrency), ("inbox", node.inbox)):
            if value is not None and value < 1:
                yield f"{name!r} has {what}={value}: it takes at least 1"
        if isinstance(node, Join) and not graph.incoming(graph.nodes.index(node)):
            yield f"{name!r} is a join that nothing leads to: wire what it should collect in front of it"


def _mismatches(graph: Graph) -> Iterator[str]:
    for edge in graph.edges:
        target = graph.nodes[edge.target]
        wanted = target.taken
        if wanted is None:
            continue
        wrong: dict[str, list[str]] = {}
        for giver, given in _sources(graph, edge, frozenset()):
            if not fits(given, wanted.type):
                wrong.setdefault(f"{_name(given)}{_hint(given)}", []).append(repr(graph.names[giver]))
        for given, givers in wrong.items():
            yield (
                f"{graph.names[edge.target]!r} takes {wanted.name}, but gets {given} from {', '.join(givers)}: "
                "change one of the annotations, or put an agent that converts in between"
            )


def _sources(graph: Graph, edge: Edge, seen: frozenset[int]) -> Iterator[tuple[int, Any]]:
    """Find what types come along an edge, and from where: routers pass on what they get, joins make lists of it."""
    node = graph.nodes[edge.source]
    if edge.source in seen:
        return
    if isinstance(node, Router | Join):
        for before in graph.incoming(edge.source):
            for giver, given in _sources(graph, before, seen | {edge.source}):
                yield giver, GenericAlias(list, given) if isinstance(node, Join) else given
        return
    if node.given is not None:
        yield edge.source, node.given.type
    if node.on_error == "emit":
        yield edge.source, FlowError


def _hint(given: Any) -> str:
    return " (it has on_error='emit', so its successors get FlowError values too)" if given is FlowError else ""


def _name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)


def _listed(graph: Graph, indexes: tuple[int, ...]) -> str:
    return ", ".join(repr(graph.names[index]) for index in indexes)
