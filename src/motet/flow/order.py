"""Questions about a directed graph of indexes: what is reachable, what is in a cycle, what closes one.

Each takes time in proportion to the graph, and none recurses: a graph may be as deep as it likes.
"""

from collections.abc import Collection, Iterable, Iterator

__all__ = ["back_edges", "find_cycle", "in_cycles", "reachable", "shortest"]

Pair = tuple[int, int]


def successors(pairs: Iterable[Pair]) -> dict[int, list[int]]:
    """List where each node leads, in the order of the edges."""
    found: dict[int, list[int]] = {}
    for source, target in pairs:
        found.setdefault(source, []).append(target)
    return found


def reachable(pairs: Iterable[Pair], starts: Iterable[int]) -> set[int]:
    """Return the nodes that can be reached, the starts included."""
    leads = successors(pairs)
    seen: set[int] = set()
    ahead = list(starts)
    while ahead:
        node = ahead.pop()
        if node not in seen:
            seen.add(node)
            ahead += leads.get(node, ())
    return seen


def back_edges(size: int, pairs: Collection[Pair], starts: Iterable[int]) -> set[Pair]:
    """Return the edges that lead back to a node on the way to them, in a depth-first walk.

    Every cycle holds at least one of them; without them the graph has none. Source: R. Tarjan, "Depth-first search and
    linear graph algorithms", SIAM Journal on Computing 1(2), 1972.

    Args:
        size: How many nodes there are.
        pairs: The edges.
        starts: Where to begin; nodes that cannot be reached from there follow.
    """
    return {(node, target) for node, target, back in _walk(size, pairs, starts) if target is not None and back}


def in_cycles(size: int, pairs: Collection[Pair]) -> set[int]:
    """Return the nodes from which one can come back to them.

    Those are the strongly connected components of more than one node, and the nodes that lead to themselves. Source:
    M. Sharir, "A strong-connectivity algorithm and its applications in data flow analysis", Computers & Mathematics
    with Applications 7(1), 1981.

    Args:
        size: How many nodes there are.
        pairs: The edges.
    """
    left = [node for node, target, _ in _walk(size, pairs, ()) if target is None]
    comes_from = successors((target, source) for source, target in pairs)
    found = {source for source, target in pairs if source == target}
    seen: set[int] = set()
    for root in reversed(left):
        component: list[int] = []
        ahead = [root]
        while ahead:
            node = ahead.pop()
            if node not in seen:
                seen.add(node)
                component.append(node)
                ahead += comes_from.get(node, ())
        if len(component) > 1:
            found.update(component)
    return found


def find_cycle(size: int, pairs: Collection[Pair], starts: Iterable[int]) -> list[int]:
    """Return one cycle as the list of its nodes, or an empty list where there is none."""
    closing = back_edges(size, pairs, starts)
    if not closing:
        return []
    source, target = min(closing)
    return shortest(pairs, target, source)


def shortest(pairs: Iterable[Pair], start: int, end: int) -> list[int]:
    """Return the nodes of a shortest way, both ends included; empty where there is none."""
    leads = successors(pairs)
    before: dict[int, int | None] = {start: None}
    ahead = [start]
    for node in ahead:  # grows while it is walked through
        if node == end:
            break
        for target in leads.get(node, ()):
            if target not in before:
                before[target] = node
                ahead.append(target)
    way: list[int] = []
    step = end if end in before else None
    while step is not None:
        way.append(step)
        step = before[step]
    return way[::-1]


def _walk(size: int, pairs: Iterable[Pair], starts: Iterable[int]) -> Iterator[tuple[int, int | None, bool]]:
    """Walk a graph depth first.

    Yields:
        A node, the target of an edge out of it, and whether that target is on the way to the node, the node itself
        included; or a node that is left, and None.
    """
    leads = successors(pairs)
    seen: set[int] = set()
    for start in (*starts, *range(size)):
        if start in seen:
            continue
        seen.add(start)
        way = {start: iter(leads.get(start, ()))}
        while way:
            node, ends = next(reversed(way.items()))
            target = next(ends, None)
            yield node, target, target in way
            if target is None:
                way.popitem()
            elif target not in seen:
                seen.add(target)
                way[target] = iter(leads.get(target, ()))
