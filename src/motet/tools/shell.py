"""`Shell`: a command line as people write it, run without a shell."""

from functools import cached_property

from motet.tools.command_line import split_line
from motet.tools.process import Process, Ran
from motet.tools.tool import Tool, tool

__all__ = ["Shell"]


class Shell:
    """Runs command lines: single programs with their arguments, in the words of a shell but without one.

    Quotes work as in a shell, and what is quoted is text. Pipes, redirections, variables, patterns and everything else
    that a shell would do is refused with an error that says what to do instead. What may run, and what it may use, is
    up to the `Process` that does the work.

    Args:
        process: Runs the programs.
    """

    def __init__(self, process: Process) -> None:
        self._process = process

    async def run(
        self,
        command: str,
        *,
        stdin: str | None = None,
        cwd: str | None = None,
        timeout: float | None = None,
    ) -> Ran:
        """Run one command line: a program and its arguments, without pipes, redirections, variables or patterns.

        Args:
            command: The command, such as `grep -n "a word" notes.txt`.
            stdin: Text that the program can read.
            cwd: The folder to run it in, from the root.
            timeout: Seconds that it may run.

        Raises:
            InvalidPayload: It needs a shell, or its program is not allowed.
            MotetError: As for `Process.run`.
        """
        return await self._process.run(split_line(command), stdin=stdin, cwd=cwd, timeout=timeout)

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """What a model is given: one tool, which says what programs there are."""
        what = (
            "Run one command line: a program and its arguments, without pipes, redirections, variables or patterns. "
            f"The programs are: {', '.join(self._process.names) or 'none is allowed'}."
        )
        return (tool(name="run_command", description=what)(self.run),)
