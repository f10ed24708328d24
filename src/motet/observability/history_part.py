"""What one recorder writes of one trace, from the first event it is told of until all that it knows of has ended."""

from collections.abc import Mapping
from typing import Final

from motet.kernel.events import (
    AgentEnded,
    AgentStarted,
    Event,
    NodeEnded,
    NodeStarted,
    RunEnded,
    RunStarted,
    TaskChanged,
    TreeChanged,
)

__all__ = ["Part"]

_ENDED_BY: Final[Mapping[type[Event], type[Event]]] = {
    AgentStarted: AgentEnded,
    RunStarted: RunEnded,
    NodeStarted: NodeEnded,
}
_WATCHED_BELOW: Final = {first: frozenset({last}) for first, last in _ENDED_BY.items()}
_WATCHED: Final = frozenset({*_ENDED_BY, *_ENDED_BY.values(), TaskChanged, TreeChanged})


class Part:
    """What one recorder writes of one trace.

    A part that begins with a call ends with it, whatever goes on below. Any other one, as that of a task manager, whose
    first event is that of a task, ends with a task tree: when a tree has ended, no task of another one is in progress,
    and no call goes on any more. So a tree that was created within a task does not end the part, and what a cancelled
    tree had called still belongs to it. The end of a call that began before the part is a part by itself.

    Args:
        trace: The id of the trace.
        by: Tells the parts of a trace apart, whoever writes them.
        first: Its first event.

    Attributes:
        at: When it began.
        begun: Whether its record `begin` was put in; before that, all its events are lost.
        count: How many events there were.
        lost: How many of them found no room, and no record tells so yet.
        watched: The kinds of events that `ends_with` has to be asked about.
    """

    __slots__ = ("_calls", "_over", "_tasks", "at", "begun", "by", "count", "lost", "trace", "watched")

    def __init__(self, trace: str, by: str, first: Event) -> None:
        self.trace = trace
        self.by = by
        self.at = first.at
        self.begun = False
        self.count = 0
        self.lost = 0
        self._calls: set[tuple[type[Event], str]] = set()
        self._tasks: dict[str, set[str]] = {}
        self._over = not isinstance(first, TaskChanged | TreeChanged) and type(first) in _WATCHED
        self.watched = _WATCHED_BELOW.get(type(first), _WATCHED)
        if isinstance(first, AgentStarted | RunStarted | NodeStarted):
            self._calls.add((_ENDED_BY[type(first)], first.span))

    def ends_with(self, event: Event) -> bool:
        """Tell whether this is its end; to be asked about every event of a kind that is watched, in order."""
        match event:
            case TaskChanged():
                self._over = False
                self._enter(event)
            case AgentEnded() | RunEnded() | NodeEnded():
                self._calls.discard((type(event), event.span))
            case AgentStarted() | RunStarted() | NodeStarted():
                self._calls.add((_ENDED_BY[type(event)], event.span))
            case TreeChanged():
                self._over = event.ended
                if self._over:
                    self._tasks.pop(event.tree, None)  # others may have told how its tasks ended
        return self._over and not self._calls and not self._tasks

    def _enter(self, event: TaskChanged) -> None:
        if event.status == "in_progress":
            self._tasks.setdefault(event.tree, set()).add(event.task)
        elif tasks := self._tasks.get(event.tree):
            tasks.discard(event.task)
            if not tasks:
                del self._tasks[event.tree]
