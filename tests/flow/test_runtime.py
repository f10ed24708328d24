"""Taking in, cancelling, deadlines, coming to rest."""

import asyncio
import gc

import pytest

from motet import Budget, Context, Exhausted, Flow, Node, agent, join, route
from motet.kernel.errors import BudgetExceeded, Cancelled, DeadlineExceeded, FlowStopped, QueueFull
from motet.kernel.events import DeadlinePassed, RunCancelled, RunEnded
from support import Recorder, assert_empty, chain, node, until, within


class Gate:
    """An agent that holds messages until it is opened, and counts those it has begun and ended."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.begun = 0
        self.interrupted = 0

    async def __call__(self, payload: object) -> object:
        self.begun += 1
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.interrupted += 1
            raise
        return payload


async def test_an_idle_flow_has_no_task():
    flow = chain(3)
    before = asyncio.all_tasks()
    assert await flow(1) == 1
    await until(lambda: asyncio.all_tasks() == before)
    assert_empty(flow)


async def test_submit_nowait_raises_queue_full_and_leaves_no_trace_behind():
    gate = Gate()
    flow = Flow("f", node("gate", gate, concurrency=1), inbox=2)
    runs = [flow.submit_nowait(number) for number in range(3)]
    for _ in range(100):
        with pytest.raises(QueueFull, match="'gate'.*full"):
            flow.submit_nowait(99)
    assert flow.inside == 3
    gate.open.set()
    assert [await within(run) for run in runs] == [0, 1, 2]
    await until(lambda: flow._runtime.live == 0)
    assert_empty(flow)


async def test_a_full_flow_suspends_whoever_submits():
    gate = Gate()
    flow = Flow("f", node("gate", gate, concurrency=1), inbox=1)
    runs = [flow.submit_nowait(number) for number in range(2)]
    third = asyncio.create_task(flow.submit(2))
    await until(lambda: gate.begun == 1)
    assert not third.done()
    gate.open.set()
    assert [await within(run) for run in [*runs, await within(third)]] == [0, 1, 2]


async def test_giving_up_a_submit_that_waits_leaves_nothing_behind():
    gate = Gate()
    flow = Flow("f", node("gate", gate, concurrency=1), inbox=1)
    runs = [flow.submit_nowait(number) for number in range(2)]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await flow.submit(2)
    assert flow.inside == 2
    gate.open.set()
    assert [await within(run) for run in runs] == [0, 1]
    assert await within(flow(3)) == 3
    await flow.stop()
    assert_empty(flow)


@pytest.mark.parametrize("listening", [False, True])
async def test_cancel_leaves_other_runs_alone(listening: bool):
    recorder = Recorder()
    gate = Gate()
    flow = Flow("f", node("gate", gate, concurrency=1) >> node("end"), observers=[recorder] if listening else [])
    runs = [await flow.submit(number) for number in range(32)]
    runs[7].cancel()
    assert runs[7].done
    gate.open.set()
    for number, run in enumerate(runs):
        if number == 7:
            with pytest.raises(Cancelled):
                await within(run)
        else:
            assert await within(run) == number
    await flow.stop()
    assert_empty(flow)
    if listening:
        assert len(recorder.of(RunCancelled)) == 1


async def test_cancel_interrupts_the_node_that_is_running():
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    run = await flow.submit(1)
    await until(lambda: gate.begun == 1)
    run.cancel()
    with pytest.raises(Cancelled):
        await within(run)
    await until(lambda: gate.interrupted == 1)
    await flow.stop()
    assert_empty(flow)


async def test_a_run_cancelled_before_its_first_step_gives_its_slot_back():
    flow = Flow("f", node("n", concurrency=1))
    for _ in range(5):
        flow.submit_nowait(1).cancel()
    assert await within(flow(2)) == 2
    await flow.stop()
    assert_empty(flow)


async def test_waiting_for_a_cancelled_run_raises_and_does_not_hang():
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    run = await flow.submit(1)
    waiters = [asyncio.create_task(run.ended()) for _ in range(3)]
    await until(lambda: gate.begun == 1)
    run.cancel()
    run.cancel()
    await within(asyncio.gather(*waiters))
    for _ in range(2):
        with pytest.raises(Cancelled):
            await within(run)


async def test_timing_out_a_wait_leaves_the_run_and_the_flow_working():
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    run = await flow.submit(1)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await run
    other = await flow.submit(2)
    gate.open.set()
    assert await within(run) == 1
    assert await within(other) == 2


async def test_cancelling_the_caller_cancels_the_run_below_it():
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    caller = asyncio.create_task(flow(1))
    await until(lambda: gate.begun == 1)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await until(lambda: gate.interrupted == 1)
    await flow.stop()
    assert_empty(flow)


async def test_cancel_passes_through_subflows():
    gate = Gate()
    inner = Flow("inner", node("gate", gate))
    outer = Flow("outer", node("before") >> inner >> node("after"))
    run = await outer.submit(1)
    await until(lambda: gate.begun == 1)
    run.cancel()
    await until(lambda: gate.interrupted == 1)
    await inner.stop()
    await outer.stop()
    assert_empty(inner)
    assert_empty(outer)


async def test_a_run_can_be_cancelled_from_its_own_node():
    runs = []

    async def suicidal(payload: object) -> object:
        runs[0].cancel()
        await asyncio.sleep(3600)
        return payload

    flow = Flow("f", node("n", suicidal))
    runs.append(await flow.submit(1))
    with pytest.raises(Cancelled):
        await within(runs[0])
    await flow.stop()
    assert_empty(flow)


async def test_a_deadline_interrupts_a_running_agent():
    recorder = Recorder()
    gate = Gate()
    flow = Flow("f", node("gate", gate), observers=[recorder])
    run = await flow.submit(1, deadline=0.02)
    with pytest.raises(DeadlineExceeded):
        await within(run)
    await until(lambda: gate.interrupted == 1)
    assert run.status == "failed"
    assert len(recorder.of(DeadlinePassed)) == 1
    await flow.stop()
    assert_empty(flow)


async def test_a_deadline_of_a_call_interrupts_too():
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    with pytest.raises(DeadlineExceeded):
        await within(flow(1, deadline=0.02))
    await until(lambda: gate.interrupted == 1)


async def test_a_deadline_holds_while_the_input_waits_for_a_place():
    gate = Gate()
    flow = Flow("f", node("gate", gate, concurrency=1), inbox=1)
    runs = [flow.submit_nowait(number) for number in range(2)]
    late = await within(flow.submit(2, deadline=0.02))
    with pytest.raises(DeadlineExceeded):
        await within(late)
    gate.open.set()
    assert [await within(run) for run in runs] == [0, 1]
    await flow.stop()
    assert_empty(flow)


async def test_a_node_that_swallows_cancellation_does_not_hold_the_caller():
    stubborn_may_end = asyncio.Event()

    async def stubborn(payload: object) -> object:
        while not stubborn_may_end.is_set():
            try:
                await stubborn_may_end.wait()
            except asyncio.CancelledError:
                continue
        return payload

    flow = Flow("f", node("n", stubborn) >> node("after"))
    with pytest.raises(DeadlineExceeded):
        await within(flow(1, deadline=0.02))
    stubborn_may_end.set()
    await flow.stop()
    assert_empty(flow)


async def test_an_inherited_deadline_ends_a_run_that_was_submitted():
    gate = Gate()
    inner = Flow("inner", node("gate", gate))

    async def start(payload: object) -> object:
        run = await inner.submit(payload)
        with pytest.raises(DeadlineExceeded):
            await run
        return "seen"

    outer = Flow("outer", node("start", start))
    # The outer deadline interrupts `start` as well: what counts is that the inner run has ended too.
    with pytest.raises(DeadlineExceeded):
        await within(outer(1, deadline=0.02))
    await until(lambda: gate.interrupted == 1)
    await inner.stop()
    assert_empty(inner)


async def test_a_time_budget_ends_a_cycle_with_a_value_that_says_so():
    async def again(payload: int) -> int:
        await asyncio.sleep(0.001)
        return payload + 1

    spin = node("spin", again)
    flow = Flow("f", spin >> spin, cycles=True)
    result = await within(flow.submit(0, budget=Budget(seconds=0.03)))
    ended = await within(result)
    assert isinstance(ended, Exhausted)
    assert (ended.budget, ended.limit) == ("seconds", 0.03)
    await flow.stop()
    assert_empty(flow)


async def test_a_time_budget_fails_a_flow_without_cycles():
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    run = await flow.submit(1, budget=Budget(seconds=0.02))
    with pytest.raises(BudgetExceeded) as caught:
        await within(run)
    assert caught.value.budget == "seconds"


async def test_stop_drains_what_is_inside():
    gate = Gate()
    flow = Flow("f", node("gate", gate, concurrency=1) >> node("end"))
    runs = [await flow.submit(number) for number in range(10)]
    stopping = asyncio.create_task(flow.stop())
    await asyncio.sleep(0)
    with pytest.raises(FlowStopped):
        await flow.submit(99)
    with pytest.raises(FlowStopped):
        flow.submit_nowait(99)
    gate.open.set()
    await within(stopping)
    assert [run.result() for run in runs] == list(range(10))
    assert_empty(flow)


async def test_stop_cancels_what_does_not_end_in_time():
    gate = Gate()
    flow = Flow("f", node("gate", gate, concurrency=1))
    runs = [await flow.submit(number) for number in range(5)]
    await within(flow.stop(timeout=0.02))
    assert {run.status for run in runs} == {"cancelled"}
    assert_empty(flow)


async def test_a_stopped_flow_starts_afresh_and_replays_nothing():
    gate = Gate()
    seen: list[int] = []

    async def see(payload: int) -> int:
        seen.append(payload)
        return payload

    flow = Flow("f", node("gate", gate, concurrency=1) >> node("see", see))
    for number in range(5):
        await flow.submit(number)
    await within(flow.stop(timeout=0))
    gate.open.set()
    assert await within(flow(99)) == 99
    assert seen == [99]
    await flow.stop()
    assert_empty(flow)


async def test_leaving_the_block_drains_the_flow():
    async with Flow("f", node("n")) as flow:
        run = await flow.submit(1)
    assert run.result() == 1


async def test_a_block_that_fails_cancels_what_it_began():
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    with pytest.raises(LookupError):
        async with flow:
            run = await flow.submit(1)
            raise LookupError
    assert run.status == "cancelled"
    await until(lambda: flow._runtime.live == 0)
    assert_empty(flow)


async def test_failed_runs_leave_no_books_behind():
    async def fail(payload: int) -> int:
        raise ValueError(payload)

    flow = Flow("f", node("start") >> [node("a"), node("b", fail)] >> join(2) >> node("end"))
    for number in range(200):
        with pytest.raises(ValueError, match=str(number)):
            await within(flow(number))
    await flow.stop()
    assert_empty(flow)


async def test_each_run_ends_once_for_its_observers():
    recorder = Recorder()
    flow = Flow("f", node("a") >> [node("b"), node("c")] >> join() >> node("d"), observers=[recorder])
    for number in range(20):
        await flow(number)
    assert [event.status for event in recorder.of(RunEnded)] == ["completed"] * 20


def test_a_flow_works_in_one_event_loop_after_another():
    flow = chain(3)
    for number in range(3):
        assert asyncio.run(flow(number)) == number
    assert_empty(flow)


def test_a_closed_event_loop_does_not_come_back():
    async def hang(payload: object) -> object:
        await asyncio.sleep(3600)
        return payload

    flow = Flow("f", node("hang", hang, concurrency=1))

    async def begin() -> None:
        for number in range(5):
            await flow.submit(number)
        await asyncio.sleep(0)

    async def later() -> int:
        return await flow(7, deadline=0.01)

    asyncio.run(begin())
    with pytest.raises(DeadlineExceeded):
        asyncio.run(later())
    assert flow.inside == 0


async def test_a_flow_refuses_two_event_loops_at_once():
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    run = await flow.submit(1)
    with pytest.raises(RuntimeError, match="another event loop"):
        await asyncio.to_thread(lambda: asyncio.run(flow(2)))
    gate.open.set()
    assert await within(run) == 1


async def test_hops_of_a_budget_are_counted_exactly():
    calls = []

    @agent
    async def step(number: int, ctx: Context) -> int:
        calls.append(number)
        return number + 1

    flow = Flow("f", step >> route({"again": step, "done": node("done")}, by=lambda n: "again"), cycles=True)
    ended = await within(flow(0, budget=Budget(hops=3)))
    assert ended == Exhausted("hops", 3, 3)
    assert calls == [0, 1, 2]


async def test_a_hop_budget_fails_a_flow_without_cycles():
    with pytest.raises(BudgetExceeded, match="3 hops"):
        await within(chain(5)(1, budget=Budget(hops=3)))


async def test_a_token_budget_ends_a_cycle_with_a_value():
    @agent
    async def think(number: int, ctx: Context) -> int:
        ctx.spend(tokens=10)
        return number + 1

    flow = Flow("f", think >> think, cycles=True)
    ended = await within(flow(0, budget=Budget(tokens=35)))
    assert ended == Exhausted("tokens", 35, 3)


@pytest.mark.parametrize("way", ["call", "submit", "send"])
async def test_a_time_budget_says_the_same_however_the_flow_is_called(way: str):
    async def again(payload: int) -> int:
        await asyncio.sleep(0.001)
        return payload + 1

    spin = node("spin", again)
    flow = Flow("f", spin >> spin, cycles=True)
    budget = Budget(seconds=0.02)
    if way == "call":
        ended = await within(flow(0, budget=budget))
    elif way == "submit":
        ended = await within(await flow.submit(0, budget=budget))
    else:
        await flow.send(0, budget=budget)
        ended = await within(anext(flow.outputs()))
    assert isinstance(ended, Exhausted)
    assert ended.budget == "seconds"
    await flow.stop()
    assert_empty(flow)


async def test_a_cost_budget_ends_a_cycle_with_a_value():
    @agent
    async def think(number: int, ctx: Context) -> int:
        ctx.spend(cost=0.5)
        return number + 1

    flow = Flow("f", think >> think, cycles=True)
    assert await within(flow(0, budget=Budget(cost=1.2))) == Exhausted("cost", 1.2, 2)


async def test_a_budget_around_a_cycle_ends_more_than_the_cycle():
    @agent
    async def think(number: int, ctx: Context) -> int:
        ctx.spend(tokens=10)
        return number + 1

    flow = Flow("f", think >> think, cycles=True)

    @agent
    async def around(number: int) -> object:
        return await flow(number)

    with pytest.raises(BudgetExceeded):
        await within(around(0, budget=Budget(tokens=25)))
    await flow.stop()
    assert_empty(flow)


async def test_a_budget_that_a_node_sets_is_that_nodes_affair():
    @agent
    async def costly(number: int, ctx: Context) -> int:
        ctx.spend(tokens=10)
        return number

    async def step(number: int) -> int:
        return await costly(number, budget=Budget(tokens=5))

    place = node("step", step)
    with pytest.raises(BudgetExceeded) as caught:
        await within(Flow("f", place >> place, cycles=True)(0, budget=Budget(hops=100)))
    assert caught.value.limit == 5


async def test_a_budget_that_runs_out_in_a_fan_out_ends_the_run_once():
    start = node("start")
    flow = Flow("f", start >> [node("b"), node("c")] >> start, cycles=True)
    run = await flow.submit(1, budget=Budget(hops=10))
    await within(run)
    assert run.outputs == [Exhausted("hops", 10, 1)]
    await flow.stop()
    assert_empty(flow)


async def test_one_agent_may_stand_in_two_places():
    @agent
    async def add(number: int) -> int:
        return number + 1

    assert await Flow("f", Node(add, name="first") >> Node(add, name="second"))(0) == 2


@pytest.mark.parametrize("factory", [None, getattr(asyncio, "eager_task_factory", None)])
async def test_a_loop_that_starts_tasks_eagerly_is_fine(factory):
    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()
    loop.set_task_factory(factory)
    try:
        flow = Flow("f", node("start") >> [node("a"), node("b")] >> join() >> node("end"))
        assert await within(asyncio.gather(*(flow(number) for number in range(50)))) == [[n, n] for n in range(50)]
        run = await flow.submit(1)
        run.cancel()
        await flow.stop()
        assert_empty(flow)
    finally:
        loop.set_task_factory(before)


@pytest.mark.parametrize("seen", ["never", "awaited", "looked at", "cancelled"])
async def test_a_run_that_fails_unseen_is_logged(seen: str, caplog: pytest.LogCaptureFixture):
    gc.collect()  # what other tests have left is told now, and not below
    caplog.clear()

    async def fail(payload: object) -> object:
        raise LookupError("lost")

    flow = Flow("f", node("fail", fail))
    run = await flow.submit(1)
    if seen == "cancelled":
        run.cancel()
    await within(run.ended())
    if seen == "awaited":
        with pytest.raises(LookupError):
            await run
    if seen == "looked at":
        assert isinstance(run.error, LookupError)
    await flow.stop()
    del run
    gc.collect()
    assert ("nobody asked for its result" in caplog.text) == (seen == "never")
