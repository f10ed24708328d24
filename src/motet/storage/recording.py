"""The short way for what is written most often: steps of running tasks, and nothing else."""

from collections.abc import Sequence
from typing import Any

from motet.storage.bulk import Row
from motet.storage.operations import Apply, Operation
from motet.storage.packing import LARGE, pack
from motet.storage.session import Session

__all__ = ["record"]


def record(session: Session, operations: Sequence[Operation[Any]]) -> list[Any] | None:
    """Write steps the short way.

    Returns:
        What each operation is told; None if there is anything else to do, or no short way: nothing was done then.
    """
    applies = [operation for operation in operations if isinstance(operation, Apply) and operation.records]
    if len(applies) < len(operations):
        return None
    rows: dict[Row, Row] = {}
    for apply in applies:
        for one in apply.records or ():
            change = one.change
            task = change.tree_id, change.seq, change.owner, change.attempt
            for key, value in one.steps:
                if len(value) > LARGE:
                    return None
                rows.setdefault((*task, key), (*task, key, pack(value)))
    running = session.record(list(rows.values())) if rows else None
    return None if running is None else [apply.judge(running) for apply in applies]
