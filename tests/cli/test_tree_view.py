import pytest
from rich.cells import cell_len

from cli.trees import ID, make_large, make_task, make_tree
from motet.cli.tree_state import TreeState
from motet.cli.tree_view import ASCII, UNICODE, marks_for, status_text, tree_lines
from motet.tasks.status import Status

ERROR = {"code": "x", "message": "the line\nis down", "fault": "agent", "retryable": False, "details": {}}


def small() -> TreeState:
    return TreeState(
        make_tree(
            [
                make_task(1, "report"),
                make_task(2, "cpu", "completed", started_at=1000.0, ended_at=1000.12),
                make_task(3, "pages", executor=None),
                make_task(4, "a", "in_progress", parent=3, attempt=2, progress=0.3, message="3 of 10", started_at=1001),
                make_task(5, "b", "failed", parent=3, error=ERROR, started_at=1000.0, ended_at=1001.5),
                make_task(6, "c", "input_required", parent=3),
                make_task(7, "d", "skipped"),
                make_task(8, "e", "cancelled"),
            ]
        )
    )


def drawn(state: TreeState, width: int = 80, height: int | None = None, **options: object) -> list[str]:
    return [line.plain for line in tree_lines(state, width, height, 1002.0, **options)]  # type: ignore[arg-type]


def test_tasks_are_drawn_below_what_they_belong_to() -> None:
    assert drawn(small()) == [
        f"report  {ID}  in progress  ━━━━━───── 54%  2.00 s",
        "· report    pending",
        "✓ ├─ cpu    completed         120 ms",
        "● ├─ pages  in progress               1 of 3",
        "● │  ├─ a   in progress       1.00 s  ━━━─────── 30%  attempt 2  3 of 10",
        "✗ │  ├─ b   failed            1.50 s  the line; is down",
        "? │  └─ c   input required",
        "» ├─ d      skipped",
        "⊘ └─ e      cancelled",
        "  1 input required, 1 in progress, 1 completed, 1 failed, 1 cancelled, 1 skippe…",
    ]


def test_a_narrow_terminal_gets_no_bars_and_no_line_too_long() -> None:
    lines = drawn(small(), 40)
    assert lines[0].startswith(f"report  {ID}  in progress")
    assert "━" not in "".join(lines)
    assert lines[4] == "● │  ├─ a   in progress       1.00 s  3…"


@pytest.mark.parametrize("width", [20, 40, 59, 60, 80, 200])
@pytest.mark.parametrize("height", [4, 5, 9, 24, None])
def test_the_view_fits_the_terminal(width: int, height: int | None) -> None:
    tasks = [make_task(1, "all 東京 of it", executor=None)]
    tasks += [make_task(seq, f"a long name for a task {seq}", "in_progress", message="x" * 300) for seq in range(2, 40)]
    state = TreeState(make_tree(tasks, name="n" * 90))
    lines = drawn(state, width, height)
    assert all(cell_len(line) <= width for line in lines)
    assert len(lines) == (41 if height is None else min(height, 41))


def test_letters_of_two_cells_do_not_move_the_columns() -> None:
    state = TreeState(make_tree([make_task(1, "東京"), make_task(2, "abcd")]))
    first, second = drawn(state)[1:3]
    assert cell_len(first.split("pending")[0]) == cell_len(second.split("pending")[0])


def test_a_terminal_without_unicode_sees_ascii() -> None:
    assert marks_for("utf-8") is UNICODE
    assert marks_for("iso-8859-1") is ASCII
    assert marks_for("ascii") is ASCII
    text = "\n".join(drawn(small(), marks=ASCII))
    assert text.isascii()
    assert "* |  |- a   in progress       1.00 s  ===------- 30%" in text


def test_running_marks_turn() -> None:
    rows = [line.plain for now in (1002.0, 1002.13) for line in tree_lines(small(), 80, None, now, turning=True)]
    marks = [row[0] for row in rows if " a   in progress" in row]
    assert len(set(marks)) == 2
    assert set(marks) <= set(UNICODE.turning)


def test_of_a_large_tree_what_matters_is_shown_and_the_rest_is_counted() -> None:
    lines = drawn(
        TreeState(make_large({500: "in_progress", 700: "failed", 900: "input_required", 901: "pending"})), 80, 12
    )
    assert len(lines) == 12
    text = "\n".join(lines)
    for name in ("● all", "group 4", "item 500", "group 6", "item 700", "group 8", "item 900"):
        assert name in text
    assert lines[-2] == "  … 992 more: 986 completed, 6 pending"
    assert lines[-1] == "  1 input required, 1 in progress, 986 completed, 1 failed, 12 pending"


def test_a_deep_tree_stays_on_the_screen() -> None:
    tasks = [make_task(seq, f"t{seq}", parent=seq - 1) for seq in range(1, 200)]
    lines = drawn(TreeState(make_tree(tasks)))
    assert max(cell_len(line) for line in lines) <= 80
    assert "t199" in lines[-2]


def test_what_belongs_to_a_hidden_task_stands_below_the_next_one_that_is_shown() -> None:
    tasks = [make_task(seq, f"t{seq}", parent=seq - 1) for seq in range(1, 100)]
    tasks[98] = make_task(99, "t99", "in_progress", parent=98)
    lines = drawn(TreeState(make_tree(tasks)), 80, 5)
    assert [line.split("  ")[0] for line in lines[1:3]] == ["· t1", "● └─ t99"]


def test_a_tree_that_has_ended_shows_no_bar() -> None:
    state = TreeState(make_tree([make_task(1, "a", "completed")], "completed", ended_at=1001.5))
    assert drawn(state)[0] == f"a  {ID}  completed  1.50 s"


def test_control_characters_of_a_message_stay_in_their_line() -> None:
    state = TreeState(make_tree([make_task(1, "a", "in_progress", message="one\ntwo\r\nthree")]))
    assert drawn(state)[1].endswith("one; two; three")


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_mark_and_a_colour(status: Status) -> None:
    told = status_text(status)
    assert told.plain == f"{UNICODE.statuses[status]} {status.replace('_', ' ')}"
    assert len(UNICODE.statuses[status]) == len(ASCII.statuses[status]) == 1
