"""The chunks of `fan_out`: told apart by their parts, and void where the part does not count."""

import asyncio

import pytest

from compose.voices import letters
from motet import Backoff, Context, agent
from motet.compose.fan_out import fan_out
from motet.middleware.retry import Retry
from motet.middleware.timeout import Timeout


def counted(chunks):
    """Return the values that still count at the end of a stream, by the last step of their paths."""
    restarts = [chunk for chunk in chunks if chunk.restart]
    valid = [chunk for chunk in chunks if not chunk.restart and not any(mark.replaces(chunk) for mark in restarts)]
    return {path: [c.value for c in valid if c.agent == path] for path in {chunk.agent for chunk in valid}}


async def test_the_chunks_of_each_part_are_told_apart():
    async with fan_out(letters, name="f").stream(["ab", "c"]) as stream:
        chunks = [chunk async for chunk in stream]
        assert await stream.result() == ["AB", "C"]
    assert {chunk.path for chunk in chunks} == {("f", "letters[0]"), ("f", "letters[1]")}
    assert counted(chunks) == {"letters[0]": ["a", "b"], "letters[1]": ["c"]}


@pytest.mark.parametrize("layers", [[], [Timeout(60)]], ids=["plain", "within a timeout"])
async def test_a_part_that_is_tried_again_voids_its_own_chunks_alone(layers):
    tried: dict[str, int] = {}

    @agent
    async def flaky(payload: str, ctx: Context) -> str:
        tried[payload] = tried.get(payload, 0) + 1
        await ctx.emit(f"{payload}{tried[payload]}")
        await asyncio.sleep(0)
        if payload == "b" and tried[payload] < 3:
            raise ConnectionError
        return payload

    made = fan_out(flaky.using(Retry(3, backoff=Backoff(0)), *layers))
    async with made.stream(["a", "b", "c"]) as stream:
        chunks = [chunk async for chunk in stream]
        assert await stream.result() == ["a", "b", "c"]
    assert counted(chunks) == {"flaky[0]": ["a1"], "flaky[1]": ["b3"], "flaky[2]": ["c1"]}


async def test_the_chunks_of_a_part_that_is_left_out_are_void():
    @agent
    async def stutters(text: str, ctx: Context) -> str:
        await ctx.emit(text)
        await asyncio.sleep(0)
        if text == "bad":
            raise ValueError(text)
        return text

    for errors, wanted in (("skip", ["good"]), ("collect", ["bad", "good"])):
        async with fan_out(stutters, errors=errors).stream(["bad", "good"]) as stream:
            chunks = [chunk async for chunk in stream]
        assert sorted(value for values in counted(chunks).values() for value in values) == wanted
