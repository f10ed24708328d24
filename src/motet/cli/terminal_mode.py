"""The mode of the terminal: what edits a line while it is typed changes it, and may be ended before that is done."""

import os
import sys
from contextlib import suppress

if sys.platform != "win32":
    import termios

__all__ = ["TerminalMode"]


class TerminalMode:
    """How the terminal of standard input takes what is typed, as it was when this was made.

    Args:
        file: The number of standard input; where it is no terminal, there is nothing to remember.
    """

    def __init__(self, file: int = 0) -> None:
        self._file = file
        if sys.platform != "win32":
            self._before = None
            with suppress(termios.error):
                self._before = termios.tcgetattr(file)

    def restore(self) -> None:
        """Put it back, unless it is somebody else's terminal now."""
        if sys.platform != "win32" and self._before is not None and self._in_front():
            with suppress(termios.error):
                termios.tcsetattr(self._file, termios.TCSANOW, self._before)

    def _in_front(self) -> bool:
        """Tell whether this program may change it: one in the background would be stopped for that."""
        try:
            return os.tcgetpgrp(self._file) == os.getpgrp()
        except OSError:  # no program is in front of it
            return True
