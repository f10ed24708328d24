"""Every middleware in every order with two others: an agent and a wrapped agent cannot be told apart.

Each of them alone is in test_contract.py.
"""

import asyncio
from itertools import permutations
from typing import Any

import pytest

from middlewares import MAKE
from motet import Context, DeadlineExceeded, Flow, Middleware, agent
from motet import middleware as room
from motet.kernel.events import AgentEnded, AgentStarted
from support import Recorder, within

NAMES = [name for name in MAKE if name != "guard_showing"]
ORDERS = [order for size in (2, 3) for order in permutations(NAMES, size)]
PAIRS = [order for order in ORDERS if len(order) < 3]
ALL = [tuple(NAMES), tuple(reversed(NAMES)), tuple(sorted(NAMES, key=lambda name: name[::-1]))]


def layers(order: tuple[str, ...]) -> list[Middleware]:
    return [MAKE[name]() for name in order]


@agent
async def below(text: str, ctx: Context) -> str:
    """Emit from further down."""
    await ctx.emit(f"{text} below")
    return f"{text} seen with {ctx.metadata['who']}"


@agent(tags=["a"], version="7", examples=["x"])
async def work(text: str, ctx: Context) -> str:
    """Emit, call another agent, emit again."""
    await ctx.emit(f"{text} 1")
    await asyncio.sleep(0)
    told = await below(text)
    await ctx.emit(f"{text} 2")
    return told


CHUNKS = [
    ("x 1", ("around", "work"), None),
    ("x below", ("around", "work", "below"), None),
    ("x 2", ("around", "work"), None),
]


async def streamed(wrapped: Any) -> tuple[list[Any], Any, Recorder]:
    """Call an agent from within another one, and read the stream of it all."""
    told = Recorder()

    @agent
    async def around(text: str) -> str:
        return str(await wrapped(text))

    async with around.stream("x", metadata={"who": "me"}, observer=told) as stream:
        chunks = [(chunk.value, chunk.path, chunk.since) async for chunk in stream]
        return chunks, await stream.result(), told


@pytest.mark.parametrize("order", ORDERS + ALL, ids="+".join)
async def test_streams_pass_in_every_order(order):
    wrapped = work.using(*layers(order))
    chunks, result, told = await within(streamed(wrapped))
    assert chunks == CHUNKS
    assert result == "x seen with me"
    spans = {event.agent: event.span for event in told.of(AgentStarted)}
    assert [(event.agent, event.parent) for event in told.of(AgentStarted)] == [
        ("around", ""),
        ("work", spans["around"]),
        ("below", spans["work"]),
    ]
    assert len({event.trace for event in told.events}) == 1
    assert [(event.agent, event.status) for event in told.of(AgentEnded)] == [
        ("below", "completed"),
        ("work", "completed"),
        ("around", "completed"),
    ]


@pytest.mark.parametrize("order", PAIRS + ALL, ids="+".join)
async def test_a_wrapped_agent_looks_the_same(order):
    wrapped = work.using(*layers(order))
    assert (wrapped.name, wrapped.card, wrapped.types, wrapped.draw()) == (
        work.name,
        work.card,
        work.types,
        work.draw(),
    )
    flow = Flow("f", wrapped)
    assert await within(flow("x", metadata={"who": "flow"})) == "x seen with flow"


@pytest.mark.parametrize("order", PAIRS + ALL, ids="+".join)
async def test_an_error_comes_out_as_it_was(order):
    error = TypeError("a mistake")

    @agent
    async def failing(text: str, ctx: Context) -> str:
        await ctx.emit(text)
        raise error

    wrapped = failing.using(*layers(order))
    with pytest.raises(TypeError) as caught:
        await within(wrapped("x"))
    assert caught.value is error


@pytest.mark.parametrize("order", PAIRS + ALL, ids="+".join)
async def test_cancelling_the_caller_cancels_the_agent(order):
    begun, ended = asyncio.Event(), []

    @agent
    async def endless(text: str) -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(text)
        return text

    task = asyncio.ensure_future(endless.using(*layers(order))("x"))
    await within(begun.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert ended == ["x"]


@pytest.mark.parametrize("order", PAIRS + ALL, ids="+".join)
async def test_a_deadline_ends_the_agent(order):
    ended = []

    @agent
    async def endless(text: str) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(text)
        return text

    with pytest.raises(DeadlineExceeded):
        await within(endless.using(*layers(order))("x", deadline=0.02))
    assert ended == ["x"]


@pytest.mark.parametrize("order", PAIRS + ALL, ids="+".join)
async def test_leaving_a_stream_early_ends_the_agent(order):
    ended, emitting = [], asyncio.Event()

    @agent
    async def endless(text: str, ctx: Context) -> str:
        try:
            while True:
                await ctx.emit(text)
                emitting.set()
                await asyncio.sleep(0)
        finally:
            ended.append(text)

    held = "guard" in order
    async with endless.using(*layers(order)).stream("x") as stream:
        if held:
            await within(emitting.wait())
        else:
            assert (await within(anext(stream))).value == "x"
    assert ended == ["x"]


@pytest.mark.parametrize("order", PAIRS + ALL, ids="+".join)
async def test_many_calls_at_once_do_not_see_each_other(order):
    wrapped = work.using(*layers(order))

    async def one(number):
        async with wrapped.stream(f"{number}", metadata={"who": number}) as stream:
            chunks = [chunk.value async for chunk in stream]
            return chunks, await stream.result()

    found = await within(asyncio.gather(*(one(number) for number in range(20))))
    for number, (chunks, result) in enumerate(found):
        assert chunks == [f"{number} 1", f"{number} below", f"{number} 2"]
        assert result == f"{number} seen with {number}"


def test_every_middleware_of_the_room_stands_in_the_matrix():
    offered = [getattr(room, name) for name in room.__all__]
    found = {value for value in offered if isinstance(value, type) and issubclass(value, Middleware)}
    assert found == {type(make()) for make in MAKE.values()}
