"""A process that has loaded what `motet` needs, and forks for each command: so hundreds of them start at once.

    python warm_template.py DESCRIPTOR

takes orders from the socket with that number: JSON, with the three standard streams and a socket. The child is a
process like any other, with streams, signals, working directory, environment and exit code of its own; when it has
ended, its exit code is written into the socket. `warm.py` is the other side.
"""

import asyncio
import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

ROOMS = ("cli", "compose", "config", "devtools", "executors", "flow", "middleware", "observability", "storage", "tasks")
"""Rooms of which a command may need everything."""

LATE = ("rich.markdown", "rich._emoji_codes", "sqlalchemy.dialects.sqlite", "typer.rich_utils")
"""What other libraries load when they are first used."""


class Order(NamedTuple):
    """What to run."""

    module: str
    arguments: list[str]
    folder: str
    environment: dict[str, str]


def load() -> None:
    """Import everything but what runs as a program, before a command asks for it."""
    for room in ROOMS:
        package = importlib.import_module(f"motet.{room}")
        for found in pkgutil.iter_modules(package.__path__, f"motet.{room}."):
            if not found.name.endswith(("__main__", "migrations")):
                importlib.import_module(found.name)
    for name in LATE:
        importlib.import_module(name)


async def use() -> None:
    """Do what is slow the first time: make settings, and ask a store."""
    from motet.config.settings import SECTIONS, section_class
    from motet.tasks.ports import Filter
    from motet.tasks.stores import open_store

    for name in SECTIONS:
        section_class(name).model_validate({})
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/work.db")
        await store.open()
        await store.list_trees(Filter())
        await store.close()


def serve(control: socket.socket) -> Order | None:
    """Fork for each order; return in a child with its order, and in this process when nobody orders any more."""
    own = from_file(os.path.realpath(__file__))  # found here: a look at every module would copy them into the child
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken)
    running: dict[int, socket.socket] = {}
    while True:
        ready = select.select([control, wake], [], [])[0]
        if wake in ready:
            os.read(wake, 4096)
            tell(running)
        if control not in ready:
            continue
        told, descriptors, *_ = socket.recv_fds(control, 1 << 20, 4)
        if not told:
            control.close()
            return None
        *streams, status = descriptors
        if pid := os.fork():
            running[pid] = socket.socket(fileno=status)
            running[pid].sendall(f"{pid}\n".encode())
            for stream in streams:
                os.close(stream)
            continue
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for one in (control, *running.values()):
            one.close()
        for number in (wake, woken, status):
            os.close(number)
        return become(Order(**json.loads(told)), streams, own)


def tell(running: dict[int, socket.socket]) -> None:
    """Say of each child that has ended how it did."""
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with running.pop(pid) as status_of, contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
                status_of.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def become(order: Order, streams: list[int], own: set[ModuleType]) -> Order:
    """Make this process one that was started in the folder, with these streams, and that does not know our modules."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.environment)
    for module in own:
        del module.__file__
    sys.argv = [order.module, *order.arguments]
    sys.path[0] = order.folder
    sys.stdin = sys.__stdin__ = stream_like(sys.__stdin__, 0, "r")
    sys.stdout = sys.__stdout__ = stream_like(sys.__stdout__, 1, "w")
    sys.stderr = sys.__stderr__ = stream_like(sys.__stderr__, 2, "w", lines=True)
    return order


def from_file(file: str) -> set[ModuleType]:
    """Return the modules that say they are from a file."""
    found = set()
    for module in list(sys.modules.values()):
        known = getattr(module, "__file__", None) or ""
        if known.endswith(Path(file).name) and os.path.realpath(known) == file:
            found.add(module)
    return found


def stream_like(before: Any, number: int, mode: str, *, lines: bool = False) -> io.TextIOWrapper:
    """Open a standard stream as Python does when it starts."""
    binary = open(number, f"{mode}b", buffering=0 if before.write_through else -1, closefd=False)  # noqa: SIM115
    lines = lines or os.isatty(number)
    return io.TextIOWrapper(
        binary, before.encoding, before.errors, line_buffering=lines, write_through=before.write_through
    )


def leave(code: object) -> NoReturn:
    """End this process as the interpreter would, but for taking apart what the template has loaded.

    That would be most of the work of a short command: every page that is shared with the template would be copied.

    Args:
        code: As of `SystemExit`.
    """
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
    atexit._run_exitfuncs()
    if code is not None and not isinstance(code, int):
        sys.stderr.write(f"{code}\n")
        code = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = 120
    os._exit((code or 0) & 0xFF)


if __name__ == "__main__":
    load()
    asyncio.run(use())
    gc.collect()
    gc.freeze()
    if (wanted := serve(socket.socket(fileno=int(sys.argv[1])))) is not None:
        try:
            runpy.run_module(wanted.module, run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            leave(ended.code)
        leave(0)
