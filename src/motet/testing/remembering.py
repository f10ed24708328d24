"""`recording`: an agent that remembers how it was called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from motet.kernel.agent import Agent, Middleware, Wrapped
from motet.kernel.context import Context
from motet.kernel.events import Status
from motet.kernel.invoke import Call, status_of
from motet.testing.showing import listed, ordinal, shown
from motet.testing.stand_in import an_agent

__all__ = ["Recorded", "Recording", "recording"]


@dataclass(slots=True)
class Recorded:
    """One call of an agent that is recorded.

    Args:
        order: Which one, from 1, by when they began.
        payload: What it was given.
        metadata: What its context said.
        path: The names of the agents around it, outermost first, its own last.
        began: When, in seconds of the clock of the call.
        status: How it ended, or "running".
        output: What it gave; None before.
        error: What it raised.
        ended: When; None before.
    """

    order: int
    payload: Any
    metadata: Mapping[str, object]
    path: tuple[str, ...]
    began: float
    status: Status | Literal["running"] = "running"
    output: Any = None
    error: BaseException | None = None
    ended: float | None = None

    def __str__(self) -> str:
        came = {"completed": f"-> {shown(self.output, 40)}", "failed": f"raised {shown(self.error, 40)}"}
        return f"{ordinal(self.order)}: {shown(self.payload, 40)} {came.get(self.status, self.status)}"


class _Record(Middleware):
    """Remembers the calls that pass."""

    def __init__(self) -> None:
        self.calls: list[Recorded] = []

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that is remembered."""

        async def recorded(payload: Any, ctx: Context) -> Any:
            entry = Recorded(len(self.calls) + 1, payload, ctx.metadata, ctx.path, ctx.now())
            self.calls.append(entry)
            try:
                entry.output = await call(payload, ctx)
            except BaseException as error:
                entry.error, entry.status = error, status_of(error)
                raise
            else:
                entry.status = "completed"
            finally:
                entry.ended = ctx.now()
            return entry.output

        return recorded


class Recording(Wrapped[Any, Any]):
    """An agent that remembers its calls; to everybody else it is the agent inside. Made by `recording`."""

    def __init__(self, inner: Agent[Any, Any]) -> None:
        self._record = _Record()
        super().__init__(inner, (self._record,))

    @property
    def calls(self) -> list[Recorded]:
        """Every call so far, in the order in which they began."""
        return list(self._record.calls)

    @property
    def payloads(self) -> list[Any]:
        """What it was given, in that order."""
        return [call.payload for call in self._record.calls]

    @property
    def outputs(self) -> list[Any]:
        """What it gave, for the calls that completed."""
        return [call.output for call in self._record.calls if call.status == "completed"]

    @property
    def last(self) -> Recorded:
        """The call that began last.

        Raises:
            AssertionError: There was none.
        """
        if not self._record.calls:
            raise AssertionError(f"{self.name!r} was never called")
        return self._record.calls[-1]

    def clear(self) -> None:
        """Forget every call."""
        self._record.calls.clear()

    def __str__(self) -> str:
        return f"calls of {self.name!r}:\n{listed(map(str, self._record.calls))}"


def recording(agent: Agent[Any, Any]) -> Recording:
    """Make an agent remember its calls, without any other change.

    Args:
        agent: Which agent; it is not changed: put what is returned in its place.
    """
    return Recording(an_agent("recording()", agent))
