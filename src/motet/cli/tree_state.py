"""Where the tasks of a tree stand, kept up to date by events: what the views of a tree are drawn from."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from motet.kernel.events import Event, TaskChanged, TreeChanged
from motet.tasks.model import Task, Tree, split_task_id
from motet.tasks.status import Status

__all__ = ["Row", "TreeState", "label_of", "repeated"]


@dataclass(slots=True, eq=False)
class Row:
    """A task, as a view shows it.

    Args:
        seq: Its place in the tree.
        label: Its name, with its place where others have the same name.
        parent: The row that it belongs to; None for the root.
        group: Whether it has no executor.
        status: Where it stands.
        attempt: How many attempts were begun.
        progress: From 0 to 1.
        message: What it last said, or why it ended as it did.
        started: When the attempt began, wall-clock time.
        ended: When it ended, wall-clock time.
        order: Its place when the tree is read from the top, children after their parent.
        depth: How many tasks are above it.
        children: How many tasks belong to it.
        over: How many of these have ended.
        begun: Whether it, or anything below it, has left its first status.
    """

    seq: int
    label: str
    parent: "Row | None"
    group: bool
    status: Status
    attempt: int
    progress: float
    message: str
    started: float | None
    ended: float | None
    order: int = 0
    depth: int = 0
    children: int = 0
    over: int = 0
    begun: bool = False

    @property
    def shown(self) -> Status:
        """The status; a group that is pending while its tasks run is at work for whoever watches."""
        return Status.IN_PROGRESS if self.group and self.begun and self.status is Status.PENDING else self.status

    def took(self, now: float) -> float | None:
        """Return how many seconds the attempt has taken up to now; None where there is nothing to measure."""
        if self.started is None or self.status is Status.PENDING:
            return None
        return max(0.0, (now if self.ended is None else self.ended) - self.started)


class TreeState:
    """A tree, as a view shows it.

    Args:
        tree: The tree with its tasks.

    Attributes:
        id: Its id.
        name: Its name.
        status: Where it stands.
        progress: From 0 to 1.
        started: When it was taken up, wall-clock time.
        ended: When it ended, wall-clock time.
        rows: Its tasks, from the top, children after their parent.
        broad: The same, level by level.
        counts: How many tasks there are in each status.
    """

    def __init__(self, tree: Tree) -> None:
        self.id, self.name, self.status, self.progress = tree.id, tree.name, tree.status, tree.progress
        self.started, self.ended = tree.started_at, tree.ended_at
        twice = repeated(tree)
        by_place = {task.seq: _row(task, twice) for task in tree.tasks}
        for task in tree.tasks:
            by_place[task.seq].parent = by_place.get(task.definition.parent or 0)
        self._rows = by_place
        self.rows = list(_from_the_top(by_place.values()))
        # Every status is there from the beginning: a view is drawn in a thread of its own.
        self.counts = Counter(dict.fromkeys(Status, 0))
        self.counts.update(row.status for row in self.rows)
        self._by_status: dict[Status, dict[int, Row]] = {status: {} for status in Status}
        for order, row in enumerate(self.rows):
            row.order = order
            self._by_status[row.status][row.seq] = row
            if row.parent is not None:
                row.depth = row.parent.depth + 1
                row.parent.children += 1
                row.parent.over += row.status.ended
            _begin(row)
        self.broad = sorted(self.rows, key=lambda row: row.depth)

    def of(self, status: Status) -> Iterable[Row]:
        """Return the rows in a status: what came to it first comes first."""
        # A copy in one step, as above.
        return tuple(self._by_status[status].values())

    def label(self, task_id: str) -> str:
        """Return what a task is called."""
        row = self._row(task_id)
        return task_id if row is None else row.label

    def tell(self, event: Event, now: float) -> Status | None:
        """Enter an event.

        Args:
            event: What happened.
            now: When, wall-clock time.

        Returns:
            The status of the task or the tree, if that is another one than before.
        """
        if isinstance(event, TaskChanged):
            return self._task(event, now)
        if isinstance(event, TreeChanged):
            before, self.status, self.progress = self.status, Status(event.status), event.progress
            self.started = self.started or now
            self.ended = now if self.status.ended else None
            return self.status if self.status is not before else None
        return None

    def _task(self, event: TaskChanged, now: float) -> Status | None:
        row = self._row(event.task)
        if row is None:
            return None
        status, before = Status(event.status), row.status
        if status is Status.IN_PROGRESS and (before is not status or event.attempt != row.attempt):
            row.started = now
        if status is not before:
            row.ended = now if status.ended else None
            self._moved(row, before, status)
        row.attempt, row.progress, row.message = event.attempt, event.progress, event.message
        return status if status is not before else None

    def _moved(self, row: Row, before: Status, status: Status) -> None:
        row.status = status
        self.counts[before] -= 1
        self.counts[status] += 1
        self._by_status[before].pop(row.seq, None)
        self._by_status[status][row.seq] = row
        if row.parent is not None:
            row.parent.over += status.ended - before.ended
        _begin(row)

    def _row(self, task_id: str) -> Row | None:
        return self._rows.get(split_task_id(task_id)[1])


def repeated(tree: Tree) -> set[str]:
    """Return the names that several tasks of a tree have."""
    return {name for name, number in Counter(task.name for task in tree.tasks).items() if number > 1}


def label_of(task: Task, twice: set[str]) -> str:
    """Return what a task is called among others.

    Args:
        task: The task.
        twice: The names that several tasks have.
    """
    return f"{task.name} #{task.seq}" if task.name in twice else task.name


def _begin(row: Row) -> None:
    """Note that a task and the groups around it are not pending any more."""
    here: Row | None = None if row.status is Status.PENDING else row
    while here is not None and not here.begun:
        here.begun = True
        here = here.parent


def _row(task: Task, twice: set[str]) -> Row:
    told = task.message if task.error is None or task.status is Status.COMPLETED else task.error["message"]
    return Row(
        task.seq,
        label_of(task, twice),
        None,
        task.executor is None,
        task.status,
        task.attempt,
        task.progress,
        told,
        task.started_at,
        task.ended_at,
    )


def _from_the_top(rows: Iterable[Row]) -> Iterator[Row]:
    """Put children after their parents; without recursion, because a chain may be as long as it likes."""
    below: dict[int, list[Row]] = {}
    for row in rows:
        below.setdefault(0 if row.parent is None else row.parent.seq, []).append(row)
    work = below.get(0, [])[::-1]
    while work:
        row = work.pop()
        yield row
        work.extend(reversed(below.get(row.seq, ())))
