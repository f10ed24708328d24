"""Cycles in a directed graph: which nodes hang together, and a shortest way round."""

from collections.abc import Iterable, Mapping

__all__ = ["Links", "knots", "way_round"]

Links = Mapping[str, Iterable[str]]
"""Where each node leads to; every target is a node itself."""


def knots(links: Links) -> list[tuple[str, ...]]:
    """Find the groups of two or more nodes of which each leads to each other.

    Source: M. Sharir, "A Strong-Connectivity Algorithm and its Applications in Data Flow Analysis", Computers and
    Mathematics with Applications 7 (1), 1981 (Kosaraju's algorithm): walk forwards, and gather backwards from whatever
    was finished last.

    Returns:
        The groups, and what is in them, sorted.
    """
    back: dict[str, list[str]] = {node: [] for node in links}
    for node, targets in links.items():
        for target in targets:
            back[target].append(node)
    left = set(links)
    groups = [_gathered(back, start, left) for start in reversed(_finished(links)) if start in left]
    return sorted(tuple(sorted(group)) for group in groups if len(group) > 1)


def way_round(links: Links, knot: tuple[str, ...]) -> tuple[str, ...]:
    """Find a shortest way from the first node of a knot back to itself, breadth first.

    Args:
        links: The graph.
        knot: Nodes of which each leads to each other.

    Returns:
        The nodes on the way; the first one stands at both ends.
    """
    start, unseen = knot[0], set(knot)
    ways: list[tuple[str, ...]] = [(start,)]
    for way in ways:  # grows while it is walked through
        for target in links[way[-1]]:
            if target == start:
                return (*way, start)
            if target in unseen:
                unseen.remove(target)
                ways.append((*way, target))
    raise ValueError(f"{start!r} does not lead back to itself: {knot} is no knot")


def _finished(links: Links) -> list[str]:
    """List the nodes in the order in which a walk, depth first, has seen everything behind them."""
    ways = {node: iter(targets) for node, targets in links.items()}
    seen: set[str] = set()
    finished: list[str] = []
    for start in links:
        walk = [] if start in seen else [start]  # instead of recursion: a chain of imports can be longer than its limit
        while walk:
            seen.add(walk[-1])
            following = next((target for target in ways[walk[-1]] if target not in seen), None)
            if following is None:
                finished.append(walk.pop())
            else:
                walk.append(following)
    return finished


def _gathered(links: Links, start: str, left: set[str]) -> list[str]:
    """Take a node, and what it leads to, out of what is left."""
    left.remove(start)
    group = [start]
    for node in group:  # grows while it is walked through
        following = sorted(left.intersection(links[node]))
        left.difference_update(following)
        group += following
    return group
