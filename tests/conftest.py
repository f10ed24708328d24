"""What holds for every test."""

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Take away what pytest-xdist tells its workers of the terminal: programs that tests start have their own."""
    if hasattr(config, "workerinput"):
        for name in ("COLUMNS", "LINES"):
            os.environ.pop(name, None)
