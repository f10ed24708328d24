"""What a database is asked to do with leases and with the state of traces, one class each."""

from collections.abc import Sequence

from motet.storage.books import Books
from motet.storage.operations import Needs, Operation

__all__ = ["Append", "Beat", "Bind", "Forget", "Leave", "PutAnswer", "TakeAnswer"]


class Beat(Operation[None]):
    """Say that a manager lives."""

    __slots__ = ("_lease", "_owner")

    def __init__(self, owner: str, until: float, host: str, pid: int) -> None:
        self._owner = owner
        self._lease = float(until), host, pid

    def need(self, needs: Needs) -> None:
        """Nothing."""

    def act(self, books: Books) -> None:
        """Write the lease."""
        books.todo.workers[self._owner] = self._lease


class Leave(Operation[None]):
    """Say that a manager is gone."""

    __slots__ = ("_owner",)

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def need(self, needs: Needs) -> None:
        """Nothing."""

    def act(self, books: Books) -> None:
        """Delete the lease."""
        books.todo.workers[self._owner] = None


class Append(Operation[int]):
    """Add records to the history of a trace."""

    __slots__ = ("_at", "_records", "_trace")

    def __init__(self, trace: str, records: Sequence[str], at: float) -> None:
        self._trace = trace
        self._records = records
        self._at = at

    def need(self, needs: Needs) -> None:
        """The number of the last record."""
        needs.traces.add(self._trace)

    def act(self, books: Books) -> int:
        """Number the records; return the last number."""
        last = books.numbers.get(self._trace, 0)
        if not self._records:
            return last
        books.todo.events += ((self._trace, last + n, record) for n, record in enumerate(self._records, 1))
        last += len(self._records)
        books.numbers[self._trace] = last
        books.todo.traces[self._trace] = last, self._at
        return last


class Bind(Operation[None]):
    """Say what a name means within a trace."""

    __slots__ = ("_name", "_trace", "_value")

    def __init__(self, trace: str, name: str, value: str) -> None:
        self._trace = trace
        self._name = name
        self._value = value

    def need(self, needs: Needs) -> None:
        """Nothing."""

    def act(self, books: Books) -> None:
        """Write the binding."""
        books.todo.bindings[self._trace, self._name] = self._value


class Forget(Operation[None]):
    """Forget a trace."""

    __slots__ = ("_trace",)

    def __init__(self, trace: str) -> None:
        self._trace = trace

    def need(self, needs: Needs) -> None:
        """The trace, so that nobody else writes to it meanwhile."""
        needs.traces.add(self._trace)

    def act(self, books: Books) -> None:
        """Delete history and bindings, also those that this commit was to write."""
        todo, trace = books.todo, self._trace
        books.numbers.pop(trace, None)
        todo.traces.pop(trace, None)
        todo.events = [event for event in todo.events if event[0] != trace]
        todo.bindings = {place: value for place, value in todo.bindings.items() if place[0] != trace}
        todo.dropped_traces.add(trace)


class PutAnswer(Operation[None]):
    """Leave an answer."""

    __slots__ = ("_key", "_value")

    def __init__(self, key: str, value: str) -> None:
        self._key = key
        self._value = value

    def need(self, needs: Needs) -> None:
        """Nothing."""

    def act(self, books: Books) -> None:
        """Write the answer."""
        books.answers[self._key] = self._value
        books.todo.answers[self._key] = self._value


class TakeAnswer(Operation[str | None]):
    """Take an answer away."""

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        self._key = key

    def need(self, needs: Needs) -> None:
        """The answer."""
        needs.answers.add(self._key)

    def act(self, books: Books) -> str | None:
        """Delete the answer, and return it; None if there is none."""
        answer = books.answers.pop(self._key, None)
        if answer is not None:
            books.todo.answers[self._key] = None
        return answer
