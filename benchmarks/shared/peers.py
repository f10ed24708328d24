"""Who takes part, and the interpreter each one runs in.

A peer that is a package gets a virtual environment of its own under ``benchmarks/.venvs``, made on first use from the
pins in ``benchmarks/peers`` and made again when they change. Motet runs in the interpreter of the suite, and so
does a peer without pins. A peer that needs another Python says which one its environment is made with.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
INSTALL_SECONDS = 1800
MISSING = "-"

VERSIONS = """
import importlib.metadata, json, sys
found = {"python": ".".join(map(str, sys.version_info[:3]))}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        found[name] = "-"
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """One side of the comparison.

    Args:
        key: Name of its column in the results, and of its module in the package of the suite.
        title: How the page calls it.
        package: The distribution that is measured, or None for plain Python.
        pins: File of pins in ``benchmarks/peers``, or None if it runs in the interpreter of the suite.
        short: How tables call it, if shorter.
        module: Its module in the package of the suite, if it is not called like the key.
        also: Further distributions whose versions matter.
        base: The interpreter that its environment is made with, if not that of the suite.
    """

    key: str
    title: str
    package: str | None = None
    pins: str | None = None
    short: str = ""
    module: str = ""
    also: tuple[str, ...] = ()
    base: str = ""

    @property
    def name(self) -> str:
        """How tables call it."""
        return self.short or self.title

    @property
    def home(self) -> Path | None:
        """Where its virtual environment is."""
        return None if self.pins is None else BENCHMARKS / ".venvs" / Path(self.pins).stem

    @property
    def python(self) -> str:
        """The interpreter it runs in."""
        return sys.executable if self.home is None else str(self.home / "bin" / "python")


def prepare(peer: Peer) -> None:
    """Make the virtual environment of a peer, unless it is there with the same pins and the same Python.

    Raises:
        subprocess.CalledProcessError: The environment cannot be made, or the packages cannot be installed.
    """
    if peer.home is None or peer.pins is None:
        return
    pins = BENCHMARKS / "peers" / peer.pins
    stamp = peer.home / "installed.txt"
    wanted = pins.read_text() + (f"# {peer.base}\n" if peer.base else "")
    if stamp.exists() and stamp.read_text() == wanted:
        return
    started = time.monotonic()
    print(f"installing {peer.title} in a virtual environment of its own ...", file=sys.stderr, flush=True)
    shutil.rmtree(peer.home, ignore_errors=True)
    python = peer.base or sys.executable
    subprocess.run([python, "-m", "venv", str(peer.home)], check=True, timeout=INSTALL_SECONDS)
    install = [peer.python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "-r", str(pins)]
    subprocess.run(install, check=True, timeout=INSTALL_SECONDS, stdout=sys.stderr, cwd=ROOT)
    stamp.write_text(wanted)
    print(f"installed {peer.title} in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


def environment(peer: Peer) -> dict[str, str]:
    """Give the environment variables of a child: those of the suite, less what would blur the comparison."""
    own = {"PYTHONPATH", "PYTHONHOME", "PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONTRACEMALLOC", "VIRTUAL_ENV"}
    if peer.home is None:
        own -= {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    kept = {name: value for name, value in os.environ.items() if name not in own}
    return {**kept, "LANGSMITH_TRACING": "false", "PYTHONHASHSEED": "0"}


def versions(peer: Peer) -> dict[str, str]:
    """Say which Python, package and pydantic a peer runs with."""
    names = [name for name in (peer.package, *peer.also, "pydantic") if name is not None]
    done = subprocess.run(
        [peer.python, "-c", VERSIONS, *names],
        check=True,
        capture_output=True,
        text=True,
        env=environment(peer),
        cwd=ROOT,
        timeout=60,
    )
    found: dict[str, str] = json.loads(done.stdout)
    if peer.package is not None and found[peer.package] == MISSING:
        found[peer.package] = "source tree"
    return found
