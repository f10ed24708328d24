"""What is said and called in a talk with tools: the state of a tool loop, without I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count

from motet.kernel.errors import Cancelled, InvalidPayload
from motet.tools.chat import Answer, Stop, ToolCall, Turn
from motet.tools.result import ToolResult

__all__ = ["Conversation", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends a talk that the model does not end itself; None sets no limit.

    Args:
        rounds: How often the model is asked.
        calls: How many calls it may make.
    """

    rounds: int
    calls: int | None = None


class Conversation:
    """A talk: the model speaks, its calls are answered, and so on.

    Args:
        turns: What was said before.

    Attributes:
        turns: All that was said.
        pending: The calls of the last turn that nobody has answered yet, by their place in it.
        refused: Which of them are not to be made, and why.
    """

    def __init__(self, turns: Iterable[Turn]) -> None:
        self.turns = list(turns)
        self.pending: dict[int, ToolCall] = {}
        self.refused: dict[int, InvalidPayload] = {}
        self._asked: tuple[ToolCall, ...] = ()
        self._results: dict[int, ToolResult] = {}
        self._rounds = self._calls = self._failed = 0

    def said(self, turn: Turn) -> None:
        """Take note of what the model said.

        Each call gets an id that no other call in the talk has. Of calls with the same id in one turn only the first
        is to be made: nobody can tell whether the model meant two.
        """
        self._rounds += 1
        calls = self._distinct(turn.calls)
        if calls != turn.calls:
            turn = replace(turn, calls=calls, native={})  # what is kept as it came has the ids that came
        self.turns.append(turn)
        self._asked, self._results = calls, {}
        self._calls += len(calls)
        self.pending = dict(enumerate(calls))

    def _distinct(self, calls: tuple[ToolCall, ...]) -> tuple[ToolCall, ...]:
        used = {call.id for earlier in self.turns for call in earlier.calls} | {""}
        given = [call.id for call in calls]
        fresh = (name for number in count(1) if (name := f"call_{self._rounds}_{number}") not in {*used, *given})
        made: list[ToolCall] = []
        self.refused = {}
        for place, call in enumerate(calls):
            if call.id and call.id in given[:place]:
                self.refused[place] = InvalidPayload(f"The call id {call.id!r} came twice: this call was not made.")
            made.append(replace(call, id=next(fresh)) if call.id in used else call)
            used.add(made[-1].id)
        return tuple(made)

    def answered(self, place: int, result: ToolResult) -> None:
        """Take note of what a call came to.

        Args:
            place: Which of the calls of the last turn.
            result: Its result.
        """
        self.pending.pop(place, None)
        self._results[place] = result
        self._failed += not result.ok

    def settle(self) -> None:
        """Put the results into the talk, in the order of the calls."""
        for place, call in enumerate(self._asked):
            result = self._results[place]
            self.turns.append(Turn("tool", result.text, call_id=call.id, name=call.name, failed=not result.ok))
        self._asked, self._results = (), {}

    def over(self, limits: Limits) -> Stop | None:
        """Tell which limit stands in the way of the calls that are pending."""
        if not self.pending:
            return None
        if limits.calls is not None and self._calls > limits.calls:
            return "calls"
        return "rounds" if self._rounds >= limits.rounds else None

    def ended(self, stopped: Stop | None = None) -> Answer:
        """Return what the talk came to; a call that nobody has answered gets an answer that says why.

        Args:
            stopped: Which limit ended it.
        """
        for place in list(self.pending):
            self.answered(place, ToolResult.failed(Cancelled(f"Not done: the limit of {stopped} was reached.")))
        self.settle()
        text = next((turn.text for turn in reversed(self.turns) if turn.role == "assistant"), "")
        return Answer(text, tuple(self.turns), self._rounds, self._calls, self._failed, stopped)
