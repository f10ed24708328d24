"""`Batch`: calls that come together are done together, and every caller has its own answer."""

import asyncio
import math

import pytest

from middleware.doubling import Doubling, double
from middleware.worlds import virtual
from motet import Backoff, agent
from motet.kernel.errors import InvalidPayload
from motet.middleware.batch import Batch
from motet.middleware.errors import Saturated
from motet.middleware.retry import Retry
from support import echo, until, within

__all__ = ["virtual"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"size": 0}, "size=0"),
        ({"size": 1.5}, "size=1.5"),
        ({"wait": -0.1}, "wait=-0.1"),
        ({"wait": math.inf}, "wait=inf"),
        ({"concurrency": 0}, "concurrency=0"),
        ({"max_waiting": 15}, "max_waiting=15"),
        ({"key": "model"}, "key='model'"),
        ({"call": [1]}, r"call=\[1\]"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_at_once(options, problem):
    with pytest.raises(ValueError, match=problem):
        Batch(**options)


async def test_calls_are_sent_when_there_are_enough_of_them():
    work = Doubling()
    batch = Batch(work.call, size=3, wait=1000)
    asked = double.using(batch)
    assert await within(asyncio.gather(*(asked(number) for number in range(6)))) == [0, 2, 4, 6, 8, 10]
    assert work.batches == [[0, 1, 2], [3, 4, 5]]
    assert batch.counters() == {
        "calls": 6, "batches": 2, "biggest": 3, "failed": 0, "refused": 0, "direct": 0, "waiting": 0, "in_flight": 0,
    }  # fmt: skip


def test_calls_are_sent_some_time_after_the_first(virtual):
    work = Doubling()
    asked = double.using(Batch(work.call, size=9, wait=1.0))

    async def later(seconds, number):
        await asyncio.sleep(seconds)
        return await asked(number, clock=virtual.clock)

    async def main():
        return await asyncio.gather(later(0, 1), later(0.9, 2), later(1.1, 3), later(5, 4))

    assert virtual.run(main()) == [2, 4, 6, 8]
    assert work.batches == [[1, 2], [3], [4]]
    assert work.times == pytest.approx([1.0, 2.1, 6.0])


async def test_a_batch_may_be_an_agent_or_any_function():
    @agent
    async def doubles(numbers: list[int]) -> list[int]:
        return [2 * number for number in numbers]

    async def function(numbers):
        return await doubles(numbers)

    def in_a_thread(numbers, ctx):
        return ctx.wait(doubles(numbers))

    for call in (doubles, function, in_a_thread, doubles.using(Batch(size=1))):
        asked = double.using(Batch(call, size=2))
        assert await within(asyncio.gather(asked(1), asked(2))) == [2, 4]


def test_batches_run_at_the_same_time_and_no_more_than_may(virtual):
    work = Doubling(seconds=10.0)
    batch = Batch(work.call, size=2, wait=1, concurrency=3)
    asked = double.using(batch)

    async def main():
        return await asyncio.gather(*(asked(number, clock=virtual.clock) for number in range(10)))

    assert virtual.run(main()) == [2 * number for number in range(10)]
    assert work.times == [0, 0, 0, 10, 10]
    assert (work.most, virtual.clock.now()) == (3, 20)


async def test_a_call_too_many_is_refused_and_the_others_are_not():
    work = Doubling()
    batch = Batch(work.call, size=2, wait=0, concurrency=1, max_waiting=3)
    asked = double.using(batch)
    tasks = [asyncio.create_task(asked(number)) for number in range(7)]
    outcomes = await within(asyncio.gather(*tasks, return_exceptions=True))
    assert outcomes[:5] == [0, 2, 4, 6, 8]
    assert [type(outcome) for outcome in outcomes[5:]] == [Saturated] * 2
    assert batch.counters()["refused"] == 2


async def test_calls_with_different_keys_are_never_in_one_batch():
    work = Doubling()
    batch = Batch(work.call, size=2, wait=0, key=lambda payload, ctx: (payload % 2, ctx.metadata.get("model")))
    asked = double.using(batch)
    await within(asyncio.gather(*(asked(number, metadata={"model": number // 4}) for number in range(8))))
    assert sorted(work.batches) == [[0, 2], [1, 3], [4, 6], [5, 7]]
    with pytest.raises(InvalidPayload, match="cannot be hashed"):
        await double.using(Batch(work.call, key=lambda payload, ctx: [payload]))(1)


async def test_what_the_agent_checks_is_checked_for_each_caller_alone():
    @agent
    async def strict(number: int) -> int:
        return number

    async def spelling(numbers):
        return ["no number" if number == 2 else number for number in numbers]

    for asked in (strict.using(Batch(spelling, size=2)), strict.using(Batch(size=1)).using(Batch(spelling, size=2))):
        outcomes = await within(asyncio.gather(asked(1), asked("x"), asked(2), return_exceptions=True))
        assert outcomes[0] == 1
        for outcome, side in zip(outcomes[1:], ["input", "output"], strict=True):
            assert isinstance(outcome, InvalidPayload)
            assert outcome.details["side"] == side


async def test_without_a_batch_call_the_single_calls_begin_together():
    calls = []

    @agent(validate="none")
    async def single(payload):
        calls.append(payload)
        if not payload:
            raise ValueError("bad")
        return payload

    batch = Batch(size=3, wait=1000)
    asked = single.using(batch)
    tasks = [asyncio.create_task(asked(number)) for number in range(2)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert calls == []
    tasks.append(asyncio.create_task(asked(2)))
    outcomes = await within(asyncio.gather(*tasks, return_exceptions=True))
    assert sorted(calls) == [0, 1, 2]
    assert (str(outcomes[0]), outcomes[1:]) == ("bad", [1, 2])
    assert batch.counters()["in_flight"] == 0


async def test_single_calls_take_the_place_of_their_batch_until_the_last_has_ended():
    gates = [asyncio.Event() for _ in range(4)]
    begun = []

    @agent(validate="none")
    async def waiting(payload):
        begun.append(payload)
        await gates[payload].wait()

    asked = waiting.using(Batch(size=2, concurrency=1))
    tasks = [asyncio.create_task(asked(number)) for number in range(4)]
    await until(lambda: sorted(begun) == [0, 1])
    gates[1].set()
    await within(tasks[1])
    assert sorted(begun) == [0, 1]
    gates[0].set()
    await until(lambda: sorted(begun) == [0, 1, 2, 3])
    for gate in gates:
        gate.set()
    await within(asyncio.gather(*tasks))


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_a_call_from_within_a_batch_does_not_wait_for_its_own_end(concurrency):
    calls = []

    @agent(name="deep", validate="none")
    async def deep(payload):
        calls.append(payload)
        return await asked(payload - 1) if payload else "done"

    async def together(payloads):
        return [await deep(payload) for payload in payloads]

    for batch in (Batch(size=2, concurrency=concurrency), Batch(together, size=2, concurrency=concurrency)):
        calls.clear()
        asked = deep.using(batch)
        assert await within(asyncio.gather(asked(3), asked(2))) == ["done"] * 2
        assert sorted(calls) == [0, 0, 1, 1, 2, 2, 3]
        assert batch.counters()["direct"] == 5


async def test_a_call_that_is_tried_again_is_in_a_batch_again():
    calls, gate = [], asyncio.Event()

    @agent(validate="none")
    async def flaky(payload):
        calls.append(payload)
        if payload == "slow":
            await gate.wait()
        elif len(calls) < 4:
            raise ValueError
        return payload

    batch = Batch(size=2, wait=0)
    asked = flaky.using(Retry(5, backoff=Backoff(initial=0)), batch)
    slow, quick = asyncio.create_task(asked("slow")), asyncio.create_task(asked("quick"))
    assert await within(quick) == "quick"
    gate.set()
    assert await within(slow) == "slow"
    assert (batch.counters()["direct"], batch.counters()["batches"]) == (0, 3)
    assert not batch._desk.under_way


async def test_one_batch_twice_around_an_agent_does_not_wait_for_itself():
    batch = Batch(size=1, concurrency=1)
    assert await within(echo.using(batch, batch)("x")) == "x"
    assert batch.counters()["direct"] == 1


async def test_a_wrapped_agent_looks_the_same():
    asked = double.using(Batch(Doubling().call))
    assert (asked.name, asked.types) == (double.name, double.types)
    assert asked.card == double.card
