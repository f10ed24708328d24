import io

import pytest
from rich.console import Console
from rich.text import Text

from motet.cli.display import layout, trouble
from motet.cli.tally import Line


def drawn(lines: list[Line], room: int = 20, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(layout(Text("main  1.20 s"), lines, room))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_each_node_has_a_row() -> None:
    lines = [Line("scan", done=1), Line("read", flying=8, done=1200, failed=3, retries=2), Line("summarise")]
    assert drawn(lines) == [
        "main  1.20 s",
        "  scan           1 done",
        "  read       1,200 done  8 in flight  2 retried, 1 failed",
        "  summarise      0 done",
    ]


def test_an_agent_alone_has_no_rows() -> None:
    assert drawn([]) == ["main  1.20 s"]


def test_rows_without_room_are_counted_and_those_at_work_come_first() -> None:
    lines = [Line(f"n{number}", flying=number % 2) for number in range(10)]
    rows = drawn(lines, room=5)
    assert [row.split()[0] for row in rows] == ["main", "n1", "n3", "n5", "n7", "and"]
    assert rows[-1] == "  and 6 more"


@pytest.mark.parametrize("width", [80, 60])
def test_rows_fit_the_terminal(width: int) -> None:
    lines = [Line("a name that is much longer than anybody would want it to be", 100, 100_000, 20, 10)]
    assert all(len(row) <= width for row in drawn(lines, width=width))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (Line("a"), ""),
        (Line("a", failed=1, retries=1), "1 retried"),
        (Line("a", failed=3, retries=1), "1 retried, 2 failed"),
        (Line("a", failed=1), "1 failed"),
    ],
)
def test_trouble_is_told(line: Line, told: str) -> None:
    assert trouble(line) == told
