# ruff: noqa: T201 - this is a program that is talked to through its standard output
"""A process that records a trace that never ends into a database, until it is killed.

    python recording_process.py URL BUFFER

tells as much as there is room for, and prints after every ten events how many it has told so far, and how many records
are in the database.
"""

import asyncio
import sys

from motet.kernel.events import AgentStarted, DeadlinePassed
from motet.observability.history import HistoryRecorder
from motet.storage import SqlStore

TRACE = "0123456789abcdef" * 2


async def main(url: str, buffer: int) -> None:
    store = SqlStore(url)
    await store.open()
    async with HistoryRecorder(store, buffer=buffer, every=0.001) as recorder:
        recorder(AgentStarted(TRACE, 0.0, "root", "", "a"))
        told = 1
        while True:
            while recorder.pending > buffer - 20:
                await asyncio.sleep(0)
            for _ in range(10):
                told += 1
                recorder(DeadlinePassed(TRACE, float(told), "s", "a"))
            assert not recorder.dropped
            print(told, recorder.written, flush=True)
            await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
