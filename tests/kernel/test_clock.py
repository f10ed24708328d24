"""Time, ids and randomness."""

import re
import time

from motet import Clock, agent
from motet.kernel.clock import SYSTEM_CLOCK
from support import StillClock


def test_time_is_monotonic_and_the_time_of_day_is_not():
    assert time.monotonic() <= SYSTEM_CLOCK.now() <= time.monotonic()
    assert SYSTEM_CLOCK.wall() > 1.7e9


def test_randomness_is_at_least_0_and_below_1():
    assert all(0 <= SYSTEM_CLOCK.random() < 1 for _ in range(100))


def test_ids_are_hexadecimal_and_fresh():
    ids = {SYSTEM_CLOCK.hex_id(8) for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch("[0-9a-f]{16}", made) for made in ids)


def test_the_system_clock_holds_no_state():
    assert not hasattr(SYSTEM_CLOCK, "__dict__")


async def test_a_clock_of_ones_own_is_used_throughout_the_trace():
    @agent
    async def inner(payload, ctx):
        return ctx.scope.clock

    @agent
    async def outer(payload):
        return await inner(payload)

    clock: Clock = StillClock()
    assert await outer(1, clock=clock) is clock
