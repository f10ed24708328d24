"""`parallel`: all agents count, on the same input, each in a task of its own."""

import asyncio
from collections import Counter

import pytest

from compose.voices import Gate, adding, failing, gates, letters, twice
from motet import Context, agent
from motet.compose.errors import Failed
from motet.compose.parallel import parallel
from motet.kernel.context import CURRENT
from motet.kernel.errors import InvalidPayload
from motet.kernel.events import AgentChosen, AgentEnded, AgentStarted
from support import Recorder, until, within


@agent
async def spell(number: int) -> str:
    return str(number)


async def test_all_get_the_same_and_the_results_come_in_the_agents_order():
    a, b, c = gates("abc")
    task = asyncio.create_task(parallel(a.agent, b.agent, c.agent)("x"))
    await until(lambda: c.begun == 1)
    for gate in (c, a, b):
        gate.answer(gate.agent.name)
    assert await within(task) == ["a", "b", "c"]
    assert a.payloads == b.payloads == c.payloads == ["x"]


async def test_one_agent_is_enough_and_none_is_a_result():
    @agent(validate="none")
    async def nothing(payload):
        return None

    assert await parallel(nothing)(1) == [None]
    assert await parallel(nothing, twice, nothing)(1) == [None, 2, None]


async def test_the_same_agent_may_stand_there_twice():
    recorder = Recorder()
    assert await parallel(twice, twice, adding(1))(4, observer=recorder) == [8, 8, 5]
    assert [event.agent for event in recorder.of(AgentStarted)][1:] == ["twice", "twice_2", "add_1"]


async def test_each_has_a_context_of_its_own_below_that_of_the_composition():
    seen = []

    @agent
    async def looks(payload, ctx: Context):
        assert CURRENT.get() is ctx
        seen.append(ctx)
        return ctx.span

    recorder = Recorder()
    spans = await parallel(looks, looks, name="p")(1, observer=recorder, metadata={"m": 1})
    assert len(set(spans)) == 2
    started = recorder.of(AgentStarted)
    assert [event.span for event in started[1:]] == spans
    assert {event.parent for event in started[1:]} == {started[0].span}
    assert {ctx.trace for ctx in seen} == {started[0].trace}
    assert [ctx.path for ctx in seen] == [("p", "looks"), ("p", "looks_2")]
    assert all(ctx.metadata == {"m": 1} for ctx in seen)
    assert not recorder.of(AgentChosen)


async def test_the_first_error_cancels_the_others_and_is_raised_as_it_was():
    a, b, c = gates("abc")
    error = ValueError("b")
    task = asyncio.create_task(parallel(a.agent, b.agent, c.agent)(1))
    await until(lambda: c.begun == 1)
    a.answer(1)
    b.fail(error)
    with pytest.raises(ValueError, match="b") as caught:
        await within(task)
    assert caught.value is error
    assert error.__cause__ is None
    assert (a.ends, c.ends) == (["answered"], ["CancelledError"])


async def test_two_that_fail_at_once_raise_the_first_and_leave_none_unseen():
    a, b = gates("ab")
    task = asyncio.create_task(parallel(a.agent, b.agent)(1))
    await until(lambda: b.begun == 1)
    b.fail(ValueError("b"))
    a.fail(ValueError("a"))
    with pytest.raises(ValueError, match="b"):
        await within(task)


async def test_collected_errors_stand_in_their_places_and_everyone_comes_to_an_end():
    a, b, c = gates("abc")
    task = asyncio.create_task(parallel(a.agent, b.agent, c.agent, errors="collect")(1))
    await until(lambda: c.begun == 1)
    error = ValueError("a")
    a.fail(error)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()
    b.answer("B")
    c.fail(error)
    assert await within(task) == [Failed("a", error), "B", Failed("c", error)]
    assert (a.ends, b.ends, c.ends) == (["ValueError"], ["answered"], ["ValueError"])


async def test_a_payload_that_one_does_not_take_is_that_ones_error():
    with pytest.raises(InvalidPayload, match="input of 'twice'"):
        await parallel(letters, twice)("abc")
    first, second = await parallel(letters, twice, errors="collect")("abc")
    assert first == "ABC"
    assert isinstance(second.error, InvalidPayload)


async def later(results):
    await asyncio.sleep(0)
    return sum(results)


@agent
async def add_up(results: list[int]) -> int:
    return sum(results)


@pytest.mark.parametrize("combine", [sum, later, add_up])
async def test_results_are_combined_by_a_function_or_an_agent(combine):
    made = parallel(adding(1), adding(2), combine=combine)
    assert await made(10) == 23
    assert await parallel(adding(1), adding(2), wait=2, combine=combine)(10) == 23


async def test_a_failure_in_combining_is_raised_as_it_was():
    def broken(results):
        raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        await parallel(twice, combine=broken)(1)
    with pytest.raises(InvalidPayload, match="input of 'add_up'"):
        await parallel(letters, combine=add_up)("x")


async def test_combining_gets_what_was_collected():
    def failures(results):
        return Counter(isinstance(result, Failed) for result in results)

    made = parallel(twice, failing(ValueError()), errors="collect", combine=failures)
    assert await made(1) == {True: 1, False: 1}


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_no_more_run_at_once_than_may(limit):
    running, most = 0, 0

    @agent
    async def counted(payload):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running -= 1
        return payload

    assert await parallel(*[counted] * 20, concurrency=limit)(7) == [7] * 20
    assert most == limit


async def test_an_error_keeps_those_from_beginning_that_wait_for_a_slot():
    a, b, c = gates("abc")
    task = asyncio.create_task(parallel(a.agent, b.agent, c.agent, concurrency=2)(1))
    await until(lambda: b.begun == 1)
    a.fail(ValueError("a"))
    with pytest.raises(ValueError, match="a"):
        await within(task)
    assert (b.ends, c.begun) == (["CancelledError"], 0)


@pytest.mark.parametrize("options", [{}, {"errors": "collect"}, {"wait": "first"}, {"wait": 2}, {"concurrency": 2}])
async def test_cancelling_the_caller_cancels_and_awaits_everything_below(options):
    ended = []

    @agent
    async def tidy(payload):
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(3):
                await asyncio.sleep(0)
            ended.append(payload)

    begun = Gate("begun")
    task = asyncio.create_task(parallel(tidy, begun.agent, tidy, **options)(1))
    await until(lambda: begun.begun == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert len(ended) == (1 if options == {"concurrency": 2} else 2)
    assert begun.ends == ["CancelledError"]


async def test_chunks_of_all_pass_and_are_told_apart():
    async with parallel(letters, letters, name="p").stream("ab") as stream:
        chunks = [chunk async for chunk in stream]
        assert await stream.result() == ["AB", "AB"]
    assert [chunk.seq for chunk in chunks] == [1, 2, 3, 4]
    for path in (("p", "letters"), ("p", "letters_2")):
        assert [chunk.value for chunk in chunks if chunk.path == path] == ["a", "b"]


async def test_a_sibling_that_was_not_needed_is_told_as_cancelled():
    recorder = Recorder()
    with pytest.raises(ValueError, match="x"):
        await parallel(failing(ValueError("x")), Gate("b").agent, name="p")(1, observer=recorder)
    ends = {event.agent: event.status for event in recorder.of(AgentEnded)}
    assert ends == {"failing": "failed", "b": "cancelled", "p": "failed"}
