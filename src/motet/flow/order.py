"""Questions about a directed graph of indexes: what is reachable, what is in a cycle, what closes one."""

from collections.abc import Collection, Iterable

__all__ = ["back_edges", "find_cycle", "in_cycles", "reachable"]

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
    leads = successors(pairs)
    closing: set[Pair] = set()
    seen: set[int] = set()
    for start in (*starts, *range(size)):
        if start in seen:
            continue
        seen.add(start)
        way = [start]
        open_ends = [iter(leads.get(start, ()))]
        while way:
            target = next(open_ends[-1], None)
            if target is None:
                way.pop()
                open_ends.pop()
            elif target in way:
                closing.add((way[-1], target))
            elif target not in seen:
                seen.add(target)
                way.append(target)
                open_ends.append(iter(leads.get(target, ())))
    return closing


def in_cycles(size: int, pairs: Collection[Pair]) -> set[int]:
    """Return the nodes from which one can come back to them."""
    leads = successors(pairs)
    return {node for node in range(size) if node in reachable(pairs, leads.get(node, ()))}


def find_cycle(size: int, pairs: Collection[Pair], starts: Iterable[int]) -> list[int]:
    """Return one cycle as the list of its nodes, or an empty list where there is none."""
    for source, target in sorted(back_edges(size, pairs, starts)):
        way = shortest(pairs, target, source)
        if way:
            return way
    return []


def shortest(pairs: Iterable[Pair], start: int, end: int) -> list[int]:
    """Return the nodes of a shortest way, both ends included; empty where there is none."""
    leads = successors(pairs)
    ways = [[start]]
    seen = {start}
    for way in ways:
        if way[-1] == end:
            return way
        for target in leads.get(way[-1], ()):
            if target not in seen:
                seen.add(target)
                ways.append([*way, target])
    return []
