"""The command line of the middleware benchmarks: ``python -m benchmarks.middleware``."""

from __future__ import annotations

import sys

from benchmarks.middleware.pythons import find_python
from benchmarks.middleware.suite import make_suite
from benchmarks.shared.command import main

if __name__ == "__main__":
    sys.exit(main(make_suite(find_python()), sys.argv[1:]))
