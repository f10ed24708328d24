"""What happened, in a line for each event."""

from motet.devtools.words import error_name, seconds
from motet.kernel.events import (
    AgentChosen,
    AgentEnded,
    AgentStarted,
    BudgetSpent,
    ChunkEmitted,
    DeadlinePassed,
    Event,
    Intervened,
    MessageSent,
    NodeEnded,
    NodeStarted,
    RemoteEnded,
    RemoteStarted,
    RetryScheduled,
    RunCancelled,
    TaskChanged,
    TreeChanged,
)

__all__ = ["event_line"]


def event_line(event: Event) -> str:
    """Say in a line what has happened; empty for what is not worth one."""
    match event:
        case AgentStarted():
            return f"{event.agent} begins"
        case NodeStarted():
            return f"{event.node} begins{_again(event.attempt)}"
        case AgentEnded():
            return _ended(event.agent, event)
        case NodeEnded():
            return _ended(event.node, event)
        case TaskChanged():
            return f"task {event.name}: {_words(event.status)}{_again(event.attempt)}{_why(event.message)}"
        case _:
            return _meanwhile(event)


def _meanwhile(event: Event) -> str:
    line = ""
    match event:
        case ChunkEmitted():
            line = f"{event.agent} starts again" if event.restart else f"{event.agent}: {_flat(str(event.value))}"
        case RetryScheduled():
            line = f"{event.agent} is tried again after {seconds(event.delay)}: {_flat(str(event.error))}"
        case TreeChanged():
            line = f"tree {event.name}: {_words(event.status)}, {event.progress:.0%}"
        case Intervened():
            line = f"{event.agent}: {_words(event.by)} {_words(event.what)}"
        case RunCancelled():
            line = f"{event.flow} is cancelled"
        case RemoteStarted():
            line = f"{event.agent} calls {event.protocol} {event.peer} as span {event.span}"
        case RemoteEnded():
            line = f"{event.agent}: {event.protocol} {event.peer} {event.status}, {event.received:,} B read"
        case MessageSent():
            line = f"{event.node} sends to {event.to or 'all'}: {_flat(str(event.value))}"
        case AgentChosen():
            line = f"{event.agent} takes the answer of {event.chosen}"
        case BudgetSpent():
            line = f"{event.agent} used {event.tokens:,} tokens{f' of {event.model}' if event.model else ''}"
        case DeadlinePassed():
            line = f"the deadline of {event.agent} passes"
    return line


def _ended(name: str, event: AgentEnded | NodeEnded) -> str:
    error = event.error if event.status == "failed" else None
    why = "" if error is None else f": {error_name(error)}: {_flat(str(error))}"
    return f"{name} {event.status} after {seconds(event.seconds)}{why}"


def _why(message: str) -> str:
    return f": {_flat(message)}" if message else ""


def _again(attempt: int) -> str:
    return f", attempt {attempt}" if attempt > 1 else ""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _flat(text: str) -> str:
    return "; ".join(line.strip() for line in text.splitlines() if line.strip())
