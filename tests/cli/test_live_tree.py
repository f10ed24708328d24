"""The live view of a task tree, on a terminal that the test holds the other end of."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.terminals import ENV, Terminal, finished

Start = Callable[..., "subprocess.Popen[str]"]

JOBS = ("--import", str(Path(__file__).parent / "desk" / "jobs.py"))


def gated(tmp_path: Path, items: int = 1) -> str:
    inputs = {"ready": str(tmp_path / "ready"), "path": str(tmp_path / "open")}
    tasks: list[dict[str, Any]] = [{"name": "all"}, {"name": "gate", "executor": "gate", "inputs": inputs}]
    tasks += [{"name": f"item {n}", "executor": "shout", "inputs": {"text": "x"}} for n in range(items)]
    return json.dumps([tasks[0], *({**task, "parent": "all"} for task in tasks[1:])])


def shown(terminal: Terminal) -> list[str]:
    return [re.sub(r"\s+", " ", row) for row in terminal.screen()]


def test_a_tree_is_shown_while_it_runs_and_stays_when_it_has_ended(
    start: Start, terminal: Terminal, tmp_path: Path
) -> None:
    process = start("run", "--tasks", gated(tmp_path), *JOBS, cwd=tmp_path, stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("half way")
        assert "\x1b[?25l" in terminal.seen  # no cursor while lines change
        assert re.search(r"gate.*in progress.*50%.*half way", terminal.seen)
        (tmp_path / "open").touch()
    assert process.returncode == 0
    rows = shown(terminal)
    assert re.fullmatch(r"all [0-9a-f]{16} completed [\d.]+ m?s", rows[0])
    assert rows[1] == "✓ all completed"
    assert re.fullmatch(r"✓ ├─ gate completed [\d.]+ m?s", rows[2])
    assert re.fullmatch(r"✓ └─ item 0 completed [\d.]+ m?s", rows[3])
    assert rows[4] == " 3 completed"
    assert len(rows) == 5
    assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.rindex("\x1b[?25l")  # the cursor is back


@pytest.mark.parametrize(("columns", "height"), [(80, 24), (44, 10), (20, 6)])
def test_a_large_tree_stays_within_the_terminal(
    start: Start, terminal: Terminal, tmp_path: Path, columns: int, height: int
) -> None:
    terminal.resize(columns, height)
    process = start("run", "--tasks", gated(tmp_path, 300), *JOBS, cwd=tmp_path, stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("300 completed" if columns > 40 else "  1 in progress,")
        (tmp_path / "open").touch()
    assert process.returncode == 0
    rows = terminal.screen()
    assert len(rows) == height - 2
    assert all(len(row) <= columns for row in rows)
    assert rows[-1].startswith("  302 completed")
    assert "more: " in rows[-2]


def test_a_short_tree_is_shown_once(start: Start, terminal: Terminal, tmp_path: Path) -> None:
    tasks = json.dumps([{"name": "one", "executor": "shout", "inputs": {"text": "x"}}])
    process = start("run", "--tasks", tasks, *JOBS, cwd=tmp_path, stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("1 completed")
    assert "\x1b[2K" not in terminal.seen
    assert process.stdout is not None
    assert process.stdout.read() == "X\n"


def test_ctrl_c_takes_the_view_away_and_says_how_to_go_on(start: Start, terminal: Terminal, tmp_path: Path) -> None:
    process = start("run", "--tasks", gated(tmp_path), *JOBS, cwd=tmp_path, stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("half way")
        process.send_signal(signal.SIGINT)
    assert process.returncode == 130
    (row,) = terminal.screen()
    assert re.match(r"motet: interrupted; go on with: motet tasks resume [0-9a-f]{16} --store ", row)


@pytest.mark.parametrize("arguments", [["--json"], ["--json", "--watch"]])
def test_programs_see_no_view(start: Start, terminal: Terminal, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "open").touch()
    process = start("run", "--tasks", gated(tmp_path), *JOBS, *arguments, cwd=tmp_path, stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        process.communicate(timeout=60)
    assert (process.returncode, terminal.seen) == (0, "")


@pytest.mark.parametrize("kind", ["dumb", "unknown"])
def test_a_terminal_that_cannot_move_its_cursor_gets_lines(
    start: Start, terminal: Terminal, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "open").touch()
    env = {**os.environ, "TERM": kind}
    process = start("run", "--tasks", gated(tmp_path), *JOBS, cwd=tmp_path, stderr=terminal.theirs, env=env)
    with finished(process, terminal):
        terminal.read_until("gate: completed")
    assert "\x1b" not in terminal.seen


def test_one_executor_leaves_nothing_on_the_screen(start: Start, terminal: Terminal, tmp_path: Path) -> None:
    inputs = json.dumps({"ready": str(tmp_path / "ready"), "path": str(tmp_path / "open")})
    process = start("run", "gate", inputs, *JOBS, cwd=tmp_path, stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("half way")
        (tmp_path / "open").touch()
    assert process.returncode == 0
    assert terminal.screen() == []


@pytest.mark.parametrize(("typed", "code", "told"), [("y\n", 0, "was deleted"), ("n\n", 2, "nothing was deleted")])
def test_a_person_is_asked_before_something_is_deleted(
    start: Start, terminal: Terminal, tmp_path: Path, typed: str, code: int, told: str
) -> None:
    tasks = json.dumps([{"name": "one", "executor": "shout", "inputs": {"text": "x"}}])
    start("run", "--tasks", tasks, *JOBS, "--key", "k", cwd=tmp_path).communicate(timeout=60)
    process = start("tasks", "delete", "k", cwd=tmp_path, stdin=terminal.theirs, stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("[y/N]")
        terminal.type(typed)
        terminal.read_until("deleted\r\n")
    assert process.returncode == code
    assert told in terminal.seen


def test_ctrl_c_answers_no(start: Start, terminal: Terminal, tmp_path: Path) -> None:
    tasks = json.dumps([{"name": "one", "executor": "shout", "inputs": {"text": "x"}}])
    start("run", "--tasks", tasks, *JOBS, "--key", "k", cwd=tmp_path).communicate(timeout=60)
    process = start("tasks", "delete", "k", cwd=tmp_path, stdin=terminal.theirs, stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("[y/N]")
        process.send_signal(signal.SIGINT)
        terminal.read_until("motet: interrupted")
    assert process.returncode == 130
