"""`fan_in`: one value of a list."""

import asyncio

import pytest

from compose.voices import Gate, twice
from motet import Context, Flow, agent, join
from motet.compose.fan_in import fan_in
from motet.compose.fan_out import fan_out
from motet.compose.sequential import sequential
from motet.kernel.errors import InvalidAgent, InvalidPayload
from motet.kernel.events import AgentStarted
from support import Recorder, echo, until, within


async def total(numbers: list[int]) -> int:
    await asyncio.sleep(0)
    return sum(numbers)


@agent
async def add_up(numbers: list[int], ctx: Context) -> int:
    for number in numbers:
        await ctx.emit(number)
    return sum(numbers)


@pytest.mark.parametrize("combine", [sum, total, add_up, lambda numbers: (numbers and sum(numbers)) or 0])
async def test_it_makes_one_value_of_a_list(combine):
    made = fan_in(combine)
    assert await made([1, 2, 3]) == 6
    assert await made([]) == 0
    assert await sequential(fan_out(twice), made)([1, 2, 3]) == 12


async def test_it_is_what_follows_a_join_in_a_flow():
    assert await within(Flow("f", echo >> [twice, add_one] >> join() >> fan_in(sum))(4)) == 13


@agent
async def add_one(number: int) -> int:
    return number + 1


async def test_an_agent_inside_checks_its_sides_and_a_function_does_not():
    with pytest.raises(InvalidPayload, match="input of 'add_up'"):
        await fan_in(add_up)(["x"])
    assert await fan_in(len)("abc") == 3


async def test_a_failure_is_raised_as_it_was():
    with pytest.raises(ZeroDivisionError):
        await fan_in(lambda numbers: numbers[0] / 0)([1])


async def test_cancelling_the_caller_interrupts_it():
    gate = Gate("gate")
    task = asyncio.create_task(fan_in(gate.agent)([1]))
    await until(lambda: gate.begun == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert gate.ends == ["CancelledError"]


async def test_chunks_and_the_trace_pass():
    recorder = Recorder()
    async with fan_in(add_up, name="i").stream([1, 2], observer=recorder) as stream:
        assert [(chunk.value, chunk.path) async for chunk in stream] == [(n, ("i", "add_up")) for n in (1, 2)]
    outer, inner = recorder.of(AgentStarted)
    assert inner.parent == outer.span


def test_it_describes_itself():
    made = fan_in(total)
    assert (made.name, made.description) == ("fan_in of total", "Makes one value of a list: total.")
    assert [side.type for side in made.types] == [list[int], int]
    assert fan_in(add_up, name="n", description="d").card.description == "d"
    assert fan_in(sum).types[1].open
    assert made.draw() == 'flowchart LR\n    ntotal[/"total"\\]\n'
    assert 'ncombine[/"combine"\\]' in fan_in(lambda numbers: 1).draw()


@pytest.mark.parametrize("combine", [3, None, "sum", type(add_up)])
def test_what_can_turn_nothing_into_anything_is_refused(combine):
    with pytest.raises(InvalidAgent, match=r"fan_in\(\) takes"):
        fan_in(combine)
