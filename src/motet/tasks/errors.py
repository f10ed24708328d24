"""What can go wrong with tasks and their stores, a branch of the tree in `motet.kernel.errors`.

MotetError
├── InvalidPlan            an array of tasks has problems, all of them listed   caller
├── Conflict               a task or tree is not in a state that allows this    caller
├── TreeFailed             a tree did not complete, and its result was asked    agent
├── InvalidStep            a step's key was used twice                          agent
├── StoreBroken            the store cannot be used: corrupt, or too new        system
└── Unavailable
└── StoreUnavailable   locked, full, or gone for now                        system, retryable
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from motet.kernel.errors import Detail, Fault, MotetError, Unavailable

__all__ = [
    "Conflict",
    "GroupFailed",
    "InvalidPlan",
    "InvalidStep",
    "Problem",
    "StoreBroken",
    "StoreUnavailable",
    "TaskSkipped",
    "TreeFailed",
]


SHOWN: Final = 50
"""How many problems the text of an error shows; its `problems` are all of them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an array of tasks.

    Args:
        index: Which entry, from 0; None where it is about the whole.
        field: Which field of it, or "".
        message: What is wrong, and what to do about it.
    """

    index: int | None
    field: str
    message: str

    def __str__(self) -> str:
        place = "" if self.index is None else f"entry {self.index}"
        place = f"{place}, {self.field}" if place and self.field else place
        return f"{place}: {self.message}" if place else self.message


class InvalidPlan(MotetError):
    """An array of tasks is no tree; nothing was stored, and `problems` lists everything that is wrong."""

    code = "invalid_plan"
    fault = Fault.CALLER

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> "InvalidPlan":
        """Make the error from its problems."""
        lines = "".join(f"\n  - {problem}" for problem in problems[:SHOWN])
        if len(problems) > SHOWN:
            lines += f"\n  - and {len(problems) - SHOWN:,} more"
        listed: list[Detail] = [
            {"index": problem.index, "field": problem.field, "message": problem.message} for problem in problems
        ]
        return cls(f"These tasks are no tree:{lines}", problems=listed)

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong."""
        listed = cast("Iterable[dict[str, object]]", self.details.get("problems") or ())
        return [
            Problem(cast("int | None", entry["index"]), str(entry["field"]), str(entry["message"])) for entry in listed
        ]


class Conflict(MotetError):
    """A task or a tree is not in a state that allows this."""

    code = "conflict"
    fault = Fault.CALLER


class TreeFailed(MotetError):
    """A tree did not complete; the error of the first task that failed is its cause."""

    code = "tree_failed"
    fault = Fault.AGENT


class InvalidStep(MotetError):
    """A step cannot be known again after a crash."""

    code = "invalid_step"
    fault = Fault.AGENT


class TaskSkipped(MotetError):
    """A task did not run: a dependency that it requires did not complete."""

    code = "task_skipped"
    fault = Fault.AGENT


class GroupFailed(MotetError):
    """A group did not complete: one of its tasks failed or was cancelled."""

    code = "group_failed"
    fault = Fault.AGENT


class StoreUnavailable(Unavailable):
    """A store cannot be written or read now; nothing that was acknowledged is lost."""

    code = "store_unavailable"
    fault = Fault.SYSTEM


class StoreBroken(MotetError):
    """A store cannot be used, now or later: it is damaged, or newer than this version."""

    code = "store_broken"
