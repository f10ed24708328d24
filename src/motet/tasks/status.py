"""The statuses of a task, and the table of what may follow what.

pending ──claim──▶ in_progress ──▶ completed | failed | cancelled | skipped
▲                   │  │
│◀── try again ─────┘  └──ask──▶ input_required
│◀── answer ──────────────────────────┘
└◀── rerun ── completed | failed | cancelled | skipped
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

__all__ = ["ENDED", "TRANSITIONS", "TREE_TRANSITIONS", "Status", "may_follow"]


class Status(StrEnum):
    """Where a task, or a task tree, stands."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    INPUT_REQUIRED = "input_required"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"

    @property
    def ended(self) -> bool:
        """Whether nothing follows by itself."""
        return self in ENDED


ENDED: Final = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.SKIPPED})
"""The statuses after which only a rerun follows."""

TRANSITIONS: Final[Mapping[Status, frozenset[Status]]] = MappingProxyType(
    {
        # Without running: a group ends with its children, a hook answers in the executor's place or refuses, a required
        # dependency did not complete, somebody cancels.
        Status.PENDING: frozenset({Status.IN_PROGRESS, *ENDED}),
        # Back to pending: the attempt failed and another one follows, or whoever ran it is gone.
        Status.IN_PROGRESS: frozenset({Status.PENDING, Status.INPUT_REQUIRED, *ENDED}),
        Status.INPUT_REQUIRED: frozenset({Status.PENDING, Status.CANCELLED}),
        Status.COMPLETED: frozenset({Status.PENDING}),
        Status.FAILED: frozenset({Status.PENDING}),
        Status.CANCELLED: frozenset({Status.PENDING}),
        Status.SKIPPED: frozenset({Status.PENDING}),
    }
)
"""What may follow each status of a task; a store refuses everything else."""

TREE_TRANSITIONS: Final[Mapping[Status, frozenset[Status]]] = MappingProxyType(
    {
        # Without having been worked on (again): it was cancelled, the last open task of it was, beside one that failed.
        Status.PENDING: frozenset({Status.IN_PROGRESS, Status.CANCELLED, Status.FAILED}),
        # From in_progress to itself: another manager takes the tree up.
        Status.IN_PROGRESS: frozenset(
            {
                Status.IN_PROGRESS,
                Status.INPUT_REQUIRED,
                Status.COMPLETED,
                Status.FAILED,
                Status.CANCELLED,
            }
        ),
        Status.INPUT_REQUIRED: frozenset({Status.IN_PROGRESS, Status.CANCELLED, Status.FAILED}),
        Status.COMPLETED: frozenset({Status.PENDING}),
        Status.FAILED: frozenset({Status.PENDING}),
        Status.CANCELLED: frozenset({Status.PENDING}),
    }
)
"""What may follow each status of a tree; a tree is never skipped."""


def may_follow(source: Status, target: Status) -> bool:
    """Tell whether a task may go from one status to another."""
    return target in TRANSITIONS[source]
