"""`sequential`: one after another, each with what the one before gave."""

import asyncio
from contextlib import suppress

import pytest

from compose.voices import Gate, adding, failing, letters, twice
from motet import Agent, Context, agent
from motet.compose.sequential import sequential
from motet.kernel.errors import InvalidAgent, InvalidPayload
from support import Recorder, until, within


@agent
async def spell(number: int) -> str:
    """Write a number."""
    return str(number)


@agent(validate="none")
async def nothing(payload):
    return None


@agent(validate="none")
async def told(payload):
    return f"got {payload!r}"


async def test_each_gets_what_the_one_before_gave():
    assert await sequential(adding(1), twice, spell)(3) == "8"
    assert await sequential(twice)(3) == 6


async def test_none_is_a_value_like_any_other():
    assert await sequential(nothing, told)(1) == "got None"
    assert await sequential(nothing, nothing)(1) is None


async def test_the_same_agent_may_stand_there_again():
    recorder = Recorder()
    assert await sequential(twice, twice, adding(1), twice)(1, observer=recorder) == 10
    started = [event.agent for event in recorder.events if type(event).__name__ == "AgentStarted"]
    assert started[1:] == ["twice", "twice_2", "add_1", "twice_3"]


async def test_an_error_ends_it_and_is_raised_as_it_was():
    error, after = ValueError("no"), Gate("after")
    with pytest.raises(ValueError, match="no") as caught:
        await sequential(twice, failing(error), after.agent)(1)
    assert caught.value is error
    assert not after.begun


async def test_every_agent_checks_its_own_sides():
    with pytest.raises(InvalidPayload, match="input of 'twice'"):
        await sequential(told, twice)(1)
    with pytest.raises(InvalidPayload, match="input of 'spell'"):
        await sequential(spell, told)("no number")


async def test_cancelling_the_caller_interrupts_the_agent_that_is_at_work():
    at_work, after = Gate("at_work"), Gate("after")
    task = asyncio.create_task(sequential(twice, at_work.agent, after.agent)(1))
    await until(lambda: at_work.begun == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert (at_work.ends, after.begun) == (["CancelledError"], 0)


async def test_an_agent_that_swallows_its_cancellation_does_not_let_the_next_one_begin():
    begun = asyncio.Event()

    @agent(validate="none")
    async def stubborn(payload):
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return payload

    after = Gate("after")
    task = asyncio.create_task(sequential(stubborn, after.agent)(1))
    await within(begun.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert not after.begun


async def test_chunks_pass_with_the_place_of_the_agent_in_their_path():
    made = sequential(letters, letters, name="s")
    async with made.stream("ab") as stream:
        chunks = [(chunk.value, chunk.path) async for chunk in stream]
        assert await stream.result() == "AB"
    assert chunks == [
        ("a", ("s", "letters")),
        ("b", ("s", "letters")),
        ("A", ("s", "letters_2")),
        ("B", ("s", "letters_2")),
    ]


def test_it_describes_itself():
    made = sequential(adding(1), twice, spell)
    assert made.name == "sequential of add_1, twice, spell"
    assert made.description == "One after another: add_1, twice, spell."
    assert [side.type for side in made.types] == [int, str]
    named = sequential(twice, name="n", description="d")
    assert (named.name, named.card.description) == ("n", "d")
    many = sequential(*[twice] * 1000)
    assert many.name == "sequential of twice, twice_2, twice_3, twice_4, 996 more"


def test_it_streams_if_one_of_its_agents_does():
    @agent
    async def generating(payload: int):
        yield payload

    assert sequential(twice, generating).streaming
    assert not sequential(twice).streaming


def test_nested_sequences_are_boxes():
    made = sequential(twice, sequential(twice, spell, name="inner"), told)
    assert made.draw().splitlines() == [
        "flowchart LR",
        '    ntwice["twice"]',
        '    subgraph ninner["inner"]',
        '        ninner_x_twice["twice"]',
        '        ninner_x_spell["spell"]',
        "        ninner_x_twice --> ninner_x_spell",
        "    end",
        '    ntold["told"]',
        "    ntwice --> ninner",
        "    ninner --> ntold",
    ]


def test_agents_that_repeat_are_drawn_apart():
    assert [spot.name for spot in sequential(twice, twice, twice).sketch().spots] == ["twice", "twice_2", "twice_3"]


class Whole(Agent[int, int]):
    async def call(self, payload: int, ctx: Context) -> int:
        return payload


@pytest.mark.parametrize(
    ("agents", "told"),
    [
        ((), "at least one agent"),
        ((lambda payload: payload,), "a plain function becomes an agent with @agent"),
        ((twice, None), "a plain function becomes an agent with @agent"),
        (("twice",), "not 'twice'"),
        ((Whole,), r"make one, as in Whole\(\)"),
        (([twice, twice],), r"one by one.*sequential\(\*agents\)"),
    ],
)
def test_what_is_no_agent_is_refused(agents, told):
    with pytest.raises(InvalidAgent, match=told):
        sequential(*agents)
