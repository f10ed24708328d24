"""Functions as agents that take their arguments by name: what is inside of a tool, and raises."""

import threading

import pytest

from motet import Context
from motet.kernel.errors import InvalidAgent, InvalidPayload
from motet.tools.tool_function import ToolFunction


def look(query: str, limit: int = 1) -> list[str]:
    """Look it up.

    Args:
        query: What to look for.
    """
    return [f"{query} {threading.current_thread() is threading.main_thread()}"] * limit


async def test_arguments_are_a_mapping_and_the_output_is_the_functions_own():
    made = ToolFunction(look)
    assert (made.name, made.description) == ("look", "Look it up.")
    assert await made({"query": "x", "limit": 2}) == ["x False", "x False"]
    assert await ToolFunction(look, thread=False)({"query": "x"}) == ["x True"]
    assert made.types[1].type == list[str]


def test_arguments_are_written_as_they_are_read():
    taken = ToolFunction(look).types[0]
    assert taken.dump(taken.validator("look", "input")({"query": "x"})) == {"query": "x", "limit": 1}


async def test_what_the_function_raises_passes_and_so_does_what_does_not_fit():
    async def fails(why: str) -> int:
        if why == "output":
            return "no number"  # type: ignore[return-value]
        raise ValueError(why)

    made = ToolFunction(fails)
    with pytest.raises(ValueError, match="x"):
        await made({"why": "x"})
    for arguments, side in (({}, "input"), ({"why": "x", "more": 1}, "input"), ({"why": "output"}, "output")):
        with pytest.raises(InvalidPayload) as caught:
            await made(arguments)
        assert caught.value.details["side"] == side


async def test_a_generator_emits_its_chunks():
    async def counts(ctx: Context, most: int = 2):
        for number in range(most):
            yield number

    made = ToolFunction(counts)
    assert made.streaming
    async with made.stream({}) as stream:
        assert [chunk.value async for chunk in stream] == [0, 1]
        assert await stream.result() == [0, 1]


def sync_generator():
    yield 1


@pytest.mark.parametrize("wrong", [sync_generator, int, 3, None])
def test_what_cannot_be_called_like_that_is_refused(wrong):
    with pytest.raises(InvalidAgent):
        ToolFunction(wrong)
