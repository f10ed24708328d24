"""A program that runs: its output is bounded, and it ends together with everything that it has started."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from motet.tools.process_group import end_group

__all__ = ["OUTPUTS", "Ended", "Launch", "Output", "execute", "started", "within_seconds"]

OUTPUTS: Final = (1, 2)
"""The file descriptors of a program's output and error stream."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a program.

    Args:
        executable: The file to start, whatever `argv` says.
        argv: What the program is told, its own name first.
        cwd: Its working directory; None for that of this process.
        env: Its whole environment.
        stdin: What it can read; None for nothing.
        descriptors: Which descriptors of this process it keeps, beside its streams.
    """

    executable: Path
    argv: Sequence[str]
    cwd: Path | None
    env: Mapping[str, str]
    stdin: bytes | None = None
    descriptors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended. A negative exit code is the number of the signal that ended it."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    truncated: bool


class Output(asyncio.SubprocessProtocol):
    """What a program writes, up to a limit for each stream; the rest is read, so that it can go on, and dropped."""

    def __init__(self, limit: int) -> None:
        self.kept = {fd: bytearray() for fd in OUTPUTS}
        self.truncated = False
        self.exited = asyncio.Event()
        self.silent = asyncio.Event()
        self.lost = asyncio.Event()
        self._limit = limit
        self._open = set(OUTPUTS)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep what there is room for."""
        room = self._limit - len(self.kept[fd])
        self.kept[fd] += data[:room]
        self.truncated = self.truncated or len(data) > room

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """Take note that nobody writes to a stream any more."""
        self._open.discard(fd)
        if not self._open:
            self.silent.set()

    def process_exited(self) -> None:
        """Take note that the program has ended; what it started may go on."""
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that nothing is left of the program here."""
        self.lost.set()


async def execute(launch: Launch, *, max_output: int, timeout: float, grace: float) -> Ended:
    """Run a program to its end; afterwards nothing of its process group is left, whichever way this returns.

    Args:
        launch: How to start it.
        max_output: Bytes of each stream that are kept.
        timeout: Seconds that it may run.
        grace: Seconds between SIGTERM and SIGKILL; and how long what a program leaves behind may keep its streams open.

    Raises:
        OSError: It cannot be started.
        TimeoutError: It ran longer than `timeout`.
    """
    output = Output(max_output)
    transport = await started(launch, output, grace)
    try:
        async with asyncio.timeout(timeout):
            await output.exited.wait()
        await within_seconds(grace, output.silent)
    finally:
        await _end(transport, output, grace)
    out, err = (bytes(output.kept[fd]) for fd in OUTPUTS)
    return Ended(cast("int", transport.get_returncode()), out, err, output.truncated)


async def started(launch: Launch, output: Output, grace: float) -> asyncio.SubprocessTransport:
    """Start a program.

    Args:
        launch: How to start it.
        output: What takes its output.
        grace: Seconds that it has to end by itself, if this is cancelled.

    Raises:
        OSError: It cannot be started.
    """
    loop = asyncio.get_running_loop()
    stdin = asyncio.subprocess.DEVNULL if launch.stdin is None else asyncio.subprocess.PIPE
    # A session of its own makes it the first of a process group, which whatever it starts belongs to.
    starting = loop.create_task(
        loop.subprocess_exec(
            lambda: output,
            *launch.argv,
            executable=launch.executable,
            cwd=launch.cwd,
            env=launch.env,
            stdin=stdin,
            start_new_session=True,
            pass_fds=launch.descriptors,
        )
    )
    try:
        transport, _ = await asyncio.shield(starting)
    except asyncio.CancelledError:
        # asyncio would end the program alone if its start was interrupted, not what that has started by then.
        while not starting.done():
            with suppress(asyncio.CancelledError):  # a start does not take long
                await asyncio.wait((starting,))
        with suppress(OSError):
            await _end(starting.result()[0], output, grace)
        raise
    if launch.stdin is not None:
        pipe = cast("asyncio.WriteTransport", transport.get_pipe_transport(0))
        pipe.write(launch.stdin)
        pipe.close()  # once it is written
    return transport


async def _end(transport: asyncio.SubprocessTransport, output: Output, grace: float) -> None:
    """End what is left of a program's process group, first politely, and close its streams.

    Each cancellation of this wait cuts it short where it is; the streams are closed all the same.
    """
    try:
        await end_group(transport.get_pid(), grace)
    finally:
        pipe = transport.get_pipe_transport(0)
        if isinstance(pipe, asyncio.WriteTransport) and pipe.get_write_buffer_size():
            pipe.abort()  # what was not read never will be
        try:
            await within_seconds(grace, output.exited)
        finally:
            with suppress(PermissionError):  # it has become another user, and goes on
                transport.close()
        await within_seconds(grace, output.lost)


async def within_seconds(seconds: float, event: asyncio.Event) -> None:
    """Wait for an event, but not longer than so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
