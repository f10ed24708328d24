"""An agent whose code may be replaced while it is called."""

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from motet import Budget, Context, Flow, Node, agent, sequential
from motet.devtools.live_agent import LiveAgent
from motet.devtools.stale import is_stale
from motet.kernel.agent import Agent
from motet.kernel.errors import InvalidPayload
from support import Recorder, within


def version(word: str, gate: asyncio.Event | None = None) -> Agent[Any, Any]:
    @agent(name="said", description=word, tags=[word], examples=["a"])
    async def said(text: str, ctx: Context) -> str:
        await ctx.emit(f"{word}!")
        if gate is not None:
            await gate.wait()
        return f"{text} {word}"

    return said


async def test_each_call_is_made_with_the_current_version() -> None:
    live = LiveAgent(version("one"))
    assert await live("say") == "say one"
    live.replace(version("two"))
    assert await live("say") == "say two"
    assert live.number == 2


async def test_a_call_in_flight_ends_with_its_version() -> None:
    gate = asyncio.Event()
    live = LiveAgent(version("one", gate))
    calls = [asyncio.ensure_future(live("say")), asyncio.ensure_future(sequential(live, version("x"))("say"))]
    await asyncio.sleep(0)
    live.replace(version("two"))
    assert (live.inside, live.lagging) == (2, 2)
    assert await live("say") == "say two"
    drained = asyncio.ensure_future(live.drained())
    await asyncio.sleep(0)
    assert not drained.done()
    gate.set()
    assert await asyncio.gather(*calls) == ["say one", "say one x"]
    await within(drained)
    assert live.inside == 0
    await within(live.drained())


async def test_a_cancelled_or_failed_call_is_not_in_flight_any_more() -> None:
    live = LiveAgent(version("one", asyncio.Event()))
    call = asyncio.ensure_future(live("say"))
    await asyncio.sleep(0)
    live.replace(version("two"))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    with pytest.raises(InvalidPayload):
        await live(3)
    assert (live.inside, live.lagging) == (0, 0)


async def test_what_it_says_of_itself_is_that_of_the_current_version() -> None:
    live = LiveAgent(version("one"))
    assert live.types[0].type is str
    flow: Flow[int, int] = Flow("graph", agent(_double))
    live.replace(flow)
    assert live.types[0].type is int
    assert (live.name, live.card, live.sketch()) == (flow.name, flow.card, flow.sketch())
    live.replace(version("three"))
    assert (live.description, live.tags, live.examples) == ("three", ("three",), ("a",))
    assert live.card.examples == ("a",)


async def _double(number: int) -> int:
    return 2 * number


async def test_it_streams_and_is_one_call_to_an_observer() -> None:
    live, seen = LiveAgent(version("one")), Recorder()
    async with live.stream("say", observer=seen) as stream:
        assert [chunk.value async for chunk in stream] == ["one!"]
        assert await stream.result() == "say one"
    assert [type(event).__name__ for event in seen.events] == ["AgentStarted", "ChunkEmitted", "AgentEnded"]
    assert {event.agent for event in seen.events} == {"said"}


async def test_it_stands_in_a_flow_and_is_replaced_there() -> None:
    live = LiveAgent(version("one"))
    flow: Flow[str, str] = Flow("around", live >> Node(version("end"), name="last"))
    assert await flow("say") == "say one end"
    live.replace(version("two"))
    assert await flow("say") == "say two end"


async def test_a_time_budget_reaches_a_flow_with_cycles_as_it_does_without_it() -> None:
    @agent
    async def again(number: int) -> int:
        await asyncio.sleep(0)
        return number

    flow: Flow[int, Any] = Flow("circle", again, edges=[(again, again)], cycles=True)
    budget = Budget(seconds=0.01)
    assert type(await LiveAgent(flow)(1, budget=budget)) is type(await flow(1, budget=budget))


class Model(BaseModel):
    text: str


OldModel = Model


class Model(BaseModel):  # type: ignore[no-redef]
    text: str
    more: int = 2


async def test_a_payload_of_an_earlier_class_is_made_anew() -> None:
    @agent
    async def take(model: Model) -> Model:
        return model

    old = OldModel(text="a")
    assert is_stale(old)
    assert await LiveAgent(take)(old) == Model(text="a")
    assert await LiveAgent(take)(Model(text="b")) == Model(text="b")
    with pytest.raises(InvalidPayload):
        await take(old)


async def test_several_things_are_done_with_one_version_while_it_is_held() -> None:
    live = LiveAgent(version("one"))
    with live.held() as held:
        live.replace(version("two"))
        assert live.lagging == 1
        assert await held("say") == "say one"
        assert live.current is not held
    assert live.lagging == 0
