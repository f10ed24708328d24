"""A batch that is under way: its context, and whose failure is whose."""

import asyncio
from typing import Any

import pytest

from middleware.doubling import Doubling, double
from middleware.worlds import virtual
from motet.kernel.errors import AgentFailed, Cancelled, DeadlineExceeded
from motet.kernel.events import AgentEnded, AgentStarted, Intervened
from motet.middleware.batch import Batch
from support import Recorder, echo, within

__all__ = ["virtual"]


async def test_an_item_that_is_an_exception_is_raised_for_its_caller_alone():
    same = ValueError("bad")
    asked = echo.using(Batch(Doubling().call, size=5))
    outcomes = await within(
        asyncio.gather(*(asked(p) for p in (1, same, same, asyncio.CancelledError(), 2)), return_exceptions=True)
    )
    assert [outcomes[0], outcomes[4]] == [2, 4]
    assert outcomes[1] is same
    assert (type(outcomes[2]), str(outcomes[2]), outcomes[2] is same) == (ValueError, "bad", False)
    assert isinstance(outcomes[3], Cancelled)


@pytest.mark.parametrize("output", [[1], [1, 2, 3, 4], [], None, "abc", {1: 2, 3: 4, 5: 6}, 7])
async def test_a_batch_call_that_gives_no_output_for_each_fails_everybody(output):
    async def wrong(payloads):
        return output

    batch = Batch(wrong, size=3)
    asked = echo.using(batch)
    outcomes = await within(asyncio.gather(*(asked(number) for number in range(3)), return_exceptions=True))
    for outcome in outcomes:
        assert isinstance(outcome, AgentFailed)
        assert "'wrong' was called with a batch of 3 payloads, and returned" in str(outcome)
        assert outcome.details == {"agent": "wrong", "size": 3}
    assert batch.counters()["failed"] == 1


async def test_a_batch_call_that_fails_fails_everybody_and_the_next_one_is_another():
    error = ValueError("down")

    async def failing(payloads):
        if 0 in payloads:
            raise error
        return payloads

    asked = echo.using(Batch(failing, size=3))
    outcomes = await within(asyncio.gather(*(asked(number) for number in range(6)), return_exceptions=True))
    assert outcomes[3:] == [3, 4, 5]
    assert outcomes[0] is error
    assert len({id(outcome) for outcome in outcomes[:3]}) == 3
    assert {(type(outcome), str(outcome)) for outcome in outcomes[:3]} == {(ValueError, "down")}


async def test_the_batch_call_has_a_trace_of_its_own_that_links_those_of_its_callers():
    work, recorder, other = Doubling(), Recorder(), Recorder()
    asked = double.using(Batch(work.call, size=3))
    parents = [f"00-{number:032x}-{number:016x}-01" for number in (1, 2, 3)]
    options: list[dict[str, Any]] = [{"observer": recorder}, {"observer": recorder}, {"observer": other}]
    await within(asyncio.gather(*(asked(n, traceparent=parents[n], deadline=5 + n, **options[n]) for n in range(3))))
    (ctx,) = work.contexts
    assert ctx.parent is None
    assert ctx.path == ("call",)
    links = ctx.metadata["traceparents"]
    assert [link.split("-")[1] for link in links] == [parent.split("-")[1] for parent in parents]
    assert dict(ctx.metadata) == {"traceparents": links}
    assert 6 < ctx.remaining() <= 7
    for each, count in ((recorder, 2), (other, 1)):
        started = [event for event in each.of(AgentStarted) if event.agent == "call"]
        ended = [event for event in each.of(AgentEnded) if event.agent == "call"]
        assert [event.trace for event in started] == [event.trace for event in ended] == [ctx.trace]
        assert [(event.by, event.what, event.key) for event in each.of(Intervened)] == [("batch", "sent", "3")] * count


async def test_the_batch_call_has_no_deadline_where_one_caller_has_none():
    work = Doubling()
    asked = double.using(Batch(work.call, size=2))
    await within(asyncio.gather(asked(1, deadline=5), asked(2)))
    assert work.contexts[0].remaining() is None


def test_a_deadline_is_its_callers_alone(virtual):
    work = Doubling(seconds=5.0)
    asked = double.using(Batch(work.call, size=9, wait=2))

    async def ask(number, deadline):
        return await asked(number, clock=virtual.clock, deadline=deadline)

    async def both():
        return await asyncio.gather(*(ask(n, d) for n, d in [(1, 1), (2, 3), (3, None)]), return_exceptions=True)

    outcomes = virtual.run(both())
    assert [type(outcome) for outcome in outcomes] == [DeadlineExceeded, DeadlineExceeded, int]
    assert work.batches == [[2, 3]]  # the first had left before the batch was sent
