"""What a trace is made of: pieces of work within one another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from motet.devtools.words import counted
from motet.kernel.events import Event

__all__ = ["Kind", "Span", "walk"]

Kind = Literal["agent", "tool", "flow", "node", "join", "tree", "task"]


@dataclass(slots=True)
class Span:
    """One call of an agent, one message at a node, one run of a flow, one task tree, or one attempt of a task.

    Args:
        name: The name of the agent, node, flow, tree or task.
        start: When it began, in seconds of the clock.
        took: How many seconds it took; None while it has not ended, and for what takes no time.
        status: How it ended; None if it has not.
        error: Why it failed.
        notes: What else is to be said of it.
        children: What was called in it, in the order in which it began.
        chunks: How many chunks it emitted itself.
        tokens: How many tokens it reported.
        cost: What it reported to have cost.
        late: How many messages came too late for a join of it.
        sent: How many messages it sent on ahead of its output.
        kind: What it is.
        id: The id of the span; empty for what has none.
        retries: How often it was tried again.
        events: What happened to it, in order.
    """

    name: str
    start: float
    took: float | None = None
    status: str | None = None
    error: BaseException | None = None
    notes: list[str] = field(default_factory=list)
    children: list["Span"] = field(default_factory=list)
    chunks: int = 0
    tokens: int = 0
    cost: float = 0.0
    late: int = 0
    sent: int = 0
    kind: Kind = "agent"
    id: str = ""
    retries: int = 0
    events: list[Event] = field(default_factory=list)

    @property
    def remarks(self) -> list[str]:
        """Everything that is to be said in a few words."""
        told = list(self.notes)
        if self.chunks:
            told.append(counted(self.chunks, "chunk"))
        if self.sent:
            told.append(f"{counted(self.sent, 'message')} sent on")
        if self.tokens:
            told.append(counted(self.tokens, "token"))
        if self.cost:
            told.append(f"cost {self.cost:g}")
        if self.late:
            told.append(f"{counted(self.late, 'late message')} dropped")
        return told


def walk(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield spans with everything below them, each before what is below it."""
    stack = [iter(spans)]
    while stack:
        span = next(stack[-1], None)
        if span is None:
            stack.pop()
        else:
            yield span
            stack.append(iter(span.children))
