"""The ready tasks of every tree, in the order in which they start, and the limits on how many run at once."""

import heapq
from collections import Counter
from collections.abc import Mapping
from typing import Generic, NamedTuple, Protocol, TypeVar

__all__ = ["Limits", "Ready", "ReadyQueue", "Source"]


class Source(Protocol):
    """The books of a tree, as far as the queue asks them."""

    def is_ready(self, seq: int) -> bool:
        """Tell whether a task may start now."""

    def priority_of(self, seq: int) -> int:
        """Return how urgent a task is."""

    def executor_of(self, seq: int) -> str | None:
        """Return the id of a task's executor."""

    def key_of(self, seq: int) -> str | None:
        """Return a task's concurrency key."""


Books = TypeVar("Books", bound=Source)


class Ready(NamedTuple, Generic[Books]):
    """A task that may start: compared by priority, then by which tree came first, then by creation order."""

    priority: int
    order: int
    seq: int
    work: Books


class Limits(NamedTuple):
    """How many tasks run at once.

    Args:
        total: Of all of them.
        per_executor: Of one executor, by its id; those not named have no limit of their own.
        per_key: Of one concurrency key.
        any_key: Of a concurrency key that is not named in `per_key`.
    """

    total: int = 16
    per_executor: Mapping[str, int] = {}
    per_key: Mapping[str, int] = {}
    any_key: int = 1

    def problems(self) -> list[str]:
        """Say what is wrong with these limits."""
        named = {"max_concurrency": self.total, "key_concurrency": self.any_key, **self.per_executor, **self.per_key}
        return [f"{name}={limit!r}: at least 1 task has to run at once" for name, limit in named.items() if limit < 1]


class ReadyQueue(Generic[Books]):
    """What may start, the most urgent first; what a limit holds back steps aside, and lets others pass.

    Args:
        limits: How many may run at once.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._heap: list[Ready[Books]] = []
        self._aside: dict[str, list[Ready[Books]]] = {}
        # The limit behind which a task of the heap has stood: its turn passes to the next one if it does not take it.
        self._turns: dict[tuple[Books, int], str] = {}
        # The limits that each running task counts for: those of its start, whatever it is changed to meanwhile.
        self._held: dict[tuple[Books, int], tuple[str, ...]] = {}
        # Those that wait for a time: they take no place meanwhile, and keep what else they hold.
        self._resting: set[tuple[Books, int]] = set()
        self._running: Counter[str] = Counter()

    @property
    def running(self) -> int:
        """How many tasks count as running."""
        return len(self._held) - len(self._resting)

    def push(self, ready: Ready[Books]) -> None:
        """Add a task."""
        heapq.heappush(self._heap, ready)

    def pop(self) -> Ready[Books] | None:
        """Take the task that starts next, and count it as running; None while none may start."""
        while self._heap and self.running < self._limits.total:
            ready = heapq.heappop(self._heap)
            turn = self._turns.pop((ready.work, ready.seq), None)
            # Those that are not ready were cancelled, skipped, or taken by somebody else meanwhile.
            # One that was updated stands in the heap once more, in its new place.
            fits = ready.work.is_ready(ready.seq) and ready.priority >= ready.work.priority_of(ready.seq)
            bounds = self._bounds(ready.work, ready.seq) if fits else None
            held = self._full(bounds) if bounds else None
            if held is not None:
                heapq.heappush(self._aside.setdefault(held, []), ready)
            elif bounds is not None:
                self._hold(ready.work, ready.seq, bounds)
            if turn is not None and turn != held and (held is not None or bounds is None or turn not in bounds):
                self._next(turn)
            if bounds is not None and held is None:
                return ready
        return None

    def release(self, work: Books, seq: int) -> None:
        """Count a task as running no more; nothing happens where it does not."""
        self._resting.discard((work, seq))
        for name in self._held.pop((work, seq), ()):
            self._running[name] -= 1
            if not self._running[name]:
                del self._running[name]
            self._next(name)

    def rest(self, work: Books, seq: int) -> None:
        """Let others have the place of a task while it waits; the limits of its executor and its key it keeps."""
        if (work, seq) in self._held:
            self._resting.add((work, seq))

    def retake(self, work: Books, seq: int) -> bool:
        """Count a task as running again, that let others pass while it waited; False if there is no room now."""
        if (work, seq) in self._resting:
            if self.running >= self._limits.total:
                return False
            self._resting.discard((work, seq))
        if (work, seq) in self._held:
            return True
        bounds = self._bounds(work, seq)
        if self.running >= self._limits.total or self._full(bounds) is not None:
            return False
        self._hold(work, seq, bounds)
        return True

    def force(self, work: Books, seq: int) -> None:
        """Count a task as running again, whether there is room or not: it is about to end."""
        self._resting.discard((work, seq))
        if (work, seq) not in self._held:
            self._hold(work, seq, self._bounds(work, seq))

    def _hold(self, work: Books, seq: int, bounds: Mapping[str, int]) -> None:
        self._held[work, seq] = tuple(bounds)
        self._running.update(bounds.keys())

    def _full(self, bounds: Mapping[str, int]) -> str | None:
        return next((name for name, limit in bounds.items() if self._running[name] >= limit), None)

    def _next(self, name: str) -> None:
        """Let the first of those that a limit holds back have its turn."""
        waiting = self._aside.get(name)
        if waiting:
            ready = heapq.heappop(waiting)
            self._turns[ready.work, ready.seq] = name
            heapq.heappush(self._heap, ready)
        if not waiting:
            self._aside.pop(name, None)

    def _bounds(self, work: Books, seq: int) -> dict[str, int]:
        limits = self._limits
        bounds: dict[str, int] = {}
        executor, key = work.executor_of(seq), work.key_of(seq)
        if executor is not None and executor in limits.per_executor:
            bounds[f"executor {executor}"] = limits.per_executor[executor]
        if key is not None:
            bounds[f"key {key}"] = limits.per_key.get(key, limits.any_key)
        return bounds
