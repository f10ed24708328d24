"""`python -m motet`: the same as the `motet` command."""

import sys

from motet.cli.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
