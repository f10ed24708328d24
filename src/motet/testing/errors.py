"""What the kit raises inside the work under test, a branch of the tree in `motet.kernel.errors`.

    AgentFailed
    ├── InjectedFault   a test asked for a failure                          agent, retryable
    ├── ScriptEnded     a scripted agent has no answer left                 agent
    └── NotMocked       a task would have run an executor that is real      agent

The last two are mistakes of the test: they are `AssertionError`s too, and never retried.
"""

from motet.kernel.errors import AgentFailed

__all__ = ["InjectedFault", "NotMocked", "ScriptEnded"]


class InjectedFault(AgentFailed):
    """A failure that a test asked for; it counts as one that may pass, so that it is retried."""

    code = "injected_fault"
    retryable = True


class ScriptEnded(AgentFailed, AssertionError):
    """A scripted agent was asked for more than its script has."""

    code = "script_ended"


class NotMocked(AgentFailed, AssertionError):
    """A task named an executor that the test has neither mocked nor let through."""

    code = "not_mocked"
