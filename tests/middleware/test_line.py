"""A waiting line: first come, first served; whoever is cancelled leaves at once; one timer at most."""

import asyncio
import gc
from math import inf

import pytest

from motet.kernel.context import Context
from motet.kernel.scope import Scope
from motet.middleware.line import Line, Place
from support import until, within

CTX = Context(Scope(), "named")


def standing(line: Line, *costs: float) -> list[Place]:
    line.open()
    places = [Place(CTX, cost) for cost in costs]
    for place in places:
        line.join(place)
    return places


async def test_those_who_came_first_are_first():
    line = Line(list)
    assert (line.first, len(line), line.cost) == (None, 0, 0)
    one, two, three = standing(line, 1, 2.5, 4)
    assert (line.first, len(line), line.cost) == (one, 3, 7.5)
    assert line.leave(two)
    assert (line.first, len(line), line.cost) == (one, 2, 5)
    assert line.call(one)
    assert (line.first, line.cost) == (three, 4)
    assert (one.turn, one.over.done(), three.turn, three.over.done()) == (True, True, False, False)
    assert not line.leave(one)
    assert line.call(three, turn=False)
    assert (three.turn, three.over.done()) == (False, True)
    assert (line.first, len(line), line.cost) == (None, 0, 0)


async def test_who_was_cancelled_and_does_not_know_yet_is_not_called():
    line = Line(list)
    one, two = standing(line, 1, 1)
    one.over.cancel()
    assert not line.call(one)
    assert (one.turn, line.first) == (False, two)


async def test_rounding_is_forgotten_when_nobody_is_left():
    line = Line(list)
    for place in standing(line, 0.1, 0.2, 0.3):
        line.leave(place)
    assert line.cost == 0


async def test_the_timer_wakes_once_and_a_new_one_replaces_it():
    woken = []
    line = Line(lambda: woken.append(len(line)))
    standing(line, 1)
    for seconds in (1000, 0.001, 500, 0):
        line.arm(seconds)
    await within(until(lambda: woken))
    assert woken == [1]
    assert line._timer is None


async def test_there_is_no_timer_when_nobody_waits():
    line = Line(list)
    one, two = standing(line, 1, 1)
    line.arm(1000)
    timer = line._timer
    line.leave(one)
    assert not timer.cancelled()
    line.leave(two)
    assert timer.cancelled()
    assert line._timer is None


def test_a_line_belongs_to_the_loop_of_those_who_stand_in_it():
    line = Line(list)
    runners = [asyncio.Runner(), asyncio.Runner()]
    try:

        async def stand():
            return standing(line, 1)

        (place,) = runners[0].run(stand())
        with pytest.raises(RuntimeError, match="Calls of another event loop wait here"):
            runners[1].run(stand())
        line.leave(place)
        assert len(runners[1].run(stand())) == 1
    finally:
        for runner in runners:
            runner.close()


def test_nobody_stands_in_the_line_of_a_closed_loop():
    line = Line(list)

    async def stand():
        places = standing(line, 1, 2)
        line.arm(1000)
        return places

    one, two = asyncio.run(stand())
    assert len(line) == 2
    assert line.first is None
    assert (len(line), line.cost, line._timer) == (0, 0, None)

    asyncio.run(stand())
    assert not line.leave(one)  # as when what is left of its call is collected
    assert len(line) == 0

    three, _ = asyncio.run(stand())

    async def stand_alone():
        (place,) = standing(line, 4)
        assert (line.first, line.cost) == (place, 4)
        assert not line.leave(three)
        assert not line.leave(two)
        assert (line.first, line.cost) == (place, 4)

    asyncio.run(stand_alone())
    gc.collect()


def test_a_place_waits_for_ever_unless_it_says_until_when():
    assert (Place(CTX).until, Place(CTX, until=5).until) == (inf, 5)
