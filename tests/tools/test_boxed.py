"""Agents whose payload is no object, as tools."""

from typing import Any

import pytest
from pydantic import BaseModel

from motet import Flow, agent
from motet.tools.boxed import as_named
from motet.tools.tool import tool
from support import within


class Hit(BaseModel):
    title: str


@agent(examples=["x"])
async def shout(text: str) -> str:
    """Shout it."""
    return text.upper()


@agent
async def judge(hit: Hit) -> str:
    return hit.title


@agent
async def anything(what: Any) -> Any:
    return what


@agent
async def either(what: Hit | str) -> str:
    return str(what)


def test_an_agent_that_takes_an_object_stays_what_it_is():
    assert as_named(judge) is judge


@pytest.mark.parametrize("made", [shout, anything, either])
def test_any_other_payload_becomes_a_property(made):
    boxed = as_named(made)
    assert boxed is not made
    assert list(boxed.card.input_schema["properties"]) == ["input"]
    assert (boxed.name, boxed.card.output_schema) == (made.name, made.card.output_schema)
    assert boxed.draw() == made.draw()


async def test_a_payload_that_is_no_object_becomes_one_argument():
    made = tool(shout)
    assert list(made.card.input_schema["properties"]) == ["input"]
    assert made.card.examples == ({"input": "x"},)
    assert (await made({"input": "x"})).value == "X"
    for wrong in ({}, {"input": "x", "more": 1}, {"text": "x"}, "x", None):
        assert "input: This argument, and no other, is wanted" in (await made(wrong)).text
    assert "(value): Input should be a valid string" in (await made({"input": 3})).text


async def test_a_boxed_flow_is_drawn_and_called_as_the_flow():
    flow = Flow("loud", shout)
    made = tool(flow)
    assert made.draw() == flow.draw()
    assert (await within(made({"input": "x"}))).value == "X"
