"""The contract of middleware, on calls: outputs, errors, cancellation, context; what goes in comes out as it was."""

import asyncio
from abc import ABC
from collections.abc import Callable
from typing import Any, ClassVar

from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import Context
from motet.kernel.errors import DeadlineExceeded
from motet.kernel.events import AgentEnded, AgentStarted, Event
from motet.kernel.function import agent
from motet.testing.made import refused
from motet.testing.reaching import soon, turns, until

__all__ = ["MiddlewareCalls"]


class MiddlewareCalls(ABC):  # noqa: B024 - a class of tests, for others to inherit
    """Calls of an agent within a middleware."""

    holds_chunks: ClassVar[bool] = False
    """Whether chunks may come only when the output is there: for a guard that looks at the whole of it."""

    async def test_the_wrapped_agent_looks_the_same(self, middleware: Middleware) -> None:
        """Name, card, types and drawing; the payload goes in, and the output comes out, as they are."""
        seen: list[str] = []

        @agent(tags=["a"], version="7", examples=["x"])
        async def work(payload: str) -> str:
            """Work."""
            seen.append(payload)
            return f"did {payload}"

        card, wrapped = work.card, work.using(middleware)
        assert await soon(wrapped("x")) == "did x"
        assert seen == ["x"]
        assert (wrapped.name, wrapped.card, wrapped.types, wrapped.draw()) == (
            "work",
            card,
            work.types,
            work.draw(),
        )
        assert work.card == card, "the agent itself was changed"

    async def test_an_error_comes_out_as_it_was_or_as_a_cause(self, middleware: Middleware) -> None:
        """Of a kind that a second try cannot mend."""
        error = TypeError("a mistake")

        @agent
        async def failing(payload: str, ctx: Context) -> str:
            await ctx.emit(payload)
            raise error

        raised = await refused(soon(failing.using(middleware)("x")), Exception)
        chain: list[BaseException] = []
        cause: BaseException | None = raised
        while cause is not None and cause not in chain:
            chain.append(cause)
            cause = cause.__cause__
        assert any(one is error for one in chain), f"{raised!r} has lost the error of the agent"

    async def test_cancelling_the_caller_reaches_the_agent(self, middleware: Middleware) -> None:
        """The caller is cancelled, and the agent is over by then."""
        begun, ended = asyncio.Event(), list[str]()

        @agent
        async def endless(payload: str) -> str:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(payload)
            return payload

        call = asyncio.ensure_future(endless.using(middleware)("x"))
        await soon(begun.wait())
        call.cancel()
        await refused(soon(call), asyncio.CancelledError)
        await until(lambda: ended == ["x"], "the agent works on for a caller that was cancelled")

    async def test_a_deadline_is_seen_below_and_ends_the_agent(self, middleware: Middleware) -> None:
        """As the deadline that it is."""
        seen: list[float | None] = []
        ended: list[str] = []

        @agent
        async def endless(payload: str, ctx: Context) -> str:
            seen.append(ctx.remaining())
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(payload)
            return payload

        await refused(soon(endless.using(middleware)("x", deadline=0.03)), DeadlineExceeded)
        await until(lambda: ended == ["x"], "the agent works on after the deadline")
        assert seen[0] is not None, "the deadline is not seen below"
        assert seen[0] <= 0.03

    async def test_metadata_and_the_trace_are_seen_below(self, middleware: Middleware) -> None:
        """By agents further down, too; to an observer the wrapped agent is one call."""
        told: list[Event] = []

        @agent
        async def below(payload: str, ctx: Context) -> str:
            return f"{payload} for {ctx.metadata.get('who')}"

        @agent
        async def work(payload: str, ctx: Context) -> str:
            return f"{await below(payload)} and {ctx.metadata.get('who')}"

        wrapped = work.using(middleware)

        @agent
        async def around(payload: str) -> str:
            return str(await wrapped(payload))

        output = await soon(around("x", metadata={"who": "me"}, observer=told.append))
        assert output == "x for me and me"
        started = [event for event in told if isinstance(event, AgentStarted)]
        spans = {event.agent: event.span for event in started}
        assert [(event.agent, event.parent) for event in started] == [
            ("around", ""),
            ("work", spans["around"]),
            ("below", spans["work"]),
        ]
        assert [event.agent for event in told if isinstance(event, AgentEnded)] == ["below", "work", "around"]
        assert len({event.trace for event in told}) == 1

    async def test_calls_at_once_are_independent(self, middleware: Middleware) -> None:
        """Of twenty, one fails and one is cancelled: the others have answers of their own."""
        begun: list[str] = []
        go = asyncio.Event()

        @agent
        async def work(payload: str, ctx: Context) -> str:
            begun.append(payload)
            await go.wait()
            if payload == "3":
                raise TypeError("a mistake")
            return f"{payload} for {ctx.metadata.get('who')}"

        wrapped = work.using(middleware)
        calls = [asyncio.ensure_future(wrapped(f"{n}", metadata={"who": n})) for n in range(20)]
        await until(lambda: begun, "no call has begun")
        await turns()
        calls[7].cancel()
        go.set()
        answers = await soon(asyncio.gather(*calls, return_exceptions=True))
        assert isinstance(answers[3], Exception)
        assert isinstance(answers[7], asyncio.CancelledError)
        others = [n for n in range(20) if n not in {3, 7}]
        assert [answers[n] for n in others] == [f"{n} for {n}" for n in others]

    async def test_one_instance_around_two_agents_keeps_them_apart(self, middleware: Middleware) -> None:
        """The same payload, at once and one after the other."""

        def saying(word: str) -> Agent[str, str]:
            async def say(payload: str) -> str:
                await asyncio.sleep(0)
                return f"{word} {payload}"

            return agent(name=word)(say).using(middleware)

        one, other = saying("one"), saying("other")
        at_once = [await soon(asyncio.gather(one(text), other(text))) for text in ("x", "y")]
        assert [list(answers) for answers in at_once] == [["one x", "other x"], ["one y", "other y"]]
        assert await soon(one("z")) == "one z"
        assert await soon(other("z")) == "other z"

    async def test_its_counters_are_numbers_and_never_change_by_being_read(self, middleware: Middleware) -> None:
        """Before a call and after it."""

        @agent
        async def work(payload: str) -> str:
            return payload

        for _ in range(2):
            counters = middleware.counters()
            for name, value in counters.items():
                assert isinstance(name, str)
                assert isinstance(value, int | float), f"the counter {name!r} is {value!r}"
            assert dict(middleware.counters()) == dict(counters)
            await soon(work.using(middleware)("x"))

    async def test_no_task_is_left_behind(self, middleware: Middleware) -> None:
        """After an answer, a failure, a cancellation, a deadline, and a stream that was left."""
        before = asyncio.all_tasks()
        wrapped = _moody(asyncio.Event()).using(middleware)
        await soon(wrapped("answer"))
        await refused(soon(wrapped("failure")), Exception)
        await refused(soon(wrapped("deadline", deadline=0.01)), DeadlineExceeded)
        call = asyncio.ensure_future(wrapped("cancelled"))
        await turns()
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        async with wrapped.stream("left"):
            await turns()
        await turns(20)
        left = asyncio.all_tasks() - before
        for task in left:
            task.cancel()
        assert not left, f"tasks left behind: {left}"


def _moody(never: asyncio.Event) -> Agent[str, str]:
    ends: dict[str, Callable[[], Any]] = {"answer": lambda: "done", "failure": lambda: 1 / 0}

    @agent
    async def moody(payload: str, ctx: Context) -> str:
        await ctx.emit(payload)
        if payload in ends:
            try:
                return str(ends[payload]())
            except ArithmeticError as error:
                raise TypeError("a mistake") from error
        await never.wait()
        return payload

    return moody
