"""What is around each child: a folder on the disk of the repository, and an empty database where one is needed.

The folder is not the system's folder for temporary files, which may be in memory, where making a write durable costs
nothing.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from urllib.parse import urlsplit

from benchmarks.shared.peers import BENCHMARKS, ROOT, Peer, environment, prepare
from benchmarks.shared.runner import SurroundingsError
from benchmarks.shared.workloads import Workload
from benchmarks.tasks.place import DATABASE, FOLDER

SERVER = "BENCHMARK_POSTGRES"
USUAL_SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
DATA = BENCHMARKS / ".data"
ADMINISTRATOR = Peer("raw", "raw storage", pins="storage.txt")
SECONDS = 60

numbers = count(1)


def administer(*arguments: str) -> str:
    """Run `server` against the server that the environment names.

    Raises:
        SurroundingsError: The server cannot be reached, or refuses.
    """
    prepare(ADMINISTRATOR)
    address = os.environ.get(SERVER, USUAL_SERVER)
    command = [ADMINISTRATOR.python, "-m", "benchmarks.tasks.server", address, *arguments]
    try:
        done = subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            env=environment(ADMINISTRATOR),
            cwd=ROOT,
            timeout=SECONDS,
        )
    except subprocess.SubprocessError as error:
        raise SurroundingsError(f"no PostgreSQL database could be had; {SERVER} names the server to use") from error
    return done.stdout.strip()


@contextmanager
def database() -> Iterator[str]:
    """Make a database, give its address, and drop it with whatever is still connected to it."""
    name = f"motet_benchmark_{os.getpid()}_{next(numbers)}"
    administer("create", name)
    try:
        yield urlsplit(os.environ.get(SERVER, USUAL_SERVER))._replace(path=f"/{name}").geturl()
    finally:
        administer("drop", name)


@contextmanager
def surroundings(workload: Workload) -> Iterator[Mapping[str, str]]:
    """Make what a child of this workload needs, and remove it when the child has ended, in whatever way."""
    DATA.mkdir(exist_ok=True)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=DATA, ignore_cleanup_errors=True))
        variables = {FOLDER: folder}
        if workload.store == "postgresql":
            variables[DATABASE] = stack.enter_context(database())
        yield variables


def facts() -> Sequence[str]:
    """Say which SQLite and which PostgreSQL were measured."""
    try:
        server = f"PostgreSQL {administer('version')}"
    except SurroundingsError:
        server = "no PostgreSQL"
    return f"SQLite {sqlite3.sqlite_version}", server
