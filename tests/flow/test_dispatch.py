"""Order, backpressure, fairness, sending."""

import asyncio
import contextvars

import pytest

from motet import Context, Flow, Node, agent, join, route
from motet.kernel.errors import NotFound
from support import assert_empty, node, until, within


async def test_a_return_value_goes_to_all_successors():
    flow = Flow("f", node("a") >> [node("b"), node("c")])
    run = await flow.submit(1)
    await within(run)
    assert run.outputs == [1, 1]


async def test_none_goes_nowhere():
    async def odd(number: int) -> int | None:
        return number if number % 2 else None

    flow = Flow("f", node("odd", odd) >> node("end"))
    assert await within(flow(1)) == 1
    run = await flow.submit(2)
    assert await within(run) is None
    assert run.outputs == []
    assert_empty(flow)


async def test_a_node_may_send_several_values_and_return_another():
    async def spread(number: int, ctx: Context) -> int:
        for value in range(number):
            await ctx.send(value)
        return number

    flow = Flow("f", node("spread", spread) >> node("end"))
    run = await flow.submit(5)
    await within(run)
    assert run.outputs == [0, 1, 2, 3, 4, 5]


async def test_send_can_choose_the_successor():
    async def choose(number: int, ctx: Context) -> None:
        await ctx.send(number, to="left")
        await ctx.send(number + 1, to="right")

    async def name(number: int, ctx: Context) -> str:
        return f"{ctx.agent} {number}"

    flow = Flow("f", node("choose", choose) >> [node("left", name), node("right", name)])
    run = await flow.submit(1)
    await within(run)
    assert sorted(run.outputs) == ["left 1", "right 2"]


async def test_sending_to_a_stranger_is_an_error_that_names_the_successors():
    async def choose(number: int, ctx: Context) -> None:
        await ctx.send(number, to="nobody")

    flow = Flow("f", node("choose", choose) >> node("end"))
    with pytest.raises(NotFound, match=r"cannot send to 'nobody'.*'end'"):
        await within(flow(1))
    assert_empty(flow)


async def test_a_last_node_may_send_outputs():
    async def spread(number: int, ctx: Context) -> None:
        for value in range(number):
            await ctx.send(value)

    run = await Flow("f", node("spread", spread)).submit(3)
    await within(run)
    assert run.outputs == [0, 1, 2]


async def test_sending_waits_while_the_next_inbox_is_full():
    sent: list[int] = []
    gate = asyncio.Event()

    async def spread(number: int, ctx: Context) -> None:
        for value in range(number):
            await ctx.send(value)
            sent.append(value)

    async def wait(number: int) -> int:
        await gate.wait()
        return number

    flow = Flow("f", node("spread", spread) >> node("wait", wait, concurrency=2, inbox=3))
    run = await flow.submit(100)
    await until(lambda: len(sent) >= 5)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(sent) == 5  # two at work, three in the inbox; the sixth waits
    gate.set()
    await within(run)
    assert run.outputs == list(range(100))
    await flow.stop()
    assert_empty(flow)


async def test_a_full_inbox_slows_down_the_whole_chain_before_it():
    begun: list[int] = []
    gate = asyncio.Event()

    async def count(number: int) -> int:
        begun.append(number)
        return number

    async def wait(number: int) -> int:
        await gate.wait()
        return number

    first = node("first", count, concurrency=2, inbox=4)
    flow = Flow("f", first >> node("last", wait, concurrency=1, inbox=1))
    feeder = asyncio.create_task(_submit_all(flow, 50))
    await until(lambda: len(begun) >= 4)
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(begun) == 4  # one at work and one waiting behind, and both slots of the first hold what they made
    assert not feeder.done()
    gate.set()
    runs = await within(feeder)
    assert [await within(run) for run in runs] == list(range(50))
    await flow.stop()
    assert_empty(flow)


async def _submit_all(flow, count):
    return [await flow.submit(number) for number in range(count)]


async def test_a_node_works_on_many_messages_at_once():
    barrier = asyncio.Barrier(10)

    async def meet(number: int) -> int:
        await barrier.wait()
        return number

    flow = Flow("f", node("meet", meet))
    assert await within(asyncio.gather(*(flow(number) for number in range(10)))) == list(range(10))


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_a_node_never_works_on_more_than_its_concurrency(limit: int):
    at_work = most = 0

    async def work(number: int) -> int:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        await asyncio.sleep(0)
        at_work -= 1
        return number

    flow = Flow("f", node("work", work, concurrency=limit))
    await within(asyncio.gather(*(flow(number) for number in range(50))))
    assert most == limit


async def test_within_one_run_messages_leave_a_node_in_the_order_they_came():
    async def spread(number: int, ctx: Context) -> None:
        for value in range(number):
            await ctx.send(value)

    async def uneven(number: int) -> int:
        for _ in range((7 * number) % 11):
            await asyncio.sleep(0)
        return number

    flow = Flow("f", node("spread", spread) >> node("uneven", uneven, concurrency=8) >> node("again", uneven))
    runs = [await flow.submit(40) for _ in range(3)]
    for run in runs:
        await within(run)
        assert run.outputs == list(range(40))
    assert_empty(flow)


async def test_a_node_may_let_messages_pass_each_other():
    gate = asyncio.Event()

    async def spread(number: int, ctx: Context) -> None:
        for value in range(number):
            await ctx.send(value)

    async def first_waits(number: int) -> int:
        if number == 0:
            await gate.wait()
        return number

    flow = Flow("f", node("spread", spread) >> node("work", first_waits, concurrency=2, ordered=False) >> node("end"))
    run = await flow.submit(20)
    await until(lambda: len(run.outputs) == 19)
    gate.set()
    await within(run)
    assert run.outputs == [*range(1, 20), 0]
    assert_empty(flow)


async def test_what_a_node_sends_keeps_its_place_in_the_order():
    async def spread(number: int, ctx: Context) -> None:
        for value in range(number):
            await ctx.send(value)

    async def twice(number: int, ctx: Context) -> str:
        for _ in range(5 - number):
            await asyncio.sleep(0)
        await ctx.send(f"{number}a")
        return f"{number}b"

    flow = Flow("f", node("spread", spread) >> node("twice", twice) >> node("end"))
    run = await flow.submit(5)
    await within(run)
    assert run.outputs == [f"{number}{letter}" for number in range(5) for letter in "ab"]
    assert_empty(flow)


async def test_a_filtered_message_does_not_hold_up_those_behind_it():
    async def spread(number: int, ctx: Context) -> None:
        for value in range(number):
            await ctx.send(value)

    async def even(number: int) -> int | None:
        for _ in range(10 - number):
            await asyncio.sleep(0)
        return None if number % 2 else number

    flow = Flow("f", node("spread", spread) >> node("even", even) >> node("end"))
    run = await flow.submit(10)
    await within(run)
    assert run.outputs == [0, 2, 4, 6, 8]


async def test_a_wide_run_does_not_hold_up_a_narrow_one():
    gate = asyncio.Event()
    order: list[str] = []

    async def spread(name: str, ctx: Context) -> None:
        for value in range(50 if name == "wide" else 1):
            await ctx.send(f"{name} {value}")

    async def work(name: str) -> str:
        if not gate.is_set():
            await gate.wait()
        order.append(name)
        return name

    flow = Flow("f", node("spread", spread) >> node("work", work, concurrency=1))
    wide = await flow.submit("wide")
    await until(lambda: flow._runtime.program.states[1].queued == 50 - 1)
    narrow = await flow.submit("narrow")
    await until(lambda: flow._runtime.program.states[1].queued == 50)
    gate.set()
    await within(narrow)
    assert order.index("narrow 0") <= 2
    await within(wide)
    assert_empty(flow)


@pytest.mark.parametrize("sends", [False, True])
@pytest.mark.parametrize("width", [10, 60])
async def test_a_run_that_waits_for_its_first_message_holds_up_no_other(sends: bool, width: int):
    gate = asyncio.Event()

    async def spread(name: str, ctx: Context) -> None:
        for value in range(width if name == "wide" else 1):
            await ctx.send(f"{name} {value}")

    async def work(name: str, ctx: Context) -> str:
        if name == "wide 0":
            await gate.wait()
        if sends:
            await ctx.send(name)
        return name

    flow = Flow("f", node("spread", spread) >> node("work", work, concurrency=4, inbox=20) >> node("end"))
    wide = await flow.submit("wide")
    await until(lambda: flow._runtime.program.states[1].active == 1)
    for number in range(20):
        assert await within(flow(f"narrow {number}")) == f"narrow {number} 0"
    assert wide.outputs == []
    gate.set()
    await within(wide)
    assert wide.outputs == [f"wide {value}" for value in range(width) for _ in range(1 + sends)]
    await flow.stop()
    assert_empty(flow)


async def test_cancelling_a_run_that_waits_for_its_first_message_leaves_nothing():
    async def spread(name: str, ctx: Context) -> None:
        for value in range(100):
            await ctx.send(value)

    async def work(number: int, ctx: Context) -> int:
        if number == 0:
            await asyncio.sleep(3600)
        await ctx.send(number)
        return number

    flow = Flow("f", node("spread", spread) >> node("work", work, concurrency=6, inbox=5) >> node("end"))
    runs = [await flow.submit("wide") for _ in range(3)]
    await until(lambda: len(flow._runtime.program.states[1].blocked) == 3)
    for run in runs:
        run.cancel()
    await flow.stop()
    assert_empty(flow)


async def test_a_slow_run_does_not_delay_the_others():
    gate = asyncio.Event()

    async def work(name: str) -> str:
        if name == "slow":
            await gate.wait()
        return name

    flow = Flow("f", node("work", work, concurrency=2) >> node("end"))
    slow = await flow.submit("slow")
    for _ in range(20):
        assert await within(flow("quick")) == "quick"
    assert not slow.done
    gate.set()
    assert await within(slow) == "slow"


@pytest.mark.parametrize(("runs", "inbox", "rounds"), [(200, 64, 3), (20, 4, 3), (50, 1, 5)])
async def test_a_self_loop_never_blocks_on_its_own_inbox(runs: int, inbox: int, rounds: int):
    async def again(number: int) -> int:
        await asyncio.sleep(0)
        return number + 1

    step = node("step", again, concurrency=2)
    flow = Flow(
        "f",
        step >> route({"again": step, "done": node("end")}, by=lambda n: "again" if n < rounds else "done"),
        cycles=True,
        inbox=inbox,
    )
    assert await within(asyncio.gather(*(flow(0) for _ in range(runs)))) == [rounds] * runs
    await flow.stop()
    assert_empty(flow)


@pytest.mark.parametrize("inbox", [1, 2, 64])
async def test_a_cycle_of_two_nodes_never_deadlocks(inbox: int):
    async def add(number: int) -> int:
        await asyncio.sleep(0)
        return number + 1

    draft, review = node("draft", add, concurrency=1), node("review", add, concurrency=1)
    flow = Flow(
        "f",
        draft >> review >> route({"again": draft, "done": node("end")}, by=lambda n: "again" if n < 10 else "done"),
        cycles=True,
        inbox=inbox,
    )
    results = await within(asyncio.gather(*(flow(number % 3) for number in range(60))))
    assert all(result >= 10 for result in results)
    await flow.stop()
    assert_empty(flow)


async def test_a_controllers_final_answer_goes_round_no_more():
    calls: list[int] = []

    async def controller(number: int, ctx: Context) -> None:
        calls.append(number)
        await ctx.send(number + 1, to="controller" if number < 3 else "answer")

    control = node("controller", controller)
    flow = Flow("f", control >> control, control >> node("answer"), cycles=True)
    run = await flow.submit(0)
    assert await within(run) == 4
    assert run.outputs == [4]
    assert calls == [0, 1, 2, 3]


async def test_nodes_that_never_wait_do_not_starve_the_event_loop():
    async def again(number: int) -> int:
        return number + 1

    spin = node("spin", again)
    flow = Flow("f", spin >> spin, cycles=True)
    run = await flow.submit(0)
    for _ in range(5):
        await asyncio.sleep(0)
    run.cancel()
    await flow.stop()
    assert_empty(flow)


async def test_contextvars_of_the_caller_reach_the_nodes_and_do_not_leak_between_runs():
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")

    async def first(payload: object) -> object:
        seen.append(name.get())
        name.set(f"{payload} inside")
        return payload

    async def second(payload: object) -> object:
        seen.append(name.get())
        return payload

    seen: list[str] = []
    flow = Flow("f", node("first", first) >> node("second", second))
    name.set("caller")
    await within(flow("one"))
    name.set("other caller")
    await within(flow("two"))
    assert seen == ["caller", "one inside", "other caller", "two inside"]
    assert name.get() == "other caller"


async def test_contextvars_follow_a_message_through_an_inbox():
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")

    async def first(payload: str) -> str:
        name.set(payload)
        return payload

    async def second(payload: str) -> tuple[str, str]:
        await asyncio.sleep(0)
        return payload, name.get()

    flow = Flow("f", node("first", first) >> node("second", second, concurrency=1, inbox=2))
    results = await within(asyncio.gather(*(flow(f"run {number}") for number in range(20))))
    assert results == [(f"run {number}", f"run {number}") for number in range(20)]


async def test_branches_never_see_each_others_metadata():
    @agent
    async def below(payload: int, ctx: Context) -> dict[str, object]:
        return dict(ctx.metadata)

    async def branch(payload: int, ctx: Context) -> dict[str, object]:
        mine = await below(payload, metadata={ctx.agent: True})
        return {"mine": mine, "outside": dict(ctx.metadata)}

    flow = Flow("f", node("start") >> [node("left", branch), node("right", branch)] >> join(2))
    left, right = await within(flow(1, metadata={"user": "u"}))
    assert left == {"mine": {"user": "u", "left": True}, "outside": {"user": "u"}}
    assert right == {"mine": {"user": "u", "right": True}, "outside": {"user": "u"}}


async def test_metadata_is_immutable():
    async def write(payload: int, ctx: Context) -> int:
        ctx.metadata["user"] = "somebody else"  # type: ignore[index]
        return payload

    with pytest.raises(TypeError):
        await within(Flow("f", node("write", write))(1, metadata={"user": "u"}))


async def test_a_subflow_is_a_node():
    @agent
    async def add(number: int) -> int:
        return number + 1

    inner = Flow("inner", Node(add, name="a") >> Node(add, name="b"))
    outer = Flow("outer", node("before") >> inner >> Node(add, name="after"))
    assert await within(asyncio.gather(*(outer(number) for number in range(100)))) == [n + 3 for n in range(100)]
    await outer.stop()
    await inner.stop()
    assert_empty(inner)
    assert_empty(outer)
