"""A task as it was defined: nothing of this changes when it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from motet.kernel.policy import Backoff, RetryPolicy

__all__ = ["EMPTY", "NORMAL", "Definition", "Dependency", "Retry"]

EMPTY: Final[Mapping[str, object]] = MappingProxyType({})

NORMAL: Final = 2
"""The priority of a task that says none: 0 is urgent, 1 high, 2 normal, 3 low."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """What a task waits for.

    Args:
        seq: The place of the other task in its tree.
        name: Its name: under it the result arrives in the inputs.
        required: Whether the other one has to complete; otherwise it has to end, in whatever way.
    """

    seq: int
    name: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a task is tried, and how long it waits in between; see `RetryPolicy` and `Backoff`.

    Args:
        attempts: How often to try in all, from 1.
        initial: Seconds before the second attempt, at most.
        factor: By what the wait grows from one attempt to the next.
        cap: The longest wait in seconds.
        jitter: Whether to spread the waits.

    Raises:
        ValueError: There would be no attempt at all, or a wait would be negative or shrink.
    """

    attempts: int = 3
    initial: float = 1.0
    factor: float = 2.0
    cap: float = 300.0
    jitter: bool = True

    def __post_init__(self) -> None:
        self.policy()

    def policy(self) -> RetryPolicy:
        """Return the policy that decides."""
        return RetryPolicy(self.attempts, Backoff(self.initial, self.factor, self.cap, self.jitter))


@dataclass(frozen=True, slots=True)
class Definition:
    """A task as it was defined: nothing of this changes when it runs.

    Args:
        seq: Its place in its tree, in the order of creation, from 1.
        name: What people and other tasks call it.
        executor: The id of the agent that runs it; None makes it a group, which is done when its children are.
        inputs: What the executor is given, beside the results of dependencies.
        parent: The place of the task that it belongs to; None for the root.
        dependencies: What it waits for.
        priority: 0 urgent, 1 high, 2 normal, 3 low.
        retry: Whether and how it is tried again; None lets the first failure count.
        timeout: Seconds that one attempt may take; None sets no limit.
        not_before: The wall-clock time, in seconds since 1970 UTC, before which it does not start.
        concurrency_key: Tasks of one key run at most so many at once as the manager allows the key.
        extra: Fields of the user's own, JSON values; they stay with the task.
    """

    seq: int
    name: str
    executor: str | None = None
    inputs: Mapping[str, object] = field(default_factory=lambda: EMPTY)
    parent: int | None = None
    dependencies: tuple[Dependency, ...] = ()
    priority: int = NORMAL
    retry: Retry | None = None
    timeout: float | None = None
    not_before: float | None = None
    concurrency_key: str | None = None
    extra: Mapping[str, object] = field(default_factory=lambda: EMPTY)
