"""Answers are given in the order in which they were recorded, and nobody waits for what never comes."""

import asyncio

import pytest

from motet.devtools.replay_turns import Turns
from support import until, within


async def test_answers_come_in_the_recorded_order() -> None:
    turns, given = Turns([1, 2, 3]), list[int]()

    async def ask(number: int) -> None:
        await turns.wait(number)
        given.append(number)

    await within(asyncio.gather(ask(3), ask(1), ask(2)))
    assert given == [1, 2, 3]
    turns.close()


async def test_what_never_comes_is_not_waited_for() -> None:
    turns, given = Turns([1, 2, 3, 4]), list[int]()

    async def ask(number: int) -> None:
        await turns.wait(number)
        given.append(number)

    await within(asyncio.gather(ask(4), ask(2)))
    assert given == [2, 4]
    await within(ask(1))  # late, and at once
    turns.close()


async def test_what_is_cancelled_while_it_waits_gives_up_its_turn() -> None:
    turns = Turns([1, 2, 3])
    second = asyncio.create_task(turns.wait(2))
    third = asyncio.create_task(turns.wait(3))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    await within(turns.wait(1))
    await within(third)
    turns.close()


async def test_nothing_looks_on_once_nobody_waits() -> None:
    turns = Turns([1, 2])
    await within(turns.wait(2))
    await until(lambda: turns._watch is None)
