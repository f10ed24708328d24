"""Where a task stands, as a store keeps it, and what each change makes of it: the rules of compare-and-set."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from motet.storage.encoded import EncodedMove
from motet.tasks.changes import Claim, Progress, Record, TreeMove
from motet.tasks.model import Tree
from motet.tasks.status import Status

__all__ = ["STATUSES", "State", "Stored", "claim", "move", "move_tree", "runs", "tell", "was_claimed", "was_moved"]

Stored = bytes | str | None
"""A value as JSON bytes where it is new, as text (perhaps a reference to a blob) where a database had it already."""

STATUSES: Final[Mapping[str, Status]] = MappingProxyType({str(status): status for status in Status})


@dataclass(slots=True, eq=False)
class State:
    """Everything of a task that changes; see `Task`. `ended_by` owned the last attempt that is over."""

    status: Status = Status.PENDING
    attempt: int = 0
    failures: int = 0
    run: int = 0
    result: Stored = None
    error: Stored = None
    progress: float = 0.0
    message: str = ""
    question: Stored = None
    owner: str | None = None
    ended_by: str | None = None
    wake_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    revision: int = 0


def claim(state: State, change: Claim, revision: int) -> bool:
    """Apply a claim, if it applies; tell whether it did."""
    if state.status is not Status.PENDING or (state.wake_at is not None and state.wake_at > change.at):
        return False
    state.status = Status.IN_PROGRESS
    state.owner = change.owner
    state.attempt += 1
    state.wake_at = None
    state.progress, state.message = 0.0, ""
    state.started_at = change.at
    state.revision = revision
    return True


def was_claimed(state: State, change: Claim) -> bool:
    """Tell whether this claim was applied before, and its answer lost."""
    return state.status is Status.IN_PROGRESS and state.owner == change.owner and state.attempt == change.attempt + 1


def move(state: State, encoded: EncodedMove, revision: int) -> bool:
    """Apply a move, if it applies; tell whether it did."""
    change = encoded.change
    if state.status is not change.source or change.owner not in {None, state.owner}:
        return False
    if change.attempt not in {None, state.attempt}:
        return False
    if encoded.ends_attempt:
        state.ended_by = state.owner
    if change.reset:
        state.run += 1
        state.failures, state.progress, state.message = 0, 0.0, ""
    if change.failures is not None:
        state.failures = change.failures
    if change.target is Status.COMPLETED:
        state.progress = 1.0
    if change.started_at is not None:
        state.started_at = change.started_at
    state.status, state.owner = change.target, None
    state.result, state.error, state.question = encoded.result, encoded.error, encoded.question
    state.wake_at = change.wake_at
    state.ended_at = change.at if change.target.ended else None
    state.revision = revision
    return True


def was_moved(state: State, encoded: EncodedMove) -> bool:
    """Tell whether this move was applied before, and its answer lost: only what ends an attempt can be known again."""
    change = encoded.change
    return (
        encoded.ends_attempt
        and state.status is change.target
        and state.ended_by == change.owner
        and change.attempt in {None, state.attempt}
    )


def move_tree(tree: Tree, change: TreeMove) -> Tree | None:
    """Return the tree as the move makes it, or has made it before; None if it does not apply."""
    if tree.status is not change.source or (change.owned_by is not None and (tree.owner or "") != change.owned_by):
        known = change.owner is not None and (tree.status, tree.owner) == (change.target, change.owner)
        return tree if known else None
    first = tree.started_at is None and change.target is Status.IN_PROGRESS
    return replace(
        tree,
        status=change.target,
        owner=change.owner,
        started_at=change.at if first else tree.started_at,
        ended_at=change.at if change.target.ended else None,
    )


def runs(state: State, change: Progress | Record) -> bool:
    """Tell whether the attempt that a change speaks of is under way."""
    return state.status is Status.IN_PROGRESS and state.owner == change.owner and state.attempt == change.attempt


def tell(state: State, change: Progress, revision: int) -> bool:
    """Store progress, if this attempt still runs; tell whether it does."""
    if not runs(state, change):
        return False
    state.progress, state.message = float(change.progress), change.message
    state.revision = revision
    return True
