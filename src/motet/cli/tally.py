"""What is going on in a run, counted from its events: for the progress display."""

from dataclasses import dataclass, field

from motet.kernel.events import AgentEnded, AgentStarted, Event, NodeEnded, NodeStarted, RetryScheduled

__all__ = ["Line", "Tally"]


@dataclass(slots=True)
class Line:
    """One node or agent.

    Args:
        name: Its name; a node of a flow within the flow has the flow's name in front.
        flying: How many messages it works on.
        done: How many it has worked on.
        failed: How many of its attempts failed.
        retries: How many of those were, or will be, followed by another one.
    """

    name: str
    flying: int = 0
    done: int = 0
    failed: int = 0
    retries: int = 0


@dataclass(slots=True)
class Tally:
    """An observer that counts.

    Args:
        root: The name of what was called, which gets no line of its own.
    """

    root: str
    lines: dict[tuple[str, str], Line] = field(default_factory=dict)

    def __call__(self, event: Event) -> None:
        """Count an event."""
        match event:
            case NodeStarted():
                self._line(event.flow, event.node).flying += 1
            case NodeEnded():
                self._ended(self._line(event.flow, event.node), event)
            case AgentStarted() if event.parent:
                self._line("", event.agent).flying += 1
            case AgentEnded() if ("", event.agent) in self.lines:
                self._ended(self._line("", event.agent), event)
            case RetryScheduled():
                tried = [line for (_, name), line in list(self.lines.items()) if name == event.agent]
                if tried:
                    tried[0].retries += 1
            case _:
                pass

    def _line(self, flow: str, name: str) -> Line:
        line = self.lines.get((flow, name))
        if line is None:
            shown = name if flow in {"", self.root} else f"{flow}/{name}"
            line = self.lines[flow, name] = Line(shown)
        return line

    @staticmethod
    def _ended(line: Line, event: NodeEnded | AgentEnded) -> None:
        line.flying -= 1
        if event.status == "completed":
            line.done += 1
        elif event.status == "failed":
            line.failed += 1
