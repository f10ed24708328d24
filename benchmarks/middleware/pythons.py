"""Finds an interpreter that is new enough for Agenkit: the suite's own, or one that is on the path and really starts.

Version managers put shims on the path that bear the name of an interpreter and start none, so every place on the path
is tried, and behind them the interpreters that pyenv has installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LEAST = (3, 12)
NAMES = ("python3.12", "python3.13", "python3.14")
SECONDS = 20

VERSION = "import ensurepip, sys, venv; print(*sys.version_info[:2])"
"""Asks an interpreter for its version, and fails where it could make no virtual environment."""


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter.

    Args:
        path: Where it is.
        version: Its major and minor version.
    """

    path: str
    version: tuple[int, int]

    @property
    def name(self) -> str:
        """How the page calls it."""
        return f"Python {self.version[0]}.{self.version[1]}"

    @property
    def own(self) -> bool:
        """Whether it is the one that runs the suite."""
        return self.path == sys.executable


OWN = Python(sys.executable, sys.version_info[:2])


def find_python() -> Python | None:
    """Find an interpreter for Agenkit, the suite's own if that will do; None if there is none."""
    if OWN.version >= LEAST:
        return OWN
    return next((found for path in candidates() if (found := probe(path)) is not None), None)


def candidates() -> Iterator[str]:
    """List what bears the name of a newer interpreter, the oldest version first."""
    places = [*os.environ.get("PATH", "").split(os.pathsep), *pyenv_places()]
    for name in NAMES:
        for place in places:
            path = shutil.which(name, path=place) if place else None
            if path is not None:
                yield path


def pyenv_places() -> list[str]:
    """List where pyenv keeps the interpreters that its shims stand for."""
    root = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser()
    return [str(place) for place in sorted(root.glob("versions/*/bin"))]


def probe(path: str) -> Python | None:
    """Start an interpreter to see which it is; None if it does not start, or is too old."""
    try:
        done = subprocess.run([path, "-c", VERSION], check=True, capture_output=True, text=True, timeout=SECONDS)
        major, minor = map(int, done.stdout.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Python(path, (major, minor)) if (major, minor) >= LEAST else None
