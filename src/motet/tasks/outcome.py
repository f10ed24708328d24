"""What came of an attempt, and what follows from it: decisions without I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic_core import from_json, to_json

from motet.kernel.error_payload import ErrorPayload, to_payload
from motet.kernel.errors import AgentFailed
from motet.kernel.policy import GiveUp
from motet.tasks.changes import Move
from motet.tasks.model import Question, Task
from motet.tasks.status import Status

__all__ = ["Asked", "Done", "Failed", "Interrupted", "Lost", "Outcome", "move_for"]


@dataclass(frozen=True, slots=True)
class Done:
    """The executor, or a hook in its place, gave a result; `complete` is False where the task is skipped."""

    result: object
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """The executor or a hook raised, or the executor took too long."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class Asked:
    """The executor asked a person."""

    question: Question


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The manager is closing: the attempt counts as none, and somebody else goes on."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The task is no longer this manager's: it was cancelled, or taken over because this one seemed gone."""


Outcome = Done | Failed | Asked | Interrupted | Lost


def move_for(
    task: Task,
    outcome: Done | Failed | Asked | Interrupted,
    inputs: Mapping[str, object] | None,
    now: float,
    dice: float,
) -> Move:
    """Decide where a task goes after an attempt.

    Args:
        task: The task, in progress.
        outcome: What came of the attempt.
        inputs: What the attempt really got; None where that is what was defined.
        now: Wall-clock time, in seconds since 1970 UTC.
        dice: A number in [0, 1), for jitter.
    """

    def move(target: Status, **fields: object) -> Move:
        return Move(
            task.tree_id,
            task.seq,
            Status.IN_PROGRESS,
            target,
            now,
            task.owner,
            task.attempt,
            inputs=inputs,
            started_at=task.started_at,
            **fields,  # type: ignore[arg-type]
        )

    match outcome:
        case Done(result, complete):
            return move(Status.COMPLETED if complete else Status.SKIPPED, result=result)
        case Asked(question):
            return move(Status.INPUT_REQUIRED, question=question)
        case Interrupted():
            return move(Status.PENDING)
        case Failed(error):
            failures, payload = task.failures + 1, _writable(to_payload(error))
            retry = task.definition.retry
            decision = GiveUp("") if retry is None else retry.policy().decide(failures, error, random=dice)
            if isinstance(decision, GiveUp):
                return move(Status.FAILED, error=payload, failures=failures)
            return move(Status.PENDING, error=payload, failures=failures, wake_at=now + decision.delay)


def _writable(payload: ErrorPayload) -> ErrorPayload:
    """Return an error that every store can keep: an executor may put anything into one."""
    try:
        written: ErrorPayload = from_json(to_json(payload, fallback=repr))
    except (ValueError, RecursionError):
        message = payload["message"].encode(errors="backslashreplace").decode()
        return to_payload(AgentFailed(message, code=payload["code"]))
    return written
