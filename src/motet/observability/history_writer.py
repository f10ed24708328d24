"""From the buffer to the store: in batches, one append for each trace, for as long as it takes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, ParamSpec

from motet.kernel.errors import InvalidPayload
from motet.kernel.events import Event
from motet.kernel.frozen import LIMIT
from motet.kernel.history import StateStore
from motet.kernel.records import Keeper, write_event
from motet.observability.history_buffer import Buffer, Item

__all__ = ["BATCH", "HistoryWriter"]

logger = logging.getLogger(__name__)

BATCH: Final = 512
"""How many records are written at once at most."""

TURN: Final = 64
"""After how many records the event loop gets its turn."""

FIRST_WAIT, LONGEST_WAIT = 0.05, 5.0
"""Seconds between tries while the store is out of reach."""

Record = dict[str, object]
Asked = ParamSpec("Asked")


class HistoryWriter:
    """Writes what waits in a buffer.

    Args:
        buffer: Where events wait.
        store: Where they are written.
        keepers: What was frozen of which kind of event.
        limit: Bytes of JSON up to which a value is kept whole.

    Attributes:
        written: How many records are in the store.
        refused: How many the store would not take, whatever else it took.
        moved: Is set whenever something was taken out of the buffer.
    """

    def __init__(
        self, buffer: Buffer, store: StateStore, keepers: Mapping[type[Event], Keeper], limit: int = LIMIT
    ) -> None:
        self.written = 0
        self.refused = 0
        self.moved = asyncio.Event()
        self._buffer = buffer
        self._store = store
        self._keepers = keepers
        self._limit = limit
        self._troubled = False

    async def drain(self) -> None:
        """Write until nothing waits any more."""
        while True:
            items = self._buffer.take(BATCH)
            if not items:
                self._buffer.tell_losses()
                if not len(self._buffer):
                    return
                continue
            batches = await self._encoded(items)
            await asyncio.gather(*(self._append(trace, records) for trace, records in batches.items()))
            self._buffer.written(len(items))
            self.moved.set()

    async def _encoded(self, items: Sequence[Item]) -> dict[str, list[Record]]:
        batches: dict[str, list[Record]] = {}
        for place, item in enumerate(items, 1):
            batches.setdefault(item[0].trace, []).append(self._record(item))
            if not place % TURN:
                await asyncio.sleep(0)
        return batches

    def _record(self, item: Item) -> Record:
        part, number, event, kept, _ = item
        own: Record = {"by": part.by, "n": number}
        if isinstance(event, dict):
            return {**event, **own}
        try:
            return {**write_event(event, self._keepers[type(event)], kept, self._limit), **own}
        except Exception as error:
            logger.exception("An event of trace %s cannot be written as a record", part.trace)
            self.refused += 1
            return {"kind": "lost", "count": 1, "error": type(error).__name__, **own}

    async def _append(self, trace: str, records: Sequence[Record]) -> None:
        """Write records of one trace."""
        try:
            await self.patiently(self._store.append, trace, records)
        except InvalidPayload as error:
            await self._one_by_one(trace, records, error)
        else:
            self.written += len(records)

    async def patiently(
        self, work: Callable[Asked, Awaitable[object]], *args: Asked.args, **kwargs: Asked.kwargs
    ) -> None:
        """Ask something of the store, however often that has to be tried.

        Raises:
            InvalidPayload: It will never be taken.
        """
        wait = FIRST_WAIT
        while True:
            try:
                await work(*args, **kwargs)
            except InvalidPayload:
                raise
            except Exception as error:  # noqa: BLE001 - whatever is wrong with a store, the work goes on without it
                self._trouble(error)
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
            else:
                self._fine()
                return

    async def _one_by_one(self, trace: str, records: Sequence[Record], error: InvalidPayload) -> None:
        if len(records) > 1:
            for record in records:
                await self._append(trace, [record])
            return
        self.refused += 1
        logger.warning("A record of trace %s cannot be stored, and is left out: %s", trace, error)
        (record,) = records
        if record["kind"] not in {"lost", "begin", "end"}:
            await self._append(trace, [{"kind": "lost", "count": 1, "by": record["by"], "n": record["n"]}])

    def _trouble(self, error: Exception) -> None:
        if not self._troubled:
            self._troubled = True
            logger.warning("History cannot be stored for now, and waits: %s: %s", type(error).__name__, error)

    def _fine(self) -> None:
        if self._troubled:
            self._troubled = False
            logger.info("History is stored again")
