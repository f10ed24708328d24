"""The tables of statuses."""

import pytest

from motet.tasks.status import ENDED, TRANSITIONS, TREE_TRANSITIONS, Status, may_follow


@pytest.mark.parametrize("status", Status)
def test_every_status_of_a_task_has_its_line(status):
    assert TRANSITIONS[status] <= set(Status)


def test_a_tree_is_never_skipped():
    assert Status.SKIPPED not in TREE_TRANSITIONS
    assert all(Status.SKIPPED not in after for after in TREE_TRANSITIONS.values())


@pytest.mark.parametrize("status", sorted(ENDED))
def test_only_a_rerun_follows_an_end(status):
    assert status.ended
    assert TRANSITIONS[status] == {Status.PENDING}


@pytest.mark.parametrize("status", sorted(set(Status) - ENDED))
def test_what_has_not_ended_can_be_cancelled(status):
    assert not status.ended
    assert may_follow(status, Status.CANCELLED)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("completed", "in_progress"),
        ("completed", "failed"),
        ("failed", "completed"),
        ("cancelled", "in_progress"),
        ("skipped", "completed"),
        ("pending", "input_required"),
        ("input_required", "completed"),
        ("input_required", "in_progress"),
        ("pending", "pending"),
        ("in_progress", "in_progress"),
    ],
)
def test_what_may_not_follow(source, target):
    assert not may_follow(Status(source), Status(target))


def test_every_status_can_be_reached_from_the_first():
    reached = {Status.PENDING}
    while more := {after for status in reached for after in TRANSITIONS[status]} - reached:
        reached |= more
    assert reached == set(Status)


def test_the_tables_cannot_be_changed():
    with pytest.raises(TypeError):
        TRANSITIONS[Status.PENDING] = frozenset()
    with pytest.raises(TypeError):
        TREE_TRANSITIONS[Status.PENDING] = frozenset()


def test_an_ended_tree_goes_on_only_by_being_reset():
    for status in ENDED & TREE_TRANSITIONS.keys():
        assert TREE_TRANSITIONS[status] == {Status.PENDING}
