"""How a terminal takes what is typed, after a command that was interrupted while something read a line."""

import subprocess
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.terminals import ENV, Terminal
from motet.cli.terminal_mode import TerminalMode

Start = Callable[..., "subprocess.Popen[str]"]

READING = """
import sys, termios, tty
from motet import agent

@agent
def say(text: str) -> str:
    tty.setcbreak(sys.stdin)  # as an editor of lines does, until the line is there
    print("reading", flush=True)
    return sys.stdin.readline()
"""


def echoes(terminal: Terminal) -> bool:
    return bool(termios.tcgetattr(terminal.theirs)[3] & termios.ECHO)


@pytest.mark.parametrize("arguments", [("run", "flow.py:say", "x"), ("dev", "flow.py:say")], ids=["run", "dev"])
def test_after_ctrl_c_a_terminal_shows_what_is_typed_again(
    start: Start, tmp_path: Path, terminal: Terminal, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "flow.py").write_text(READING)
    ends = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.theirs)
    process = start(*arguments, cwd=tmp_path, env=ENV, start_new_session=True, **ends)
    if arguments[0] == "dev":
        terminal.read_until("is ready")
        terminal.type("x\n")
    terminal.read_until("reading")
    assert not echoes(terminal)
    process.send_signal(2)
    assert process.wait(timeout=60) == 130
    assert echoes(terminal)


def test_what_is_no_terminal_has_no_mode(terminal: Terminal, tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file:
        TerminalMode(file.fileno()).restore()
    mode = TerminalMode(terminal.theirs)
    before = termios.tcgetattr(terminal.theirs)
    changed = [*before]
    changed[3] &= ~termios.ECHO
    termios.tcsetattr(terminal.theirs, termios.TCSANOW, changed)
    mode.restore()
    assert termios.tcgetattr(terminal.theirs) == before
