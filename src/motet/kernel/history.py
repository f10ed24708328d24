"""What happened, and what has to be remembered beside it: the contract of a store for the state of traces.

Three kinds of things are kept: the history of a trace (records in the order they came), its bindings (what a name means
within the trace, such as the id of a remote task), and answers that wait for somebody to take them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

__all__ = ["StateStore"]


class StateStore(ABC):
    """Where histories, bindings and answers are kept.

    Values are JSON data, and isolated: nobody can change what is stored by changing what was put in or taken out.
    Every method raises `InvalidPayload` where a value is no JSON data, and `Unavailable` where the store cannot be
    reached now; nothing that was acknowledged is lost then.
    """

    @abstractmethod
    async def append(self, trace: str, records: Sequence[Mapping[str, object]]) -> int:
        """Add records to the history of a trace, all or none.

        Args:
            trace: The id of the trace.
            records: What happened, in order.

        Returns:
            The number of the last record in this history, from 1; 0 where it has none.
        """

    @abstractmethod
    async def history(self, trace: str, after: int = 0, limit: int = 1000) -> Sequence[tuple[int, dict[str, object]]]:
        """Return a part of the history of a trace, in order.

        Args:
            trace: The id of the trace.
            after: The number of the last record that is known already; 0 begins at the first.
            limit: How many records to return at most.

        Returns:
            Records, each with its number; empty at the end, or where the trace is unknown.
        """

    @abstractmethod
    async def traces(self, limit: int = 50) -> Sequence[str]:
        """List the traces that have a history, the one that was written to last first."""

    @abstractmethod
    async def bind(self, trace: str, name: str, value: object) -> None:
        """Say what a name means within a trace; what it meant before is forgotten."""

    @abstractmethod
    async def binding(self, trace: str, name: str, default: object = None) -> object:
        """Return what a name means within a trace; `default` if nothing."""

    @abstractmethod
    async def bindings(self, trace: str) -> Mapping[str, object]:
        """Return what all names mean within a trace."""

    @abstractmethod
    async def put_answer(self, key: str, value: object) -> None:
        """Leave an answer for whoever asks for this key; it takes the place of an earlier one."""

    @abstractmethod
    async def take_answer(self, key: str, default: object = None) -> object:
        """Take an answer away: of several who ask at once, one gets it; `default` if there is none."""

    @abstractmethod
    async def forget(self, trace: str) -> None:
        """Forget the history and the bindings of a trace."""
