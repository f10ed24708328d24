"""The errors of this library, one tree.

    MotetError
    ├── InvalidPayload        a value did not fit the type an agent declares        caller | agent
    ├── InvalidAgent          something cannot be made an agent                     caller
    ├── InvalidGraph          a graph has problems, all of them listed              caller
    ├── NotFound              nothing has that name                                 caller
    ├── MissingExtra          an optional dependency is not installed               caller
    ├── NotAvailable          a context method was used outside its place           caller
    ├── BudgetExceeded        a budget of hops, tokens, cost or seconds ran out     caller
    ├── Cancelled             the work was cancelled before it had a result         caller
    ├── DeadlineExceeded      the deadline passed before there was a result         caller
    ├── AgentFailed           an agent raised (also: an error that crossed a wire)  agent
    │   ├── AgentTimeout      an agent took longer than its policy allows           agent, retryable
    │   └── JoinIncomplete    a join will never get all the messages it needs       agent
    └── Unavailable           somebody else cannot take the work now                peer, retryable
        ├── QueueFull         an inbox is full                                      system, retryable
        └── FlowStopped       the flow is stopping and takes nothing new            system

Inside a process an agent's own exceptions travel as they are. `error_payload` turns any exception into plain data for a
wire, and makes it an exception of the same class again.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar, Final, Literal

__all__ = [
    "AgentFailed",
    "AgentTimeout",
    "BudgetExceeded",
    "BudgetName",
    "Cancelled",
    "DeadlineExceeded",
    "Fault",
    "FlowStopped",
    "InvalidAgent",
    "InvalidGraph",
    "InvalidPayload",
    "JoinIncomplete",
    "MissingExtra",
    "MotetError",
    "NotAvailable",
    "NotFound",
    "QueueFull",
    "Unavailable",
    "is_retryable",
]

BudgetName = Literal["hops", "tokens", "cost", "seconds"]
BUDGETS: Final[tuple[BudgetName, ...]] = ("hops", "tokens", "cost", "seconds")
Detail = str | int | float | bool | None | list["Detail"] | dict[str, "Detail"]


class Fault(StrEnum):
    """Whose doing an error is."""

    CALLER = "caller"
    AGENT = "agent"
    PEER = "peer"
    SYSTEM = "system"


class MotetError(Exception):
    """The root of the tree.

    Args:
        message: What happened, and what to do about it.
        retry_after: Seconds that a retry should wait, where the raiser knows.
        details: Facts for programs, JSON values only.
    """

    code: ClassVar[str] = "error"
    fault: Fault = Fault.SYSTEM
    retryable: bool = False

    def __init__(self, message: str, *, retry_after: float | None = None, **details: Detail) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        self.details: dict[str, Detail] = details

    def __str__(self) -> str:
        return self.message


class InvalidPayload(MotetError):
    """A payload or an output does not fit the declared type; trying again cannot help."""

    code = "invalid_payload"
    fault = Fault.CALLER


class InvalidAgent(MotetError):
    """Something cannot be made an agent."""

    code = "invalid_agent"
    fault = Fault.CALLER


class InvalidGraph(MotetError):
    """A graph has problems; `problems` lists each with its place."""

    code = "invalid_graph"
    fault = Fault.CALLER

    @classmethod
    def of(cls, name: str, problems: Iterable[str]) -> "InvalidGraph":
        """Make the error for the graph `name` from its problems, one sentence each."""
        listed: list[Detail] = list(problems)
        lines = "".join(f"\n  - {problem}" for problem in listed)
        return cls(f"The graph of {name!r} cannot run:{lines}", problems=listed)

    @property
    def problems(self) -> list[str]:
        """Each problem in one sentence."""
        listed = self.details.get("problems")
        return [str(problem) for problem in listed] if isinstance(listed, list) else []


class NotFound(MotetError):
    """Nothing is known under that name."""

    code = "not_found"
    fault = Fault.CALLER


class MissingExtra(MotetError):
    """An optional dependency is not installed."""

    code = "missing_extra"
    fault = Fault.CALLER

    @classmethod
    def of(cls, what: str, extra: str) -> "MissingExtra":
        """Make the error for `what`, which needs the extra `extra`."""
        return cls(f'{what} needs an optional dependency: pip install "motet[{extra}]"', extra=extra)


class NotAvailable(MotetError):
    """A method of the context was used where it has no meaning."""

    code = "not_available"
    fault = Fault.CALLER


class BudgetExceeded(MotetError):
    """A budget ran out; `budget` says which."""

    code = "budget_exceeded"
    fault = Fault.CALLER

    @property
    def budget(self) -> BudgetName:
        """Which budget ran out: "hops", "tokens", "cost" or "seconds"."""
        name = self.details.get("budget")
        return next((known for known in BUDGETS if known == name), "hops")

    @property
    def limit(self) -> float:
        """What the budget allowed."""
        limit = self.details.get("limit")
        return limit if isinstance(limit, int | float) else 0.0


class Cancelled(MotetError):
    """The work was cancelled before it had a result."""

    code = "cancelled"
    fault = Fault.CALLER


class DeadlineExceeded(MotetError, TimeoutError):
    """The deadline passed before there was a result; a `TimeoutError` to code that knows nothing of Motet."""

    code = "deadline_exceeded"
    fault = Fault.CALLER


class AgentFailed(MotetError):
    """An agent failed: an exception of its own that crossed a wire, or a failure of the work itself."""

    code = "agent_failed"
    fault = Fault.AGENT


class AgentTimeout(AgentFailed, TimeoutError):
    """An agent took longer than its policy allows; a `TimeoutError` to code that knows nothing of Motet."""

    code = "agent_timeout"
    retryable = True


class JoinIncomplete(AgentFailed):
    """A join waits for messages that can no longer come."""

    code = "join_incomplete"


class Unavailable(MotetError):
    """Somebody else cannot take the work now."""

    code = "unavailable"
    fault = Fault.PEER
    retryable = True


class QueueFull(Unavailable):
    """An inbox is full; nothing of the message was kept."""

    code = "queue_full"
    fault = Fault.SYSTEM


class FlowStopped(Unavailable):
    """A flow is stopping and takes nothing new."""

    code = "flow_stopped"
    fault = Fault.SYSTEM
    retryable = False


DETERMINISTIC: Final = (
    TypeError,
    AttributeError,
    NameError,
    ImportError,
    SyntaxError,
    NotImplementedError,
    AssertionError,
)
"""Exceptions of other code that a second try cannot mend: mistakes in a program."""


def is_retryable(error: BaseException) -> bool:
    """Tell whether trying again can help.

    Args:
        error: What was raised.

    Returns:
        The error's own `retryable` for this tree; for other exceptions True, apart from mistakes in a program
        (`DETERMINISTIC`) and exceptions that are not `Exception`s, such as a cancellation.
    """
    if isinstance(error, MotetError):
        return error.retryable
    return isinstance(error, Exception) and not isinstance(error, DETERMINISTIC)
