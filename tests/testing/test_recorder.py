"""A recorder keeps events, finds them, and can be waited for."""

import asyncio

import pytest

from motet import Cancelled, Context, Flow, agent
from motet.kernel.events import AgentEnded, BudgetSpent, NodeEnded, NodeStarted, RunEnded, RunStarted
from motet.testing import Recorder, VirtualTime, echo, faults, hanging


async def test_it_keeps_events_in_order_and_finds_them():
    recorder = Recorder()
    await Flow("pair", echo("a") >> echo("b"))("x", observer=recorder)
    assert [told.node for told in recorder.of(NodeStarted)] == ["a", "b"]
    assert len(recorder.of(RunStarted, RunEnded)) == 2
    assert {type(told) for told in recorder.for_agent("b")} == {NodeStarted, NodeEnded}
    assert len(recorder) == len(recorder.events) == len(list(recorder))
    assert str(recorder).splitlines()[0] == f"{len(recorder)} events:"
    recorder.clear()
    assert recorder.events == []


async def test_it_is_waited_for_until_a_node_begins():
    recorder, flow = Recorder(), Flow("pair", echo("a") >> hanging("b"))
    run = await flow.submit("x", observer=recorder)
    told = await recorder.until(NodeStarted, node="b")
    assert (told.node, told.flow) == ("b", "pair")
    run.cancel()
    with pytest.raises(Cancelled):
        await run
    assert (await recorder.until(NodeEnded, node="b")).status == "cancelled"


async def test_what_has_come_already_counts_and_so_does_the_nth():
    recorder, flow = Recorder(), Flow("one", echo("a"))
    await flow(1, observer=recorder)
    assert await recorder.until(NodeStarted) is recorder.of(NodeStarted)[0]
    waiting = asyncio.ensure_future(recorder.until(NodeStarted, nth=3))
    for _ in range(2):
        assert not waiting.done()
        await flow(1, observer=recorder)
    assert await waiting is recorder.of(NodeStarted)[2]


def test_an_event_that_does_not_come_is_told_with_those_that_came():
    with VirtualTime() as virtual:
        recorder = Recorder()

        async def main():
            await Flow("pair", echo("a") >> echo("b"))("x", observer=recorder)
            await recorder.until(NodeStarted, node="c")

        with pytest.raises(AssertionError) as caught:
            virtual.run(main())
        assert str(caught.value) == (
            "No NodeStarted(node='c') came within 86400 s. Of that class came\n"
            "  NodeStarted(flow='pair', node='a'): node is 'a'\n"
            "  NodeStarted(flow='pair', node='b'): node is 'b'"
        )
        with pytest.raises(AssertionError, match=r"The 2nd NodeEnded\(node='a'\) did not come within 5 s"):
            virtual.run(recorder.until(NodeEnded, node="a", nth=2, timeout=5))
        with pytest.raises(AssertionError, match=r"and no other of that class\. There came"):
            virtual.run(recorder.until(BudgetSpent, timeout=5))


async def test_a_field_that_is_not_there_is_refused_at_once():
    with pytest.raises(TypeError, match="NodeStarted has no field 'name'"):
        await Recorder().until(NodeStarted, name="x")


@pytest.mark.parametrize("nth", [0, -1])
async def test_events_are_counted_from_one(nth):
    recorder = Recorder()
    await Flow("one", echo("a"))(1, observer=recorder)
    with pytest.raises(ValueError, match=f"nth={nth}: it is which one of those that match, counted from 1"):
        await recorder.until(NodeStarted, nth=nth)


async def test_events_told_by_a_worker_thread_wake_who_waits():
    recorder = Recorder()

    @agent
    def spend(payload: int, ctx: Context) -> int:
        ctx.spend(tokens=payload)
        return payload

    waiting = asyncio.ensure_future(recorder.until(BudgetSpent))
    await spend(5, observer=recorder)
    assert (await waiting).tokens == 5


async def test_who_gives_up_waiting_leaves_nothing_behind():
    recorder = Recorder()
    waiting = asyncio.ensure_future(recorder.until(NodeStarted))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert recorder._waiting == []


async def test_a_failure_is_recorded_with_its_error():
    recorder = Recorder()
    failing = echo("a")
    with faults(failing).fail("a", error=OSError("cut")), pytest.raises(OSError, match="cut"):
        await failing(1, observer=recorder)
    assert (await recorder.until(AgentEnded, error=OSError)).status == "failed"
