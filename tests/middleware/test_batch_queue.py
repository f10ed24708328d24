"""Which calls go into which batch: pure decisions."""

from collections.abc import Hashable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from motet.middleware.batch_queue import BatchQueue, Group


def items(group: Group[int] | None) -> list[int] | None:
    return None if group is None else list(group.items)


def test_a_full_group_is_taken_at_once_and_another_one_when_its_time_is_over():
    queue = BatchQueue[int](2, 9, 99)
    first = queue.add("k", 1)
    assert (queue.take(), queue.waiting) == (None, 1)
    assert queue.add("k", 2) is first
    assert items(queue.take()) == [1, 2]
    second = queue.add("k", 3)
    queue.ripen(first)
    assert queue.take() is None
    queue.ripen(second)
    assert items(queue.take()) == [3]
    assert (queue.waiting, queue.running) == (0, 2)


def test_groups_are_taken_in_the_order_in_which_they_became_ripe():
    queue = BatchQueue[int](2, 9, 99)
    slow, quick = queue.add("slow", 1), queue.add("quick", 2)
    queue.add("quick", 3)
    queue.ripen(slow)
    assert [queue.take(), queue.take()] == [quick, slow]


def test_keys_are_never_mixed():
    queue = BatchQueue[int](2, 9, 99)
    for number in range(6):
        queue.add(number % 3, number)
    assert [items(queue.take()) for _ in range(3)] == [[0, 3], [1, 4], [2, 5]]


def test_a_group_that_waits_for_a_place_goes_on_collecting():
    queue = BatchQueue[int](3, 1, 99)
    queue.ripen(queue.add("k", 1))
    assert items(queue.take()) == [1]
    late = queue.add("k", 2)
    queue.ripen(late)
    assert queue.take() is None
    assert queue.add("k", 3) is late
    assert queue.add("k", 4) is late
    assert queue.add("k", 5) is not late
    queue.done()
    assert items(queue.take()) == [2, 3, 4]


def test_a_group_that_is_empty_is_gone():
    queue = BatchQueue[int](2, 1, 99)
    group = queue.add("k", 1)
    queue.ripen(group)
    queue.drop(group, 1)
    queue.ripen(group)
    assert (queue.take(), queue.idle) == (None, True)
    assert queue.add("k", 2) is not group
    full = queue.add("k", 3)
    queue.drop(full, 2)
    assert items(queue.take()) == [3]


def test_it_is_full_when_as_many_wait_as_may():
    queue = BatchQueue[int](2, 1, 3)
    for number in range(2):
        queue.add("k", number)
    queue.take()
    assert not queue.full
    for number in range(3):
        queue.add("k", number)
    assert queue.full
    assert not queue.idle


def test_refusing_empties_it():
    queue = BatchQueue[int](2, 1, 99)
    for number in range(5):
        queue.add("k", number)
    queue.take()
    assert queue.refuse() == [2, 3, 4]
    assert (queue.waiting, queue.take(), queue.idle) == (0, None, False)
    queue.done()
    assert queue.idle


class QueueMachine(RuleBasedStateMachine):
    """The queue beside a plain model: groups as lists, in the order in which they became ripe."""

    @initialize(size=st.integers(1, 3), concurrency=st.integers(1, 2))
    def begin(self, size, concurrency):
        self.queue = BatchQueue[int](size, concurrency, 99)
        self.size, self.concurrency = size, concurrency
        self.number = self.running = 0
        self.groups: dict[int, tuple[Group[int], list[int]]] = {}
        self.collecting: dict[Hashable, Group[int]] = {}
        self.ripe: list[Group[int]] = []

    @rule(key=st.sampled_from("ab"))
    def add(self, key):
        self.number += 1
        group = self.queue.add(key, self.number)
        assert group is self.collecting.get(key, group)
        self.collecting[key] = group
        _, held = self.groups.setdefault(id(group), (group, []))
        held.append(self.number)
        if len(held) == self.size:
            del self.collecting[key]
            self.make_ripe(group)

    @rule(which=st.integers(0, 9), drop=st.integers(0, 2))
    def drop(self, which, drop):
        if self.groups:
            group, held = list(self.groups.values())[which % len(self.groups)]
            item = held.pop(drop % len(held))
            self.queue.drop(group, item)
            if not held:
                self.forget(group)

    @rule(which=st.integers(0, 9))
    def ripen(self, which):
        if self.collecting:
            group = list(self.collecting.values())[which % len(self.collecting)]
            self.queue.ripen(group)
            self.make_ripe(group)

    @rule()
    def ripen_all(self):
        self.queue.ripen_all()
        for group in self.collecting.values():
            self.make_ripe(group)

    @rule()
    def take(self):
        group = self.queue.take()
        if self.running == self.concurrency or not self.ripe:
            assert group is None
            return
        assert group is self.ripe[0]
        assert list(group.items) == self.groups[id(group)][1]
        assert 1 <= len(group.items) <= self.size
        self.forget(group)
        self.running += 1

    @rule()
    def done(self):
        if self.running:
            self.queue.done()
            self.running -= 1

    def make_ripe(self, group: Group[int]) -> None:
        if group not in self.ripe:
            self.ripe.append(group)

    def forget(self, group: Group[int]) -> None:
        del self.groups[id(group)]
        self.ripe = [other for other in self.ripe if other is not group]
        self.collecting = {key: other for key, other in self.collecting.items() if other is not group}

    @invariant()
    def its_books_are_right(self):
        if hasattr(self, "queue"):
            assert self.queue.waiting == sum(len(held) for _, held in self.groups.values())
            assert self.queue.running == self.running <= self.concurrency
            assert self.queue.idle == (not self.groups and not self.running)


TestQueueAgainstItsModel = QueueMachine.TestCase
TestQueueAgainstItsModel.settings = settings(max_examples=100, stateful_step_count=40)


@pytest.mark.parametrize("size", [1, 2, 16])
def test_its_work_does_not_grow_with_what_was_dropped(size):
    queue = BatchQueue[int](size, 1, 10**9)
    queue.ripen(queue.add("k", 0))
    queue.take()
    for number in range(1000):
        group = queue.add(number, number)
        queue.ripen(group)
        queue.drop(group, number)
    assert not queue._ripe
    assert not queue._collecting
