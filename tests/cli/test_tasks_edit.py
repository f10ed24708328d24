"""`motet tasks` for what is done to the store alone."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

JOBS = ("--import", str(Path(__file__).parent / "desk" / "jobs.py"))
TREE = [
    {"name": "all", "executor": "aggregate", "dependencies": ["a", "b"], "colour": "red"},
    {"name": "a", "executor": "shout", "inputs": {"text": "one"}, "parent": "all", "retry": 2},
    {"name": "b", "executor": "shout", "inputs": {"text": "two"}, "parent": "all"},
]


def made(here: Run, *options: str, tasks: Any = TREE) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(here("run", "--tasks", json.dumps(tasks), *JOBS, "--json", *options).stdout)
    return document


def test_an_exported_tree_makes_the_same_tree(here: Run, tmp_path: Path) -> None:
    tree = made(here)
    done = here("tasks", "export", tree["id"])
    assert (done.returncode, done.stderr) == (0, "")
    array = json.loads(done.stdout)
    assert [entry["name"] for entry in array] == ["all", "a", "b"]
    assert array[0]["colour"] == "red"
    (tmp_path / "again.json").write_text(done.stdout)
    assert json.loads(here("run", "again.json", *JOBS).stdout) == {"a": "ONE", "b": "TWO"}
    assert json.loads(here("tasks", "export", tree["id"], "--json").stdout) == array


def test_a_pending_tree_is_cancelled(here: Run) -> None:
    tree = made(here)
    here("tasks", "rerun", tree["id"], "a", "--no-start")
    done = here("tasks", "cancel", f"{tree['id']}:a")
    assert done.stderr == f"motet: a ({tree['id']}-2) was cancelled\n"
    document = json.loads(here("tasks", "cancel", tree["id"], "--json").stdout)
    assert document["status"] == "cancelled"
    again = here("tasks", "cancel", tree["id"])
    assert again.returncode == 0
    assert again.stderr == f"motet: all ({tree['id']}) was left as it is: it has ended before, cancelled\n"


def test_trees_and_tasks_are_deleted(here: Run) -> None:
    first, second = made(here), made(here)
    done = here("tasks", "delete", first["id"], second["id"][:8], "--yes")
    assert done.stderr == "".join(f"motet: tree all ({tree['id']}, 3 tasks) was deleted\n" for tree in (first, second))
    assert here("tasks", "list").stderr == "motet: there are no trees yet\n"
    third = made(here)
    document = json.loads(here("tasks", "delete", third["id"], "--yes", "--json").stdout)
    assert document == {"deleted": [third["id"]]}


def test_a_slip_of_the_pen_deletes_nothing(here: Run) -> None:
    tree = made(here)
    assert here("tasks", "delete", tree["id"], "nothing", "--yes").returncode == 2
    assert here("tasks", "show", tree["id"]).returncode == 0


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_without_somebody_to_ask_nothing_is_deleted(here: Run, options: list[str]) -> None:
    tree = made(here)
    done = here("tasks", "delete", tree["id"], *options)
    assert done.returncode == 2
    assert "give --yes: there is nobody to ask" in done.stderr + done.stdout
    assert here("tasks", "show", tree["id"]).returncode == 0


def test_what_others_need_is_not_deleted(here: Run) -> None:
    tree = made(here)
    done = here("tasks", "delete", f"{tree['id']}:a", "--yes")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "motet: Task 'all' depends on what would be deleted: delete that one first\n"


def test_a_store_is_checked(here: Run) -> None:
    made(here)
    done = here("tasks", "check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "motet: everything is in order\n")
    assert json.loads(here("tasks", "check", "--json").stdout) == {"problems": []}


def test_what_is_wrong_with_a_store_is_told(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from motet.storage.sql import SqlStore

    async def check(_: object) -> list[str]:
        return ["page 3 is damaged", "task 7 has no tree"]

    made(here)
    monkeypatch.setattr(SqlStore, "check", check)
    done = here("tasks", "check")
    assert (done.returncode, done.stderr) == (1, "motet: page 3 is damaged\nmotet: task 7 has no tree\n")
    assert json.loads(here("tasks", "check", "--json").stdout) == {
        "problems": ["page 3 is damaged", "task 7 has no tree"]
    }


def test_not_every_store_can_be_checked(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from motet.storage.sql import SqlStore

    made(here)
    monkeypatch.delattr(SqlStore, "check")
    done = here("tasks", "check")
    assert (done.returncode, done.stderr) == (2, "motet: the store sqlite:// cannot be checked\n")
