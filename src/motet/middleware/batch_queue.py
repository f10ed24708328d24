"""Which calls go into which batch, and when a batch may be sent: pure decisions, which a runtime carries out."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["BatchQueue", "Group"]

T = TypeVar("T", bound=Hashable)


class Group(Generic[T]):
    """Calls with the same key that will be one batch.

    Attributes:
        key: What they have in common.
        items: The calls, in the order in which they came.
    """

    __slots__ = ("items", "key")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.items: dict[T, None] = {}


class BatchQueue(Generic[T]):
    """Collects calls into groups, and gives the groups away in the order in which they became ripe.

    A group is ripe when it is full, or when its time is over. One that is ripe and not full, and has to wait because as
    many batches as may are under way, goes on collecting meanwhile. All that happens here is O(1), a call of many
    groups apart.

    Args:
        size: How many calls a group holds at most.
        concurrency: How many groups are under way at most.
        most: How many calls wait at most.

    Attributes:
        size: How many calls a group holds at most.
        waiting: How many calls wait: their groups are not under way yet.
        running: How many groups are under way.
    """

    def __init__(self, size: int, concurrency: int, most: int) -> None:
        self.waiting = 0
        self.running = 0
        self.size = size
        self._concurrency = concurrency
        self._most = most
        # By key, those that still take calls. A group stands here, among the ripe ones, or in both.
        self._collecting: dict[Hashable, Group[T]] = {}
        self._ripe: OrderedDict[Group[T], None] = OrderedDict()

    @property
    def full(self) -> bool:
        """Whether no further call may wait."""
        return self.waiting >= self._most

    @property
    def idle(self) -> bool:
        """Whether nothing waits, and nothing is under way."""
        return not self.waiting and not self.running

    def add(self, key: Hashable, item: T) -> Group[T]:
        """Put a call into a group; it is the first one of a new group where that has one item now.

        Args:
            key: Which calls it may go together with.
            item: The call.
        """
        group = self._collecting.get(key)
        if group is None:
            group = self._collecting[key] = Group(key)
        group.items[item] = None
        self.waiting += 1
        if len(group.items) >= self.size:
            self._close(group)
            self._ripe[group] = None
        return group

    def drop(self, group: Group[T], item: T) -> None:
        """Take a call out of a group that has not been taken."""
        del group.items[item]
        self.waiting -= 1
        if not group.items:
            self._close(group)
            self._ripe.pop(group, None)

    def ripen(self, group: Group[T]) -> None:
        """Say that the time of a group is over; nothing happens to one that is ripe, taken or empty."""
        if self._collecting.get(group.key) is group:
            self._ripe[group] = None

    def ripen_all(self) -> None:
        """Say that the time of all groups is over."""
        for group in self._collecting.values():
            self._ripe[group] = None

    def take(self) -> Group[T] | None:
        """Take the group that has been ripe for longest, which is under way now; None if none may be."""
        if self.running >= self._concurrency or not self._ripe:
            return None
        group, _ = self._ripe.popitem(last=False)
        self._close(group)
        self.running += 1
        self.waiting -= len(group.items)
        return group

    def done(self) -> None:
        """Say that a group that was under way has ended."""
        self.running -= 1

    def refuse(self) -> list[T]:
        """Empty all groups that wait; return their calls."""
        groups = dict.fromkeys([*self._ripe, *self._collecting.values()])
        self._ripe.clear()
        self._collecting.clear()
        self.waiting = 0
        return [item for group in groups for item in group.items]

    def _close(self, group: Group[T]) -> None:
        if self._collecting.get(group.key) is group:
            del self._collecting[group.key]
