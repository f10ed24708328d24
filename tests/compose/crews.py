"""Crews, and work for them that counts what goes on."""

import asyncio

from motet.compose.crew import Crew
from motet.compose.tally import Tally
from motet.kernel.context import Context
from motet.kernel.scope import Scope

__all__ = ["Counted", "around", "crew", "waiting"]


def around(ledger=None):
    return Context(Scope(ledger=ledger), "around")


def crew(work, tally=None, concurrency=None, ctx=None):
    return Crew(ctx or around(), tally or Tally(), lambda place, part: work(part), concurrency)


async def waiting(part):
    await asyncio.Event().wait()


class Counted:
    """Work that counts how much of it is going on, and how much of its source was taken."""

    def __init__(self, turns: int = 3) -> None:
        self.turns = turns
        self.running = self.most = self.taken = self.ahead = self.done = 0

    async def work(self, part):
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for _ in range(self.turns):
                await asyncio.sleep(0)
        finally:
            self.running -= 1
            self.done += 1
        return part

    def source(self, count):
        for number in range(count):
            self._take()
            yield number

    async def later_source(self, count):
        for number in range(count):
            await asyncio.sleep(0)
            self._take()
            yield number

    def _take(self):
        self.taken += 1
        self.ahead = max(self.ahead, self.taken - self.done)
