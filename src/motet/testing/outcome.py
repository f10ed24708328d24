"""What became of one input: its output, its way, its chunks and events, and what each node took and gave."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from motet.kernel.events import AgentEnded, AgentStarted, Event, JoinFired, NodeEnded, NodeStarted, Status
from motet.kernel.message import Chunk
from motet.testing.showing import nearest, plural, shown

__all__ = ["NodeRecord", "Outcome", "Visit", "visits_in"]

NOTHING: Final = object()
"""Stands for a value that is not known: None is one."""


@dataclass(slots=True)
class Visit:
    """One piece of work below an outcome: a node's attempt at a message, an agent's call, a join that fired.

    Args:
        path: The names from below the outermost agent to this one.
        began: When, in seconds of the clock.
        attempt: Which attempt at the message, from 1.
        status: How it ended, or "running".
        error: What it raised.
        ended: When; None before.
        collected: How many messages a join sent on together; None for what is no join.
        payload: What a node was given; not known of other agents.
        output: What a node returned; likewise.
    """

    path: tuple[str, ...]
    began: float
    attempt: int = 1
    status: Status | Literal["running"] = "running"
    error: BaseException | None = None
    ended: float | None = None
    collected: int | None = None
    payload: Any = field(default=NOTHING, repr=False)
    output: Any = field(default=NOTHING, repr=False)

    @property
    def name(self) -> str:
        """The name of the node or agent."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """What one node, or agent, did in a run.

    Args:
        name: Its name, with those around it: "sub/write".
        visits: Each attempt, in the order in which they began.
    """

    name: str
    visits: tuple[Visit, ...]

    @property
    def taken(self) -> int:
        """How many messages it took in; several attempts at one count once."""
        return sum(visit.collected or 1 for visit in self.visits if visit.attempt == 1)

    @property
    def given(self) -> int:
        """How many it returned something for: None goes nowhere in a flow, and what `ctx.send` sends is not counted."""
        return sum(visit.status == "completed" and visit.output is not None for visit in self.visits)

    @property
    def attempts(self) -> int:
        """How many attempts it made in all."""
        return len(self.visits)

    @property
    def failed(self) -> int:
        """How many attempts failed."""
        return sum(visit.status == "failed" for visit in self.visits)

    @property
    def inputs(self) -> list[Any]:
        """What it was given, message by message, as far as that is known: nodes are, other agents are not."""
        return [visit.payload for visit in self.visits if visit.attempt == 1 and visit.payload is not NOTHING]

    @property
    def outputs(self) -> list[Any]:
        """What it returned, likewise; for a router, the case it chose."""
        return [visit.output for visit in self.visits if visit.status == "completed" and visit.output is not NOTHING]

    def __str__(self) -> str:
        told = [f"{self.taken} in", f"{self.given} out"]
        if self.attempts > self.taken and not any(visit.collected for visit in self.visits):
            told.append(plural(self.attempts, "attempt"))
        errors = [visit.error for visit in self.visits if visit.error is not None and visit.status == "failed"]
        running = sum(visit.status == "running" for visit in self.visits)
        told += [f"failed with {shown(errors[-1], 60)}"] if errors else []
        cancelled = sum(visit.status == "cancelled" for visit in self.visits)
        told += [f"{cancelled} cancelled"] if cancelled else []
        told += [f"{running} still at work"] if running else []
        return f"{self.name}: {', '.join(told)}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input. Made by `run_one`.

    Args:
        agent: The name of the flow, or of the agent.
        status: How it ended.
        output: Its output; of several, the last one. None where it failed.
        outputs: Everything that reached the end of the flow.
        error: What it raised.
        events: Every event, in the order in which they were told.
        chunks: Every chunk.
        visits: Every piece of work below it, in the order in which they began.
    """

    agent: str
    status: Status
    output: Any
    outputs: tuple[Any, ...]
    error: BaseException | None
    events: tuple[Event, ...]
    chunks: tuple[Chunk, ...]
    visits: tuple[Visit, ...]

    @property
    def path(self) -> tuple[str, ...]:
        """The nodes that the input passed, in the order in which they began; another attempt is no other visit."""
        return tuple(visit.name for visit in self.visits if len(visit.path) == 1 and visit.attempt == 1)

    @property
    def nodes(self) -> Mapping[str, NodeRecord]:
        """What each node did, by its name: "write", or "sub/write" for one of a subflow."""
        found: dict[str, list[Visit]] = {}
        for visit in self.visits:
            found.setdefault("/".join(visit.path), []).append(visit)
        return {name: NodeRecord(name, tuple(visits)) for name, visits in found.items()}

    def node(self, name: str) -> NodeRecord:
        """Return what a node did.

        Args:
            name: Its name: "write", or "sub/write" for one of a subflow.

        Raises:
            AssertionError: It did nothing in this run.
        """
        __tracebackhide__ = True
        nodes = self.nodes
        if name not in nodes:
            raise AssertionError(f"{name!r} did nothing in this run of {self.agent!r}: {nearest(name, nodes)}\n{self}")
        return nodes[name]

    @property
    def text(self) -> str:
        """The chunks that count in the end, as text."""
        return "".join(str(value) for value in self.emitted)

    @property
    def emitted(self) -> list[Any]:
        """The values of the chunks that count in the end: what was emitted before a restart is left out."""
        return [
            chunk.value
            for chunk in self.chunks
            if not chunk.restart and not any(later.replaces(chunk) for later in self.chunks)
        ]

    def result(self) -> Any:
        """Return the output, or raise what went wrong."""
        if self.error is not None:
            raise self.error
        return self.output

    def __str__(self) -> str:
        ended = f" with {shown(self.error)}" if self.error is not None else f" with {shown(self.output)}"
        lines = [f"{self.agent!r} {self.status}{ended}"]
        lines += [f"  {record}" for record in self.nodes.values()]
        return "\n".join(lines)


def visits_in(events: Iterable[Event], root: str, values: Mapping[str, tuple[Any, Any]]) -> tuple[Visit, ...]:
    """Read from events what was done below a call.

    Args:
        events: In the order in which they were told.
        root: The span of the call.
        values: What each node was given and returned, by the span of its attempt.
    """
    known: dict[str, Visit] = {}
    visits: list[Visit] = []
    for told in events:
        if isinstance(told, NodeStarted | AgentStarted):
            if told.span == root or told.span in known:
                continue
            if told.parent != root and told.parent not in known:
                continue  # of another trace
            around = () if told.parent == root else known[told.parent].path
            name, attempt = (told.node, told.attempt) if isinstance(told, NodeStarted) else (told.agent, 1)
            visit = known[told.span] = Visit((*around, name), told.at, attempt)
            visit.payload, visit.output = values.get(told.span, (NOTHING, NOTHING))
            visits.append(visit)
        elif isinstance(told, NodeEnded | AgentEnded) and told.span in known:
            visit = known[told.span]
            visit.status, visit.error, visit.ended = told.status, told.error, told.at
        elif isinstance(told, JoinFired) and (told.span == root or told.span in known):
            around = () if told.span == root else known[told.span].path
            visits.append(Visit((*around, told.node), told.at, 1, "completed", None, told.at, told.size))
    return tuple(visits)
