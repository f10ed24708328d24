"""Which tasks of a tree are shown where there is no room for all."""

from collections.abc import Iterator
from itertools import chain

from motet.cli.tree_state import Row, TreeState
from motet.tasks.status import Status

__all__ = ["pick"]


def pick(state: TreeState, room: int) -> list[Row]:
    """Choose the rows that there is room for: the root, what asks, fails or runs with what it belongs to, the rest.

    Args:
        state: Where the tasks stand.
        room: How many rows there may be, at least 1.
    """
    if len(state.rows) <= room:
        return list(state.rows)
    chosen: dict[int, Row] = {row.seq: row for row in state.rows[:1]}
    for row in chain(_urgent(state, room), state.broad):
        if len(chosen) >= room:
            break
        above = _above(row, chosen, room)
        # What it belongs to comes along if there is room for that too.
        for one in [row, *above] if len(chosen) + len(above) < room else [row]:
            chosen[one.seq] = one
    return sorted(chosen.values(), key=lambda row: row.order)


def _urgent(state: TreeState, room: int) -> Iterator[Row]:
    """Yield what is shown first: what asks, some of what failed, what runs, and the rest of what did not go well."""
    failed = sorted(state.of(Status.FAILED), key=lambda row: row.group)
    some = max(1, room // 3)
    yield from state.of(Status.INPUT_REQUIRED)
    yield from failed[:some]
    yield from state.of(Status.IN_PROGRESS)
    yield from failed[some:]
    yield from state.of(Status.CANCELLED)


def _above(row: Row, chosen: dict[int, Row], limit: int) -> list[Row]:
    above: list[Row] = []
    parent = row.parent
    while parent is not None and parent.seq not in chosen and len(above) < limit:
        above.append(parent)
        parent = parent.parent
    return above
