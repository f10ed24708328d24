"""The contract of middleware, on streams and on what it is put around: chunks pass as they are produced."""

import asyncio
from abc import ABC
from typing import Any, ClassVar

from motet.flow.flow import Flow
from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import Context
from motet.kernel.function import agent
from motet.kernel.invoke import call_below
from motet.kernel.message import Chunk
from motet.testing.reaching import soon, turns, until

__all__ = ["MiddlewareStreams"]


@agent
async def below(payload: str, ctx: Context) -> str:
    """Emit from further down."""
    await ctx.emit(f"{payload} below")
    return payload


@agent
async def speaking(payload: str, ctx: Context) -> str:
    """Emit, call another agent, emit again."""
    await ctx.emit(f"{payload} 1")
    await asyncio.sleep(0)
    told = await below(payload)
    await ctx.emit(f"{payload} 2")
    return f"{told} done"


class Pair(Agent[str, str]):
    """Two agents, one after the other, as compositions call them."""

    def __init__(self, first: Agent[str, str], second: Agent[str, str]) -> None:
        self.first, self.second = first, second

    async def call(self, payload: str, ctx: Context) -> str:
        """Call both."""
        middle = await call_below(self.first.bound, self.first.name, payload, ctx)
        return await call_below(self.second.bound, self.second.name, middle, ctx)


class MiddlewareStreams(ABC):  # noqa: B024 - a class of tests, for others to inherit
    """Streams of an agent within a middleware."""

    holds_chunks: ClassVar[bool] = False
    """See `MiddlewareCalls`."""

    async def test_chunks_pass_in_order_with_their_places(self, middleware: Middleware) -> None:
        """As those of the agent alone; so does the result."""
        alone, wrapped = await _streamed(speaking), await _streamed(speaking.using(middleware))
        assert wrapped == alone
        values = [value for value, _, _ in wrapped[0]]
        assert values == ["x 1", "x below", "x 2"]

    async def test_a_chunk_is_seen_before_the_next_one_is_emitted(self, middleware: Middleware) -> None:
        """Unless it says that it holds them: then they come with the output."""
        go, emitted = asyncio.Event(), list[int]()

        @agent
        async def waiting(payload: str, ctx: Context) -> str:
            emitted.append(1)
            await ctx.emit(1)
            await go.wait()
            emitted.append(2)
            await ctx.emit(2)
            return payload

        async with waiting.using(middleware).stream("x") as stream:
            if self.holds_chunks:
                await until(lambda: emitted, "the agent was not called")
                go.set()
                assert [chunk.value async for chunk in stream] == [1, 2]
            else:
                assert (await soon(anext(stream))).value == 1
                assert emitted == [1]
                go.set()
                assert (await soon(anext(stream))).value == 2
            assert await soon(stream.result()) == "x"

    async def test_a_restart_passes(self, middleware: Middleware) -> None:
        """It takes back what it took back without the middleware; what is held may leave such chunks out."""

        @agent
        async def stumbling(payload: str, ctx: Context) -> str:
            await ctx.emit("bad")
            await ctx.restart()
            await ctx.emit("good")
            return payload

        async with stumbling.using(middleware).stream("x") as stream:
            chunks: list[Chunk] = [chunk async for chunk in stream]
        restarts = [chunk for chunk in chunks if chunk.restart]
        kept = [one.value for one in chunks if not one.restart and not any(r.replaces(one) for r in restarts)]
        assert kept == ["good"]
        assert restarts or self.holds_chunks

    async def test_leaving_a_stream_early_ends_the_agent(self, middleware: Middleware) -> None:
        """However much it would still have emitted."""
        begun, ended = asyncio.Event(), list[str]()

        @agent
        async def endless(payload: str, ctx: Context) -> str:
            try:
                while True:
                    await ctx.emit(payload)
                    begun.set()
                    await asyncio.sleep(0)
            finally:
                ended.append(payload)

        async with endless.using(middleware).stream("x") as stream:
            await soon(begun.wait() if self.holds_chunks else anext(stream))
        await until(lambda: ended == ["x"], "the agent works on after its stream was left")

    async def test_streams_at_once_do_not_see_each_other(self, middleware: Middleware) -> None:
        """Chunks and results of twenty."""
        wrapped = speaking.using(middleware)
        found = await soon(asyncio.gather(*(_streamed(wrapped, f"{number}") for number in range(20))))
        for number, (chunks, result) in enumerate(found):
            assert [value for value, _, _ in chunks] == [f"{number} 1", f"{number} below", f"{number} 2"]
            assert result == f"{number} done"

    async def test_a_slow_reader_suspends_the_agent(self, middleware: Middleware) -> None:
        """Unless chunks are held; nothing is lost."""
        emitted = 0

        @agent
        async def much(payload: str, ctx: Context) -> str:
            nonlocal emitted
            for number in range(200):
                await ctx.emit(number)
                emitted += 1
            return payload

        async with much.using(middleware).stream("x", buffer=4) as stream:
            first = await soon(anext(stream))
            await turns(500)
            assert self.holds_chunks or emitted < 100, "chunks gather where nobody reads them"
            assert [first.value, *[chunk.value async for chunk in stream]] == list(range(200))

    async def test_it_stands_around_a_flow_and_around_a_composition(self, middleware: Middleware) -> None:
        """And around an agent within them; chunks pass."""
        flow = Flow("flow", speaking >> below)
        pair = Pair(below, speaking)
        for whole, output in ((flow, "x done"), (pair, "x done")):
            chunks, result = await soon(_streamed(whole.using(middleware)))
            assert result == output
            assert len(chunks) == 4
        inner: Flow[Any, Any] = Flow("inner", speaking.using(middleware))
        for whole in (inner, Pair(below, speaking.using(middleware))):
            chunks, result = await soon(_streamed(whole))
            assert result == "x done"
            assert [value for value, _, _ in chunks][-3:] == ["x 1", "x below", "x 2"]


async def _streamed(work: Agent[Any, Any], payload: str = "x") -> tuple[list[tuple[Any, tuple[str, ...], Any]], Any]:
    async with work.stream(payload) as stream:
        chunks = [(chunk.value, chunk.path, chunk.since) async for chunk in stream]
        return chunks, await stream.result()
