"""`Batch`: whoever leaves leaves the others alone, and closing answers everybody."""

import asyncio

import pytest

from middleware.doubling import Doubling, double
from motet import agent
from motet.kernel.errors import Cancelled
from motet.middleware.batch import Batch
from motet.middleware.errors import MiddlewareClosed
from support import echo, until, within


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def starting(asked, count):
    tasks = [asyncio.create_task(asked(number)) for number in range(count)]
    await turns()
    return tasks


async def cancelled(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


@pytest.mark.parametrize("which", [0, 1, 2])
async def test_cancelling_one_of_three_callers_leaves_the_other_two(which):
    for sent in (False, True):
        work = Doubling(held=True)
        batch = Batch(work.call, size=3 if sent else 4, wait=1000)
        tasks = await starting(double.using(batch), 3)
        assert work.running == sent
        await cancelled(tasks[which])
        others = [number for number in range(3) if number != which]
        work.go_on.set()
        await within(batch.aclose())
        assert await within(asyncio.gather(*(tasks[number] for number in others))) == [2 * number for number in others]
        assert work.batches == [[0, 1, 2] if sent else others]
        assert work.cancelled == 0


async def test_a_batch_call_is_cancelled_when_all_its_callers_are_gone():
    work = Doubling(held=True)
    batch = Batch(work.call, size=3)
    tasks = await starting(double.using(batch), 3)
    for task in tasks:
        assert work.cancelled == 0
        await cancelled(task)
    assert (work.cancelled, work.running) == (1, 0)  # the last one has waited for that
    await turns()
    assert batch.counters()["in_flight"] == 0


async def test_a_batch_that_everybody_has_left_is_not_sent():
    work = Doubling()
    batch = Batch(work.call, size=3, wait=0)
    tasks = [asyncio.create_task(double.using(batch)(number)) for number in range(2)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await turns()
    assert work.batches == []
    assert batch.counters()["waiting"] == 0
    assert not batch._desk._timers


async def test_who_leaves_a_batch_that_waits_for_its_place_is_taken_out():
    work = Doubling(held=True)
    batch = Batch(work.call, size=2, wait=1000, concurrency=1)
    tasks = await starting(double.using(batch), 4)
    await cancelled(tasks[3])
    work.go_on.set()
    assert await within(asyncio.gather(*tasks[:3])) == [0, 2, 4]
    assert work.batches == [[0, 1], [2]]


async def test_a_single_call_that_is_cancelled_frees_its_place():
    gate = asyncio.Event()

    @agent(validate="none")
    async def waiting(payload):
        await gate.wait()

    asked = waiting.using(Batch(size=1, concurrency=1))
    tasks = await starting(asked, 3)
    await cancelled(tasks[1])
    await cancelled(tasks[0])
    gate.set()
    await within(tasks[2])


async def test_a_batch_call_that_cancels_itself_answers_everybody():
    async def giving_up(payloads):
        raise asyncio.CancelledError

    asked = echo.using(Batch(giving_up, size=2))
    outcomes = await within(asyncio.gather(asked(1), asked(2), return_exceptions=True))
    assert [type(outcome) for outcome in outcomes] == [Cancelled, Cancelled]


async def test_closing_sends_what_waits_and_answers_everybody():
    work = Doubling()
    async with Batch(work.call, size=3, wait=1000, concurrency=1) as batch:
        asked = double.using(batch)
        tasks = await starting(asked, 8)
    assert [task.done() for task in tasks] == [True] * 8
    assert [task.result() for task in tasks] == [2 * number for number in range(8)]
    assert work.batches == [[0, 1, 2], [3, 4, 5], [6, 7]]
    with pytest.raises(MiddlewareClosed, match="takes no further calls"):
        await asked(1)
    await batch.aclose()
    assert not batch._desk._timers


async def test_closing_at_once_answers_everybody_as_well():
    work = Doubling(held=True)
    batch = Batch(work.call, size=3, wait=1000, concurrency=1)
    tasks = await starting(double.using(batch), 8)
    await within(batch.aclose(drain=False))
    outcomes = await within(asyncio.gather(*tasks, return_exceptions=True))
    assert [type(outcome) for outcome in outcomes] == [Cancelled] * 3 + [MiddlewareClosed] * 5
    assert (work.batches, work.cancelled) == ([[0, 1, 2]], 1)
    assert not batch._desk._timers


@pytest.mark.parametrize("drain", [True, False])
async def test_closing_lets_single_calls_end(drain):
    gate = asyncio.Event()

    @agent(validate="none")
    async def waiting(payload):
        await gate.wait()
        return payload

    batch = Batch(size=2, wait=1000)
    tasks = await starting(waiting.using(batch), 3)
    closing = asyncio.create_task(batch.aclose(drain=drain))
    await turns()
    assert not closing.done()
    gate.set()
    await within(closing)
    outcomes = await within(asyncio.gather(*tasks, return_exceptions=True))
    assert outcomes[:2] == [0, 1]
    assert outcomes[2] == 2 if drain else isinstance(outcomes[2], MiddlewareClosed)


async def test_who_stops_waiting_for_the_end_leaves_it_to_come():
    work = Doubling(held=True)
    batch = Batch(work.call, size=3, wait=1000)
    tasks = await starting(double.using(batch), 2)
    closing = asyncio.create_task(batch.aclose())
    await turns()
    await cancelled(closing)
    work.go_on.set()
    assert await within(asyncio.gather(*tasks)) == [0, 2]
    await within(batch.aclose())


async def test_a_batch_that_was_never_used_closes_at_once():
    for drain in (True, False):
        await within(Batch().aclose(drain=drain))


async def test_leaving_while_it_closes_leaves_nothing():
    work = Doubling(held=True)
    batch = Batch(work.call, size=3, wait=1000)
    tasks = await starting(double.using(batch), 2)
    closing = asyncio.create_task(batch.aclose())
    await until(lambda: work.running == 1)
    for task in tasks:
        await cancelled(task)
    await within(closing)
    assert work.cancelled == 1


def test_an_event_loop_that_was_left_in_the_middle_harms_no_later_one():
    work = Doubling()
    batch = Batch(work.call, size=3, wait=1000, concurrency=1)
    left = asyncio.new_event_loop()
    slow = Doubling(held=True)
    stuck = double.using(Batch(slow.call, size=1))
    waiting = [left.create_task(double.using(batch)(number)) for number in range(2)]
    running = left.create_task(stuck(1))
    for _ in range(5):
        left.run_until_complete(asyncio.sleep(0))
    assert batch.counters()["waiting"] == 2

    async def later():
        return await within(asyncio.gather(*(double.using(batch)(number) for number in range(6))))

    for _ in range(2):
        assert asyncio.run(later()) == [0, 2, 4, 6, 8, 10]
    for task in (*waiting, running):
        task.cancel()
    left.run_until_complete(asyncio.wait((*waiting, running)))
    left.close()
    assert slow.cancelled == 1
    assert batch.counters()["waiting"] == 0
    assert asyncio.run(later()) == [0, 2, 4, 6, 8, 10]


def test_an_event_loop_that_ends_with_calls_under_way_leaves_nothing():
    work = Doubling(held=True)
    batch = Batch(work.call, size=2, wait=1000)

    async def main():
        await starting(double.using(batch), 3)
        assert batch.counters()["waiting"] == 1

    asyncio.run(main())
    assert (work.running, work.cancelled) == (0, 1)
    assert (batch.counters()["waiting"], batch.counters()["in_flight"]) == (0, 0)
