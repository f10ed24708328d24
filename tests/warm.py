"""Processes of `motet` that need not load it first: forked from one that has, and real in every other way."""

import json
import os
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Template", "WarmProcess", "warm"]

TEMPLATE = Path(__file__).with_name("warm_template.py")


class Template:
    """The process that the others are forked from; it begins with the first of them."""

    def __init__(self) -> None:
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def order(self, told: dict[str, Any], streams: list[int]) -> "Status":
        """Start a process; return where it tells its id, and then its exit code."""
        if self._control is None:
            self._control, theirs = socket.socketpair()
            command = [sys.executable, "-W", "error", str(TEMPLATE), str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
            theirs.close()
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [json.dumps(told).encode()], [*streams, theirs.fileno()])
            status = Status(ours)
            status.next(None)
        return status

    def run(
        self, module: str, *arguments: str, stdin: str | bytes | None = None, **options: Any
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end.

        Args:
            module: What it runs, as `python -m` would.
            arguments: Those of the command.
            stdin: What it reads; nothing where this is None.
            options: As of `WarmProcess`.
        """
        pipe = subprocess.PIPE
        options = {"stdin": subprocess.DEVNULL if stdin is None else pipe, "stdout": pipe, "stderr": pipe, **options}
        with WarmProcess(self, module, *arguments, **options) as process:
            try:
                out, errors = process.communicate(stdin.encode() if isinstance(stdin, str) else stdin, timeout=100)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(process.args, process.returncode, out.decode(), errors.decode())

    def close(self) -> None:
        """End the process."""
        if self._control is not None and self._process is not None:
            self._control.close()
            self._process.wait()


class Status:
    """What the template tells of a process: numbers, a line each."""

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        self.numbers: list[int] = []

    def next(self, seconds: float | None) -> bool:
        """Wait for a number; tell whether it came in time."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._told, selectors.EVENT_READ)
            if not selector.select(seconds):
                return False
        line = b""
        while not line.endswith(b"\n"):
            letter = self._told.recv(1)
            assert letter, "the template has ended"
            line += letter
        self.numbers.append(int(line))
        return True

    def close(self) -> None:
        self._told.close()


class WarmProcess(subprocess.Popen[Any]):
    """A process of a template.

    Args:
        template: What it is forked from.
        module: What it runs, as `python -m` would.
        arguments: Those of the command.
        options: As of `Popen`, of which streams, folder, environment and text are known.
    """

    def __init__(self, template: Template, module: str, *arguments: str, **options: Any) -> None:
        self._template = template
        self._order = {"module": module, "arguments": arguments}
        super().__init__([sys.executable, "-m", module, *arguments], **options)

    def _execute_child(self, *given: Any) -> None:
        folder, environment, (read, _, _, write, _, errors) = given[5], given[6], given[10:16]
        streams = [number if own == -1 else own for number, own in enumerate((read, write, errors))]
        told = {
            **self._order,
            "folder": os.path.realpath(folder or "."),
            "environment": dict(environment or os.environ),
        }
        try:
            self._status = self._template.order(told, streams)
        finally:
            self._close_pipe_fds(*given[10:16])  # type: ignore[attr-defined]
        self.pid = self._status.numbers[0]
        self._child_created = True

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        return self._ended(0)

    def _wait(self, timeout: float | None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def _ended(self, seconds: float | None) -> int | None:
        if self.returncode is None and self._status.next(seconds):
            self.returncode = self._status.numbers[1]
            self._status.close()
        return self.returncode


@pytest.fixture(scope="session")
def warm() -> Iterator[Template]:
    """Where processes of `motet` are forked from."""
    template = Template()
    yield template
    template.close()
