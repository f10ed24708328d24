"""The progress display, on a terminal that the test holds the other end of."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.terminals import ENV, Terminal, finished

Start = Callable[..., "subprocess.Popen[str]"]


def test_a_long_run_shows_its_nodes_and_cleans_up(start: Start, terminal: Terminal, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    process = start("run", "desk.py:waiting_flow", str(gate), stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("in flight")
        assert "waiting_flow" in terminal.seen
        assert re.search(r"say\s+1 done", terminal.seen)
        assert re.search(r"waiting\s+0 done\s+.*1 in flight", terminal.seen)
        gate.touch()
    assert process.returncode == 0
    assert process.stdout is not None
    assert process.stdout.read() == "printed by the agent\ndone\n"
    assert terminal.screen() == []
    assert terminal.seen.rindex("\x1b[?25h") > terminal.seen.rindex("\x1b[?25l")  # the cursor is back


def test_the_failure_comes_after_the_display_has_gone(start: Start, terminal: Terminal, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    process = start("run", "desk.py:breaking", str(gate), stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("in flight")
        gate.touch()
    assert process.returncode == 1
    assert terminal.screen() == ["motet: ValueError: two lines:; done (in node 'fails' of flow 'breaking')"]


def test_a_short_run_shows_nothing(start: Start, terminal: Terminal) -> None:
    process = start("run", "desk.py:failing", "x", stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("motet: ValueError")
    assert terminal.seen.startswith("motet: ValueError")


@pytest.mark.parametrize("options", [["--json"], ["--stream"], ["--stream", "--json"]])
def test_programs_and_readers_of_a_stream_see_no_display(start: Start, terminal: Terminal, options: list[str]) -> None:
    process = start("run", "desk.py:cleans", "x", "--deadline", "1", *options, stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("cleaned x")
    assert "\x1b" not in terminal.seen


def test_what_agents_print_stays_above_the_display(start: Start, terminal: Terminal, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    process = start("run", "desk.py:waiting_flow", str(gate), stdout=terminal.theirs, stderr=terminal.theirs, env=ENV)
    with finished(process, terminal):
        terminal.read_until("in flight")
        gate.touch()
    assert process.returncode == 0
    assert terminal.screen() == ["printed by the agent", "done"]


def test_a_pipe_sees_nothing(start: Start) -> None:
    process = start("run", "desk.py:cleans", "x", "--deadline", "1")
    out, errors = process.communicate(timeout=60)
    assert out == ""
    assert errors.splitlines()[:2] == ["ready", "cleaned x"]
    assert len(errors.splitlines()) == 3
