"""Standard output: written at once, and its end told apart from the failures of the work."""

import errno
import json
import os
import shutil
import sys
from typing import Final, TextIO

__all__ = ["Output", "OutputLost"]


LOST: Final = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What the system says of a stream that takes nothing more."""


class OutputLost(Exception):
    """Standard output takes nothing more.

    Args:
        error: What the system said.

    Attributes:
        exit_code: 141 where the reader of a pipe has gone, as the shell shows for other programs; otherwise 1.
    """

    def __init__(self, error: OSError) -> None:
        self.quiet = error.errno == errno.EPIPE
        self.exit_code = 141 if self.quiet else 1
        super().__init__(f"the output cannot be written: {error.strerror}")

    def report(self) -> int:
        """Say so on standard error, unless nobody is there who would want to know; return the exit code."""
        if not self.quiet:
            print(f"motet: {self}", file=sys.stderr)
        return self.exit_code


class Output:
    """Where results go.

    Args:
        stream: Standard output, or a stand-in for it.

    Attributes:
        terminal: Whether it is a terminal.
        encoding: How text becomes bytes in it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.terminal = stream.isatty()
        self.encoding = stream.encoding or "utf-8"

    def write(self, text: str) -> None:
        """Write a text now.

        Raises:
            OutputLost: It cannot be written.
        """
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError as error:
            raise self.lost(error) from error

    def document(self, data: object) -> None:
        """Write JSON data in one line.

        Raises:
            OutputLost: It cannot be written.
        """
        plain = not self.encoding.lower().startswith("utf")
        self.write(json.dumps(data, ensure_ascii=plain, separators=(",", ":")) + "\n")

    def width(self, otherwise: int) -> int:
        """Return how many columns there are: those of the terminal, or of COLUMNS where that is set.

        Args:
            otherwise: How many there are where it is a file or a pipe.
        """
        return (
            shutil.get_terminal_size((otherwise, 24)).columns if self.terminal or "COLUMNS" in os.environ else otherwise
        )

    def lost(self, error: OSError) -> OutputLost:
        """Make the error that tells of what could not be written.

        Args:
            error: What the system said, to whoever was writing.
        """
        self.abandon()
        return OutputLost(error)

    def abandon(self) -> None:
        """Send what still waits nowhere, so that the interpreter does not complain when it flushes at its end."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
