"""The queue of ready tasks."""

import random

import pytest

from motet.tasks.ready import Limits, Ready, ReadyQueue


class Tree:
    """Books of a tree as the queue sees them."""

    def __init__(self, executors: dict[int, str] | None = None, keys: dict[int, str] | None = None) -> None:
        self.executors = executors or {}
        self.keys = keys or {}
        self.priorities: dict[int, int] = {}
        self.gone: set[int] = set()

    def is_ready(self, seq: int) -> bool:
        return seq not in self.gone

    def priority_of(self, seq: int) -> int:
        return self.priorities.get(seq, 2)

    def executor_of(self, seq: int) -> str | None:
        return self.executors.get(seq, "x")

    def key_of(self, seq: int) -> str | None:
        return self.keys.get(seq)

    def push(self, queue: ReadyQueue, *seqs: int, order: int = 1) -> None:
        for seq in seqs:
            queue.push(Ready(self.priority_of(seq), order, seq, self))


def popped(queue: ReadyQueue) -> list[int]:
    found = []
    while (ready := queue.pop()) is not None:
        found.append(ready.seq)
    return found


def test_an_empty_queue_gives_nothing():
    assert ReadyQueue(Limits()).pop() is None


def test_priority_comes_first_then_the_tree_then_the_place():
    queue: ReadyQueue = ReadyQueue(Limits(total=9))
    old, new = Tree(), Tree()
    new.priorities = {7: 0}
    new.push(queue, 7, 2, order=2)
    old.push(queue, 3, 1, order=1)
    order = [(ready.work is old, ready.seq) for ready in iter(queue.pop, None)]
    assert order == [(False, 7), (True, 1), (True, 3), (False, 2)]


def test_no_more_are_given_than_may_run():
    queue: ReadyQueue = ReadyQueue(Limits(total=2))
    tree = Tree()
    tree.push(queue, 1, 2, 3)
    assert popped(queue) == [1, 2]
    queue.release(tree, 1)
    assert popped(queue) == [3]
    assert queue.running == 2


def test_what_is_no_longer_ready_is_passed_over():
    queue: ReadyQueue = ReadyQueue(Limits())
    tree = Tree()
    tree.push(queue, 1, 2)
    tree.gone = {1}
    assert popped(queue) == [2]
    assert queue.running == 1


def test_a_key_lets_others_pass():
    queue: ReadyQueue = ReadyQueue(Limits())
    tree = Tree(keys={1: "k", 2: "k"})
    tree.push(queue, 1, 2, 3)
    assert popped(queue) == [1, 3]
    queue.release(tree, 1)
    assert popped(queue) == [2]


def test_the_turn_of_one_that_is_gone_passes_to_the_next():
    queue: ReadyQueue = ReadyQueue(Limits())
    tree = Tree(keys=dict.fromkeys(range(1, 6), "k"))
    tree.push(queue, 1, 2, 3, 4)
    assert popped(queue) == [1]
    tree.gone = {2, 3}
    queue.release(tree, 1)
    assert popped(queue) == [4]


def test_the_turn_of_one_that_another_limit_holds_back_passes_to_the_next():
    queue: ReadyQueue = ReadyQueue(Limits(per_executor={"slow": 1}))
    tree = Tree(executors={9: "slow", 2: "slow"}, keys={1: "k", 2: "k", 3: "k"})
    tree.push(queue, 9, 1, 2, 3)
    assert popped(queue) == [1, 9]
    queue.release(tree, 1)
    assert popped(queue) == [3]
    queue.release(tree, 3)
    queue.release(tree, 9)
    assert popped(queue) == [2]


def test_the_turn_of_one_that_has_changed_its_key_passes_to_the_next():
    queue: ReadyQueue = ReadyQueue(Limits())
    tree = Tree(keys={1: "k", 2: "k", 3: "k"})
    tree.push(queue, 1, 2, 3)
    assert popped(queue) == [1]
    tree.keys[2] = "other"
    queue.release(tree, 1)
    assert popped(queue) == [2, 3]


def test_one_that_became_less_urgent_is_taken_in_its_new_place():
    queue: ReadyQueue = ReadyQueue(Limits())
    tree = Tree()
    tree.priorities = {2: 0}
    tree.push(queue, 1, 2)
    tree.priorities[2] = 3
    tree.push(queue, 2)
    assert queue.pop().seq == 1
    assert queue.pop().seq == 2
    tree.gone = {2}
    assert queue.pop() is None


def test_a_limit_that_changed_while_a_task_ran_is_freed_as_it_was_taken():
    queue: ReadyQueue = ReadyQueue(Limits())
    tree = Tree(keys={1: "k", 2: "k"})
    tree.push(queue, 1, 2)
    assert popped(queue) == [1]
    tree.keys[1] = "other"
    queue.release(tree, 1)
    assert popped(queue) == [2]


def test_a_release_of_what_does_not_run_changes_nothing():
    queue: ReadyQueue = ReadyQueue(Limits(total=1))
    tree = Tree()
    tree.push(queue, 1, 2, 3)
    assert popped(queue) == [1]
    for _ in range(2):
        queue.release(tree, 1)
    assert popped(queue) == [2]


def test_who_gave_up_its_place_takes_it_again_only_where_there_is_room():
    queue: ReadyQueue = ReadyQueue(Limits(total=1))
    tree = Tree()
    tree.push(queue, 1, 2)
    assert popped(queue) == [1]
    queue.release(tree, 1)
    assert popped(queue) == [2]
    assert not queue.retake(tree, 1)
    queue.force(tree, 1)
    assert queue.running == 2
    assert queue.retake(tree, 1)
    queue.release(tree, 1)
    queue.release(tree, 2)
    assert queue.retake(tree, 2)


@pytest.mark.parametrize("limits", [{"total": 0}, {"any_key": 0}, {"per_key": {"k": 0}}, {"per_executor": {"x": -2}}])
def test_limits_that_let_nothing_run_are_problems(limits):
    (problem,) = Limits(**limits).problems()
    assert "at least 1" in problem


def test_usual_limits_are_no_problem():
    assert Limits(per_key={"k": 1}).problems() == []


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_held_back_or_gone_all_that_is_ready_runs_in_the_end(seed):
    chance = random.Random(seed)
    limits = Limits(chance.randint(1, 4), {"a": chance.randint(1, 2)}, {"k": 2}, 1)
    queue: ReadyQueue = ReadyQueue(limits)
    size = 60
    tree = Tree(
        {seq: chance.choice("abc") for seq in range(size)},
        {seq: chance.choice(["k", "l", "m"]) for seq in range(size) if chance.random() < 0.7},
    )
    tree.priorities = {seq: chance.randint(0, 3) for seq in range(size)}
    tree.push(queue, *range(size))
    running: list[int] = []
    ran: set[int] = set()
    while True:
        while (ready := queue.pop()) is not None:
            running.append(ready.seq)
            tree.gone.add(ready.seq)
            ran.add(ready.seq)
        assert len(running) <= limits.total
        assert sum(tree.executors[seq] == "a" for seq in running) <= limits.per_executor["a"]
        for key, limit in (("k", 2), ("l", 1), ("m", 1)):
            assert sum(tree.keys.get(seq) == key for seq in running) <= limit
        if not running:
            break
        queue.release(tree, running.pop(chance.randrange(len(running))))
        if chance.random() < 0.2:
            tree.gone.add(chance.randrange(size))
    assert ran | tree.gone == set(range(size))
    assert not queue._aside
    assert not queue._turns
    assert not queue._running
