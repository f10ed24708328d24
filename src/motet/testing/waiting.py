"""`eventually`: waiting until something is so, by turns of the event loop, never for a time that somebody guessed."""

import asyncio
import inspect
import linecache
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

from motet.testing.showing import shown
from motet.testing.virtual_loop import VirtualLoop

__all__ = ["eventually", "patience"]

T = TypeVar("T")

REAL: Final = 10.0
VIRTUAL: Final = 86_400.0
"""For how many seconds of the loop's time something is waited for, unless said; a virtual day passes at once."""

TURNS: Final = 100
FEWER: Final = 10
"""How many turns of the loop are given before the first pause, and between later ones."""

LONGEST: Final = 0.05
LONGEST_VIRTUAL: Final = 60.0
"""The longest pause between two looks, in seconds of the loop's time: a virtual one costs nothing."""


def patience(seconds: float | None, real: float = REAL) -> float:
    """Return how long to wait in the running event loop, in seconds of its time.

    Args:
        seconds: What was asked for; None leaves it to the kind of loop.
        real: How long where time is real.
    """
    if seconds is not None:
        return seconds
    return VIRTUAL if isinstance(asyncio.get_running_loop(), VirtualLoop) else real


async def eventually(
    predicate: Callable[[], T | Awaitable[T]], *, timeout: float | None = None, message: str = ""
) -> T:
    """Wait until a predicate is true.

    It is asked after each turn of the event loop while there is something to do, and less and less often while the
    loop itself waits; in virtual time the loop's timers fire meanwhile.

    Args:
        predicate: A function without arguments, sync or async. An `AssertionError` of its own counts as "not yet".
        timeout: Seconds of the loop's time; 10 unless given, or a day where time is virtual.
        message: What to say first when it does not come true.

    Returns:
        What the predicate returned.

    Raises:
        TypeError: The predicate is no function.
        AssertionError: It was not true in time; the message shows the predicate, and what it said last.
    """
    __tracebackhide__ = True
    if not callable(predicate):
        raise TypeError(f"eventually() asks again and again, so it takes a function: lambda: ..., not {predicate!r}")
    loop = asyncio.get_running_loop()
    seconds = patience(timeout)
    until, looks, pause = loop.time() + seconds, 0, 0.001
    longest = LONGEST_VIRTUAL if isinstance(loop, VirtualLoop) else LONGEST
    while True:
        told, refused = await _ask(predicate)
        if told and refused is None:
            return cast("T", told)
        looks += 1
        if loop.time() >= until:
            said = f"it raised {shown(refused)}" if refused is not None else f"it returned {shown(told)}"
            begun = f"{message}: " if message else ""
            raise AssertionError(
                f"{begun}not so within {seconds:g} s (looked {looks:,} times): {_source(predicate)}\nAt last {said}"
            ) from refused
        if looks < TURNS or looks % FEWER:
            await asyncio.sleep(0)
        else:
            await asyncio.sleep(min(pause, max(until - loop.time(), 0)))
            pause = min(pause * 1.5, longest)


async def _ask(predicate: Callable[[], Any]) -> tuple[Any, AssertionError | None]:
    try:
        told = predicate()
        return (await told if inspect.isawaitable(told) else told), None
    except AssertionError as error:
        return None, error


def _source(predicate: Callable[[], Any]) -> str:
    """Show what was asked: the line of a lambda, the name of a function."""
    code = getattr(predicate, "__code__", None)
    name = str(getattr(predicate, "__qualname__", shown(predicate)))
    if code is None or not name.endswith("<lambda>"):
        return f"{name.rpartition('<locals>.')[2]}()"
    line = linecache.getline(code.co_filename, code.co_firstlineno).strip()
    return line.removeprefix("await ") or name
