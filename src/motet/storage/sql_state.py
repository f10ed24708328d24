"""The state of traces in a database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from motet.kernel.clock import Clock
from motet.kernel.history import StateStore
from motet.storage.asking import Database
from motet.storage.schema import BINDINGS, EVENTS, TRACES
from motet.storage.state_operations import Append, Bind, Forget, PutAnswer, TakeAnswer
from motet.storage.values import check_text, decode, encode

__all__ = ["SqlState"]


class SqlState(StateStore):
    """Histories, bindings and answers in a database."""

    _database: Database
    _clock: Clock

    async def append(self, trace: str, records: Sequence[Mapping[str, object]]) -> int:
        """Add records to the history of a trace."""
        check_text(trace, "The id of a trace")
        encoded = [encode(dict(record), "A record").decode() for record in records]
        return await self._database.write(Append(trace, encoded, self._clock.wall()))

    async def history(self, trace: str, after: int = 0, limit: int = 1000) -> Sequence[tuple[int, dict[str, object]]]:
        """Return a part of the history of a trace, in order."""
        return await self._database.read(_history, trace, after, limit)

    async def traces(self, limit: int = 50) -> Sequence[str]:
        """List the traces that have a history."""
        return await self._database.read(_traces, limit)

    async def bind(self, trace: str, name: str, value: object) -> None:
        """Say what a name means within a trace."""
        check_text(trace, "The id of a trace")
        check_text(name, "A name")
        await self._database.write(Bind(trace, name, encode(value, f"What {name!r} means").decode()))

    async def binding(self, trace: str, name: str, default: object = None) -> object:
        """Return what a name means within a trace."""
        return (await self.bindings(trace)).get(name, default)

    async def bindings(self, trace: str) -> Mapping[str, object]:
        """Return what all names mean within a trace."""
        return await self._database.read(_bindings, trace)

    async def put_answer(self, key: str, value: object) -> None:
        """Leave an answer for whoever asks for this key."""
        check_text(key, "The key of an answer")
        await self._database.write(PutAnswer(key, encode(value, "An answer").decode()))

    async def take_answer(self, key: str, default: object = None) -> object:
        """Take an answer away."""
        answer = await self._database.write(TakeAnswer(check_text(key, "The key of an answer")))
        return default if answer is None else decode(answer)

    async def forget(self, trace: str) -> None:
        """Forget the history and the bindings of a trace."""
        await self._database.write(Forget(check_text(trace, "The id of a trace")))


def _history(connection: Connection, trace: str, after: int, limit: int) -> list[tuple[int, dict[str, object]]]:
    where = EVENTS.c.trace == trace, EVENTS.c.number > after
    columns = select(EVENTS.c.number, EVENTS.c.record)
    rows = connection.execute(columns.where(*where).order_by(EVENTS.c.number).limit(limit))
    return [(number, decode(record)) for number, record in rows]


def _traces(connection: Connection, limit: int) -> list[str]:
    newest = select(TRACES.c.trace).order_by(TRACES.c.written_at.desc(), TRACES.c.trace).limit(limit)
    return list(connection.scalars(newest))


def _bindings(connection: Connection, trace: str) -> dict[str, object]:
    rows = connection.execute(select(BINDINGS.c.name, BINDINGS.c.value).where(BINDINGS.c.trace == trace))
    return {name: decode(value) for name, value in rows}
