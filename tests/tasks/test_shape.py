"""Roots and cycles, on graphs of numbers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.tasks.shape import ASTRAY, Pick, children_of, find_cycles, find_tops, pick_root

LONG = 100_000


@pytest.mark.parametrize(
    ("parents", "tops", "circles"),
    [
        ([], [], []),
        ([None], [0], []),
        ([None, 0, 1, 2], [0, 0, 0, 0], []),
        ([3, 0, 1, None], [3, 3, 3, 3], []),
        ([None, None, 0, 1], [0, 1, 0, 1], []),
        ([0], [ASTRAY], [[0]]),
        ([1, 0, None], [ASTRAY, ASTRAY, 2], [[0, 1]]),
        ([1, 2, 1, 0, 0, None], [ASTRAY] * 5 + [5], [[1, 2]]),
        ([1, 0, 3, 2], [ASTRAY] * 4, [[0, 1], [2, 3]]),
    ],
)
def test_the_top_of_every_task_is_found(parents, tops, circles):
    assert find_tops(parents) == (tops, circles)


def test_children_are_listed_in_order():
    assert children_of([None, 0, 0, 1]) == {0: [1, 2], 1: [3]}


@pytest.mark.parametrize(
    ("parents", "waits", "pick"),
    [
        ([None], [[]], Pick(0)),
        ([None, 0], [[], []], Pick(0)),
        ([0], [[]], Pick(None)),
        ([None, None], [[1], []], Pick(0)),
        ([None, None], [[], [0]], Pick(1)),
        # Directly or not.
        ([None, None, None], [[1], [2], []], Pick(0)),
        # By way of a child on either side.
        ([None, 0, None, 2], [[], [3], [], []], Pick(0)),
        # Nor does it matter that its own children wait for each other.
        ([None, 0, 0, None], [[], [3], [1], []], Pick(0)),
        ([None, None], [[], []], Pick(None, [0, 1])),
        ([None, None, None], [[2], [2], []], Pick(None, [0, 1])),
        ([None, None, None], [[1], [], []], Pick(None, [0, 2])),
        ([None, None], [[1], [0]], Pick(None, [0, 1], tangled=True)),
        # The first two wait for each other's children, which is no cycle.
        ([None, 0, 0, None, 3, 3], [[], [4], [], [], [], [2]], Pick(None, [0, 3], tangled=True)),
        ([None, None, None], [[], [2], [1]], Pick(None, [0, 1, 2], tangled=True)),
    ],
)
def test_the_root_is_what_needs_all_others(parents, waits, pick):
    tops, _ = find_tops(parents)
    free = [task for task, parent in enumerate(parents) if parent is None]
    assert pick_root(tops, free, waits) == pick


@pytest.mark.parametrize(
    ("leads", "cycles"),
    [
        ([], []),
        ([[]], []),
        ([[1, 2], [2], []], []),
        ([[0]], [[0]]),
        ([[1], [0]], [[0, 1]]),
        ([[1], [2], [1]], [[1, 2]]),
        ([[1, 2], [0], [2]], [[0, 1], [2]]),
        # Two that share a task: one of them is enough.
        ([[1, 2], [0], [0]], [[0, 1]]),
        # A cycle found on the way does not hide the one around it in another part.
        ([[1], [2, 3], [2], [0]], [[2], [0, 1, 3]]),
        ([[0, 1], [1]], [[0], [1]]),
    ],
)
def test_cycles_are_found(leads, cycles):
    assert find_cycles(leads) == cycles


GRAPHS = st.integers(1, 9).flatmap(
    lambda size: st.lists(st.lists(st.integers(0, size - 1), max_size=4, unique=True), min_size=size, max_size=size)
)


def in_cycles(leads):
    """Return the parts in which every task leads to every other one, if they have a cycle: slow and plain."""
    reach = []
    for start in range(len(leads)):
        seen, ahead = set(), list(leads[start])
        while ahead:
            task = ahead.pop()
            if task not in seen:
                seen.add(task)
                ahead += leads[task]
        reach.append(seen)
    return {
        frozenset(other for other in reach[task] if task in reach[other])
        for task in range(len(leads))
        if task in reach[task]
    }


@given(GRAPHS)
def test_every_part_with_cycles_has_one_told_and_no_task_is_in_two(leads):
    cycles = find_cycles(leads)
    for cycle in cycles:
        assert all(target in leads[source] for source, target in pairwise([*cycle, cycle[0]]))
    members = [task for cycle in cycles for task in cycle]
    assert len(set(members)) == len(members)
    parts = in_cycles(leads)
    assert all(any(set(cycle) <= part for cycle in cycles) for part in parts)
    assert bool(cycles) == bool(parts)


def test_nothing_recurses_and_nothing_is_walked_twice():
    onward = [number + 1 for number in range(LONG)]
    assert find_tops([*onward, None])[0] == [LONG] * (LONG + 1)
    assert find_tops([*onward, 0])[1] == [[*range(LONG + 1)]]
    # Every task leads on, and back to all places: comparing each cycle with all others would take hours.
    leads = [[target, task // 2, 0] for task, target in enumerate(onward)]
    assert find_cycles([*leads, []])
    assert find_cycles([*([target] for target in onward), [0]]) == [[*range(LONG + 1)]]
    assert pick_root([*range(LONG + 1)], [*range(LONG + 1)], [*([target] for target in onward), []]) == Pick(0)
