"""The pure books of a tree: what is ready, and what follows from an end."""

from collections.abc import Mapping, Sequence

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from motet.tasks.outlines import Outline
from motet.tasks.reach import downstream, upstream
from motet.tasks.status import Status
from motet.tasks.tree import Progression, tree_status

DONE, FAILED, SKIPPED, CANCELLED, PENDING = (
    Status.COMPLETED,
    Status.FAILED,
    Status.SKIPPED,
    Status.CANCELLED,
    Status.PENDING,
)
ENDS = (DONE, FAILED, CANCELLED)


def task(seq: int, *needs: int, parent: int | None = None, group: bool = False, status: Status = PENDING) -> Outline:
    """Make the outline of a task; what it needs optionally is negative."""
    links = tuple((abs(need), need > 0) for need in needs)
    return Outline(seq, None if group else "x", parent, links, status)


def test_what_needs_nothing_is_ready_in_the_order_of_creation():
    assert Progression([task(1), task(2), task(3, 1)]).first().ready == [1, 2]


def test_a_dependant_is_ready_once_the_last_of_what_it_needs_has_ended():
    books = Progression([task(1), task(2), task(3, 1, 2)])
    assert books.end(1, DONE).ready == []
    assert books.end(2, DONE).ready == [3]


@pytest.mark.parametrize("how", [FAILED, SKIPPED, CANCELLED])
def test_a_required_dependency_that_does_not_complete_skips_all_behind_it_at_once(how):
    books = Progression([task(1), task(2), task(3, 1, 2), task(4, 3)])
    fallout = books.end(1, how)
    assert [(ended.seq, ended.status, ended.because) for ended in fallout.ended] == [(3, SKIPPED, 1), (4, SKIPPED, 3)]
    assert fallout.ready == []


@pytest.mark.parametrize("how", [DONE, FAILED, SKIPPED, CANCELLED])
def test_an_optional_dependency_only_has_to_end(how):
    books = Progression([task(1), task(2, -1)])
    assert books.first().ready == [1]
    assert books.end(1, how).ready == [2]


def test_an_end_that_is_known_has_no_consequences():
    books = Progression([task(1), task(2, 1)])
    assert books.end(1, DONE).ready == [2]
    assert not books.end(1, FAILED).ready
    assert books.status[1] is DONE


@pytest.mark.parametrize(
    ("ends", "status", "because"),
    [
        ((DONE, DONE), DONE, 1),
        ((DONE, SKIPPED), DONE, 3),
        ((SKIPPED, SKIPPED), DONE, 2),
        ((DONE, FAILED), FAILED, 3),
        ((FAILED, CANCELLED), FAILED, 2),
        ((CANCELLED, SKIPPED), CANCELLED, 2),
    ],
)
def test_a_group_ends_as_the_worst_of_its_children(ends, status, because):
    books = Progression([task(1, group=True), task(2, parent=1), task(3, parent=1)])
    books.end(2, ends[0])
    (ended,) = books.end(3, ends[1]).ended
    assert (ended.seq, ended.status) == (1, status)
    if status is not DONE:
        assert ended.because == because


def test_groups_in_groups_end_from_the_inside():
    books = Progression([task(1, group=True), task(2, parent=1, group=True), task(3, parent=2)])
    assert [ended.seq for ended in books.end(3, DONE).ended] == [2, 1]
    assert books.outcome is DONE


def test_a_group_waits_for_its_dependencies_as_well():
    books = Progression([task(1, 3, group=True), task(2, parent=1), task(3)])
    assert not books.end(2, DONE).ended
    assert [ended.seq for ended in books.end(3, DONE).ended] == [1]


def test_a_group_is_skipped_with_what_it_requires_while_its_children_go_on():
    books = Progression([task(1, 3, group=True), task(2, parent=1), task(3)])
    assert [(ended.seq, ended.status) for ended in books.end(3, FAILED).ended] == [(1, SKIPPED)]
    assert books.is_ready(2)
    assert not books.end(2, DONE).ended


def test_a_dependant_of_a_group_follows_it():
    books = Progression([task(1, group=True), task(2, parent=1), task(3, 1)])
    assert books.end(2, DONE).ready == [3]


def test_a_parent_with_an_executor_waits_for_nobody():
    assert Progression([task(1), task(2, parent=1)]).first().ready == [1, 2]


@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.INPUT_REQUIRED])
def test_what_runs_or_asks_is_not_ready_and_keeps_the_tree_open(status):
    books = Progression([task(1, status=status)])
    assert books.first().ready == []
    assert books.outcome is Status.IN_PROGRESS
    books.begin(1, PENDING)
    assert books.is_ready(1)


def test_books_opened_late_tell_what_follows_from_what_had_ended():
    books = Progression([task(1, status=FAILED), task(2, 1), task(3, 2), task(4, -1)])
    assert [ended.seq for ended in books.first().ended] == [2, 3]
    assert books.first().ready == [4]


def test_a_group_whose_children_were_all_deleted_is_done_and_so_is_what_is_around_it():
    """What follows such a group goes on, too."""
    books = Progression([task(1, group=True), task(2, parent=1, group=True), task(4, 2, parent=1)])
    assert [(ended.seq, ended.status) for ended in books.first().ended] == [(2, DONE)]
    assert books.is_ready(4)
    assert books.end(4, DONE).ended[0].seq == 1


def test_a_chain_longer_than_the_stack_is_followed():
    size = 20_000
    books = Progression([task(1), *(task(seq, seq - 1) for seq in range(2, size + 1))])
    assert len(books.end(1, FAILED).ended) == size - 1
    assert books.outcome is FAILED


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ([DONE], DONE),
        ([DONE, SKIPPED], DONE),
        ([DONE, FAILED], FAILED),
        ([CANCELLED, FAILED], FAILED),
        ([CANCELLED, DONE], CANCELLED),
        ([SKIPPED], DONE),
    ],
)
def test_a_tree_ends_as_its_tasks_say(statuses, outcome):
    assert tree_status(statuses) is outcome


def test_downstream_are_dependants_and_the_groups_around():
    tasks = [task(1, group=True), task(2, parent=1), task(3, -2, parent=1), task(4, parent=1), task(5, 1)]
    assert downstream(tasks, [2]) == {1, 2, 3, 5}
    assert downstream(tasks, [5]) == {5}
    assert downstream([task(1), task(2, parent=1)], [2]) == {2}


def test_upstream_is_what_tasks_need_and_what_belongs_to_them():
    tasks = [task(1, 3, group=True), task(2, parent=1), task(3, 4), task(4), task(5, 1)]
    assert upstream(tasks, [1]) == {1, 2, 3, 4}
    assert upstream(tasks, [4]) == {4}
    assert upstream(tasks, [5]) == {1, 2, 3, 4, 5}


@st.composite
def trees(draw: st.DrawFn) -> list[Outline]:
    """Draw tasks with parents and dependencies, without a task that waits for itself."""
    size = draw(st.integers(1, 9))
    # In this order everything can end: a task needs only those before it, a group only has children before it.
    order = draw(st.permutations(range(1, size + 1)))
    rank = {seq: index for index, seq in enumerate(order)}
    tasks = []
    for seq in range(1, size + 1):
        before = [other for other in order if rank[other] < rank[seq]]
        after = [other for other in order if rank[other] > rank[seq]]
        needs = draw(st.sets(st.sampled_from(before), max_size=3)) if before else set()
        parent = draw(st.none() | st.sampled_from(after)) if after else None
        signed = [need if draw(st.booleans()) else -need for need in sorted(needs)]
        tasks.append(task(seq, *signed, parent=parent, group=draw(st.integers(0, 3)) == 0))
    return tasks


def naive(tasks: Sequence[Outline], own: Mapping[int, Status]) -> tuple[set[int], dict[int, Status]]:
    """Say from nothing but how executors ended what is ready, and how everything stands."""
    stands = dict(own)
    changed = True
    while changed:
        changed = False
        for one in tasks:
            if one.seq in stands:
                continue
            ends = [(stands.get(other), required) for other, required in one.dependencies]
            children = [other.seq for other in tasks if other.parent == one.seq] if one.group else []
            found = [stands.get(child) for child in children]
            if any(required and end not in {None, DONE} for end, required in ends):
                stands[one.seq], changed = SKIPPED, True
            elif one.group and None not in [*found, *(end for end, _ in ends)]:
                worst = next((end for end in (FAILED, CANCELLED) if end in found), DONE)
                stands[one.seq], changed = worst, True
    ready = {
        one.seq
        for one in tasks
        if one.seq not in stands and not one.group and all(other in stands for other, _ in one.dependencies)
    }
    return ready, stands


@settings(max_examples=400)
@given(trees(), st.data())
def test_the_books_say_what_a_look_at_everything_says(tasks, data):
    """One end after another, in any order, against a derivation from nothing; and the same for books opened late."""
    books = Progression(tasks)
    own: dict[int, Status] = {}
    told = set(books.first().ready)
    ready, stands = naive(tasks, own)
    assert told == ready
    while ready:
        seq = data.draw(st.sampled_from(sorted(ready)))
        how = data.draw(st.sampled_from(ENDS))
        own[seq] = how
        fallout = books.end(seq, how)
        before, (ready, stands) = stands, naive(tasks, own)
        assert {ended.seq: ended.status for ended in fallout.ended} == {
            other: status for other, status in stands.items() if other not in before and other != seq
        }
        told = (told | set(fallout.ready)) & {one.seq for one in tasks if books.is_ready(one.seq)}
        assert told == ready
        late = Progression([one._replace(status=own.get(one.seq, PENDING)) for one in tasks])
        assert {one.seq for one in tasks if late.is_ready(one.seq)} == ready
        assert {one.seq: late.status[one.seq] for one in tasks if late.status[one.seq].ended} == stands
        assert late.open == books.open == len(tasks) - len(stands)
    assert books.open == 0
    assert books.outcome is tree_status(stands.values())
