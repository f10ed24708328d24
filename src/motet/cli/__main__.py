"""The `motet` command: checks that its libraries are there, runs, and ends with an exit code."""

import io
import os
import sys
from importlib.util import find_spec
from typing import TextIO

from motet.cli.output import Output, OutputLost
from motet.cli.print_version import print_version
from motet.cli.signals import LONG_GRACE, Interrupted, Signals, end_within
from motet.kernel.errors import MissingExtra

__all__ = ["main"]


def main() -> int:
    """Run the command line with the arguments of this process.

    Returns:
        0 done, 1 the work failed, 2 bad usage or bad input, 130 or 143 ended by a signal, 141 nobody reads the output.
    """
    if any(find_spec(library) is None for library in ("typer", "rich")):
        print(MissingExtra.of("The motet command", "cli"), file=sys.stderr)
        return 2
    sys.stdout, sys.stderr = _writable(sys.stdout), _writable(sys.stderr)
    with Signals(last=True) as signals:
        try:
            code = _command(signals)
            signals.settle()
        except Interrupted as interrupted:
            code = interrupted.exit_code
            try:
                signals.tell(interrupted)
            except OutputLost as lost:
                code = lost.report()
    if signals.caught:
        # Signals are ignored from here on, and what is left of the program may be something that does not end.
        end_within(LONG_GRACE, code)
    return code


def _command(signals: Signals) -> int:
    try:
        if sys.argv[1:] in (["version"], ["--version"]):
            # Answered here: Typer loads pydantic before it calls a command, which takes five times as long.
            code = print_version()
        else:
            # Loaded here, because without the extra there is no typer to import.
            from motet.cli.app import start  # noqa: PLC0415

            code = start(sys.argv[1:], signals)
        Output(sys.stdout).write("")  # what agents have printed themselves
    except OutputLost as lost:
        return lost.report()
    return code


def _writable(stream: TextIO | None) -> TextIO:
    """Make a standard stream take everything that an agent may say, whatever whoever started the program did to it."""
    if stream is None:  # closed
        return open(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8", closefd=False)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


if __name__ == "__main__":
    sys.exit(main())
