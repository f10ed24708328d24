"""`motet tasks` for trees that go on: watch, rerun, copy, answer, resume."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]

JOBS = ("--import", str(Path(__file__).parent / "desk" / "jobs.py"))


def made(here: Run, tasks: list[dict[str, Any]], *options: str) -> dict[str, Any]:
    """Run a tree, and return it."""
    document: dict[str, Any] = json.loads(here("run", "--tasks", json.dumps(tasks), *JOBS, "--json", *options).stdout)
    return document


def statuses(document: dict[str, Any]) -> dict[str, str]:
    return {task["name"]: task["status"] for task in document["tasks"]}


def broken(tmp_path: Path) -> list[dict[str, Any]]:
    return [
        {"name": "all", "executor": "aggregate", "dependencies": ["a", "b"]},
        {"name": "a", "executor": "shout", "inputs": {"text": "one"}, "parent": "all"},
        {"name": "b", "executor": "broken", "inputs": {"unless": str(tmp_path / "mended")}, "parent": "all"},
    ]


def asking(executor: str = "approve") -> list[dict[str, Any]]:
    return [
        {"name": "all", "executor": "aggregate", "dependencies": ["q"]},
        {"name": "q", "executor": executor, "parent": "all"},
    ]


PLAIN = [{"name": "one", "executor": "shout", "inputs": {"text": "x"}}]


def test_what_failed_is_run_again(here: Run, tmp_path: Path) -> None:
    tree = made(here, broken(tmp_path), "--key", "k")
    assert statuses(tree) == {"all": "skipped", "a": "completed", "b": "failed"}
    (tmp_path / "mended").touch()
    done = here("tasks", "rerun", "k", *JOBS)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"a": "ONE", "b": "repaired"})
    assert "a: in_progress" not in done.stderr


def test_a_rerun_may_wait_for_later(here: Run, tmp_path: Path) -> None:
    tree = made(here, PLAIN)
    done = here("tasks", "rerun", tree["id"][:6], "one", "--no-start")
    assert (done.returncode, done.stdout) == (0, f"{tree['id']}\n")
    assert (
        done.stderr == f"motet: one is pending; to run it: motet tasks resume {tree['id']} --store sqlite:///motet.db\n"
    )
    assert here("tasks", "resume", tree["id"], *JOBS).stdout == "X\n"
    document = json.loads(here("tasks", "rerun", tree["id"], "one", "--no-start", "--json").stdout)
    assert statuses(document) == {"one": "pending"}


def test_what_has_not_failed_has_to_be_named(here: Run) -> None:
    tree = made(here, PLAIN)
    done = here("tasks", "rerun", tree["id"], *JOBS)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"motet: Nothing of tree {tree['id']} has failed: ")
    assert here("tasks", "rerun", tree["id"], "two", *JOBS).returncode == 2


def test_a_rerun_that_fails_again_says_so(here: Run, tmp_path: Path) -> None:
    tree = made(here, broken(tmp_path))
    done = here("tasks", "rerun", tree["id"], *JOBS, "--json")
    assert (done.returncode, statuses(json.loads(done.stdout))["b"]) == (1, "failed")
    lines = here("tasks", "rerun", tree["id"], *JOBS, "--json", "--watch").stdout.splitlines()
    assert "result" in json.loads(lines[-1])
    assert "task" in json.loads(lines[0])


def test_a_copy_is_a_new_tree(here: Run, tmp_path: Path) -> None:
    tree = made(here, broken(tmp_path))
    done = here("tasks", "copy", tree["id"], "--name", "again")
    assert re.fullmatch(r"[0-9a-f]{16}\n", done.stdout)
    assert done.stdout.strip() != tree["id"]
    assert done.stderr.startswith("motet: again was created; to run it: motet tasks resume ")
    part = here("tasks", "copy", tree["id"], "--scope", "minimal", "--task", "a", "--run", *JOBS)
    assert (part.returncode, part.stdout) == (0, "ONE\n")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--scope", "minimal"], "A minimal copy needs the names of the tasks to copy"),
        (["--task", "one"], "A full copy takes no names of tasks"),
        (["--scope", "custom", "--task", "two"], "has no task 'two': it has one"),
    ],
)
def test_a_copy_has_to_make_sense(here: Run, options: list[str], told: str) -> None:
    tree = made(here, PLAIN)
    done = here("tasks", "copy", tree["id"], *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("executor", "value", "result"),
    [
        ("approve", "true", True),
        ("approve", " false ", False),
        ("title", "A tale of two cities", "A tale of two cities"),
        ("title", '"quoted"', "quoted"),
        ("title", "5", "5"),
        ("title", "null", "null"),
        ("choice", "left", "left"),
    ],
)
def test_an_answer_lets_the_tree_go_on(here: Run, executor: str, value: str, result: object) -> None:
    tree = made(here, asking(executor))
    assert tree["status"] == "input_required"
    done = here("tasks", "answer", f"{tree['id'][:5]}:q", value, *JOBS)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"q": result}), done.stderr


def test_an_answer_may_come_from_standard_input(here: Run) -> None:
    tree = made(here, asking("title"))
    done = here("tasks", "answer", f"{tree['id']}-2", "-", *JOBS, stdin="a title\n")
    assert json.loads(done.stdout) == {"q": "a title"}


def test_an_answer_may_wait_for_somebody_who_goes_on(here: Run) -> None:
    tree = made(here, asking())
    done = here("tasks", "answer", f"{tree['id']}:q", "true", "--no-start")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"motet: q has its answer; to go on: motet tasks resume {tree['id']} --store ")
    assert json.loads(here("tasks", "resume", *JOBS, "--json").stdout)["trees"][0]["status"] == "completed"


@pytest.mark.parametrize(
    ("task", "value", "told"),
    [
        (":q", "maybe", "That is no answer to 'Pay 3 euros?': the answer is no boolean"),
        (":q", "1", "That is no answer to 'Pay 3 euros?': the answer is no boolean"),
        (":all", "true", "Task 'all' ("),
        (":nobody", "true", "Tree "),
        ("-9", "true", "There is no task "),
        ("", "true", "'"),
    ],
)
def test_a_wrong_answer_changes_nothing(here: Run, task: str, value: str, told: str) -> None:
    tree = made(here, asking())
    done = here("tasks", "answer", f"{tree['id']}{task}", value, *JOBS)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"motet: {told}"), done.stderr
    assert done.stderr.count("\n") == 1
    assert json.loads(here("tasks", "show", tree["id"], "--json").stdout)["status"] == "input_required"


def test_a_tree_that_waits_is_not_gone_on_with(here: Run) -> None:
    tree = made(here, asking())
    done = here("tasks", "resume", tree["id"], *JOBS)
    assert (done.returncode, done.stdout) == (3, "")
    assert "motet: q asks: Pay 3 euros? (boolean)\n" in done.stderr
    again = here("run", "--tasks", json.dumps(asking()), *JOBS, "--key", "k")
    assert (again.returncode, here("run", "--tasks", json.dumps(asking()), *JOBS, "--key", "k").returncode) == (3, 3)


def test_a_tree_that_has_ended_is_only_told(here: Run) -> None:
    tree = made(here, PLAIN)
    done = here("tasks", "resume", tree["id"], *JOBS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "X\n", "")


def test_what_needs_unknown_executors_is_left_to_others(here: Run) -> None:
    tree = made(here, PLAIN)
    here("tasks", "rerun", tree["id"], "one", "--no-start")
    assert here("tasks", "resume").stderr.startswith("motet: there is nothing to go on with: ")


@pytest.mark.parametrize("command", ["watch", "rerun", "copy", "resume", "tree", "show", "cancel", "export", "delete"])
def test_an_unknown_tree_is_told_in_a_line(here: Run, command: str) -> None:
    made(here, PLAIN)
    done = here("tasks", command, "nothing", *(["--yes"] if command == "delete" else []))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "motet: There is no task tree 'nothing': `motet tasks list` shows those there are\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["check"],
        ["resume"],
        ["watch", "x"],
        ["rerun", "x"],
        ["copy", "x"],
        ["answer", "x-1", "1"],
        ["delete", "x"],
        ["cancel", "x"],
        ["export", "x"],
        ["show", "x"],
        ["tree", "x"],
    ],
)
def test_no_store_is_made_by_looking(here: Run, tmp_path: Path, arguments: list[str]) -> None:
    for options in ([], ["--store", "duckdb:///no/such.duckdb"]):
        done = here("tasks", *arguments, *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert re.match(r"motet: there is no store at \S+ \(looked from .*\): run a tree first, ", done.stderr)
    assert here("tasks", *arguments, "--store", "memory://").stderr == (
        "motet: memory:// keeps nothing from one command to the next: give another --store URL\n"
    )
    assert list(tmp_path.iterdir()) == []


def gated(tmp_path: Path) -> str:
    inputs = {"ready": str(tmp_path / "ready"), "path": str(tmp_path / "open")}
    return json.dumps([{"name": "g", "executor": "gate", "inputs": inputs}])


def until(there: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    while not there():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_a_tree_of_another_process_is_watched_and_cancelled(here: Run, start: Start, tmp_path: Path) -> None:
    worker = start("run", "--tasks", gated(tmp_path), *JOBS, "--key", "k", cwd=tmp_path)
    until((tmp_path / "ready").exists, worker)
    watcher = start("tasks", "watch", "k", cwd=tmp_path)
    assert watcher.stderr is not None
    assert re.fullmatch(r"g \([0-9a-f]{16}\): in_progress\n", watcher.stderr.readline())
    done = here("tasks", "cancel", "k", "--reason", "not needed")
    assert done.returncode == 0
    assert re.fullmatch(r"motet: g \([0-9a-f]{16}\) was cancelled\n", done.stderr)
    out, errors = watcher.communicate(timeout=60)
    assert (watcher.returncode, out) == (1, "")
    assert "g: cancelled: not needed\n" in errors
    _, told = worker.communicate(timeout=60)
    assert worker.returncode == 1
    assert "motet: g was cancelled; to run again what is missing: motet tasks rerun " in told


def test_watching_may_be_ended_and_changes_nothing(here: Run, start: Start, tmp_path: Path) -> None:
    worker = start("run", "--tasks", gated(tmp_path), *JOBS, cwd=tmp_path)
    until((tmp_path / "ready").exists, worker)
    tree_id = json.loads(here("tasks", "list", "--json").stdout)["trees"][0]["id"]
    watcher = start("tasks", "watch", tree_id[:7], "--json", cwd=tmp_path)
    assert watcher.stdout is not None
    assert json.loads(watcher.stdout.readline())["task"]["status"] == "in_progress"
    watcher.send_signal(signal.SIGINT)
    out, errors = watcher.communicate(timeout=60)
    assert (watcher.returncode, errors) == (130, "")
    assert json.loads(out.splitlines()[-1])["error"]["message"] == "the work was interrupted"
    (tmp_path / "open").touch()
    assert worker.communicate(timeout=60)[0] == "done\n"


def test_watching_says_when_nobody_works(here: Run, start: Start, tmp_path: Path) -> None:
    tree = made(here, PLAIN)
    here("tasks", "rerun", tree["id"], "one", "--no-start")
    watcher = start("tasks", "watch", tree["id"], cwd=tmp_path)
    assert watcher.stderr is not None
    assert watcher.stderr.readline().startswith("motet: nobody works on one; to go on with it: motet tasks resume ")
    assert here("tasks", "resume", tree["id"], *JOBS).returncode == 0
    out, _ = watcher.communicate(timeout=60)
    assert (watcher.returncode, out) == (0, "X\n")


def test_a_deadline_ends_going_on_with_everything(here: Run, tmp_path: Path) -> None:
    assert here("run", "--tasks", gated(tmp_path), *JOBS, "--deadline", "0.2").returncode == 1
    done = here("tasks", "resume", *JOBS, "--deadline", "0.2")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"motet: the deadline of 0.2 s has passed; go on with: motet tasks resume --store \S+ --import \S+\n",
        done.stderr,
    )
    (tmp_path / "open").touch()
    assert here("tasks", "resume", *JOBS).returncode == 0
