"""A terminal that a test holds the other end of."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["ENV", "Terminal", "finished"]


class Terminal:
    """A terminal of 80 columns and 24 rows."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        self.resize(80, 24)
        self.seen = ""

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.ours, text.encode())

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


@contextmanager
def finished(process: "subprocess.Popen[str]", terminal: Terminal) -> Iterator[None]:
    os.close(terminal.theirs)
    yield
    process.wait(timeout=60)
    terminal.read_rest()


ENV: Final = {**os.environ, "TERM": "xterm-256color"}
