"""`motet tasks show` and `tree`, and what is shown of trees and tasks that a test makes up."""

import io
import json
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from cli.trees import ID, make_task, make_tree
from motet.cli.tasks_setup import Setup
from motet.cli.tasks_show import task_parts, tree_parts
from motet.tasks.definition import Retry
from motet.tasks.model import Attempt, Question
from motet.tasks.status import Status

Run = Callable[..., "subprocess.CompletedProcess[str]"]

JOBS = ("--import", str(Path(__file__).parent / "desk" / "jobs.py"))
ERROR = {
    "code": "agent_failed",
    "message": "the line\nis down",
    "fault": "agent",
    "retryable": True,
    "details": {"type": "ConnectionError"},
}


def written(parts: Iterable[RenderableType], width: int = 100) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_task_is_shown_with_everything_that_is_known() -> None:
    root = make_task(1, "all", needs=[(2, "page")])
    task = make_task(
        2,
        "page",
        "completed",
        executor="rest",
        needs=[(3, "login")],
        defined={
            "inputs": {"url": "x"},
            "priority": 0,
            "retry": Retry(4),
            "timeout": 2.5,
            "concurrency_key": "site",
            "extra": {"colour": "red"},
        },
        attempt=2,
        result={"status": 200},
        created_at=1000.0,
        started_at=1010.0,
        ended_at=1011.5,
    )
    tree = make_tree([root, task, make_task(3, "login", "completed")])
    attempts = [
        Attempt(1, Status.PENDING, "host", {"url": "x"}, 1001.0, 1002.0, ERROR),  # type: ignore[arg-type]
        Attempt(2, Status.COMPLETED, "host", {"url": "x", "login": "token"}, 1010.0, 1011.5),
    ]
    lines = written(task_parts(task, tree, attempts, Setup(), 1020.0))
    text = "\n".join(lines)
    assert lines[0] == "page  ✓ completed"
    for part in (
        f"id             {ID}-2",
        f"tree           all ({ID})",
        "belongs to     all",
        "executor       rest",
        "depends on     login",
        "priority       0, urgent",
        "retry          4 attempts, from 1 s to 300 s",
        "timeout        2.50 s",
        "one at a time  site",
        '"colour": "red"',
        '"status": 200',
        ", after 1.50 s",
        "1  failed, tried again  ",
        "ConnectionError: the line; is down",
        "2  ✓ completed",
        "attempt 2 got  {",
        '"login": "token"',
    ):
        assert part in text, part
    assert "attempt 1 got" not in text


def test_a_question_is_shown_with_the_line_that_answers_it() -> None:
    question = Question("key", "Which one?", {"enum": ["left", "right"], "type": "string"})
    task = make_task(2, "q", "input_required", question=question)
    tree = make_tree([make_task(1, "all"), task], "input_required")
    line = f"answer with: motet tasks answer {ID}-2 left --store sqlite:///motet.db"
    assert line in written(task_parts(task, tree, [], Setup(), 1020.0))
    lines = written(tree_parts(tree, Setup(), 1020.0))
    assert line in lines
    assert any(entry.startswith("q asks") and entry.endswith("Which one?") for entry in lines)


def test_a_failed_tree_lists_what_failed() -> None:
    tree = make_tree(
        [make_task(1, "all", "skipped"), make_task(2, "a", "failed", error=ERROR)], "failed", key="k", user="me"
    )
    text = "\n".join(written(tree_parts(tree, Setup(), 1020.0)))
    assert "a failed: ConnectionError: the line; is down" in text
    assert "result" not in text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "in_progress", "progress": 0.25, "owner": "host-7", "message": "busy"}, ["25%", "host-7", "busy"]),
        ({"status": "pending", "wake_at": 5_000_000_000.0}, ["waits until  2128-"]),
        ({"status": "failed", "error": ERROR}, ["error       ConnectionError: the line; is down"]),
        ({"executor": None}, ["none: it is a group"]),
    ],
)
def test_where_a_task_stands_is_told(fields: dict[str, object], told: list[str]) -> None:
    task = make_task(2, "a", **fields)  # type: ignore[arg-type]
    text = "\n".join(written(task_parts(task, make_tree([make_task(1, "all"), task]), [], Setup(), 1020.0)))
    for part in told:
        assert part.split("  ")[0] in text
        assert part.split("  ")[-1].strip() in text


def test_a_very_long_result_is_cut_for_people() -> None:
    task = make_task(1, "a", "completed", result="x" * 100_000)
    text = "".join(written(task_parts(task, make_tree([task], "completed"), [], Setup(), 1020.0)))
    assert "96,000 more characters: --json shows all" in text
    assert len(text) < 10_000


def made(here: Run) -> str:
    tree = [
        {"name": "all", "executor": "aggregate", "dependencies": ["a"]},
        {"name": "a", "executor": "shout", "inputs": {"text": "one"}, "parent": "all"},
    ]
    return str(json.loads(here("run", "--tasks", json.dumps(tree), *JOBS, "--json").stdout)["id"])


def test_a_tree_is_drawn_whole_where_nobody_has_to_scroll(here: Run) -> None:
    tree_id = made(here)
    done = here("tasks", "tree", tree_id[:9])
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"all  {tree_id}  completed  ")
    assert [line.split()[0] for line in lines[1:]] == ["✓", "✓", "2"]
    assert json.loads(here("tasks", "tree", tree_id, "--json").stdout)["id"] == tree_id


def test_programs_get_everything(here: Run) -> None:
    tree_id = made(here)
    tree, task = (json.loads(here("tasks", "show", what, "--json").stdout) for what in (tree_id, f"{tree_id}:all"))
    assert [each["name"] for each in tree["tasks"]] == ["all", "a"]
    assert task["id"] == f"{tree_id}-1"
    assert task["attempts"][0]["inputs"] == {"a": "ONE"}
    assert tree["tasks"][0] == {key: value for key, value in task.items() if key != "attempts"}


def test_a_tree_and_a_task_are_shown(here: Run) -> None:
    tree_id = made(here)
    assert here("tasks", "show", tree_id).stdout.startswith("all  ✓ completed\n")
    assert here("tasks", "show", f"{tree_id[:4]}-2").stdout.startswith("a  ✓ completed\n")


@pytest.mark.parametrize("what", ["nothing:a", "nothing-1", ":", "-", "-1", "x:y:z"])
def test_what_is_not_there_is_told_in_a_line(here: Run, what: str) -> None:
    made(here)
    done = here("tasks", "show", "--", what)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert repr(what) in done.stderr
