"""The contract of transports, on streams: chunks come when they are produced, and leaving early ends the work."""

import asyncio
from typing import Final

from motet.kernel.context import Context
from motet.kernel.errors import AgentFailed
from motet.kernel.function import agent
from motet.kernel.message import Chunk
from motet.testing.made import refused
from motet.testing.reaching import Reach, soon, turns, until

__all__ = ["TransportStreams"]

VALUES: Final[tuple[object, ...]] = (None, 1, 1.5, True, "", {"a": [None]}, [])


class TransportStreams:
    """Chunks, and their end."""

    async def test_chunks_come_in_order_with_their_places_and_then_the_result(self, reach: Reach) -> None:
        """From agents further down, too; values of any JSON type."""

        @agent
        async def below(payload: str, ctx: Context) -> str:
            await ctx.emit(f"{payload} below")
            return payload

        @agent
        async def speaking(payload: str, ctx: Context) -> str:
            await ctx.emit("123")
            await below(payload)
            for value in VALUES:
                await ctx.emit(value)
            return "done"

        async with reach(speaking) as reached, reached.agent.stream("x") as stream:
            chunks = [chunk async for chunk in stream]
            assert await soon(stream.result()) == "done"
        assert [repr(chunk.value) for chunk in chunks] == [repr(value) for value in ("123", "x below", *VALUES)]
        assert [chunk.seq for chunk in chunks] == list(range(1, 10))
        own = (reached.agent.name,)
        assert [chunk.path for chunk in chunks] == [own, (*own, "below"), *[own] * 7]

    async def test_a_chunk_is_there_before_the_next_one_is_produced(self, reach: Reach) -> None:
        """Nothing is kept until the whole answer is there."""
        seen = asyncio.Event()

        @agent
        async def waiting(payload: str, ctx: Context) -> str:
            for number in range(3):
                await ctx.emit(number)
                await seen.wait()
                seen.clear()
            return payload

        async with reach(waiting) as reached, reached.agent.stream("x") as stream:
            for number in range(3):
                assert (await soon(anext(stream))).value == number
                seen.set()
            assert await soon(stream.result()) == "x"

    async def test_an_error_comes_after_the_chunks_before_it(self, reach: Reach) -> None:
        """None of them is lost."""

        @agent
        async def breaking(payload: str, ctx: Context) -> str:
            await ctx.emit(1)
            await ctx.emit(2)
            raise AgentFailed("in the middle")

        async def read() -> None:
            async for chunk in stream:
                values.append(chunk.value)  # noqa: PERF401 - kept up to the error

        values: list[object] = []
        async with reach(breaking) as reached, reached.agent.stream("x") as stream:
            await refused(soon(read()), AgentFailed)
        assert values == [1, 2]

    async def test_what_an_agent_takes_back_is_taken_back_here(self, reach: Reach) -> None:
        """A restart names the chunks of this stream that no longer count."""

        @agent
        async def stumbling(payload: str, ctx: Context) -> str:
            await ctx.emit("bad")
            await ctx.restart()
            await ctx.emit("good")
            return payload

        @agent
        async def here(payload: str, ctx: Context) -> str:
            await ctx.emit("mine")
            return str(await reached.agent(payload))

        async with reach(stumbling) as reached, here.stream("x") as stream:
            chunks: list[Chunk] = [chunk async for chunk in stream]
        restarts = [chunk for chunk in chunks if chunk.restart]
        kept = [one.value for one in chunks if not one.restart and not any(r.replaces(one) for r in restarts)]
        assert [chunk.value for chunk in chunks] == ["mine", "bad", None, "good"]
        assert kept == ["mine", "good"], f"{restarts} take back something else"

    async def test_leaving_a_stream_early_ends_the_work_over_there(self, reach: Reach) -> None:
        """And the next call of the same client gets an answer of its own."""
        ended: list[str] = []

        @agent
        async def endless(payload: str, ctx: Context) -> str:
            if payload == "short":
                return "answer"
            try:
                while True:
                    await ctx.emit(payload)
                    await asyncio.sleep(0)
            finally:
                ended.append(payload)

        async with reach(endless) as reached:
            async with reached.agent.stream("long") as stream:
                assert (await soon(anext(stream))).value == "long"
            await until(lambda: ended, "the work went on after its stream was left")
            assert await soon(reached.agent("short")) == "answer"
        assert ended == ["long"]

    async def test_a_slow_reader_holds_its_own_work_up_and_no_other(self, reach: Reach) -> None:
        """Twenty megabytes do not gather on the way; another call of the same client is answered meanwhile."""
        emitted = 0

        @agent
        async def much(payload: int, ctx: Context) -> int:
            nonlocal emitted
            for _ in range(payload):
                emitted += 1
                await ctx.emit("x" * 10_000)
            return payload

        async with reach(much) as reached, reached.agent.stream(2000, buffer=1) as stream:
            await soon(anext(stream))
            before = -1
            while emitted != before:
                before = emitted
                for _ in range(5):
                    assert await soon(reached.agent(0)) == 0
                    await turns()
            assert emitted < 2000, "nobody read, and everything was produced"
            assert [len(str(chunk.value)) async for chunk in stream] == [10_000] * 1999
            assert await soon(stream.result()) == 2000
