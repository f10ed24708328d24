"""Flows with several beginnings, and stopping in difficult moments."""

import asyncio

import pytest

from motet import Flow, QueueFull, join
from support import assert_empty, node, until, within


async def test_an_input_goes_to_every_node_that_nothing_leads_to():
    flow = Flow("f", [node("a"), node("b"), node("c")] >> join(3) >> node("end"))
    assert await within(flow(1)) == [1, 1, 1]
    run = flow.submit_nowait(2)
    assert await within(run) == [2, 2, 2]
    assert_empty(flow)


async def test_an_input_waits_until_every_beginning_has_room():
    gate = asyncio.Event()

    async def wait(number: int) -> int:
        await gate.wait()
        return number

    flow = Flow("f", [node("quick"), node("slow", wait, concurrency=1, inbox=1)] >> join(2) >> node("end"))
    runs = [flow.submit_nowait(number) for number in range(2)]
    await until(lambda: flow._runtime.program.states[0].active == 0)
    with pytest.raises(QueueFull, match="'slow'"):
        flow.submit_nowait(9)
    third = asyncio.create_task(flow.submit(2))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not third.done()
    gate.set()
    runs.append(await within(third))
    assert [await within(run) for run in runs] == [[0, 0], [1, 1], [2, 2]]
    await flow.stop()
    assert_empty(flow)


async def test_a_stop_that_is_cancelled_cancels_what_is_inside():
    async def hang(payload: object) -> object:
        await asyncio.sleep(3600)
        return payload

    flow = Flow("f", node("hang", hang))
    run = await flow.submit(1)
    stopping = asyncio.create_task(flow.stop())
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(stopping)
    assert run.status == "cancelled"
    assert_empty(flow)


async def test_two_may_stop_a_flow_at_once():
    gate = asyncio.Event()

    async def wait(payload: object) -> object:
        await gate.wait()
        return payload

    flow = Flow("f", node("wait", wait))
    run = await flow.submit(1)
    stopping = [asyncio.create_task(flow.stop()) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    await within(asyncio.gather(*stopping))
    assert run.result() == 1
    assert await within(flow(2)) == 2
    assert_empty(flow)


async def test_a_stop_does_not_wait_for_ever_for_a_node_that_cannot_be_cancelled(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("motet.flow.runtime.GRACE", 0.02)
    may_end = asyncio.Event()

    async def stubborn(payload: object) -> object:
        while not may_end.is_set():
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                continue
        return payload

    flow = Flow("f", node("stubborn", stubborn))
    run = await flow.submit(1)
    await until(lambda: flow._runtime.program.states[0].active == 1)
    await asyncio.sleep(0)
    await within(flow.stop(timeout=0))
    assert run.status == "cancelled"
    assert "stubborn did not stop when cancelled" in caplog.text
    may_end.set()
    await until(lambda: flow._runtime.live == 0)
    assert_empty(flow)
