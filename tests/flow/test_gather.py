"""Joins at work."""

import asyncio

import pytest

from motet import Context, Flow, join, route
from motet.kernel.errors import JoinIncomplete
from motet.kernel.events import JoinFired, LateDropped
from support import Recorder, assert_empty, node, until, within


async def spread(number: int, ctx: Context) -> None:
    for value in range(number):
        await ctx.send(value)


async def slow(payload: object) -> object:
    for _ in range(20):
        await asyncio.sleep(0)
    return payload


@pytest.mark.parametrize("joint", [join(), join(3)])
async def test_a_join_sends_on_a_list_in_the_order_of_the_edges(joint):
    async def name(payload: object, ctx: Context) -> str:
        for _ in range({"a": 20, "b": 10, "c": 0}[ctx.agent]):
            await asyncio.sleep(0)
        return ctx.agent

    flow = Flow("f", node("start") >> [node(letter, name) for letter in "abc"] >> joint >> node("end"))
    for _ in range(3):
        assert await within(flow(1)) == ["a", "b", "c"]
    assert_empty(flow)


@pytest.mark.parametrize("count", [1, 2, 40])
async def test_a_join_closes_a_fan_out_whose_width_nobody_knew(count: int):
    flow = Flow("f", node("spread", spread) >> node("slow", slow) >> join() >> node("end"))
    assert await within(asyncio.gather(*(flow(count) for _ in range(20)))) == [list(range(count))] * 20
    await flow.stop()
    assert_empty(flow)


async def test_a_join_that_nothing_came_to_sends_nothing():
    flow = Flow("f", node("spread", spread) >> join() >> node("end"))
    run = await flow.submit(0)
    assert await within(run) is None
    assert run.outputs == []
    assert_empty(flow)


async def test_a_join_may_send_an_empty_list_when_nothing_came():
    flow = Flow("f", node("spread", spread) >> node("slow", slow) >> join(empty=True) >> node("end"))
    assert await within(flow(0)) == []
    run = await flow.submit(3)
    await within(run)
    assert run.outputs == [[0, 1, 2]]
    assert_empty(flow)


async def test_a_join_collects_k_messages_at_a_time():
    flow = Flow("f", node("spread", spread) >> join(3))
    run = await flow.submit(9)
    await within(run)
    assert run.outputs == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert_empty(flow)


async def test_a_join_that_can_never_be_full_fails_the_run():
    flow = Flow("f", node("spread", spread) >> join(3) >> node("end"))
    with pytest.raises(JoinIncomplete, match="'join' has 2 of 3 messages and nothing more can come"):
        await within(flow(5))
    assert_empty(flow)


async def test_a_join_may_send_on_the_rest():
    flow = Flow("f", node("spread", spread) >> join(3, partial=True))
    run = await flow.submit(5)
    await within(run)
    assert run.outputs == [[0, 1, 2], [3, 4]]
    assert_empty(flow)


async def test_a_filtered_branch_does_not_hold_up_a_join():
    async def nothing(payload: object) -> None:
        await asyncio.sleep(0)

    flow = Flow("f", node("start") >> [node("a"), node("nothing", nothing), node("b", slow)] >> join() >> node("end"))
    assert await within(flow(1)) == [1, 1]
    assert_empty(flow)


async def test_a_join_waits_for_what_is_upstream_only():
    gate = asyncio.Event()

    async def wait(payload: object) -> object:
        await gate.wait()
        return payload

    start, aside, joint, end = node("start"), node("aside", wait), join(), node("end")
    flow = Flow("f", start >> [node("a"), node("b", slow)] >> joint >> end, start >> aside)
    run = await flow.submit(1)
    await until(lambda: bool(run.outputs))
    assert run.outputs == [[1, 1]]
    gate.set()
    await within(run)
    assert_empty(flow)


async def test_joins_behind_joins_fire_in_turn():
    first, second = join(name="first"), join(name="second")
    start = node("start")
    flow = Flow("f", start >> [node("a"), node("b")] >> first >> second, start >> node("c", slow) >> second)
    assert await within(flow(1)) == [[1, 1], 1]
    assert_empty(flow)


async def test_joins_that_wait_for_each_other_do_not_hang():
    # Each join can reach the other through the cycle, so "nothing upstream" is never quite true.
    one, two, step = join(name="one"), join(name="two"), node("step")

    async def count(values: list[object]) -> object:
        counted.append(values)
        return None if len(counted) > 2 else values

    counted: list[object] = []
    flow = Flow("f", step >> one >> two >> node("count", count) >> step, cycles=True)
    run = await flow.submit(1)
    await within(run)
    assert len(counted) == 3
    assert_empty(flow)


async def test_runs_do_not_mix_in_a_join():
    async def uneven(number: int, ctx: Context) -> int:
        for _ in range((number * (3 if ctx.agent == "a" else 5)) % 7):
            await asyncio.sleep(0)
        return number

    flow = Flow("f", node("start") >> [node("a", uneven), node("b", uneven)] >> join(2))
    results = await within(asyncio.gather(*(flow(number) for number in range(200))))
    assert results == [[number, number] for number in range(200)]
    await flow.stop()
    assert_empty(flow)


async def test_runs_with_one_trace_id_do_not_mix_in_a_join():
    parent = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    flow = Flow("f", node("start") >> [node("a", slow), node("b")] >> join(2))
    runs = [await flow.submit(number, traceparent=parent) for number in range(20)]
    assert {run.trace for run in runs} == {"a" * 32}
    assert [await within(run) for run in runs] == [[number, number] for number in range(20)]


@pytest.mark.parametrize("joint", [join(2, timeout=0.02, partial=True), join(timeout=0.02, partial=True)])
async def test_a_timeout_sends_on_what_there_is_and_drops_what_is_late(joint):
    recorder = Recorder()
    gate = asyncio.Event()

    async def wait(payload: object) -> object:
        await gate.wait()
        return payload

    flow = Flow("f", node("start") >> [node("a"), node("wait", wait)] >> joint >> node("end"), observers=[recorder])
    run = await flow.submit(1)
    await until(lambda: bool(run.outputs))
    assert run.outputs == [[1]]
    gate.set()
    await within(run)
    assert run.outputs == [[1]]
    assert [(event.size, event.complete) for event in recorder.of(JoinFired)] == [(1, False)]
    assert len(recorder.of(LateDropped)) == 1
    await flow.stop()
    assert_empty(flow)


async def test_a_timeout_without_partial_fails_the_run():
    async def never(payload: object) -> object:
        await asyncio.sleep(3600)
        return payload

    flow = Flow("f", node("start") >> [node("a"), node("never", never)] >> join(2, timeout=0.02) >> node("end"))
    with pytest.raises(JoinIncomplete, match=r"1 of 2 messages after 0.02 s.*partial=True"):
        await within(flow(1))
    await flow.stop()
    assert_empty(flow)


async def test_a_join_that_was_full_in_time_needs_its_timer_no_more():
    flow = Flow("f", node("start") >> [node("a"), node("b")] >> join(2, timeout=3600) >> node("end"))
    run = await flow.submit(1)
    assert await within(run) == [1, 1]
    assert run.timers is None
    loop = asyncio.get_running_loop()
    assert not [handle for handle in loop._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]


async def test_cancelling_a_run_empties_its_buckets():
    gate = asyncio.Event()

    async def wait(payload: object) -> object:
        await gate.wait()
        return payload

    flow = Flow("f", node("start") >> [node("a"), node("wait", wait)] >> join(2) >> node("end"))
    runs = [await flow.submit(number) for number in range(10)]
    await until(lambda: all(run.buckets for run in runs))
    for run in runs:
        run.cancel()
        assert run.buckets is None
    await flow.stop()
    assert_empty(flow)


async def test_a_join_inside_a_cycle_fires_every_round():
    async def add(values: list[int]) -> int:
        return sum(values)

    start, end = node("start"), node("end")
    flow = Flow(
        "f",
        start
        >> [node("a"), node("b")]
        >> join()
        >> node("add", add)
        >> route({"again": start, "done": end}, by=lambda n: "again" if n < 100 else "done"),
        cycles=True,
    )
    assert await within(flow(1)) == 128
    assert_empty(flow)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, "at least 1"),
        ({"timeout": 0}, "more than 0 seconds"),
        ({"k": 2, "empty": True}, "without a number"),
    ],
)
def test_a_join_refuses_what_makes_no_sense(arguments, message):
    with pytest.raises(ValueError, match=message):
        join(**arguments)
