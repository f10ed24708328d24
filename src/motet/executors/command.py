"""`command`: a program, started without a shell, if it is allowed."""

import os
import re
import shlex
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field
from typing_extensions import TypedDict

from motet.executors.limit import Limit
from motet.executors.offer import offer
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import AgentFailed, InvalidPayload
from motet.tools.environment import DEFAULT_ENV, Environment
from motet.tools.program_run import Ended, Launch, execute
from motet.tools.programs import Programs, folder_under

__all__ = ["DEFAULT_ENV", "Command", "CommandInput", "CommandOutput", "command"]

_STEERING: Final = re.compile(r"PATH|LD_.*|DYLD_.*")
"""Variables that decide which code runs: a task sets none of them."""

_TAIL_LINES: Final = 5
_TAIL_LETTERS: Final = 1000


def _is_list(value: object) -> object:
    if isinstance(value, str):
        raise ValueError(  # noqa: TRY004 - pydantic makes a problem of the field out of a ValueError
            'write a list, as in ["echo", "hi"]: there is no shell that would split a text into words'
        )
    if not value:
        raise ValueError("it is empty: the program stands first")
    return value


Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
VariableName = Annotated[str, Field(pattern=r"^[^\x00=]+$")]


class CommandInput(BaseModel, extra="forbid", hide_input_in_errors=True):
    """What to start.

    Attributes:
        argv: The program and its arguments.
        stdin: What the program can read.
        cwd: Its working directory, from the root.
        env: Environment variables beside those that it gets anyway.
        timeout: Seconds that it may run.
        check: Whether an exit code other than 0 is a failure of the task.
    """

    argv: Annotated[list[Text], BeforeValidator(_is_list)]
    stdin: str | None = None
    cwd: Text | None = None
    env: dict[VariableName, Text] = {}
    timeout: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    check: bool = True


class CommandOutput(TypedDict):
    """How a program ended, and what it wrote."""

    argv: list[str]
    exit_code: int  #: below 0: the number of the signal that ended it
    stdout: str
    stderr: str
    truncated: bool  #: whether it wrote more than was kept
    seconds: float


class Command(Agent[CommandInput, CommandOutput]):
    """Start a program that is allowed, without a shell, and return what it writes.

    Args:
        allow: The programs that tasks may start: names, which are looked up on PATH, or paths. Allowing an
            interpreter (`python3`, `sh`, `env`, `find`, `xargs` ...) allows everything.
        root: The folder that working directories have to lie in, links resolved, and the working directory of a task
            that names none; None: the one of this process, always.
        env: The names of the environment variables that a program may have. It gets the values of this process, or
            those that the task gives; PATH and what steers the loader are never the task's to give.
        max_output: Bytes of each stream that are kept.
        timeout: Seconds that a program may run, at most.
        grace: Seconds that a program has to end by itself after SIGTERM.

    Raises:
        InvalidAgent: A program that is allowed does not exist.
    """

    name = "command"
    description = "Start a program that is allowed, without a shell, and return what it writes."
    examples = ({"argv": ["uname", "-a"]},)

    def __init__(
        self,
        *,
        allow: Iterable[str | os.PathLike[str]] = (),
        root: str | os.PathLike[str] | None = None,
        env: Iterable[str] = DEFAULT_ENV,
        max_output: int = 2**20,
        timeout: float = 60.0,
        grace: float = 2.0,
    ) -> None:
        self._programs = Programs(allow, "Command")
        self._root = None if root is None else Path(root).resolve()
        self._environment = Environment(env, _STEERING, "Command", "a task")
        self._max_output = max_output
        self._timeout = timeout
        self._grace = grace

    async def call(self, inputs: CommandInput, ctx: Context) -> CommandOutput:
        """Run the program to its end, or end it with everything that it has started."""
        launch = Launch(
            self._program(inputs.argv[0]),
            inputs.argv,
            folder_under(self._root, inputs.cwd),
            self._environment.of(inputs.env),
            None if inputs.stdin is None else inputs.stdin.encode(),
        )
        limit = Limit(inputs.timeout, self._timeout, ctx)
        start = time.perf_counter()
        ended = await self._run(launch, limit)
        output = _output(inputs.argv, ended, time.perf_counter() - start)
        if inputs.check and ended.exit_code:
            raise _failure(output)
        return output

    def _program(self, given: str) -> Path:
        if not self._programs:
            raise InvalidPayload(
                f"No program is allowed, so {given!r} is not: register Command(allow=[{given!r}]) with replace=True, "
                f"or start with `motet run --allow-command {shlex.quote(given)}`"
            )
        return self._programs.find(given)

    async def _run(self, launch: Launch, limit: Limit) -> Ended:
        try:
            return await execute(launch, max_output=self._max_output, timeout=limit.seconds, grace=self._grace)
        except TimeoutError as error:
            raise limit.passed(repr(launch.argv[0])) from error
        except OSError as error:
            raise AgentFailed(f"{launch.argv[0]!r} cannot be started: {error.strerror or error}") from error

    @staticmethod
    def demo(inputs: Mapping[str, Any]) -> CommandOutput:
        """Return what a program that writes nothing would give, for demo mode."""
        return _output(list(inputs.get("argv", [])), Ended(0, b"", b"", truncated=False), 0.0)


def _output(argv: list[str], ended: Ended, seconds: float) -> CommandOutput:
    return CommandOutput(
        argv=argv,
        exit_code=ended.exit_code,
        stdout=ended.stdout.decode(errors="replace"),
        stderr=ended.stderr.decode(errors="replace"),
        truncated=ended.truncated,
        seconds=round(seconds, 6),
    )


def _failure(output: CommandOutput) -> AgentFailed:
    code = output["exit_code"]
    tail = "\n".join(output["stderr"].strip().splitlines()[-_TAIL_LINES:])[-_TAIL_LETTERS:]
    how = f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
    told = f"{output['argv'][0]!r} {how}"
    return AgentFailed(f"{told}: {tail}" if tail else told, exit_code=code, stderr=tail)


command = Command()

offer(command, Command.demo)
