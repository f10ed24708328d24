"""The changes that a store is asked to make: each a compare-and-set that says what has to be the case before it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from motet.kernel.error_payload import ErrorPayload
from motet.tasks.model import Question, Task
from motet.tasks.status import Status

__all__ = ["Change", "Claim", "Move", "Progress", "Record", "Step", "TreeMove"]


@dataclass(slots=True, eq=False)
class Move:
    """A task goes from one status to another, if it is where it should be.

    It is applied only if the task has the status `source` and, where they are given, this `owner` and this `attempt`.
    A task that already is where it should go by the same owner and attempt counts as applied: the answer to an
    earlier try may have been lost.

    Args:
        tree_id: Which tree.
        seq: Which task of it.
        source: Where it has to be.
        target: Where it goes; only a claim leads to in_progress.
        at: Wall-clock time, in seconds since 1970 UTC.
        owner: Who has to own it; None does not ask. An attempt is over where this is given, and is recorded.
        attempt: Which attempt has to be under way; None does not ask.
        result: What it gave, as JSON data; stored where the target is completed.
        error: Why; None stores none.
        failures: How many attempts have failed, this one included; None leaves the number.
        wake_at: Before when it does not start again.
        question: What it asks; stored where the target is input_required.
        inputs: What the attempt really got; None where that is what was defined.
        started_at: When the attempt began.
        reset: Whether everything that earlier attempts left (result, error, failures, journal) is cleared, and the
            count of its reruns goes up: a rerun.
        steps: Entries for its journal, stored if the move is applied: the answer to a question.
        applied: Filled in by the store.
    """

    tree_id: str
    seq: int
    source: Status
    target: Status
    at: float
    owner: str | None = None
    attempt: int | None = None
    result: object = None
    error: ErrorPayload | None = None
    failures: int | None = None
    wake_at: float | None = None
    question: Question | None = None
    inputs: Mapping[str, object] | None = None
    started_at: float | None = None
    reset: bool = False
    steps: tuple["Step", ...] = ()
    applied: bool | None = field(default=None, repr=False)


@dataclass(slots=True, eq=False)
class Claim:
    """A manager wants to run a pending task: it goes to in_progress, and its attempt number goes up by one.

    Args:
        tree_id: Which tree.
        seq: Which task of it.
        owner: Who wants to run it.
        at: Wall-clock time, in seconds since 1970 UTC.
        after: Moves, of this call or an earlier one, without which this one must not be applied.
        attempt: How many attempts there were before, so that a claim whose answer was lost is known again.
        task: Filled in by the store where the claim was applied: the task as it now is.
        applied: Filled in by the store.
    """

    tree_id: str
    seq: int
    owner: str
    at: float
    after: tuple[Move, ...] = ()
    attempt: int = 0
    task: Task | None = field(default=None, repr=False)
    applied: bool | None = field(default=None, repr=False)


@dataclass(slots=True, eq=False)
class TreeMove:
    """A tree goes from one status to another, if it is where it should be.

    Args:
        tree_id: Which tree.
        source: Where it has to be.
        target: Where it goes.
        at: Wall-clock time, in seconds since 1970 UTC.
        owner: Who drives it from now on; None: nobody.
        owned_by: Who has to drive it; "" asks for nobody, None does not ask.
        after: Moves, of this call or an earlier one, without which this one must not be applied.
        applied: Filled in by the store.
    """

    tree_id: str
    source: Status
    target: Status
    at: float
    owner: str | None = None
    owned_by: str | None = None
    after: tuple[Move, ...] = ()
    applied: bool | None = field(default=None, repr=False)


@dataclass(slots=True, eq=False)
class Progress:
    """A running task tells how far it is; nothing happens if this attempt no longer runs.

    Args:
        tree_id: Which tree.
        seq: Which task of it.
        owner: Who runs it.
        attempt: Which attempt.
        progress: From 0 to 1.
        message: What to say beside it.
        applied: Filled in by the store.
    """

    tree_id: str
    seq: int
    owner: str
    attempt: int
    progress: float
    message: str = ""
    applied: bool | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of a task's journal.

    Args:
        key: What it is known by within its task.
        value: The step's result, as JSON data.
    """

    key: str
    value: object


@dataclass(slots=True, eq=False)
class Record:
    """A running task records steps in its journal, if this attempt still runs; a key that is there stays as it is.

    Args:
        tree_id: Which tree.
        seq: Which task of it.
        owner: Who runs it.
        attempt: Which attempt.
        at: Wall-clock time, in seconds since 1970 UTC.
        steps: What to record.
        applied: Filled in by the store.
    """

    tree_id: str
    seq: int
    owner: str
    attempt: int
    at: float
    steps: tuple[Step, ...]
    applied: bool | None = field(default=None, repr=False)


Change = Move | Claim | TreeMove | Progress | Record
