from collections import Counter

import pytest

from cli.trees import ID, make_task, make_tree
from motet.cli.tree_state import TreeState
from motet.kernel.events import TaskChanged, TreeChanged
from motet.tasks.status import Status


def changed(seq: int, status: str, attempt: int = 1, progress: float = 0.0, message: str = "") -> TaskChanged:
    return TaskChanged("trace", 0.0, ID, f"{ID}-{seq}", "name", status, attempt, progress, message)


def family() -> TreeState:
    return TreeState(
        make_tree(
            [
                make_task(1, "all", executor=None),
                make_task(2, "leaf", parent=3),
                make_task(3, "group", executor=None),
                make_task(4, "after", needs=[(3, "group")]),
            ]
        )
    )


def test_children_come_after_their_parents_wherever_they_stand_in_the_array() -> None:
    state = family()
    assert [row.label for row in state.rows] == ["all", "group", "leaf", "after"]
    assert [row.parent and row.parent.label for row in state.rows] == [None, "all", "group", "all"]
    assert [row.children for row in state.rows] == [2, 1, 0, 0]
    assert state.counts == Counter({Status.PENDING: 4})


def test_a_chain_of_parents_may_be_as_long_as_it_likes() -> None:
    tasks = [make_task(seq, f"t{seq}", parent=seq - 1) for seq in range(1, 5001)]
    assert [row.seq for row in TreeState(make_tree(tasks)).rows] == list(range(1, 5001))


def test_tasks_of_one_name_are_told_apart() -> None:
    state = TreeState(make_tree([make_task(1, "all"), make_task(2, "item"), make_task(3, "item")]))
    assert [row.label for row in state.rows] == ["all", "item #2", "item #3"]
    assert state.label(f"{ID}-3") == "item #3"
    assert state.label(f"{ID}-9") == f"{ID}-9"


def test_a_change_is_counted_once() -> None:
    state = family()
    assert state.tell(changed(2, "in_progress"), 10.0) is Status.IN_PROGRESS
    assert state.tell(changed(2, "in_progress", progress=0.5, message="half"), 11.0) is None
    assert state.counts[Status.PENDING] == 3
    assert [row.seq for row in state.of(Status.IN_PROGRESS)] == [2]
    assert state.tell(changed(2, "completed"), 12.0) is Status.COMPLETED
    assert (state.counts[Status.IN_PROGRESS], state.counts[Status.COMPLETED]) == (0, 1)
    assert list(state.of(Status.IN_PROGRESS)) == []
    leaf = state.rows[2]
    assert (leaf.progress, leaf.message, leaf.took(99.0)) == (0.0, "", 2.0)
    assert state.rows[1].over == 1


def test_another_attempt_begins_its_time_anew() -> None:
    state = family()
    state.tell(changed(4, "in_progress"), 10.0)
    state.tell(changed(4, "in_progress", attempt=2), 20.0)
    assert state.rows[3].took(21.0) == 1.0
    state.tell(changed(4, "pending", attempt=2), 22.0)
    assert state.rows[3].took(30.0) is None


def test_a_rerun_takes_an_end_back() -> None:
    state = family()
    state.tell(changed(2, "failed"), 10.0)
    state.tell(changed(2, "pending"), 11.0)
    assert state.rows[1].over == 0
    assert state.rows[2].ended is None


def test_groups_are_at_work_when_anything_below_them_is() -> None:
    state = family()
    assert state.rows[0].shown is Status.PENDING
    state.tell(changed(2, "in_progress"), 10.0)
    assert [row.shown for row in state.rows[:2]] == [Status.IN_PROGRESS, Status.IN_PROGRESS]
    state.tell(changed(1, "failed"), 11.0)
    assert state.rows[0].shown is Status.FAILED


def test_the_tree_itself_changes_too() -> None:
    state = family()
    assert state.tell(TreeChanged("trace", 0.0, ID, "all", "in_progress", 0.5), 10.0) is None
    assert (state.progress, state.ended) == (0.5, None)
    assert state.tell(TreeChanged("trace", 0.0, ID, "all", "failed", 1.0), 12.0) is Status.FAILED
    assert state.ended == 12.0


def test_what_is_not_known_is_left_out() -> None:
    state = family()
    assert state.tell(changed(9, "failed"), 10.0) is None
    assert state.counts == Counter({Status.PENDING: 4})


@pytest.mark.parametrize(("status", "told"), [("failed", "no way"), ("completed", "half way"), ("pending", "no way")])
def test_an_error_is_told_in_place_of_the_last_message(status: str, told: str) -> None:
    error = {"code": "x", "message": "no way", "fault": "agent", "retryable": False, "details": {}}
    state = TreeState(make_tree([make_task(1, "a", status, message="half way", error=error)]))
    assert state.rows[0].message == told
