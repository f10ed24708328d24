"""Changes, checked and with their values as JSON, before anything of their call is queued."""

from collections.abc import Sequence
from dataclasses import dataclass

from motet.storage.values import check_number, check_text, encode
from motet.tasks.changes import Change, Claim, Move, Progress, Record, Step, TreeMove
from motet.tasks.model import Question
from motet.tasks.status import TREE_TRANSITIONS, Status, may_follow

__all__ = ["EncodedMove", "EncodedRecord", "Prepared", "Steps", "prepare"]

Steps = tuple[tuple[str, bytes], ...]
"""Entries of a journal: keys, and values as JSON."""


@dataclass(slots=True, eq=False)
class EncodedMove:
    """A move with its values as JSON; None where nothing is stored."""

    change: Move
    result: bytes | None
    error: bytes | None
    question: bytes | None
    inputs: bytes | None
    steps: Steps

    @property
    def ends_attempt(self) -> bool:
        """Whether an attempt is over with it."""
        return self.change.owner is not None and self.change.source is Status.IN_PROGRESS


@dataclass(slots=True, eq=False)
class EncodedRecord:
    """A record with its values as JSON."""

    change: Record
    steps: Steps


Prepared = EncodedMove | EncodedRecord | Claim | TreeMove | Progress


def prepare(changes: Sequence[Change]) -> list[Prepared]:
    """Check changes, write their values as JSON, and put them into the order in which a commit applies them.

    Raises:
        ValueError: A change is none that the tables of statuses allow.
        InvalidPayload: A value cannot be stored.
    """
    prepared: list[Prepared] = [_prepared(change) for change in changes]
    if len(prepared) > 1:
        prepared.sort(key=_phase)
    return prepared


def _phase(prepared: Prepared) -> int:
    if isinstance(prepared, EncodedMove):
        return 0
    if isinstance(prepared, TreeMove):
        return 1
    return 2 if isinstance(prepared, Claim) else 3


def _prepared(change: Change) -> Prepared:
    check_text(change.tree_id, "The id of a tree")
    if isinstance(change, Move):
        return _move(change)
    if isinstance(change, Claim):
        check_text(change.owner, "An owner")
        check_number(change.at, "The time of a claim")
        return change
    if isinstance(change, TreeMove):
        _check_tree_move(change)
        return change
    check_text(change.owner, "An owner")
    if isinstance(change, Progress):
        check_text(change.message, "A message")
        if not 0 <= change.progress <= 1:
            raise ValueError(f"Progress goes from 0 to 1: {change.progress!r}")
        return change
    return EncodedRecord(change, _steps(change.steps))


def _check_tree_move(change: TreeMove) -> None:
    if change.target not in TREE_TRANSITIONS.get(change.source, ()):
        raise ValueError(f"A tree does not go from {change.source} to {change.target}")
    for owner in (change.owner, change.owned_by):
        if owner is not None:
            check_text(owner, "An owner")
    check_number(change.at, "The time of a change")


def _move(change: Move) -> EncodedMove:
    if not may_follow(change.source, change.target):
        raise ValueError(f"A task does not go from {change.source} to {change.target}")
    if change.target is Status.IN_PROGRESS:
        raise ValueError("A task goes to in_progress by a Claim, not by a Move: somebody has to own it")
    if change.owner is not None:
        check_text(change.owner, "An owner")
    for number in (change.at, change.wake_at, change.started_at):
        check_number(number, "A time")
    result = encode(change.result, "A result") if change.target is Status.COMPLETED else None
    error = None if change.error is None else encode(change.error, "An error")
    inputs = None if change.inputs is None else encode(dict(change.inputs), "The inputs of an attempt")
    question = _question(change.question) if change.target is Status.INPUT_REQUIRED else None
    return EncodedMove(change, result, error, question, inputs, _steps(change.steps) if change.steps else ())


def _question(question: Question | None) -> bytes | None:
    if question is None:
        return None
    return encode([question.key, question.text, dict(question.schema)], "A question")


def _steps(steps: Sequence[Step]) -> Steps:
    return tuple(
        (check_text(step.key, "A step's key"), encode(step.value, f"The result of step {step.key!r}")) for step in steps
    )
