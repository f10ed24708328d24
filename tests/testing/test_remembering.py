"""A recording agent remembers its calls and is, to everybody else, the agent inside."""

import asyncio

import pytest

from motet import Flow, agent
from motet.kernel.errors import InvalidPayload
from motet.testing import Chunks, hanging, recording, scripted


@agent
async def double(number: int) -> int:
    """Double it."""
    return number * 2


async def test_calls_are_remembered_with_payload_metadata_path_and_outcome():
    spy = recording(double)
    flow = Flow("sums", spy)
    assert await flow(4, metadata={"user": "ann"}) == 8
    call = spy.last
    assert (call.order, call.payload, call.output, call.status, call.error) == (1, 4, 8, "completed", None)
    assert call.metadata == {"user": "ann"}
    assert call.path == ("sums", "double")
    assert call.ended is not None
    assert call.ended >= call.began


async def test_order_is_that_of_beginning_and_failures_are_remembered():
    spy = recording(scripted([1, KeyError("k"), 3], name="model"))
    await spy("a")
    with pytest.raises(KeyError):
        await spy("b")
    await spy("c")
    assert spy.payloads == ["a", "b", "c"]
    assert spy.outputs == [1, 3]
    assert [call.status for call in spy.calls] == ["completed", "failed", "completed"]
    assert str(spy) == ("calls of 'model':\n  1st: 'a' -> 1\n  2nd: 'b' raised KeyError('k')\n  3rd: 'c' -> 3")
    spy.clear()
    assert spy.calls == []


async def test_what_does_not_validate_is_remembered_as_a_failure():
    spy = recording(double)
    with pytest.raises(InvalidPayload):
        await spy("many")  # type: ignore[arg-type]
    assert isinstance(spy.last.error, InvalidPayload)


async def test_a_cancelled_call_is_remembered_as_such():
    spy = recording(hanging())
    task = asyncio.ensure_future(spy(1))
    await asyncio.sleep(0)
    assert spy.last.status == "running"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert spy.last.status == "cancelled"
    assert str(spy.last) == "1st: 1 cancelled"


async def test_it_is_the_agent_inside_and_streams_like_it():
    assert recording(double).card == double.card
    spy = recording(scripted([Chunks("a", "b")]))
    async with spy.stream(1) as stream:
        assert [chunk.value async for chunk in stream] == ["a", "b"]
    assert spy.outputs == ["ab"]


def test_the_last_call_of_none_says_so():
    with pytest.raises(AssertionError, match="'double' was never called"):
        _ = recording(double).last
