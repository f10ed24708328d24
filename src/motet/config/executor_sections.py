"""Settings of the executors that tasks name."""

from pydantic import Field

from motet.config.section import PROGRAM_ENV, Count, Duration, Names, Optional, Path, Seconds, Section

__all__ = ["AgentExecutorSettings", "CommandSettings", "ExecutorsSettings", "RestSettings"]


class CommandSettings(Section):
    """What the executor `command` is made with."""

    allow: Names = Field(default=(), description="Programs that tasks may start.")
    root: Optional[Path] = Field(default=None, description="The folder under which programs work.")
    env: Names = Field(default=PROGRAM_ENV, description="Environment variables that a program gets.")
    max_output: Count = Field(default=2**20, description="Bytes of a program's output that are kept.")
    timeout: Seconds = Field(default=60.0, description="Seconds that a program may run, at most.")
    grace: Duration = Field(default=2.0, description="Seconds that a program has to end when it is asked to.")


class RestSettings(Section):
    """What the executor `rest` is made with."""

    private: bool = Field(default=False, description="Whether tasks may reach this machine and its network.")
    max_bytes: Count = Field(default=10 * 2**20, description="How long the body of an answer may be.")
    timeout: Seconds = Field(default=60.0, description="Seconds that one attempt may take, at most.")
    traceparent: bool = Field(default=True, description="Whether requests name the trace, in a header.")


class AgentExecutorSettings(Section):
    """What the executor `agent` is made with."""

    root: Optional[Path] = Field(default=None, description="The folder under which agents may be loaded from files.")


class ExecutorsSettings(Section):
    """The executors."""

    agent: AgentExecutorSettings = Field(default_factory=AgentExecutorSettings)
    command: CommandSettings = Field(default_factory=CommandSettings)
    rest: RestSettings = Field(default_factory=RestSettings)
