"""Where the parts of calls beside one another come from: taken one by one, and closed."""

import asyncio

import pytest

from compose.crews import Counted, crew, waiting
from motet.compose.tally import Tally, tally_of
from support import within


@pytest.mark.parametrize("source", ["source", "later_source"])
@pytest.mark.parametrize("limit", [1, 3, 8])
async def test_a_part_is_taken_when_there_is_room_for_its_call(source, limit):
    counted, tally = Counted(turns=20), Tally()
    await crew(counted.work, tally, limit).run(getattr(counted, source)(200))
    assert tally.results() == list(range(200))
    assert (counted.most, counted.ahead) == (limit, limit)


async def test_thousands_of_parts():
    counted, tally = Counted(turns=0), Tally()
    await crew(counted.work, tally, 50).run(counted.source(20_000))
    assert len(tally.answers) == 20_000
    assert counted.ahead <= 50
    everything = Counted(turns=0)
    await crew(everything.work).run(everything.source(20_000))
    assert everything.done == 20_000


async def test_a_long_row_of_beginnings_lets_the_event_loop_have_its_turn():
    task = asyncio.create_task(crew(waiting).run(iter(range(10_000_000))))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


def broken_source(closed):
    try:
        yield 1
        yield 2
        raise ValueError("source")
    finally:
        closed.append(True)


async def later_broken_source(closed):
    for part in broken_source(closed):
        await asyncio.sleep(0)
        yield part


@pytest.mark.parametrize("source", [broken_source, later_broken_source])
async def test_a_source_that_fails_ends_everything_whatever_the_policy(source):
    closed = []
    with pytest.raises(ValueError, match="source"):
        await within(crew(waiting, tally_of("collect", str)).run(source(closed)))
    assert closed == [True]


def endless(closed):
    try:
        number = 0
        while True:
            yield number
            number += 1
    finally:
        closed.append(True)


async def later_endless(closed):
    try:
        for number in endless([]):
            await asyncio.sleep(0)
            yield number
    finally:
        await asyncio.sleep(0)
        closed.append(True)


@pytest.mark.parametrize("source", [endless, later_endless])
async def test_a_generator_that_is_not_needed_to_its_end_is_closed(source):
    closed = []

    async def work(part):
        await asyncio.sleep(0)
        if part == 5:
            raise ValueError(part)

    tally = Tally()
    await within(crew(work, tally, 2).run(source(closed)))
    assert (len(tally.errors), closed) == (1, [True])


@pytest.mark.parametrize("source", [endless, later_endless])
async def test_cancelling_the_caller_closes_the_generator_as_well(source):
    closed = []
    task = asyncio.create_task(crew(waiting, concurrency=2).run(source(closed)))
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert closed == [True]


async def test_a_failure_interrupts_the_wait_for_the_next_part():
    closed = []

    async def slow_source():
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def work(part):
        raise ValueError(part)

    tally = Tally()
    await within(crew(work, tally).run(slow_source()))
    assert (len(tally.errors), closed) == (1, [True])


async def test_a_source_that_somebody_cancels_ends_everything_as_a_cancellation():
    async def source():
        yield 1
        raise asyncio.CancelledError("source")

    with pytest.raises(asyncio.CancelledError, match="source"):
        await within(crew(waiting).run(source()))


async def test_no_parts_are_over_at_once():
    for source in (iter(()), Counted().source(0), Counted().later_source(0)):
        await within(crew(waiting).run(source))
