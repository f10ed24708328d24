from collections import Counter

import pytest

from cli.trees import make_large
from motet.cli.tree_pick import pick
from motet.cli.tree_state import TreeState
from motet.tasks.status import Status


def test_many_failures_leave_room_for_what_runs() -> None:
    special = dict.fromkeys(range(3, 60), "failed") | {900: "in_progress", 901: "in_progress"}
    rows = pick(TreeState(make_large(special)), 15)
    assert Counter(row.status for row in rows)[Status.IN_PROGRESS] == 2
    assert len(rows) == 15


@pytest.mark.parametrize("room", range(1, 30))
def test_never_more_rows_than_there_is_room_for(room: int) -> None:
    state = TreeState(make_large({seq: ["failed", "in_progress", "pending"][seq % 3] for seq in range(3, 1000)}))
    rows = pick(state, room)
    assert len(rows) == room
    assert rows[0] is state.rows[0]
    assert [row.order for row in rows] == sorted(row.order for row in rows)


def test_room_that_is_left_goes_to_the_upper_levels() -> None:
    assert [row.label for row in pick(TreeState(make_large({})), 11)] == [
        "all",
        *(f"group {number}" for number in range(10)),
    ]
