"""`fan_out`: an agent for each part of the input."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from compose.voices import Gate, adding, failing, gates, letters, twice
from motet import Backoff, agent
from motet.compose.errors import Failed
from motet.compose.fan_out import fan_out
from motet.kernel.errors import Fault, InvalidAgent, InvalidPayload
from motet.middleware.retry import Retry
from support import Recorder, until, within


async def later(parts):
    for part in parts:
        await asyncio.sleep(0)
        yield part


@pytest.mark.parametrize("parts", [[1, 2, 3], (1, 2, 3), range(1, 4), iter([1, 2, 3]), (n for n in (1, 2, 3))])
async def test_one_agent_gets_every_part(parts):
    assert await fan_out(twice)(parts) == [2, 4, 6]


async def test_parts_may_come_one_after_another():
    assert await fan_out(twice)(later([1, 2, 3])) == [2, 4, 6]
    assert await fan_out(twice, concurrency=1)(later([1, 2, 3])) == [2, 4, 6]


async def test_no_parts_give_an_empty_list():
    for parts in ([], (), later([])):
        assert await fan_out(twice)(parts) == []


async def words(text):
    for word in text.split():
        await asyncio.sleep(0)
        yield word


async def split_later(text: str) -> list[str]:
    await asyncio.sleep(0)
    return text.split()


@agent
async def splitting(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("split", [str.split, lambda text: iter(text.split()), split_later, words, splitting])
async def test_split_makes_the_parts(split):
    assert await fan_out(letters, split=split)("ab cd ef") == ["AB", "CD", "EF"]
    assert await fan_out(letters, letters, letters, split=split)("ab cd ef") == ["AB", "CD", "EF"]


async def test_the_results_come_in_the_parts_order():
    gate = Gate("gate")
    task = asyncio.create_task(fan_out(gate.agent)(["a", "b", "c"]))
    await until(lambda: gate.begun == 3)
    for call in (2, 0, 1):
        gate.answer(gate.payloads[call].upper(), call)
    assert await within(task) == ["A", "B", "C"]


async def test_of_several_agents_each_gets_a_part_of_its_own():
    assert await fan_out(adding(1), adding(10), adding(100), split=lambda n: [n, n, n])(1) == [2, 11, 101]
    recorder = Recorder()
    await fan_out(twice, twice, split=list)([1, 2], observer=recorder)
    assert [event.agent for event in recorder.events if type(event).__name__ == "AgentStarted"][1:] == [
        "twice",
        "twice_2",
    ]


async def test_of_several_agents_each_gets_the_whole_without_split():
    assert await fan_out(adding(1), adding(10))(1) == [2, 11]
    assert await fan_out(letters, letters, concurrency=1)("ab") == ["AB", "AB"]


@pytest.mark.parametrize(
    ("parts", "told"), [([], "made 0 parts"), ([1], "made 1 part$"), ([1, 2, 3], "made more than 2 parts")]
)
@pytest.mark.parametrize("source", [list, iter, later])
async def test_a_mismatch_in_number_is_told_before_anything_begins(parts, told, source):
    a, b = gates("ab")
    with pytest.raises(InvalidPayload, match=f"'f' has 2 agents, one for each part, and its split {told}") as caught:
        await fan_out(a.agent, b.agent, split=source, name="f")(parts)
    assert (a.begun, b.begun) == (0, 0)
    assert caught.value.fault is Fault.AGENT


@pytest.mark.parametrize("whole", ["text", b"bytes", {"a": 1}, 3, None])
async def test_what_has_no_parts_is_refused(whole):
    with pytest.raises(InvalidPayload, match="'fan_out of twice' is a single"):
        await fan_out(twice)(whole)
    with pytest.raises(InvalidPayload, match="What 'split' made of the input of 'fan_out of twice' is a single"):
        await fan_out(twice, split=lambda payload: payload)(whole)


async def test_a_generator_is_not_read_twice_as_if_it_were_empty_the_second_time():
    made = fan_out(failing(ConnectionError("gone"))).using(Retry(2, backoff=Backoff(0)))
    with pytest.raises(ConnectionError):
        await made([1, 2])
    with pytest.raises(InvalidPayload, match="used up before"):
        await made(n for n in [1, 2])


async def test_a_failure_in_split_is_raised_as_it_was():
    def broken(payload):
        raise KeyError("split")

    with pytest.raises(KeyError, match="split"):
        await fan_out(twice, split=broken)(1)


async def test_the_first_error_cancels_the_others_and_is_raised_as_it_was():
    gate, error = Gate("gate"), ValueError("b")
    task = asyncio.create_task(fan_out(gate.agent, concurrency=3)(list("abcdefgh")))
    await until(lambda: gate.begun == 3)
    gate.fail(error, 1)
    with pytest.raises(ValueError, match="b") as caught:
        await within(task)
    assert caught.value is error
    assert sorted(gate.ends) == ["CancelledError", "CancelledError", "ValueError"]


@agent
async def halve(number: int) -> int:
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


async def test_errors_may_be_collected_or_left_out():
    collected = await fan_out(halve, errors="collect")([2, 3, 4])
    assert (collected[0], collected[2]) == (1, 2)
    assert (collected[1].agent, str(collected[1].error)) == ("halve", "3 is odd")
    assert await fan_out(halve, errors="skip")([2, 3, 4, 5]) == [1, 2]
    assert await fan_out(halve, errors="skip", concurrency=1)(later([3, 5])) == []
    several = await fan_out(halve, halve, errors="collect")(3)
    assert [failed.agent for failed in several] == ["halve", "halve_2"]
    assert await fan_out(halve, adding(1), errors="skip")(3) == [4]


async def test_an_input_that_does_not_validate_is_the_error_of_its_part():
    first, second = await fan_out(twice, errors="collect")([1, "x"])
    assert first == 2
    assert isinstance(second.error, InvalidPayload)


@pytest.mark.parametrize("errors", ["fail", "collect", "skip"])
async def test_cancelling_the_caller_cancels_and_awaits_every_part(errors):
    gate = Gate("gate")
    task = asyncio.create_task(fan_out(gate.agent, errors=errors)(range(5)))
    await until(lambda: gate.begun == 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert gate.ends == ["CancelledError"] * 5


@pytest.mark.parametrize("errors", ["fail", "skip"])
async def test_parts_that_were_cancelled_before_they_began_leave_nothing_behind(errors):
    async with fan_out(twice, errors=errors).stream(range(5)) as stream:
        await asyncio.sleep(0)
        await stream.aclose()


async def test_a_split_that_swallows_its_cancellation_does_not_let_the_parts_begin():
    begun, gate = asyncio.Event(), Gate("gate")

    async def stubborn(payload):
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return [1, 2]

    task = asyncio.create_task(fan_out(gate.agent, split=stubborn)(1))
    await within(begun.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert not gate.begun


def test_it_describes_itself():
    made = fan_out(twice)
    assert (made.name, made.description) == ("fan_out of twice", "Gives each part of its input to twice.")
    assert [side.type for side in made.types] == [list[int], list[int]]
    several = fan_out(twice, adding(1))
    assert several.description == "Gives its input to twice and add_1 at once."
    assert [side.type for side in several.types] == [int, list[int]]
    split = fan_out(twice, letters, split=split_later, errors="collect")
    assert split.description == "Gives a part of its input each to twice and letters."
    assert [side.type for side in split.types] == [str, list[int | str | Failed]]
    assert fan_out(twice, split=len).types[0].type is Any
    assert fan_out(twice, name="n", description="d").card.description == "d"


def test_it_is_drawn_with_its_parts():
    assert fan_out(twice).draw().splitlines()[1:] == [
        '    nfan_out{"fan_out"}',
        '    ntwice["twice"]',
        '    nlist[/"list"\\]',
        '    nfan_out -->|"each part"| ntwice',
        "    ntwice --> nlist",
    ]
    drawn = fan_out(twice, twice, split=split_later).draw()
    assert '    nsplit_later{"split_later"}' in drawn
    assert '    nsplit_later -->|"part 2"| ntwice_2' in drawn
    assert "part" not in fan_out(twice, twice).draw()


@pytest.mark.parametrize(
    ("agents", "options", "told"),
    [
        ((), {}, "at least one agent"),
        ((len,), {}, "a plain function becomes an agent with @agent"),
        ((twice,), {"split": 3}, "not 3"),
        ((twice,), {"errors": "ignore"}, "one of 'fail', 'collect', 'skip'"),
        ((twice,), {"concurrency": 0}, "number from 1"),
    ],
)
def test_what_makes_no_sense_is_refused(agents, options, told):
    with pytest.raises(InvalidAgent, match=told):
        fan_out(*agents, **options)
