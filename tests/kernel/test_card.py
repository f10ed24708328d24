"""An agent's description of itself."""

import dataclasses

import pytest

from motet import Card, Context, agent
from motet.kernel.errors import InvalidAgent


def test_a_card_needs_a_name_alone():
    assert Card("x") == Card("x", "", {}, {}, (), "1", (), streaming=False)


def test_a_card_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Card("x").name = "y"


class Opaque:
    pass


@agent
async def untyped(payload): ...
@agent
async def opaque(payload: Opaque) -> Opaque: ...
@agent
async def streaming(payload: int, ctx: Context):
    yield payload


@pytest.mark.parametrize("made", [untyped, opaque])
def test_what_json_cannot_say_may_be_anything(made):
    assert (made.card.input_schema, made.card.output_schema) == ({}, {})


def test_a_generator_says_that_it_streams():
    assert streaming.card.streaming
    assert not untyped.card.streaming


def test_the_card_of_an_agent_whose_types_cannot_be_resolved_says_what_to_do():
    @agent
    async def broken(payload: "Nowhere"): ...  # noqa: F821

    with pytest.raises(InvalidAgent, match="define the type at the top level"):
        _ = broken.card
