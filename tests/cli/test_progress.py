"""The progress display, on a terminal that the test holds the other end of."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

Start = Callable[..., "subprocess.Popen[str]"]


class Terminal:
    """A terminal of 80 columns and 24 rows."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.seen = ""

    def read_until(self, wanted: str, seconds: float = 60) -> None:
        while wanted not in self.seen:
            assert select.select([self.ours], [], [], seconds)[0], f"never saw {wanted!r} in {self.seen!r}"
            self.seen += os.read(self.ours, 65536).decode(errors="replace")

    def read_rest(self) -> None:
        while select.select([self.ours], [], [], 0)[0]:
            try:
                self.seen += os.read(self.ours, 65536).decode(errors="replace")
            except OSError:  # Linux says so when nobody holds the other end
                return

    def screen(self) -> list[str]:
        """What is left to be seen: Rich erases its lines one by one, going up."""
        rows, row = [""], 0
        for part in re.split(r"(\x1b\[[0-9;?]*[A-Za-z]|\r|\n)", self.seen):
            if part == "\n":
                row += 1
                rows += [""] * (row + 1 - len(rows))
            elif part == "\x1b[2K":
                rows[row] = ""
            elif part.endswith("A") and part.startswith("\x1b["):
                row -= int(part[2:-1] or 1)
            elif part and not part.startswith("\x1b") and part != "\r":
                rows[row] += part
        return [text for text in rows if text.strip()]


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    os.close(made.ours)


@contextmanager
def finished(process: "subprocess.Popen[str]", terminal: Terminal) -> Iterator[None]:
    os.close(terminal.theirs)
    yield
    process.wait(timeout=60)
    terminal.read_rest()


ENV = {**os.environ, "TERM": "xterm-256color"}


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
