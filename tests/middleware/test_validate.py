"""`Validate`: payloads and outputs are what was asked for, or an error says what is wrong with them."""

import pytest
from pydantic import BaseModel

from middleware.worlds import Script
from motet import InvalidPayload, agent
from motet.kernel.errors import Fault
from motet.middleware.retry import Retry
from motet.middleware.validate import Validate


class Question(BaseModel):
    text: str


async def test_both_sides_are_checked_and_converted():
    @agent(validate="none")
    async def answering(question):
        return [question.text, "2"]

    validate = Validate(input=Question, output=tuple[str, int])
    assert await answering.using(validate)({"text": "why"}) == ("why", 2)
    assert validate.counters() == {"passed": 1, "refused": 0}


@pytest.mark.parametrize(
    ("options", "fault", "told"),
    [
        ({"input": int}, Fault.CALLER, "The input of 'scripted' is no int"),
        ({"output": int}, Fault.AGENT, "The output of 'scripted' is no int"),
    ],
)
async def test_what_does_not_fit_is_refused_and_says_which_side_it_was(options, fault, told):
    script = Script("no number")
    validate = Validate(**options)
    with pytest.raises(InvalidPayload, match=told) as caught:
        await script.agent.using(Retry(5, retry_on=Exception), validate)("no number either")
    assert caught.value.fault == fault
    assert script.calls == (0 if "input" in options else 1)
    assert validate.counters() == {"passed": 0, "refused": 1}


async def test_a_failure_of_the_agent_passes_as_it_is():
    error = ConnectionError()
    validate = Validate(input=str)
    with pytest.raises(ConnectionError) as caught:
        await Script(error).agent.using(validate)("x")
    assert caught.value is error
    assert validate.counters() == {"passed": 0, "refused": 0}


async def test_the_agent_keeps_its_own_card():
    @agent
    async def own(number: int) -> int:
        return number

    assert own.using(Validate(input=str)).card == own.card


def test_something_has_to_be_checked():
    with pytest.raises(ValueError, match="checks nothing"):
        Validate()
