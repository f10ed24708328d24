"""The contract of transports, on calls: many at once, cancelled, late, traced, and cut off."""

import asyncio
from typing import Any

from motet.kernel.context import Context
from motet.kernel.errors import DeadlineExceeded, InvalidPayload, Unavailable
from motet.kernel.events import AgentStarted, Event, RemoteStarted
from motet.kernel.function import agent
from motet.testing.made import refused
from motet.testing.reaching import Reach, soon, turns, until

__all__ = ["TransportCalls"]


class TransportCalls:
    """What goes along with a call, and what becomes of it."""

    async def test_a_hundred_calls_at_once_are_each_given_their_own_answer(self, reach: Reach) -> None:
        """By one client, from its first call on, in whatever order they end."""
        gates = [asyncio.Event() for _ in range(100)]
        begun: list[int] = []

        @agent
        async def slow(payload: int, ctx: Context) -> str:
            begun.append(payload)
            await ctx.emit(payload)
            await gates[payload].wait()
            return f"answer {payload}"

        async def one(number: int) -> tuple[list[object], str]:
            async with reached.agent.stream(number) as stream:
                return [chunk.value async for chunk in stream], await stream.result()

        async with reach(slow) as reached:
            calls = [asyncio.ensure_future(one(number)) for number in range(100)]
            await until(lambda: len(begun) == 100, f"only {len(begun)} of 100 calls work at once")
            for gate in reversed(gates):
                gate.set()
                await asyncio.sleep(0)
            answers = await soon(asyncio.gather(*calls))
        assert answers == [([number], f"answer {number}") for number in range(100)]

    async def test_cancelling_the_caller_ends_the_work_and_nobody_gets_its_answer(self, reach: Reach) -> None:
        """The work is slow to end, and answers all the same: the next caller gets an answer of its own."""
        begun, ended, late = asyncio.Event(), asyncio.Event(), asyncio.Event()

        @agent
        async def stubborn(payload: str) -> str:
            if payload != "first":
                return f"answer to {payload}"
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.set()
                await late.wait()
            return "answer to first"

        async with reach(stubborn) as reached:
            try:
                call = asyncio.ensure_future(reached.agent("first"))
                await soon(begun.wait())
                call.cancel()
                await refused(soon(call), asyncio.CancelledError)  # at once: what goes on there is not waited for
                assert await soon(reached.agent("second")) == "answer to second"
                await soon(ended.wait())
            finally:
                late.set()
            for number in range(3):
                assert await soon(reached.agent(f"{number}")) == f"answer to {number}"

    async def test_a_deadline_crosses_as_the_time_that_remains(self, reach: Reach) -> None:
        """Whatever the clocks say; without one there is none over there."""

        @agent
        async def remaining(payload: str, ctx: Context) -> float | None:
            return ctx.remaining()

        async with reach(remaining) as reached:
            assert await soon(reached.agent("x")) is None
            seconds = await soon(reached.agent("x", deadline=1000))
            assert seconds is not None, "the deadline did not cross"
            assert 900 < seconds <= 1000

    async def test_a_deadline_ends_the_work_over_there(self, reach: Reach) -> None:
        """The caller has the error, and the next call works."""
        ended = asyncio.Event()

        @agent
        async def endless(payload: str) -> str:
            if payload == "short":
                return payload
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            return payload

        async with reach(endless) as reached:
            await refused(soon(reached.agent("long", deadline=0.05)), DeadlineExceeded)
            await soon(ended.wait())
            assert await soon(reached.agent("short")) == "short"

    async def test_the_span_here_is_the_parent_of_the_span_over_there(self, reach: Reach) -> None:
        """In one trace; where there was none, a new one begins."""
        told: list[Event] = []

        @agent
        async def where(payload: str, ctx: Context) -> list[str]:
            return [ctx.trace, ctx.parent_span, ctx.span]

        @agent
        async def around(payload: str, ctx: Context) -> list[str]:
            found: list[str] = await reached.agent(payload)
            return [ctx.trace, *found]

        async with reach(where) as reached:
            mine, trace, parent, span = await soon(around("x", observer=told.append))
            spans = {event.agent: event.span for event in told if isinstance(event, AgentStarted)}
            clients = {event.client for event in told if isinstance(event, RemoteStarted)} - {""}
            assert trace == mine
            assert parent in (clients or {spans[reached.agent.name]}), "the parent over there is no span of the call's"
            assert span not in spans.values()
            first, second = await soon(asyncio.gather(reached.agent("x"), reached.agent("x")))
            assert first[0] != second[0]

    async def test_metadata_crosses(self, reach: Reach) -> None:
        """Values of any JSON type; what is none is refused here, and never lost in silence."""

        @agent
        async def metadata(payload: str, ctx: Context) -> dict[str, Any]:
            return dict(ctx.metadata)

        given = {"tenant": "a", "number": 1, "text": "1", "flag": True, "nothing": None, "deep": {"é": [1.5]}}
        async with reach(metadata) as reached:
            assert await soon(reached.agent("x", metadata=given)) == given
            assert await soon(reached.agent("x")) == {}
            await refused(soon(reached.agent("x", metadata={"odd": object()})), InvalidPayload)
            assert await soon(reached.agent("x")) == {}

    async def test_a_peer_that_dies_in_a_call_is_unavailable_and_the_next_call_works_when_it_is_back(
        self, reach: Reach
    ) -> None:
        """So is one that is not there; nobody has to make a new client."""
        begun = asyncio.Event()

        @agent
        async def mortal(payload: str) -> str:
            if payload == "long":
                begun.set()
                await asyncio.Event().wait()
            return payload

        async with reach(mortal) as reached:
            assert await soon(reached.agent("x")) == "x"
            call = asyncio.ensure_future(reached.agent("long"))
            await soon(begun.wait())
            await soon(reached.down())
            error = await refused(soon(call), Unavailable)
            assert error.retryable
            await refused(soon(reached.agent("x")), Unavailable)
            await soon(reached.up())
            assert await soon(reached.agent("y")) == "y"

    async def test_nothing_is_shared_by_reference(self, reach: Reach) -> None:
        """What is changed over there stays as it was here."""

        @agent(validate="none")
        async def changing(payload: dict[str, list[int]], ctx: Context) -> dict[str, list[int]]:
            kept.append(payload)
            payload["a"].append(2)
            return payload

        kept: list[dict[str, list[int]]] = []
        given = {"a": [1]}
        async with reach(changing) as reached:
            output = await soon(reached.agent(given))
            assert output == {"a": [1, 2]}
            assert given == {"a": [1]}
            kept[0]["a"].append(3)
            assert output == {"a": [1, 2]}

    async def test_nothing_is_left_behind(self, reach: Reach) -> None:
        """No task of either side, whatever was under way when the block was left."""
        before = asyncio.all_tasks()
        begun = asyncio.Event()

        @agent
        async def endless(payload: str, ctx: Context) -> str:
            begun.set()
            await ctx.emit(1)
            await asyncio.Event().wait()
            return payload

        async with reach(endless) as reached:
            call = asyncio.ensure_future(reached.agent("x"))
            await soon(begun.wait())
        await turns()
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await turns()
        left = asyncio.all_tasks() - before
        for task in left:
            task.cancel()
        assert not left, f"tasks left behind: {left}"
