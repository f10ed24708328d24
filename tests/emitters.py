"""Work that emits chunks, for the tests of streams."""

import asyncio

import pytest

from motet import Context, agent

__all__ = ["Work", "counting", "work"]


class Work:
    """An agent's work that emits numbers, and tells how far it got and how it ended."""

    def __init__(self) -> None:
        self.emitted = 0
        self.ended = ""

    async def call(self, payload: int, ctx: Context) -> str:
        try:
            for number in range(payload):
                self.emitted += 1
                await ctx.emit(number)
            await asyncio.sleep(0)
        except BaseException as error:
            self.ended = type(error).__name__
            raise
        self.ended = "done"
        return "result"


@pytest.fixture
def work():
    return Work()


@agent
async def counting(payload: int, ctx: Context) -> str:
    for number in range(payload):
        await ctx.emit(number)
    return "result"
