"""Joins: nodes that collect messages of one run and send them on together, as a list."""

from typing import Any

from motet.flow.graph import Node
from motet.kernel.schema import Schema

__all__ = ["Join", "join"]


class Join(Node):
    """A node that collects. Made by `join`."""

    kind = "join"

    def __init__(self, k: int | None, *, timeout: float | None, partial: bool, empty: bool, name: str | None) -> None:
        super().__init__(None, name=name)
        self.k = k
        self.timeout = timeout
        self.partial = partial
        self.empty = empty

    @property
    def given(self) -> Schema[Any]:
        """A join gives a list."""
        return Schema(list[Any])


def join(
    k: int | None = None,
    *,
    timeout: float | None = None,
    partial: bool = False,
    empty: bool = False,
    name: str | None = None,
) -> Join:
    """Collect messages of one run, and send them on together as a list.

    The list follows the order of the edges into the join, and within one edge the order in which messages came.

    Args:
        k: How many messages to collect. None collects until nothing of the run is left upstream, which also closes a
            fan-out of unknown width.
        timeout: Seconds to wait from the first message on.
        partial: Whether too few messages, after the timeout or at the end of the run, are sent on; otherwise they are
            an error. What comes later is dropped.
        empty: Whether `join()` sends an empty list when nothing came to it, for a run that was upstream of it.
        name: The join's name in the graph.

    Raises:
        ValueError: A number is out of range.
    """
    if k is not None and k < 1:
        raise ValueError(f"join(k) collects at least 1 message, not {k}")
    if timeout is not None and timeout <= 0:
        raise ValueError(f"A join's timeout is more than 0 seconds, not {timeout}")
    if empty and k is not None:
        raise ValueError("empty=True is for join() without a number: join(k) waits for k messages")
    return Join(k, timeout=timeout, partial=partial, empty=empty, name=name)
