"""Where the parts of a payload come from."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Self

import pytest
from pydantic import BaseModel

from motet.compose.source import close, parts_in, taken
from motet.kernel.errors import Fault, InvalidPayload


class Letters:
    """An iterable of the old kind would have no `__iter__`; this one has."""

    def __iter__(self) -> Iterator[str]:
        return iter("ab")


class LaterLetters:
    async def __aiter__(self) -> AsyncIterator[str]:
        for letter in "ab":
            await asyncio.sleep(0)
            yield letter


class Model(BaseModel):
    x: int = 1
    y: int = 2


@pytest.mark.parametrize(
    "value",
    [
        ["a", "b"],
        ("a", "b"),
        deque("ab"),
        {"a": 1, "b": 2}.keys(),
        Letters(),
        LaterLetters(),
        map(str, "ab"),
        iter("ab"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_can_be_iterated_over_has_parts(value):
    assert await taken(parts_in(value, "x", None), 9) == ["a", "b"]


@pytest.mark.parametrize("value", [3, None, object(), "ab", b"ab", bytearray(b"ab"), {"a": 1}, Model()])
def test_what_is_one_thing_is_refused_with_what_to_do(value):
    with pytest.raises(
        InvalidPayload, match=f"'x' is a single {type(value).__name__}: .*fan_out\\(split=function\\)"
    ) as caught:
        parts_in(value, "x", None)
    assert (caught.value.fault, caught.value.details["side"]) == (Fault.CALLER, "input")
    with pytest.raises(InvalidPayload, match="What 'cut' made of the input of 'x' is a single") as caught:
        parts_in(value, "x", "cut")
    assert caught.value.fault is Fault.AGENT


async def test_a_generator_that_was_used_up_is_no_empty_list():
    async def later():
        yield 1

    used, closed, used_later, closed_later = (n for n in [1]), (n for n in [1]), later(), later()
    assert list(used) == [1]
    closed.close()
    assert [part async for part in used_later] == [1]
    await closed_later.aclose()
    for generator in (used, closed, used_later, closed_later):
        with pytest.raises(InvalidPayload, match="used up before: give a list"):
            parts_in(generator, "x", None)


async def test_a_generator_that_was_begun_goes_on():
    begun = (number for number in count())
    next(begun)
    assert await taken(parts_in(begun, "x", None), 2) == [1, 2]


async def test_no_more_is_read_than_was_asked_for_and_a_generator_is_closed():
    told = []

    def numbers():
        try:
            yield from count()
        finally:
            told.append("closed")

    async def later_numbers():
        try:
            for number in count():
                yield number
        finally:
            await asyncio.sleep(0)
            told.append("closed later")

    assert await taken(numbers(), 3) == [0, 1, 2]
    assert await taken(later_numbers(), 3) == [0, 1, 2]
    assert told == ["closed", "closed later"]


async def test_only_generators_are_closed():
    class Resource:
        """Something of the user's that can be iterated over, and closed when the user wants it."""

        def __iter__(self) -> Self:
            return self

        def __next__(self) -> int:
            return 1

        def close(self):
            raise AssertionError

    class LaterResource(AsyncIterator[int]):
        async def __anext__(self) -> int:
            return 1

        async def aclose(self):
            raise AssertionError

    assert await taken(parts_in(Resource(), "x", None), 2) == [1, 1]
    assert await taken(parts_in(LaterResource(), "x", None), 2) == [1, 1]
    await close(iter([]))


async def test_a_failing_generator_fails_whoever_reads():
    def broken():
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await taken(broken(), 3)
