"""`map_reduce`: an agent for each part, and one value of all the results."""

import asyncio

import pytest

from compose.voices import Gate, letters, twice
from motet import Backoff, Context, agent
from motet.compose.errors import Failed
from motet.compose.map_reduce import map_reduce
from motet.kernel.errors import InvalidAgent, InvalidPayload
from motet.kernel.events import AgentStarted
from motet.middleware.retry import Retry
from support import Recorder, until, within


async def later(parts):
    for part in parts:
        await asyncio.sleep(0)
        yield part


async def total(numbers: list[int]) -> int:
    await asyncio.sleep(0)
    return sum(numbers)


@agent
async def add_up(numbers: list[int]) -> int:
    return sum(numbers)


@pytest.mark.parametrize("reduce", [sum, total, add_up])
async def test_each_part_is_mapped_and_the_results_are_reduced(reduce):
    assert await map_reduce(map=twice, reduce=reduce)([1, 2, 3]) == 12
    assert await map_reduce([1, 2, 3], map=twice, reduce=reduce) == 12
    assert await map_reduce(later([1, 2, 3]), map=twice, reduce=reduce, concurrency=2) == 12


@pytest.mark.parametrize("parts", [[], (), iter([])])
async def test_nothing_is_reduced_as_an_empty_list(parts):
    assert await map_reduce(parts, map=twice, reduce=list) == []


async def test_none_is_an_input_that_has_no_parts():
    with pytest.raises(InvalidPayload, match="a single NoneType"):
        await map_reduce(None, map=twice, reduce=list)


async def finished(gate, order, *, ordered=True):
    task = asyncio.create_task(map_reduce(map=gate.agent, reduce=list, ordered=ordered)(range(len(order))))
    await until(lambda: gate.begun == len(order))
    for done, call in enumerate(order, 1):
        gate.answer(call, call)
        await until(lambda done=done: len(gate.ends) == done)
    return await within(task)


async def test_results_come_in_the_order_of_the_parts_or_as_they_are_ready():
    assert await finished(Gate("g"), [2, 0, 3, 1]) == [0, 1, 2, 3]
    assert await finished(Gate("g"), [2, 0, 3, 1], ordered=False) == [2, 0, 3, 1]


@agent
async def halve(number: int) -> int:
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


@pytest.mark.parametrize("ordered", [True, False])
async def test_errors_end_it_are_collected_or_left_out(ordered):
    with pytest.raises(ValueError, match="3 is odd"):
        await map_reduce([2, 3, 4], map=halve, reduce=list, ordered=ordered)
    collected = await map_reduce([2, 3, 4], map=halve, reduce=list, errors="collect", ordered=ordered)
    assert [result for result in collected if not isinstance(result, Failed)] == [1, 2]
    assert await map_reduce([2, 3, 4], map=halve, reduce=list, errors="skip", ordered=ordered) == [1, 2]


async def test_the_first_error_cancels_the_others_and_nothing_is_reduced():
    gate, reduced = Gate("gate"), []
    task = asyncio.create_task(map_reduce(map=gate.agent, reduce=reduced.append)([1, 2, 3]))
    await until(lambda: gate.begun == 3)
    gate.fail(ValueError("second"), 1)
    with pytest.raises(ValueError, match="second"):
        await within(task)
    assert (sorted(gate.ends), reduced) == (["CancelledError", "CancelledError", "ValueError"], [])


async def test_a_failure_in_reducing_is_raised_as_it_was():
    with pytest.raises(InvalidPayload, match="input of 'add_up'"):
        await map_reduce(["ab"], map=letters, reduce=add_up)


async def test_cancelling_the_caller_cancels_every_part_and_the_reduction():
    gate = Gate("gate")
    for made in (map_reduce(map=gate.agent, reduce=list), map_reduce(map=twice, reduce=gate.agent)):
        before = gate.begun
        task = asyncio.create_task(made([1, 2, 3]))
        await until(lambda before=before: gate.begun > before)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(task)
    assert gate.ends == ["CancelledError"] * 4


async def test_the_trace_has_the_parts_and_the_reduction_below_it():
    recorder = Recorder()
    await map_reduce(map=twice, reduce=add_up, name="m")([1, 2], observer=recorder)
    started = recorder.of(AgentStarted)
    assert [event.agent for event in started] == ["m", "twice", "twice", "add_up"]
    assert {event.parent for event in started[1:]} == {started[0].span}
    assert len({event.span for event in started}) == 4


async def test_inside_an_agent_both_spellings_join_the_trace():
    recorder = Recorder()

    @agent
    async def outer(numbers: list[int]) -> int:
        return await map_reduce(numbers, map=twice, reduce=sum, name="m")

    assert await outer([1, 2], observer=recorder) == 6
    started = recorder.of(AgentStarted)
    assert [event.agent for event in started] == ["outer", "m", "twice", "twice"]
    assert started[1].parent == started[0].span


@agent
async def telling(numbers: list[str], ctx: Context) -> int:
    await ctx.emit("reducing")
    return len(numbers)


async def test_chunks_of_the_parts_and_of_the_reduction_pass():
    async with map_reduce(map=letters, reduce=telling, name="m").stream(["a", "b"]) as stream:
        chunks = [(chunk.value, chunk.path) async for chunk in stream]
        assert await stream.result() == 2
    assert chunks == [
        ("a", ("m", "letters[0]")),
        ("b", ("m", "letters[1]")),
        ("reducing", ("m", "telling")),
    ]


async def test_tried_again_it_begins_with_a_restart_and_a_list_is_read_anew():
    failed = []

    def fails_once(results):
        if not failed:
            failed.append(True)
            raise ConnectionError
        return results

    made = map_reduce(map=letters, reduce=fails_once).using(Retry(2, backoff=Backoff(0)))
    async with made.stream(["a", "b"]) as stream:
        chunks = [(chunk.value, chunk.since) async for chunk in stream]
        assert await stream.result() == ["A", "B"]
    assert chunks == [("a", None), ("b", None), (None, 1), ("a", None), ("b", None)]


def test_it_describes_itself():
    made = map_reduce(map=twice, reduce=add_up)
    assert made.name == "map_reduce of twice, add_up"
    assert made.description == "Gives each part of its input to twice, and the results to add_up."
    assert [side.type for side in made.types] == [list[int], int]
    assert made.card.input_schema == {"type": "array", "items": {"type": "integer"}}
    assert map_reduce(map=twice, reduce=list, name="n", description="d").card.description == "d"


def test_it_is_drawn_with_what_reduces():
    assert map_reduce(map=twice, reduce=add_up).draw().splitlines()[1:] == [
        '    nmap{"map"}',
        '    ntwice["twice"]',
        '    nlist[/"list"\\]',
        '    nadd_up["add_up"]',
        '    nmap -->|"each part"| ntwice',
        "    ntwice --> nlist",
        "    nlist --> nadd_up",
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"map": len, "reduce": list}, r"map_reduce\(map=...\) takes an agent.*a plain function becomes an agent"),
        ({"map": twice, "reduce": 3}, r"map_reduce\(reduce=...\) takes a function of one value, or an agent, not 3"),
        ({"map": twice, "reduce": list, "errors": "drop"}, "one of 'fail', 'collect', 'skip'"),
        ({"map": twice, "reduce": list, "concurrency": 0}, "number from 1"),
    ],
)
def test_what_makes_no_sense_is_refused(options, told):
    with pytest.raises(InvalidAgent, match=told):
        map_reduce(**options)
    with pytest.raises(InvalidAgent, match=told):
        map_reduce([1], **options)
