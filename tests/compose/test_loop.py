"""`loop`: round and round until it is good, or a budget ends it."""

import asyncio
from contextlib import suppress

import pytest

from motet import Budget, Context, Exhausted, Flow, Middleware, agent, loop
from motet.kernel.context import CURRENT
from motet.kernel.errors import BudgetExceeded, DeadlineExceeded, InvalidPayload
from motet.kernel.events import AgentEnded, AgentStarted
from support import Recorder, within


@agent
async def plus_one(number: int, ctx: Context) -> int:
    """Add one."""
    ctx.spend(tokens=10, cost=0.5)
    return number + 1


@agent
async def is_five(number: int) -> bool:
    return number == 5


async def five_soon(number: int) -> bool:
    await asyncio.sleep(0)
    return number == 5


@pytest.mark.parametrize("good", [lambda number: number == 5, five_soon, is_five])
async def test_it_goes_round_until_the_output_is_good(good):
    assert await loop(plus_one, until=good)(0) == 5
    assert await loop(plus_one, until=good, max_hops=5, max_tokens=50, max_cost=2.5, max_seconds=60)(0) == 5
    assert await loop(plus_one, until=good, max_hops=1)(4) == await loop(plus_one, until=good)(4) == 5


def never(_) -> bool:
    return False


@pytest.mark.parametrize(
    ("limits", "exhausted"),
    [
        ({"max_hops": 3}, Exhausted("hops", 3, 3)),
        ({"max_hops": 0}, Exhausted("hops", 0, 0)),
        ({"max_tokens": 30}, Exhausted("tokens", 30, 3)),
        ({"max_tokens": 35}, Exhausted("tokens", 35, 3)),
        ({"max_cost": 1.0}, Exhausted("cost", 1.0, 2)),
        ({"max_seconds": 0}, Exhausted("seconds", 0, 0)),
        ({"max_hops": 3, "max_tokens": 20}, Exhausted("tokens", 20, 2)),
    ],
)
async def test_each_budget_ends_it_with_the_newest_value_and_says_which_ran_out(limits, exhausted):
    assert await loop(plus_one, until=never, **limits)(0) == exhausted


async def test_the_round_that_is_running_when_time_is_up_is_interrupted():
    told = []

    @agent
    async def slower(payload):
        try:
            await asyncio.sleep(0 if payload < 3 else 1000)
        finally:
            told.append(payload)
        return payload + 1

    ended = await within(loop(slower, until=never, max_seconds=0.1)(0))
    assert ended == Exhausted("seconds", 0.1, 3)
    assert told == [0, 1, 2, 3]


async def test_an_agent_that_will_not_be_interrupted_does_not_go_round_for_ever():
    @agent
    async def stubborn(payload):
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return payload + 1

    assert await within(loop(stubborn, until=never, max_seconds=0.01)(0)) == Exhausted("seconds", 0.01, 1)


async def test_a_timeout_error_of_the_agents_own_is_not_mistaken_for_the_budget():
    @agent
    async def impatient(payload):
        raise TimeoutError("own")

    with pytest.raises(TimeoutError, match="own"):
        await loop(impatient, until=never, max_seconds=60)(0)


async def test_what_until_spends_counts_as_well():
    @agent
    async def judge(number: int, ctx: Context) -> bool:
        ctx.spend(tokens=100)
        return False

    async def asks_a_judge(number: int) -> bool:
        return await judge(number)

    for good in (judge, asks_a_judge):
        assert await loop(plus_one, until=good, max_tokens=215)(0) == Exhausted("tokens", 215, 2)


async def test_a_budget_around_the_loop_raises():
    endless = loop(plus_one, until=never, max_hops=1000)
    with pytest.raises(BudgetExceeded, match="25 tokens"):
        await endless(0, budget=Budget(tokens=25))
    with pytest.raises(BudgetExceeded, match="4 hops"):
        await endless(0, budget=Budget(hops=4))
    assert await loop(plus_one, until=is_five)(1, budget=Budget(hops=4)) == 5
    with pytest.raises(BudgetExceeded, match="25 tokens"):
        await loop(plus_one, until=never, max_tokens=29)(0, budget=Budget(tokens=25))


async def test_what_a_loop_spends_is_charged_to_the_budget_around_it():
    @agent
    async def twice(payload):
        return [await loop(plus_one, until=is_five, max_tokens=50)(0) for _ in range(2)]

    assert await twice(0, budget=Budget(tokens=100)) == [5, 5]
    with pytest.raises(BudgetExceeded, match="99 tokens"):
        await twice(0, budget=Budget(tokens=99))


async def test_a_budget_inside_the_loop_raises_as_well():
    @agent
    async def frugal(payload):
        return await plus_one(payload, budget=Budget(tokens=5))

    with pytest.raises(BudgetExceeded, match="5 tokens"):
        await loop(frugal, until=never, max_tokens=1000)(0)


async def test_a_failure_in_the_agent_or_in_until_passes_through():
    @agent
    async def failing(payload):
        raise ValueError("agent")

    def failing_until(payload):
        raise KeyError("until")

    with pytest.raises(ValueError, match="agent"):
        await loop(failing, until=never)(0)
    with pytest.raises(KeyError, match="until"):
        await loop(plus_one, until=failing_until, max_seconds=60)(0)


async def test_every_round_is_validated():
    @agent
    async def spelling(number: int) -> object:
        return "no number"

    with pytest.raises(InvalidPayload, match="input of 'spelling'"):
        await loop(spelling, until=never)(0)
    with pytest.raises(InvalidPayload, match="input of 'plus_one'"):
        await loop(plus_one, until=never)("x")


async def test_cancelling_the_caller_interrupts_the_round():
    told, at_work = [], asyncio.Event()

    @agent
    async def endless(payload):
        at_work.set()
        try:
            await asyncio.Event().wait()
        finally:
            told.append("interrupted")

    for limits in ({}, {"max_seconds": 60}):
        at_work.clear()
        task = asyncio.create_task(loop(endless, until=never, **limits)(0))
        await within(at_work.wait())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(task)
    assert told == ["interrupted"] * 2


async def test_a_deadline_ends_even_a_loop_that_never_waits():
    with pytest.raises(DeadlineExceeded):
        await within(loop(plus_one, until=never)(0, deadline=0.02))
    assert isinstance(await within(loop(plus_one, until=never, max_seconds=0.02)(0)), Exhausted)


async def test_a_loop_that_never_waits_does_not_starve_the_event_loop():
    task = asyncio.create_task(loop(plus_one, until=never)(0))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


@agent
async def streaming(number: int, ctx: Context) -> int:
    await ctx.emit(number)
    return number + 1


async def test_chunks_pass_through():
    async with loop(streaming, until=is_five, name="round").stream(0) as stream:
        chunks = [chunk async for chunk in stream]
        assert await stream.result() == 5
    assert [(chunk.value, chunk.path) for chunk in chunks] == [(n, ("round", "streaming")) for n in range(5)]


async def test_a_loop_that_is_tried_again_restarts_its_chunks():
    class Twice(Middleware):
        def wrap(self, call, agent):
            async def twice(payload, ctx):
                await call(payload, ctx)
                assert CURRENT.get() is ctx
                await ctx.restart()
                return await call(payload, ctx)

            return twice

    async with loop(streaming, until=is_five, max_hops=9).using(Twice()).stream(3) as stream:
        chunks = [chunk async for chunk in stream]
    assert [(chunk.value, chunk.since) for chunk in chunks] == [(3, None), (4, None), (None, 1), (3, None), (4, None)]


async def test_each_round_is_told_as_a_part_of_the_loop():
    recorder = Recorder()
    await loop(plus_one, until=is_five, name="round")(3, observer=recorder)
    started, ended = recorder.of(AgentStarted), recorder.of(AgentEnded)
    assert [event.agent for event in started] == ["round", "plus_one", "is_five", "plus_one", "is_five"]
    assert {event.parent for event in started[1:]} == {started[0].span}
    assert ended[-1].span == started[0].span


async def test_a_loop_of_a_loop_and_a_loop_in_a_flow():
    inner = loop(plus_one, until=lambda number: number % 10 == 0, name="tens")
    outer = loop(inner, until=lambda number: number >= 30, max_hops=3)
    assert await outer(1) == 30  # in three rounds, however many the inner loop makes
    assert await within(Flow("f", plus_one >> outer)(1)) == 30


def test_a_loop_describes_itself():
    made = loop(streaming, until=never)
    assert (made.name, made.streaming) == ("loop of streaming", False)
    assert loop(plus_one, until=never, name="x").card.description == "Add one."
    assert [side.type for side in made.types] == [int, int | Exhausted]
    assert 'nstreaming[["streaming"]]' in made.draw()
    assert '-.->|"until"|' in made.draw()


async def test_an_agent_that_swallows_its_cancellation_does_not_go_round_again():
    rounds = []

    @agent
    async def stubborn(payload):
        rounds.append(payload)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return payload + 1

    task = asyncio.ensure_future(loop(stubborn, until=never)(0))
    while not rounds:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert rounds == [0]
