"""The state of traces in memory."""

from collections.abc import Mapping, Sequence

from motet.kernel.history import StateStore
from motet.storage.values import check_text, decode, encode

__all__ = ["MemoryState"]


class MemoryState(StateStore):
    """Histories, bindings and answers in memory."""

    def __init__(self) -> None:
        self._histories: dict[str, list[bytes]] = {}
        self._bindings: dict[str, dict[str, bytes]] = {}
        self._answers: dict[str, bytes] = {}

    async def append(self, trace: str, records: Sequence[Mapping[str, object]]) -> int:
        """Add records to the history of a trace."""
        check_text(trace, "The id of a trace")
        encoded = [encode(dict(record), "A record") for record in records]
        if not encoded:
            return len(self._histories.get(trace, ()))
        history = self._histories.pop(trace, [])
        history += encoded
        self._histories[trace] = history  # at the end: the one that was written to last
        return len(history)

    async def history(self, trace: str, after: int = 0, limit: int = 1000) -> Sequence[tuple[int, dict[str, object]]]:
        """Return a part of the history of a trace, in order."""
        part = self._histories.get(trace, [])[after : after + limit]
        return [(number, decode(data)) for number, data in enumerate(part, after + 1)]

    async def traces(self, limit: int = 50) -> Sequence[str]:
        """List the traces that have a history."""
        return list(reversed(self._histories))[:limit]

    async def bind(self, trace: str, name: str, value: object) -> None:
        """Say what a name means within a trace."""
        check_text(trace, "The id of a trace")
        check_text(name, "A name")
        self._bindings.setdefault(trace, {})[name] = encode(value, f"What {name!r} means")

    async def binding(self, trace: str, name: str, default: object = None) -> object:
        """Return what a name means within a trace."""
        data = self._bindings.get(trace, {}).get(name)
        return default if data is None else decode(data)

    async def bindings(self, trace: str) -> Mapping[str, object]:
        """Return what all names mean within a trace."""
        return {name: decode(data) for name, data in self._bindings.get(trace, {}).items()}

    async def put_answer(self, key: str, value: object) -> None:
        """Leave an answer for whoever asks for this key."""
        self._answers[check_text(key, "The key of an answer")] = encode(value, "An answer")

    async def take_answer(self, key: str, default: object = None) -> object:
        """Take an answer away."""
        data = self._answers.pop(key, None)
        return default if data is None else decode(data)

    async def forget(self, trace: str) -> None:
        """Forget the history and the bindings of a trace."""
        self._histories.pop(trace, None)
        self._bindings.pop(trace, None)
