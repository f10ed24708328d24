"""Where the parts of a payload come from: anything that can be iterated over, and means to be."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterable, Iterator, Mapping
from itertools import islice
from types import GeneratorType
from typing import Any, Final

from pydantic import BaseModel

from motet.kernel.errors import Fault, InvalidPayload

__all__ = ["Parts", "close", "parts_in", "taken"]

Parts = Iterator[Any] | AsyncIterator[Any]
"""Parts that are read one by one."""

_WHOLE: Final = (str, bytes, bytearray, memoryview, Mapping, BaseModel)
"""What can be iterated over, and hardly ever means it: letters, bytes, keys and fields are no parts."""


def parts_in(value: object, agent: str, split: str | None) -> Parts:
    """Begin to read the parts of a value.

    Args:
        value: An iterable or an async iterable.
        agent: The name of the composition, for the error.
        split: What made the value of the input, for the error; None for the input itself.

    Raises:
        InvalidPayload: It has no parts, or is a generator that has been read to its end, or closed, already.
    """
    if _used_up(value):
        raise _invalid(agent, split, "a generator that was used up before: give a list to what may be called again")
    if isinstance(value, AsyncIterable):
        return aiter(value)
    if isinstance(value, Iterable) and not isinstance(value, _WHOLE):
        return iter(value)
    hint = "give an iterable of parts, sync or async, or let fan_out(split=function) make them of it"
    raise _invalid(agent, split, f"a single {type(value).__name__}: {hint}")


async def close(parts: Parts) -> None:
    """Read no more of some parts: a generator comes to its end."""
    if isinstance(parts, Generator):
        parts.close()
    elif isinstance(parts, AsyncGenerator):
        await parts.aclose()


async def taken(parts: Parts, most: int) -> list[Any]:
    """Read some parts, and close what they come from.

    Args:
        parts: Where they come from.
        most: How many to read at most, from 1.
    """
    found: list[Any] = []
    try:
        if isinstance(parts, AsyncIterator):
            async for part in parts:
                found.append(part)
                if len(found) == most:
                    break
        else:
            found.extend(islice(parts, most))
    finally:
        await close(parts)
    return found


def _used_up(value: object) -> bool:
    # What was begun and not finished may still be meant: somebody has taken the first few.
    if isinstance(value, GeneratorType):
        return value.gi_frame is None
    return isinstance(value, AsyncGenerator) and getattr(value, "ag_frame", value) is None


def _invalid(agent: str, split: str | None, problem: str) -> InvalidPayload:
    side = "input" if split is None else "split"
    what = "The input" if split is None else f"What {split!r} made of the input"
    error = InvalidPayload(f"{what} of {agent!r} is {problem}", agent=agent, side=side)
    error.fault = Fault.CALLER if split is None else Fault.AGENT
    return error
