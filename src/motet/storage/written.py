"""Definitions, attempts and whole tasks as a store keeps them, and back."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from motet.storage.state import STATUSES, State, Stored
from motet.storage.values import check_text, decode, encode
from motet.tasks.definition import NORMAL, Definition, Dependency, Retry
from motet.tasks.model import Attempt, Question, Task
from motet.tasks.outlines import Outline
from motet.tasks.status import Status

__all__ = ["AttemptRow", "Written", "attempt_of", "definition_of", "outline_from", "task_of", "write_definition"]


class Written(NamedTuple):
    """A definition as a store keeps it.

    Args:
        seq: The task's place in its tree.
        name: Its name.
        executor: Its executor.
        plan: Everything else but its inputs, as JSON; what is as usual is left out.
        inputs: Its inputs; None where it has none.
        not_before: Before when it does not start.
    """

    seq: int
    name: str
    executor: str | None
    plan: str
    inputs: Stored
    not_before: float | None


class AttemptRow(NamedTuple):
    """An attempt that is over, as a store keeps it; see `Attempt`."""

    number: int
    status: Status
    owner: str
    inputs: Stored
    started_at: float | None
    ended_at: float
    error: Stored


def write_definition(definition: Definition) -> Written:
    """Write a definition.

    Raises:
        InvalidPayload: Something of it cannot be stored.
    """
    name = check_text(definition.name, "A task's name")
    if definition.executor is not None:
        check_text(definition.executor, f"The executor of {name!r}")
    plan = _plan(definition)
    return Written(
        definition.seq,
        name,
        definition.executor,
        encode(plan, f"The definition of {name!r}").decode() if plan else "{}",
        encode(dict(definition.inputs), f"The inputs of {name!r}") if definition.inputs else None,
        definition.not_before,
    )


def _plan(definition: Definition) -> dict[str, object]:
    plan: dict[str, object] = {}
    if definition.parent is not None:
        plan["parent"] = definition.parent
    if definition.dependencies:
        plan["dependencies"] = [(other.seq, other.name, other.required) for other in definition.dependencies]
    if definition.priority != NORMAL:
        plan["priority"] = definition.priority
    if (retry := definition.retry) is not None:
        plan["retry"] = (retry.attempts, retry.initial, retry.factor, retry.cap, retry.jitter)
    if definition.timeout is not None:
        plan["timeout"] = definition.timeout
    if definition.not_before is not None:
        plan["not_before"] = definition.not_before
    if definition.concurrency_key is not None:
        plan["concurrency_key"] = definition.concurrency_key
    if definition.extra:
        plan["extra"] = dict(definition.extra)
    return plan


def definition_of(written: Written) -> Definition:
    """Make a definition again from what was written."""
    seq, name, executor, text, inputs, not_before = written
    plan: dict[str, Any] = decode(text) if text != "{}" else {}
    get = plan.get
    retry = get("retry")
    return Definition(
        seq,
        name,
        executor,
        {} if inputs is None else decode(inputs),
        get("parent"),
        tuple(Dependency(*other) for other in get("dependencies", ())),
        get("priority", NORMAL),
        None if retry is None else Retry(*retry),
        get("timeout"),
        not_before,
        get("concurrency_key"),
        get("extra") or {},
    )


def task_of(tree_id: str, created_at: float, written: Written, state: State) -> Task:
    """Make a task from what is kept of it; nobody else holds its values."""
    question = None
    if state.question is not None:
        key, text, schema = decode(state.question)
        question = Question(key, text, schema)
    return Task(
        tree_id,
        definition_of(written),
        state.status,
        state.attempt,
        state.failures,
        state.run,
        None if state.result is None else decode(state.result),
        None if state.error is None else decode(state.error),
        state.progress,
        state.message,
        question,
        state.owner,
        state.wake_at,
        created_at,
        state.started_at,
        state.ended_at,
        state.revision,
    )


def attempt_of(row: AttemptRow) -> Attempt:
    """Make an attempt from what is kept of it."""
    number, status, owner, inputs, started_at, ended_at, error = row
    return Attempt(
        number,
        status,
        owner,
        None if inputs is None else decode(inputs),
        started_at,
        ended_at,
        None if error is None else decode(error),
    )


def outline_from(row: Sequence[Any]) -> Outline:
    """Make an outline of a task's place, name, executor, plan, status, wake_at, owner and attempt."""
    seq, name, executor, text, status, wake_at, owner, attempt = row
    plan: dict[str, Any] = decode(text) if text != "{}" else {}
    dependencies = tuple((other, required) for other, _, required in plan.get("dependencies", ()))
    return Outline(
        seq,
        executor,
        plan.get("parent"),
        dependencies,
        STATUSES[status],
        plan.get("priority", NORMAL),
        plan.get("concurrency_key"),
        wake_at,
        owner,
        attempt,
        name,
    )
