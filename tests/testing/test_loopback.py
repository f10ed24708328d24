"""The transport that is none meets the contract of transports."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from motet import Agent, Context, InvalidPayload, agent
from motet.kernel.errors import Unavailable
from motet.kernel.events import AgentStarted
from motet.kernel.policy import Backoff
from motet.middleware import Retry
from motet.testing.loopback import Loopback
from motet.testing.reaching import Reach, Reached
from motet.testing.transport_contract import TransportContract
from support import Recorder, within


@asynccontextmanager
async def reach_by_loopback(served: Agent[Any, Any]) -> AsyncIterator[Reached]:
    loopback = Loopback(served)
    async with loopback as remote:
        yield Reached(remote, loopback.down, loopback.up)


class TestLoopback(TransportContract):
    @pytest.fixture
    def reach(self) -> Reach:
        return reach_by_loopback


@agent(tags=["a"], version="7", examples=["x"])
async def shout(text: str, ctx: Context) -> str:
    """Say it loudly."""
    await ctx.emit(text)
    return text.upper()


async def test_it_looks_like_the_agent_that_is_served():
    async with Loopback(shout) as remote:
        assert (remote.name, remote.card, remote.types, remote.draw()) == (
            shout.name,
            shout.card,
            shout.types,
            shout.draw(),
        )
        assert await remote.using(Retry(2))("x") == "X"


async def test_an_observer_over_there_is_told_of_that_side_alone():
    here, there = Recorder(), Recorder()
    async with Loopback(shout, observer=there) as remote:
        await remote("x", observer=here)
    ((mine,), (other,)) = here.of(AgentStarted), there.of(AgentStarted)
    assert (other.parent, other.trace) == (mine.span, mine.trace)


async def test_a_retry_tries_again_when_the_other_side_is_back():
    loopback = Loopback(shout)
    async with loopback as remote:
        await loopback.down()
        await loopback.down()

        def up(event: object) -> None:
            tasks.append(asyncio.ensure_future(loopback.up()))

        tasks: list[Any] = []
        again = remote.using(Retry(5, backoff=Backoff(initial=0.001)))
        assert await within(again("x", observer=lambda event: up(event) if "Retry" in type(event).__name__ else None))
        await asyncio.gather(*tasks)


async def test_before_and_after_the_block_it_is_unavailable():
    loopback = Loopback(shout)
    async with loopback as remote:
        assert await remote("x") == "X"
    with pytest.raises(Unavailable, match="down"):
        await remote("x")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"\xff", {1: object()}])
async def test_what_is_no_json_is_refused(value: Any):
    @agent(validate="none")
    async def echo(payload: Any) -> Any:
        return payload

    async with Loopback(echo) as remote:
        with pytest.raises(InvalidPayload, match="JSON"):
            await remote(value)


async def test_a_chunk_that_is_no_json_is_the_error_of_the_call():
    @agent
    async def odd(payload: str, ctx: Context) -> str:
        await ctx.emit(object())
        await asyncio.Event().wait()
        return payload

    async with Loopback(odd) as remote, remote.stream("x") as stream:
        with pytest.raises(InvalidPayload, match="JSON"):
            await within(stream.result())
            async for _ in stream:
                pass
