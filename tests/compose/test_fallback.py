"""`fallback`: tried in order until one answers."""

import pytest

from compose.voices import Gate, failing, letters, twice
from motet import Agent, Context, agent
from motet.compose.errors import AllFailed
from motet.compose.fallback import fallback
from motet.kernel.errors import (
    Fault,
    InvalidAgent,
    InvalidPayload,
    MotetError,
    Unavailable,
)
from motet.kernel.events import AgentChosen, AgentStarted
from motet.middleware.retry import Retry
from support import Recorder, within


@agent(validate="none")
async def backup(payload):
    return f"backup of {payload!r}"


async def test_the_first_that_answers_is_the_last_that_is_tried():
    after = Gate("after")
    assert await fallback(twice, after.agent)(2) == 4
    assert await fallback(failing(ValueError()), failing(KeyError()), twice, after.agent)(2) == 4
    assert not after.begun


async def test_none_is_an_answer():
    @agent(validate="none")
    async def nothing(payload):
        return None

    assert await fallback(nothing, twice)(2) is None


async def test_the_trace_tells_who_answered_and_what_the_others_raised():
    recorder, errors = Recorder(), [ValueError("one"), KeyError("two")]
    await fallback(failing(errors[0]), failing(errors[1]), twice, name="f")(2, observer=recorder)
    (chosen,) = recorder.of(AgentChosen)
    assert (chosen.agent, chosen.chosen, chosen.failed) == ("f", "twice", tuple(errors))
    started = recorder.of(AgentStarted)
    assert [event.agent for event in started] == ["f", "failing", "failing_2", "twice"]
    assert {event.parent for event in started[1:]} == {started[0].span} == {chosen.span}


async def test_when_none_answers_all_errors_are_told():
    errors = [Unavailable("one", retry_after=2), TypeError("two")]
    with pytest.raises(AllFailed) as caught:
        await fallback(*map(failing, errors), name="f")(1)
    error = caught.value
    assert str(error).splitlines() == [
        "None of the agents of 'f' answered:",
        "  - failing: Unavailable: one",
        "  - failing_2: TypeError: two",
    ]
    assert [one for _, one in error.errors] == errors
    assert error.__cause__ is errors[1]
    assert (error.retryable, error.retry_after) == (True, 2)


async def test_one_agent_that_fails_is_all_of_them():
    with pytest.raises(AllFailed):
        await fallback(failing(ValueError()))(1)


@pytest.mark.parametrize(
    "on", [ConnectionError, (ConnectionError, KeyError), lambda error: isinstance(error, ConnectionError)]
)
async def test_on_says_for_which_errors_the_next_one_is_tried(on):
    assert await fallback(failing(ConnectionResetError()), twice, on=on)(1) == 2
    error, after = ValueError("other"), Gate("after")
    for before in ([], [failing(ConnectionError("before"))]):
        with pytest.raises(ValueError, match="other") as caught:
            await fallback(*before, failing(error), after.agent, on=on)(1)
        assert caught.value is error
    with pytest.raises(ValueError, match="other"):
        await fallback(failing(ConnectionError()), failing(error), on=on)(1)
    with pytest.raises(AllFailed):
        await fallback(failing(ConnectionError()), failing(ConnectionError()), on=on)(1)
    assert not after.begun


async def test_a_failing_predicate_is_not_taken_for_an_answer():
    def broken(error):
        raise KeyError("predicate")

    with pytest.raises(KeyError, match="predicate"):
        await fallback(failing(ValueError()), twice, on=broken)(1)


async def test_what_one_agent_does_not_take_the_next_one_may():
    assert await fallback(twice, letters)("abc") == "ABC"
    assert await fallback(twice, letters)(2) == 4


async def test_an_input_that_none_takes_is_the_callers_fault():
    with pytest.raises(AllFailed) as caught:
        await fallback(twice, twice)("abc")
    assert (caught.value.fault, caught.value.retryable) == (Fault.CALLER, False)
    assert all(isinstance(error, InvalidPayload) for _, error in caught.value.errors)


async def test_an_output_that_does_not_validate_is_a_failure_like_any_other():
    @agent
    async def wrong(payload) -> int:
        return "no number"  # type: ignore[return-value]

    assert await fallback(wrong, backup)(1) == "backup of 1"


@agent
async def stutters(text: str, ctx: Context) -> str:
    await ctx.emit(text)
    raise ValueError("stuck")


async def test_what_a_failed_agent_emitted_is_void_before_the_next_one_begins():
    async with fallback(stutters, stutters, letters, name="f").stream("ab") as stream:
        chunks = [(chunk.value, chunk.since) async for chunk in stream]
        assert await stream.result() == "AB"
    assert chunks == [("ab", None), (None, 1), ("ab", None), (None, 3), ("a", None), ("b", None)]


async def test_after_the_last_failure_nothing_is_marked():
    stream = fallback(stutters, stutters).stream("x")
    assert [(await anext(stream)).since for _ in range(3)] == [None, 1, None]
    with pytest.raises(AllFailed):
        await anext(stream)


async def test_an_agent_that_emitted_nothing_leaves_no_mark():
    async with fallback(failing(ValueError()), letters).stream("a") as stream:
        assert [chunk.value async for chunk in stream] == ["a"]


async def test_all_failed_is_tried_again_where_one_error_says_so():
    calls = []

    @agent
    async def flaky(payload):
        calls.append(payload)
        if len(calls) < 3:
            raise Unavailable("busy", retry_after=0.0)
        return "ok"

    assert await within(fallback(flaky, failing(TypeError())).using(Retry(3))(1)) == "ok"
    with pytest.raises(AllFailed):
        await fallback(failing(TypeError()), failing(InvalidPayload("x"))).using(Retry(3))(1)


def test_it_describes_itself():
    made = fallback(twice, letters)
    assert made.name == "fallback of twice, letters"
    assert made.description == "Tries twice and letters, in this order, until one answers."
    assert [side.type for side in made.types] == [int | str, int | str]
    assert fallback(twice, backup).types[0].open
    assert fallback(twice, name="n", description="d").card.description == "d"


def test_it_is_drawn_as_a_chain_with_ways_out():
    assert fallback(twice, twice, letters).draw().splitlines() == [
        "flowchart LR",
        '    ntwice["twice"]',
        '    ntwice_2["twice_2"]',
        '    nletters["letters"]',
        '    nfirst_x20_answer[/"first answer"\\]',
        '    ntwice -->|"fails"| ntwice_2',
        '    ntwice_2 -->|"fails"| nletters',
        "    ntwice --> nfirst_x20_answer",
        "    ntwice_2 --> nfirst_x20_answer",
        "    nletters --> nfirst_x20_answer",
    ]


class Whole(Agent[int, int]):
    async def call(self, payload: int, ctx: Context) -> int:
        return payload


@pytest.mark.parametrize(
    ("agents", "on", "told"),
    [
        ((), None, "at least one agent"),
        ((twice, len), None, "a plain function becomes an agent with @agent"),
        ((twice, Whole), None, "make one"),
        ((twice,), (), "exception types, or a function"),
        ((twice,), (ValueError, "x"), "exception types, or a function"),
        ((twice,), int, "exception types, or a function"),
        ((twice,), "ValueError", "exception types, or a function"),
        ((twice,), ValueError("x"), "exception types, or a function"),
    ],
)
def test_what_makes_no_sense_is_refused(agents, on, told):
    with pytest.raises(InvalidAgent, match=told):
        fallback(*agents, on=on)


def test_an_error_type_of_ours_may_be_named():
    assert fallback(twice, on=MotetError).name == "fallback of twice"
