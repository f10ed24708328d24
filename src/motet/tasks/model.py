"""Tasks and task trees: what was defined, and where it stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from motet.kernel.error_payload import ErrorPayload
from motet.tasks.definition import EMPTY, Definition
from motet.tasks.status import Status

__all__ = ["Attempt", "Question", "Task", "Tree", "split_task_id", "task_id_of"]

_PLACE: Final = re.compile("[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Question:
    """What a task asks a person.

    Args:
        key: The question's key in the journal of the task.
        text: The question.
        schema: The JSON schema that an answer has to meet; empty takes anything.
    """

    key: str
    text: str
    schema: Mapping[str, object] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a task, over.

    Args:
        number: Which one, from 1, through all reruns.
        status: How it ended; "pending" where it was interrupted or is tried again, "input_required" where it asked.
        owner: Who ran it.
        inputs: What it really got: the defined inputs with the results of dependencies, and what hooks made of them;
            None where that is what was defined.
        started_at: Wall-clock time, in seconds since 1970 UTC.
        ended_at: (the same)
        error: Why it failed.
    """

    number: int
    status: Status
    owner: str
    inputs: Mapping[str, object] | None
    started_at: float | None
    ended_at: float
    error: ErrorPayload | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task, and where it stands.

    Args:
        tree_id: The tree that it belongs to.
        definition: What was defined.
        status: Where it stands.
        attempt: How many attempts were begun, through all reruns.
        failures: How many attempts failed since it was created or rerun.
        run: How many times it was reset by a rerun.
        result: What it gave, as JSON data; None is a result, once it is completed.
        error: Why it failed, was cancelled or skipped, or why the last attempt failed.
        progress: From 0 to 1.
        message: What the executor last said beside its progress.
        question: What it asks, while input is required.
        owner: Who runs it, while it is in progress.
        wake_at: The wall-clock time before which it does not start (again), in seconds since 1970 UTC.
        created_at: Wall-clock time.
        started_at: When the last attempt began.
        ended_at: When it ended.
        revision: The revision of its tree in which it last changed.
    """

    tree_id: str
    definition: Definition
    status: Status = Status.PENDING
    attempt: int = 0
    failures: int = 0
    run: int = 0
    result: object = None
    error: ErrorPayload | None = None
    progress: float = 0.0
    message: str = ""
    question: Question | None = None
    owner: str | None = None
    wake_at: float | None = None
    created_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    revision: int = 0

    @property
    def id(self) -> str:
        """The task's id: its tree's, and its place in that."""
        return task_id_of(self.tree_id, self.definition.seq)

    @property
    def seq(self) -> int:
        """Its place in its tree, from 1."""
        return self.definition.seq

    @property
    def name(self) -> str:
        """What people and other tasks call it."""
        return self.definition.name

    @property
    def executor(self) -> str | None:
        """The id of its executor; None for a group."""
        return self.definition.executor

    @property
    def inputs(self) -> Mapping[str, object]:
        """The inputs as they were defined."""
        return self.definition.inputs

    @property
    def parent_id(self) -> str | None:
        """The id of the task that it belongs to; None for the root."""
        parent = self.definition.parent
        return None if parent is None else task_id_of(self.tree_id, parent)

    @property
    def priority(self) -> int:
        """0 urgent, 1 high, 2 normal, 3 low."""
        return self.definition.priority

    @property
    def extra(self) -> Mapping[str, object]:
        """Fields of the user's own."""
        return self.definition.extra

    @property
    def seconds(self) -> float | None:
        """How long the last attempt took; None before it has ended."""
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at


@dataclass(frozen=True, slots=True)
class Tree:
    """A task tree, and where it stands.

    Args:
        id: Its id, 16 hexadecimal digits.
        name: The name of its root unless it was given another one.
        root: The place of its root among its tasks.
        total: How many tasks it has.
        status: Where it stands: completed only if every task is completed, or skipped by an optional path.
        key: What makes its creation idempotent; None without.
        user: Whose it is; empty if nobody said.
        extra: Fields of the user's own, JSON values.
        trace: The id of its trace, 32 hexadecimal digits: that of the call that created it.
        owner: Which manager drives it; None where none does.
        revision: Counts the changes of it and its tasks.
        created_at: Wall-clock time, in seconds since 1970 UTC.
        started_at: When it was first taken up; None before.
        ended_at: When it ended.
        tasks: Its tasks in the order of creation; empty where only the tree itself was asked for.
        caller: The span of the call that created it, 16 hexadecimal digits; empty where it was created at the top.
        sampled: Whether those who trace by other means record that call; None where nobody has decided.
    """

    id: str
    name: str
    root: int = 1
    total: int = 0
    status: Status = Status.PENDING
    key: str | None = None
    user: str = ""
    extra: Mapping[str, object] = field(default_factory=lambda: EMPTY)
    trace: str = ""
    owner: str | None = None
    revision: int = 0
    created_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    tasks: tuple[Task, ...] = field(default=(), repr=False)
    caller: str = ""
    sampled: bool | None = None

    @property
    def root_task(self) -> Task:
        """The root, where the tasks were loaded."""
        return next(task for task in self.tasks if task.seq == self.root)

    @property
    def result(self) -> object:
        """What the root gave."""
        return self.root_task.result

    @property
    def progress(self) -> float:
        """From 0 to 1: the mean of the tasks', where the tasks were loaded; an ended task counts as 1."""
        if not self.tasks:
            return 1.0 if self.status.ended else 0.0
        return sum(1.0 if task.status.ended else task.progress for task in self.tasks) / len(self.tasks)

    def task(self, name: str) -> Task:
        """Return the task of that name, or id.

        Raises:
            KeyError: There is none.
        """
        for task in self.tasks:
            if name in {task.name, task.id}:
                return task
        raise KeyError(name)


def task_id_of(tree_id: str, seq: int) -> str:
    """Make the id of a task from its tree's and its place in that."""
    return f"{tree_id}-{seq}"


def split_task_id(task_id: str) -> tuple[str, int]:
    """Take a task's id apart.

    Returns:
        The tree's id and the place in it.

    Raises:
        ValueError: It is no id of a task.
    """
    tree_id, dash, place = task_id.rpartition("-")
    if not dash or not tree_id or not _PLACE.fullmatch(place):
        raise ValueError(f"{task_id!r} is no id of a task: it looks like 1f0c5ab29e7d4413-7")
    return tree_id, int(place)
