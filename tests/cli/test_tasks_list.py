"""`motet tasks list`."""

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from cli.trees import ID, make_task, make_tree
from motet.cli.tasks_list import tree_table
from motet.tasks.status import Status

Run = Callable[..., "subprocess.CompletedProcess[str]"]

JOBS = ("--import", str(Path(__file__).parent / "desk" / "jobs.py"))


def drawn(name: str, width: int) -> list[str]:
    trees = [
        (make_tree([make_task(1, "a")], "completed", name=name, ended_at=1002.5), {Status.COMPLETED: 1}),
        (make_tree([make_task(1, "a")], "input_required", name="other"), {Status.INPUT_REQUIRED: 1}),
        (make_tree([make_task(1, "a")], "pending", name="third", started_at=None), {Status.PENDING: 1}),
    ]
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(tree_table(trees, 1060.0, width=width))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_each_tree_has_a_row() -> None:
    heading, first, second, third = drawn("report", 100)
    assert heading.split() == ["id", "name", "status", "done", "took", "created"]
    assert first.split()[:5] == [ID, "report", "✓", "completed", "1/1"]
    assert first.split()[5:7] == ["2.50", "s"]
    assert "? input required   0/1" in second
    assert second.split()[6:8] == ["1m", "00s"]
    assert third.split()[2:5] == ["·", "pending", "0/1"]


@pytest.mark.parametrize("width", [50, 63, 64, 77, 78, 100])
def test_a_long_name_takes_lines_of_its_own_and_cuts_nothing_off(width: int) -> None:
    rows = drawn("a name that is much longer than anybody would want it to be", width)
    assert all(len(row) <= width for row in rows)
    assert sum(ID in row for row in rows) == 3
    assert "input required" in "\n".join(rows)
    assert ("took" in rows[0], "created" in rows[0]) == (width >= 64, width >= 78)


@pytest.fixture
def trees(here: Run) -> list[str]:
    ids = []
    for name, executor in (("first", "shout"), ("second", "broken"), ("third", "shout")):
        tasks = json.dumps([{"name": name, "executor": executor, "inputs": {"text": "x"}}])
        ids.append(json.loads(here("run", "--tasks", tasks, *JOBS, "--json").stdout)["id"])
    return ids


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], ["third", "second", "first"]),
        (["--status", "failed"], ["second"]),
        (["--status", "failed", "--status", "completed", "--all"], ["third", "second", "first"]),
        (["--name", "IR"], ["third", "first"]),
        (["--limit", "2"], ["third", "second"]),
        (["--user", "somebody"], []),
        (["--status", "pending"], []),
    ],
)
def test_trees_are_chosen_and_the_newest_come_first(
    here: Run, trees: list[str], options: list[str], names: list[str]
) -> None:
    document = json.loads(here("tasks", "list", "--json", *options).stdout)
    assert [tree["name"] for tree in document["trees"]] == names
    assert document["more"] is ("--limit" in options)
    done = here("tasks", "list", *options)
    assert done.returncode == 0
    assert [line.split()[1] for line in done.stdout.splitlines()[1:]] == names
    if "--limit" in options:
        assert done.stderr == "motet: these are the newest 2; --limit N or --all shows more\n"
    elif not names:
        assert (done.stdout, done.stderr) == ("", "motet: there are no such trees\n")


def test_programs_get_counts_in_place_of_tasks(here: Run, trees: list[str]) -> None:
    tree = json.loads(here("tasks", "list", "--json", "--limit", "1").stdout)["trees"][0]
    assert (tree["id"], tree["counts"], tree["progress"]) == (trees[2], {"completed": 1}, 1.0)
    assert "tasks" not in tree


def test_many_trees_are_read_page_by_page(here: Run, trees: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motet.cli.tasks_list.PAGE", 2)
    assert len(json.loads(here("tasks", "list", "--json", "--all").stdout)["trees"]) == 3
