"""`run`: from code without an event loop."""

import asyncio

import pytest

import motet
from motet import Context, agent
from motet.kernel.errors import DeadlineExceeded


@agent
async def facts(payload: object, ctx: Context) -> tuple[object, dict[str, object], str, bool]:
    return payload, dict(ctx.metadata), ctx.parent_span, ctx.remaining() is not None


def test_run_gives_the_output():
    assert motet.run(facts, 1) == (1, {}, "", False)


def test_options_reach_the_call():
    assert motet.run(facts, 1, metadata={"a": 1}, deadline=60) == (1, {"a": 1}, "", True)


def test_a_failure_is_raised():
    @agent
    async def failing(payload):
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        motet.run(failing, 1)


def test_a_deadline_interrupts():
    @agent
    async def endless(payload):
        await asyncio.Event().wait()

    with pytest.raises(DeadlineExceeded):
        motet.run(endless, 1, deadline=0.01)


async def test_inside_an_event_loop_run_is_refused():
    with pytest.raises(RuntimeError, match="await agent"):
        motet.run(facts, 1)


async def test_inside_a_sync_agent_run_opens_a_trace_of_its_own():
    @agent
    def outer(payload: int, ctx: Context) -> bool:
        return motet.run(traced, payload) != ctx.trace

    @agent
    async def traced(payload: int, ctx: Context) -> str:
        return ctx.trace

    assert await outer(1, metadata={"a": 1})
