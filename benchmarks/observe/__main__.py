"""The command line of the benchmarks of observability: ``python -m benchmarks.observe``."""

from __future__ import annotations

import sys

from benchmarks.observe.suite import SUITE
from benchmarks.shared.command import main

if __name__ == "__main__":
    sys.exit(main(SUITE, sys.argv[1:]))
