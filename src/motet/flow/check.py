"""What is wrong with a graph: all of it at once, each problem with its place."""

from collections import Counter
from collections.abc import Iterable, Iterator
from types import GenericAlias
from typing import Any, Final, get_args

from motet.flow.compatible import fits
from motet.flow.graph import FlowError, Graph, OnError
from motet.flow.join import Join
from motet.flow.order import find_cycle, reachable
from motet.flow.routing import Router
from motet.kernel.schema import Schema

__all__ = ["check"]

DEEPEST: Final = 8
"""Through how many joins types are followed: no annotation speaks of lists in lists that deep."""


def check(graph: Graph, *, cycles: bool = False) -> list[str]:
    """List the problems of a graph.

    Args:
        graph: What to look at.
        cycles: Whether messages may come back to a node.

    Returns:
        A sentence for each problem, naming its place; empty for a graph that can run.
    """
    problems = [
        *_doubled_names(graph),
        *_unreachable(graph),
        *([] if cycles else _cycles(graph)),
        *_bounds(graph),
        *_mismatches(graph),
    ]
    return list(dict.fromkeys(problems))


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
    for index, (node, name) in enumerate(zip(graph.nodes, graph.names, strict=True)):
        sizes: dict[str, Any] = {"concurrency": node.concurrency, "inbox": node.inbox}
        for what, value in sizes.items():
            if value is not None and (not isinstance(value, int) or value < 1):
                yield f"{name!r} has {what}={value!r}: it takes a whole number of at least 1"
        if node.on_error not in get_args(OnError):
            yield f"{name!r} has on_error={node.on_error!r}: it is one of {', '.join(map(repr, get_args(OnError)))}"
        if isinstance(node, Join) and not graph.incoming(index):
            yield f"{name!r} is a join that nothing leads to: wire what it should collect in front of it"


def _mismatches(graph: Graph) -> Iterator[str]:
    for edge in graph.edges:
        wanted = graph.nodes[edge.target].taken
        if wanted is None:
            continue
        wrong: dict[str, list[str]] = {}
        for sources in _sources(graph, edge.source):
            # What a router cannot send this way it may send another way: one source that fits is enough.
            if any(fits(given, wanted.type) for _, given in sources):
                continue
            for giver, given in sources:
                wrong.setdefault(f"{Schema(given).name}{_hint(given)}", []).append(repr(graph.names[giver]))
        for given, givers in wrong.items():
            yield (
                f"{graph.names[edge.target]!r} takes {wanted.name}, but gets {given} from {', '.join(givers)}: "
                "change one of the annotations, or put an agent that converts in between"
            )


def _sources(graph: Graph, last: int) -> Iterable[list[tuple[int, Any]]]:
    """Find what types come out of a node, and from where: routers pass on what they get, joins make lists of it.

    Returns:
        Groups of nodes and what they give: of each group at least one type comes. Whatever comes through one router is
        one group, and everything else a group of its own.
    """
    groups: dict[object, list[tuple[int, Any]]] = {}
    ahead: list[tuple[int, int, int | None]] = [(last, 0, None)]
    seen = set(ahead)
    for index, depth, router in ahead:  # grows while it is walked through
        node = graph.nodes[index]
        through = index if router is None and isinstance(node, Router) else router
        if isinstance(node, Router | Join):
            deeper = depth + isinstance(node, Join)
            before = dict.fromkeys((edge.source, deeper, through) for edge in graph.incoming(index))
            ahead += [step for step in before if step not in seen and deeper <= DEEPEST]
            seen.update(before)
        for number, kind in enumerate(_given(graph, index)):
            group = (index, depth, number) if through is None else through
            groups.setdefault(group, []).append((index, _in_lists(kind, depth)))
    return groups.values()


def _given(graph: Graph, index: int) -> list[Any]:
    """List the types of what a node itself puts into the graph."""
    node = graph.nodes[index]
    if isinstance(node, Router):
        return [Any] if index in graph.entries else []
    if isinstance(node, Join) or node.given is None:
        return []
    return [node.given.type, FlowError] if node.on_error == "emit" else [node.given.type]


def _in_lists(kind: Any, depth: int) -> Any:
    for _ in range(depth):
        kind = GenericAlias(list, kind)
    return kind


def _hint(given: Any) -> str:
    return " (it has on_error='emit', so its successors get FlowError values too)" if given is FlowError else ""


def _listed(graph: Graph, indexes: tuple[int, ...]) -> str:
    return ", ".join(repr(graph.names[index]) for index in indexes)
