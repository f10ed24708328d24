"""`motet version`: which version this is."""

import sys

from motet.cli.output import Output
from motet.version import __version__

__all__ = ["print_version"]


def print_version() -> int:
    """Print the version on standard output; return the exit code."""
    Output(sys.stdout).write(f"motet {__version__}\n")
    return 0
