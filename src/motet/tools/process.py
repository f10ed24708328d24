"""`Process`: programs that are allowed, started without a shell, and bounded in everything that they use."""

import os
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from motet.kernel.errors import AgentFailed, AgentTimeout, InvalidPayload
from motet.tools.bounds import Bounds
from motet.tools.confined import Confined
from motet.tools.environment import DEFAULT_ENV, Environment
from motet.tools.errors import ProgramEnded
from motet.tools.guarded import Guarded, Outcome, guarded
from motet.tools.programs import Programs
from motet.tools.tool import Tool, tool

__all__ = ["Process", "Ran"]

STEERING: Final = re.compile(
    r"PATH|HOME|SHELL|ENV|IFS|PS4|BASH.*|SHELLOPTS|LD_.*|DYLD_.*|GLIBC_.*|MALLOC_.*|GCONV_PATH|LOCPATH|NLSPATH|XDG_.*"
    r"|PYTHON.*|PERL.*|RUBY.*|GEM_.*|NODE_.*|NPM_.*|JAVA_.*|_JAVA.*|JDK_.*|CLASSPATH|GO.*|CARGO_.*|RUST.*|GIT_.*"
    r"|EDITOR|VISUAL|PAGER|LESS.*|MAN.*|BROWSER|TERMINFO.*"
)
"""Variables that decide which code runs: a call sets none of them. HOME is one: programs read their settings there."""

TAIL: Final = 2000
"""How many characters of each stream an error keeps, from its end."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended, and what it wrote.

    Args:
        exit_code: 0 where all went well; below 0 the number of the signal that ended it.
        stdout: What it wrote to its output.
        stderr: What it wrote to its error stream.
        truncated: Whether it was ended because it wrote more than is kept.
        seconds: How long it ran.
    """

    exit_code: int
    stdout: str
    stderr: str
    truncated: bool
    seconds: float


class Process:
    """Runs programs that are allowed.

    A program is allowed by the file that would really run. It gets its arguments as they are: there is no shell that
    could find something special in them. It runs under a guard (`motet.tools.guard`) which bounds it together with all
    that it starts, and takes all of that down when the program ends, passes a bound, or is no longer wanted; what has
    left its group or session on Linux as well. Elsewhere the guard ends the program's group, and counts no processes.

    This confines what a program uses, not what it reads and writes: one that is allowed may open what this process may
    open, and one that means harm could kill its guard. For such programs, run everything in a container.

    Args:
        allow: The programs that may be started: names, which are looked up on PATH, or paths. Allowing an interpreter
            (`python3`, `sh`, `env`, `find`, `xargs` ...) allows everything.
        root: The folder in which programs run, and that a call's `cwd` is confined to; None for the working directory
            of this process, always.
        env: The names of the environment variables that a program may have. It gets the values of this process, or
            those that the call gives; what decides which code runs is never the call's to give.
        timeout: Seconds that a program may run; a call may ask for less.
        cpu: Seconds of processor time, of all its processes together; None for no bound beside `timeout`.
        memory: Bytes of memory, of all its processes together; None for no bound. Each process can reserve so much of
            its own, to which the stacks of its threads belong.
        max_output: Bytes of each stream that are kept; a program that writes more is ended.
        processes: How many processes there may be at once, and 16 times as many threads.
        max_file_bytes: How large a file may be that it writes.
        open_files: How many files each process may have open.
        grace: Seconds that it has to end by itself after SIGTERM; and that what it leaves behind may go on writing.

    Raises:
        InvalidAgent: A program that is allowed does not exist.
        NotAvailable: The system is no POSIX system.
        NotFound: There is no such root.
        ValueError: A bound makes no sense.
    """

    def __init__(
        self,
        allow: Iterable[str | os.PathLike[str]] = (),
        *,
        root: str | os.PathLike[str] | None = None,
        env: Iterable[str] = DEFAULT_ENV,
        timeout: float = 30.0,
        cpu: float | None = None,
        memory: int | None = 2**31,
        max_output: int = 2**18,
        processes: int = 64,
        max_file_bytes: int = 2**28,
        open_files: int = 256,
        grace: float = 1.0,
    ) -> None:
        self._programs = Programs(allow, "Process")
        self._environment = Environment(env, STEERING, "Process", "a call")
        self._bounds = Bounds(max_output, timeout, grace, cpu, memory, processes, max_file_bytes, open_files)
        self._root = None if root is None else Confined(root)

    async def run(
        self,
        argv: list[str],
        *,
        stdin: str | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        timeout: float | None = None,
    ) -> Ran:
        """Run a program to its end. There is no shell: each argument reaches the program exactly as it is written.

        Args:
            argv: The program and its arguments, such as ["grep", "-n", "a word", "notes.txt"].
            stdin: Text that the program can read.
            cwd: The folder to run it in, from the root.
            env: Environment variables for it.
            timeout: Seconds that it may run.

        Raises:
            InvalidPayload: The program is not allowed, or the call is not well formed.
            AgentTimeout: It ran too long, and was ended.
            ProgramEnded: It passed another bound, and was ended.
            AgentFailed: It cannot be started.
            MotetError: There is no such `cwd`, or it lies outside the root.
        """
        _check(argv, cwd, env or {})
        bounds = self._bounds if timeout is None else self._shorter(timeout)
        executable = self._programs.find(argv[0])
        variables = self._environment.of(env or {})
        given = None if stdin is None else _bytes(stdin)
        start = time.perf_counter()
        with ExitStack() as opened:
            folder = self._folder(cwd, opened)
            try:
                outcome = await guarded(Guarded(executable, argv, variables, folder, given), bounds)
            except OSError as error:
                raise AgentFailed(f"{argv[0]!r} cannot be started: {error.strerror or error}") from error
        return ran(argv[0], outcome, bounds, time.perf_counter() - start)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the programs that may be started."""
        return self._programs.names

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """What a model is given: one tool, which says what programs there are."""
        what = f"Run one of these programs to its end, without a shell: {', '.join(self.names) or 'none is allowed'}."
        return (tool(name="run_program", description=what)(self.run),)

    def _folder(self, cwd: str | None, opened: ExitStack) -> int | None:
        if self._root is not None:
            return opened.enter_context(self._root.folder("." if cwd is None else cwd))
        if cwd is not None:
            raise InvalidPayload("A call may choose no working directory here: Process(..., root=FOLDER) allows it")
        return None

    def _shorter(self, timeout: float) -> Bounds:
        most = self._bounds.timeout
        if not 0.001 <= timeout <= most:
            raise InvalidPayload(f"timeout: {timeout:g} s is not within the {most:g} s that are allowed here")
        return replace(self._bounds, timeout=timeout)


def _check(argv: list[str], cwd: str | None, env: Mapping[str, str]) -> None:
    if not argv or not argv[0]:
        raise InvalidPayload("argv is a list, with the program first, and then each argument by itself")
    if any("=" in name or not name for name in env):
        raise InvalidPayload("env: the name of a variable is not empty, and holds no '='")
    for text in (*argv, cwd or "", *env, *env.values()):
        if b"\0" in _bytes(text):
            raise InvalidPayload("A character of code 0 can be in no argument, path or variable")


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidPayload("A text holds characters that UTF-8 cannot say") from error


def ran(program: str, outcome: Outcome, bounds: Bounds, seconds: float) -> Ran:
    """Make the result of a run, or the error of one that was ended.

    Args:
        program: What to call it in an error.
        outcome: How it ended.
        bounds: What it was allowed to use.
        seconds: How long it took.

    Raises:
        AgentTimeout: It took too long.
        ProgramEnded: It passed another bound than that of its output.
    """
    out, err = (stream.decode(errors="replace") for stream in (outcome.stdout, outcome.stderr))
    if outcome.bound == "timeout":
        told = f"{program!r} took longer than {bounds.timeout:g} s, and was ended: give it less to do at once"
        raise AgentTimeout(told, stdout=out[-TAIL:], stderr=err[-TAIL:])
    if outcome.bound not in {"", "output"}:
        raise ProgramEnded(
            f"{program!r} {_passed(outcome.bound, bounds)}, and was ended: give it less to do at once",
            bound=outcome.bound,
            stdout=out[-TAIL:],
            stderr=err[-TAIL:],
        )
    return Ran(outcome.exit_code, out, err, outcome.bound == "output", round(seconds, 6))


def _passed(bound: str, bounds: Bounds) -> str:
    if bound == "cpu":
        return f"used more than {bounds.cpu:g} s of processor time"
    if bound == "memory":
        return f"used more than {bounds.memory} bytes of memory"
    return f"started more than {bounds.processes} processes, or too many threads"
