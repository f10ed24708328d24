"""`conditional`: the input goes where the first predicate says."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import pytest

from compose.voices import Gate, adding, failing, letters, twice
from motet import agent
from motet.compose.conditional import conditional
from motet.compose.errors import NoRoute
from motet.compose.predicates import above, always, below, equals, has, is_a
from motet.kernel.errors import InvalidAgent
from motet.kernel.events import AgentChosen, AgentStarted
from support import Recorder, until, within


@agent
async def is_even(number: int) -> bool:
    return number % 2 == 0


async def is_odd(number):
    await asyncio.sleep(0)
    return number % 2 == 1


@dataclass
class Ticket:
    kind: object


@agent(validate="none")
async def file(payload):
    return "filed"


@pytest.mark.parametrize("test", [lambda number: number == 4, is_even, is_a(int) & is_even, above(3) & below(5)])
async def test_a_predicate_may_be_a_function_an_agent_or_made_of_both(test):
    made = conditional((is_odd, adding(1)), (test, twice), default=file)
    assert [await made(number) for number in (3, 4)] == [4, 8]


async def test_the_first_route_that_takes_the_input_is_taken_and_no_other_is_asked():
    def never(payload):
        raise AssertionError

    assert await conditional((above(5), adding(1)), (always, twice), (never, failing(KeyError())))(1) == 2


@pytest.mark.parametrize(("kind", "wanted"), [(1, "one"), (True, "yes"), ("1", "text"), (None, "filed"), (0, "filed")])
async def test_routes_tell_1_true_and_the_text_1_apart(kind, wanted):
    def says(word):
        @agent(name=word, validate="none")
        async def say(payload):
            return word

        return say

    routes = [(equals(value, at="kind"), says(word)) for value, word in ((1, "one"), (True, "yes"), ("1", "text"))]
    made = conditional(*routes, default=file)
    assert await made(Ticket(kind)) == wanted
    assert await made({"kind": kind}) == wanted


async def test_what_no_route_takes_is_an_error_that_says_what_is_offered():
    made = conditional((has("kind"), file), (is_odd, file), (lambda payload: False, file), name="triage")
    with pytest.raises(NoRoute, match=r"'triage' takes this int: it offers has\('kind'\), is_odd, route 3;") as caught:
        await made(2)
    assert caught.value.offered == ["has('kind')", "is_odd", "route 3"]


async def test_the_trace_tells_where_the_input_went():
    recorder = Recorder()
    made = conditional((is_even, file), default=file, name="c")
    await made(2, observer=recorder)
    await made(1, observer=recorder)
    assert [(event.agent, event.chosen) for event in recorder.of(AgentChosen)] == [("c", "file"), ("c", "file_2")]
    started = recorder.of(AgentStarted)
    assert [event.agent for event in started] == ["c", "is_even", "file", "c", "is_even", "file_2"]
    assert {event.parent for event in started[1:3]} == {started[0].span}


async def test_a_failure_in_a_predicate_or_an_agent_is_raised_as_it_was():
    error = ValueError("no")

    def broken(payload):
        raise error

    for made in (conditional((broken, twice)), conditional((always, failing(error)), default=file)):
        with pytest.raises(ValueError, match="no") as caught:
            await made(1)
        assert caught.value is error


async def test_cancelling_the_caller_interrupts_the_predicate_or_the_agent():
    for place in ("predicate", "agent"):
        gate = Gate("gate")
        route = (gate.agent, twice) if place == "predicate" else (always, gate.agent)
        task = asyncio.create_task(conditional(route)(1))
        await until(lambda gate=gate: gate.begun == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within(task)
        assert gate.ends == ["CancelledError"]


async def test_a_predicate_that_swallows_its_cancellation_does_not_let_the_agent_begin():
    begun, after = asyncio.Event(), Gate("after")

    async def stubborn(payload):
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return True

    task = asyncio.create_task(conditional((stubborn, after.agent))(1))
    await within(begun.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert not after.begun


async def test_chunks_of_the_agent_that_is_taken_pass():
    async with conditional((is_a(str), letters), default=twice, name="c").stream("ab") as stream:
        assert [(chunk.value, chunk.path) async for chunk in stream] == [(x, ("c", "letters")) for x in "ab"]
        assert await stream.result() == "AB"


def test_it_describes_itself():
    made = conditional((is_a(str), letters), (is_even, twice), default=adding(1))
    assert made.name == "conditional of letters, twice, add_1"
    assert made.description == "Gives its input to one of letters, twice and add_1."
    assert [side.type for side in made.types] == [str | int, str | int]
    assert conditional((always, twice), name="n", description="d").card.description == "d"


def test_its_routes_are_arrows_with_their_predicates():
    made = conditional((is_a(str) & ~has("x"), twice), (is_even, twice), (lambda _: True, file), default=letters)
    assert made.draw().splitlines() == [
        "flowchart LR",
        '    nconditional{"conditional"}',
        '    ntwice["twice"]',
        '    ntwice_2["twice_2"]',
        '    nfile["file"]',
        '    nletters["letters"]',
        "    nconditional -->|\"is_a(str) &amp; ~has('x')\"| ntwice",
        '    nconditional -->|"is_even"| ntwice_2',
        '    nconditional -->|"route 3"| nfile',
        '    nconditional -->|"otherwise"| nletters',
    ]
    assert "otherwise" not in conditional((always, twice)).draw()


@pytest.mark.parametrize(
    ("routes", "default", "told"),
    [
        ((), None, "at least one route"),
        ((), twice, "at least one route"),
        ((twice,), None, "A route is a pair"),
        (((always, twice, twice),), None, "A route is a pair"),
        (((always, len),), None, "a plain function becomes an agent with @agent"),
        (((True, twice),), None, "not True"),
        (((always, twice),), len, "a plain function becomes an agent with @agent"),
    ],
)
def test_what_makes_no_sense_is_refused(routes, default, told):
    with pytest.raises(InvalidAgent, match=told):
        conditional(*routes, default=default)
