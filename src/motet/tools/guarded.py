"""A program that runs within bounds, under a guard: when this returns, in whatever way, nothing of it is left."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from motet.kernel.errors import AgentFailed, NotAvailable
from motet.tools.bounds import Bounds
from motet.tools.guard_wire import GuardWire
from motet.tools.process_group import end_group
from motet.tools.program_run import OUTPUTS, Launch, Output, started, within_seconds

__all__ = ["Guarded", "Outcome", "guarded"]

SCRIPT: Final = Path(__file__).with_name("guard.py")
PROC: Final = Path("/proc/self/stat")

LOADER: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What an interpreter may need to find its own libraries; nothing else of the environment goes to the guard."""

PATIENCE: Final = 8.0
"""Seconds that a guard has beyond the time of grace; longer than it needs to give up by itself."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """What to run.

    Args:
        executable: The file to start, whatever `argv` says.
        argv: What the program is told, its own name first.
        env: Its whole environment.
        folder: A descriptor of its working directory, which stays the caller's; None for that of this process.
        stdin: What it can read; None for nothing.
    """

    executable: Path
    argv: list[str]
    env: dict[str, str]
    folder: int | None = None
    stdin: bytes | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended.

    Args:
        exit_code: Below 0: the number of the signal that ended it.
        stdout: What it wrote, up to the bound.
        stderr: Likewise.
        bound: Which bound ended it: "output", "processes", "cpu", "memory", "timeout"; "" for none.
    """

    exit_code: int
    stdout: bytes
    stderr: bytes
    bound: str = ""


class _Bounded(Output):
    """What a program writes, up to a bound, and a call when it writes more."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.on_full: Callable[[], None] = lambda: None

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep what there is room for."""
        super().pipe_data_received(fd, data)
        if self.truncated:
            self.on_full, full = lambda: None, self.on_full
            full()


async def guarded(what: Guarded, bounds: Bounds) -> Outcome:
    """Run a program to its end, or until it passes a bound; afterwards nothing that it has started is left.

    Args:
        what: The program.
        bounds: What it may use.

    Raises:
        OSError: It cannot be started.
        NotAvailable: There is no interpreter to run the guard, or on Linux no /proc.
        AgentFailed: The guard was killed.
    """
    if not sys.executable:
        raise NotAvailable("Programs run under a guard in an interpreter of its own: sys.executable has to name one")
    if sys.platform == "linux" and not PROC.exists():
        raise NotAvailable("Programs are found again by /proc, with all that they start: mount it")
    output = _Bounded(bounds.output)
    ours, theirs = socket.socketpair()
    with theirs:
        _, wire = await asyncio.get_running_loop().create_unix_connection(lambda: GuardWire(ours), sock=ours)
        try:
            transport = await started(_launch(what, theirs.fileno()), output, bounds.grace)
            theirs.close()  # so that this side sees the end of the guard
            output.on_full = lambda: wire.say(b"k")
            run = _Run(transport, output, wire, bounds)
            try:
                return await run.followed(what)
            finally:
                await run.end()
        finally:
            wire.way.close()
            await wire.hear()


def _launch(what: Guarded, control: int) -> Launch:
    argv = [sys.executable, "-I", "-S", "-X", "utf8", str(SCRIPT), str(control)]
    env = {name: os.environ[name] for name in LOADER if name in os.environ}
    kept = (control,) if what.folder is None else (control, what.folder)
    return Launch(Path(sys.executable), argv, None, env, what.stdin, kept)


class _Run:
    """A guard that runs, and what it tells."""

    def __init__(
        self,
        transport: asyncio.SubprocessTransport,
        output: _Bounded,
        wire: GuardWire,
        bounds: Bounds,
    ) -> None:
        self.transport, self.output = transport, output
        self.wire, self.told = wire, wire.told
        self.bounds = bounds

    async def followed(self, what: Guarded) -> Outcome:
        """Give the order, and follow the program to its end."""
        bounds = self.bounds
        try:
            async with asyncio.timeout(bounds.timeout):
                self.wire.way.write(_order(what, bounds))
                await self.wire.hear("exit", "failed")
                if not self.told.keys() & {"exit", "failed"}:
                    raise AgentFailed("The guard of the program was killed, and the program with it")
        except TimeoutError:
            await self.end()
            self.told.setdefault("bound", "timeout")
        if "failed" in self.told:
            raise OSError(self.told["failed"], os.strerror(self.told["failed"]))
        await within_seconds(bounds.grace, self.output.silent)
        out, err = (bytes(self.output.kept[fd]) for fd in OUTPUTS)
        return Outcome(self.told.get("exit", -signal.SIGKILL), out, err, self._bound())

    def _bound(self) -> str:
        """Name the bound that ended the program, if one did."""
        if "bound" in self.told:
            return str(self.told["bound"])
        if self.bounds.cpu is not None and self.told.get("exit") == -signal.SIGXCPU:
            return "cpu"
        return "output" if self.output.truncated else ""

    async def end(self) -> None:
        """Have everything ended, first politely, and see to it; a cancellation of this wait cuts the time short."""
        exited = self.output.exited
        try:
            self._say(b"t")
            await within_seconds(self.bounds.grace + PATIENCE, exited)
        finally:
            try:
                self._say(b"k")
                await within_seconds(PATIENCE, exited)
                await self._last()
            finally:
                self.transport.close()
            await within_seconds(PATIENCE, self.output.lost)

    def _say(self, word: bytes) -> None:
        if not self.output.exited.is_set():
            self.wire.say(word)
            self._signal(signal.SIGCONT)  # a program can stop its guard

    def _signal(self, number: signal.Signals) -> None:
        # The transport's own way looks for the end of the process first, and asyncio would then wait for it in vain.
        with suppress(OSError):
            os.kill(self.transport.get_pid(), number)

    async def _last(self) -> None:
        """Let go of the guard; one that was killed, by the program or by us, has left the program's group to us."""
        if not self.output.exited.is_set():
            self._signal(signal.SIGKILL)
        await self.wire.hear()
        if "started" in self.told and "exit" not in self.told:
            await end_group(self.told["started"], self.bounds.grace)
        pipe = self.transport.get_pipe_transport(0)
        if isinstance(pipe, asyncio.WriteTransport) and pipe.get_write_buffer_size():
            pipe.abort()  # what was not read never will be


def _order(what: Guarded, bounds: Bounds) -> bytes:
    order = {
        "executable": str(what.executable),
        "argv": what.argv,
        "env": what.env,
        "folder": what.folder,
        "limits": bounds.limits(),
        "processes": bounds.processes,
        "cpu": bounds.cpu,
        "memory": bounds.memory,
        "grace": bounds.grace,
    }
    return json.dumps(order).encode() + b"\n"
