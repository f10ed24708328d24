"""The command line of the task benchmarks: ``python -m benchmarks.tasks``."""

from __future__ import annotations

import sys

from benchmarks.shared.command import main
from benchmarks.tasks.suite import SUITE

if __name__ == "__main__":
    sys.exit(main(SUITE, sys.argv[1:]))
