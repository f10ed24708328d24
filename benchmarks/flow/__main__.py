"""The command line of the flow benchmarks: ``python -m benchmarks.flow``."""

from __future__ import annotations

import sys

from benchmarks.flow.suite import SUITE
from benchmarks.shared.command import main

if __name__ == "__main__":
    sys.exit(main(SUITE, sys.argv[1:]))
