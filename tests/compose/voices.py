"""Agents for the tests of compositions: they do what a test tells them, and tell what became of them."""

import asyncio
from typing import Any

from motet import Agent, Context, agent

__all__ = ["Gate", "adding", "failing", "gates", "letters", "twice"]


class Gate:
    """An agent's work that waits until a test says how it ends.

    Args:
        name: The agent's name.
        chunk: What it emits before it waits.
    """

    def __init__(self, name: str, chunk: object = None) -> None:
        self.chunk = chunk
        self.payloads: list[Any] = []
        self.ends: list[str] = []
        self.doors: list[asyncio.Future[Any]] = []
        self.agent: Agent[Any, Any] = agent(validate="none", name=name)(self.call)

    async def call(self, payload: Any, ctx: Context) -> Any:
        self.payloads.append(payload)
        door: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.doors.append(door)
        try:
            if self.chunk is not None:
                await ctx.emit(self.chunk)
            output = await door
        except BaseException as error:
            self.ends.append(type(error).__name__)
            raise
        self.ends.append("answered")
        return output

    @property
    def begun(self) -> int:
        """How many calls have begun."""
        return len(self.doors)

    def answer(self, value: Any, call: int = -1) -> None:
        """Let a call answer."""
        self.doors[call].set_result(value)

    def fail(self, error: Exception, call: int = -1) -> None:
        """Let a call fail."""
        self.doors[call].set_exception(error)


def gates(names: str, *, chunks: bool = False) -> list[Gate]:
    """Make a gate of each letter; with `chunks` each emits its name."""
    return [Gate(name, name if chunks else None) for name in names]


def adding(number: int) -> Agent[int, int]:
    """Make an agent that adds a number."""

    @agent(name=f"add_{number}")
    async def add(payload: int) -> int:
        return payload + number

    return add


def failing(error: Exception, name: str = "failing") -> Agent[Any, Any]:
    """Make an agent that raises an error."""

    @agent(validate="none", name=name)
    async def fail(payload: Any) -> Any:
        raise error

    return fail


@agent
async def twice(number: int) -> int:
    """Double a number."""
    return 2 * number


@agent
async def letters(text: str, ctx: Context) -> str:
    """Emit the letters of a text, and return it in capitals."""
    for letter in text:
        await ctx.emit(letter)
    return text.upper()
