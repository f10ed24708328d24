"""What may run next: pure books of a tree, in which each dependency is looked at once in the tree's life."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from motet.tasks.outlines import Outline
from motet.tasks.status import Status

__all__ = ["Ended", "Fallout", "Progression", "tree_status"]

NOBODY: Final = 0
"""The place of no task: they count from 1."""


class Ended(NamedTuple):
    """A task that ended because of others: a group, or one that is skipped. `because` is the other's place."""

    seq: int
    status: Status
    because: int


@dataclass(slots=True)
class Fallout:
    """What follows from the end of a task.

    Args:
        ready: Tasks that may start now, in the order of creation.
        ended: Tasks that ended with it, causes first.
    """

    ready: list[int] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)


class Progression:
    """Which tasks of a tree are ready, and what follows when one ends.

    A task waits for its dependencies, a group for its children as well. A required dependency that does not complete
    skips the task at once; an optional one only has to end.

    Args:
        tasks: Every task of the tree in the order of creation, as they stand.
    """

    def __init__(self, tasks: Sequence[Outline]) -> None:
        # Deleted tasks leave gaps, which count as completed.
        size = max((task.seq for task in tasks), default=0) + 1
        self.status: list[Status] = [Status.COMPLETED] * size
        # Arrays, because a tree may have a hundred thousand tasks: a list for each would be most of their memory.
        self._waits = array("q", bytes(8 * size))
        self._group = bytearray(size)
        self._parent = array("q", bytes(8 * size))
        self._dependants, self._begins = _reversed(tasks, size)
        # The worst end among the children of a group.
        self._worst: dict[int, Ended] = {}
        self.open = len(tasks)
        for task in tasks:
            self._enter(task)
        self._first = self._settled(tasks)

    def first(self) -> Fallout:
        """Return what is ready now, and what has to end because of what ended before these books were opened."""
        return self._first

    def end(self, seq: int, status: Status) -> Fallout:
        """Enter the end of a task.

        Args:
            seq: Its place.
            status: How it ended.

        Returns:
            What follows; nothing where the books have it as ended already.
        """
        fallout = Fallout()
        if not self.status[seq].ended:
            self._end(seq, status, fallout)
        return fallout

    def begin(self, seq: int, status: Status = Status.IN_PROGRESS) -> None:
        """Enter that a task runs, asks, or is pending again."""
        self.status[seq] = status

    def is_ready(self, seq: int) -> bool:
        """Tell whether a task could start now."""
        return self.status[seq] is Status.PENDING and self._waits[seq] == 0 and not self._group[seq]

    @property
    def outcome(self) -> Status:
        """The status of the whole tree; `in_progress` while something may still run, or waits for a person."""
        return tree_status(self.status[1:]) if self.open == 0 else Status.IN_PROGRESS

    def _enter(self, task: Outline) -> None:
        self.status[task.seq] = task.status
        self._group[task.seq] = task.group
        self._parent[task.seq] = task.parent or NOBODY
        self._waits[task.seq] += len(task.dependencies)
        if task.parent is not None:
            self._waits[task.parent] += 1  # counts for groups only: other parents are not looked at

    def _settled(self, tasks: Iterable[Outline]) -> Fallout:
        # A parent that is no group does not wait for its children.
        for task in tasks:
            if task.parent is not None and not self._group[task.parent]:
                self._waits[task.parent] -= 1
        fallout = Fallout()
        ended = [task for task in tasks if task.status.ended]
        self.open -= len(ended)
        for task in ended:
            self._follow(task.seq, task.status, fallout)
        fallout.ready.extend(task.seq for task in tasks if self.is_ready(task.seq))
        fallout.ready = sorted(set(fallout.ready))
        for task in tasks:
            # A group without open children whose last child's end was the last thing that was recorded.
            if task.group and self._waits[task.seq] == 0 and not self.status[task.seq].ended:
                self._end_group(task.seq, fallout)
                self._follow(task.seq, self.status[task.seq], fallout)
        return fallout

    def _end(self, seq: int, status: Status, fallout: Fallout) -> None:
        self.status[seq] = status
        self.open -= 1
        self._follow(seq, status, fallout)

    def _follow(self, seq: int, status: Status, fallout: Fallout) -> None:
        """Tell the dependants and the parent; a worklist, because chains may be longer than Python's stack."""
        work = [(seq, status)]
        while work:
            here, how = work.pop()
            before = len(fallout.ended)
            for signed in self._dependants[self._begins[here] : self._begins[here + 1]]:
                self._told(abs(signed), here, how, signed > 0, fallout)
            parent = self._parent[here]
            if self._group[parent]:
                self._child_ended(parent, here, how, fallout)
            work.extend((ended.seq, ended.status) for ended in reversed(fallout.ended[before:]))

    def _told(self, seq: int, other: int, how: Status, required: bool, fallout: Fallout) -> None:
        self._waits[seq] -= 1
        if self.status[seq] is not Status.PENDING:
            return
        if required and how is not Status.COMPLETED:
            self._enter_end(Ended(seq, Status.SKIPPED, other), fallout)
        elif self._waits[seq] == 0:
            if self._group[seq]:
                self._end_group(seq, fallout)
            else:
                fallout.ready.append(seq)

    def _child_ended(self, group: int, child: int, how: Status, fallout: Fallout) -> None:
        self._waits[group] -= 1
        known = self._worst.get(group)
        if known is None or _WEIGHT[how] > _WEIGHT[known.status]:
            self._worst[group] = Ended(group, how, child)
        if self._waits[group] == 0 and self.status[group] is Status.PENDING:
            self._end_group(group, fallout)

    def _end_group(self, group: int, fallout: Fallout) -> None:
        worst = self._worst.get(group, Ended(group, Status.COMPLETED, group))
        # Skipped children were on an optional path, unless another one failed: that is the worse end.
        status = Status.COMPLETED if worst.status is Status.SKIPPED else worst.status
        self._enter_end(Ended(group, status, worst.because), fallout)

    def _enter_end(self, ended: Ended, fallout: Fallout) -> None:
        self.status[ended.seq] = ended.status
        self.open -= 1
        fallout.ended.append(ended)


def _reversed(tasks: Sequence[Outline], size: int) -> "tuple[array[int], array[int]]":
    """Turn dependencies round.

    Returns:
        The dependants of all tasks, one task after the other: places, negative where the dependency is optional. And
        where those of each task begin among them.
    """
    begins = array("q", bytes(8 * (size + 1)))
    for task in tasks:
        for other, _ in task.dependencies:
            begins[other + 1] += 1
    for place in range(size):
        begins[place + 1] += begins[place]
    free = array("q", begins)
    dependants = array("q", bytes(8 * begins[size]))
    for task in tasks:
        for other, required in task.dependencies:
            dependants[free[other]] = task.seq if required else -task.seq
            free[other] += 1
    return dependants, begins


_WEIGHT: Final[Mapping[Status, int]] = {
    Status.COMPLETED: 0,
    Status.SKIPPED: 1,
    Status.CANCELLED: 2,
    Status.FAILED: 3,
}


def tree_status(statuses: Iterable[Status]) -> Status:
    """Say how a tree ended from how its tasks did.

    Args:
        statuses: Those of all its tasks, all of them ended.

    Returns:
        `failed` if one failed, otherwise `cancelled` if one was, otherwise `completed`.
    """
    seen = set(statuses)
    if Status.FAILED in seen:
        return Status.FAILED
    return Status.CANCELLED if Status.CANCELLED in seen else Status.COMPLETED
