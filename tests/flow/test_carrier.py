"""What failures in a node mean: they reach whoever waits, are tried again, or are sent onward."""

import asyncio

import pytest

from motet import Backoff, Chunk, Context, Flow, FlowError, Node, Policy, RetryPolicy, agent, join
from motet.kernel.errors import AgentTimeout, Cancelled, DeadlineExceeded, InvalidPayload
from motet.kernel.events import NodeEnded, RetryScheduled
from support import Recorder, StillClock, assert_empty, node, until, within

QUICK = Backoff(initial=0.001, jitter=False)


class Flaky:
    """Fails as often as it is told to."""

    def __init__(self, failures: int, error: type[Exception] = ConnectionError) -> None:
        self.left = failures
        self.error = error
        self.calls = 0

    async def __call__(self, payload: object) -> object:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error("not now")
        return payload


def retried(attempts: int, **options: object) -> Policy:
    return Policy(retry=RetryPolicy(attempts=attempts, backoff=QUICK, **options))  # type: ignore[arg-type]


async def test_a_failing_node_fails_whoever_waits():
    async def fail(payload: object) -> object:
        raise LookupError(f"no {payload}")

    flow = Flow("f", node("start") >> node("fail", fail) >> node("end"))
    run = await flow.submit(1)
    waiters = [asyncio.create_task(run.ended()) for _ in range(3)]
    await within(asyncio.gather(*waiters))
    with pytest.raises(LookupError, match="no 1"):
        run.result()
    with pytest.raises(LookupError, match="no 2"):
        await within(flow(2))
    with pytest.raises(LookupError, match="no 3"):
        async for _ in flow.map([3]):
            pass
    with pytest.raises(LookupError, match="no 4"):
        await within(flow.stream(4).result())
    assert_empty(flow)


async def test_an_error_says_where_it_came_from():
    async def fail(payload: object) -> object:
        raise LookupError("lost")

    with pytest.raises(LookupError) as caught:
        await within(Flow("inner flow", node("bad node", fail))(1))
    assert caught.value.__notes__ == ["in node 'bad node' of flow 'inner flow'"]


async def test_a_subflow_raises_its_error_and_does_not_return_it():
    async def fail(payload: object) -> object:
        raise LookupError("lost")

    inner = Flow("inner", node("fail", fail))
    outer = Flow("outer", node("before") >> inner >> node("after"))
    run = await outer.submit(1)
    with pytest.raises(LookupError):
        await within(run)
    assert run.outputs == []
    await inner.stop()
    assert_empty(inner)
    assert_empty(outer)


async def test_a_failure_ends_the_run_and_interrupts_its_other_branches():
    interrupted = asyncio.Event()

    async def hang(payload: object) -> object:
        try:
            await asyncio.sleep(3600)
        finally:
            interrupted.set()
        return payload

    async def fail(payload: object) -> object:
        await asyncio.sleep(0)
        raise LookupError

    flow = Flow("f", node("start") >> [node("hang", hang), node("fail", fail)] >> join(2))
    with pytest.raises(LookupError):
        await within(flow(1))
    await within(interrupted.wait())
    await flow.stop()
    assert_empty(flow)


async def test_a_failing_run_does_not_touch_the_others():
    async def odd(number: int) -> int:
        await asyncio.sleep(0)
        if number % 2:
            raise ValueError(number)
        return number

    flow = Flow("f", node("start") >> node("odd", odd, concurrency=3) >> node("end"))
    results = await within(asyncio.gather(*(flow(number) for number in range(100)), return_exceptions=True))
    assert [isinstance(result, ValueError) for result in results] == [bool(number % 2) for number in range(100)]
    assert results[::2] == list(range(0, 100, 2))
    await flow.stop()
    assert_empty(flow)


async def test_a_failed_attempt_is_tried_again():
    flaky = Flaky(2)
    flow = Flow("f", node("flaky", flaky, policy=retried(3)))
    assert await within(flow(1)) == 1
    assert flaky.calls == 3
    assert_empty(flow)


async def test_each_node_has_attempts_of_its_own():
    flow = Flow("f", edges=[(node("a", Flaky(2), policy=retried(3)), node("b", Flaky(2), policy=retried(3)))])
    assert await within(flow(1)) == 1
    assert_empty(flow)


async def test_the_last_error_is_raised_as_it_was():
    flaky = Flaky(5)
    flow = Flow("f", node("flaky", flaky, policy=retried(3)))
    with pytest.raises(ConnectionError, match="not now"):
        await within(flow(1))
    assert flaky.calls == 3
    assert_empty(flow)


async def test_a_validation_error_is_never_tried_again():
    calls = []

    @agent
    async def wants_int(number: int) -> int:
        calls.append(number)
        return number

    flow = Flow("f", Node(wants_int, policy=retried(5, retry_on=(Exception,))))
    with pytest.raises(InvalidPayload, match=r"input of 'wants_int' is no int"):
        await within(flow("many"))
    assert calls == []


async def test_a_mistake_in_the_program_is_not_tried_again():
    flaky = Flaky(1, TypeError)
    with pytest.raises(TypeError):
        await within(Flow("f", node("flaky", flaky, policy=retried(5)))(1))
    assert flaky.calls == 1


async def test_a_retry_frees_its_slot_while_it_waits():
    recorder = Recorder()
    waiting = Policy(retry=RetryPolicy(attempts=2, backoff=Backoff(initial=3600, cap=3600, jitter=False)))

    async def work(name: str) -> str:
        if name == "bad":
            raise ConnectionError
        return name

    flow = Flow("f", node("work", work, concurrency=1, policy=waiting), observers=[recorder])
    bad = await flow.submit("bad")
    await until(lambda: bool(recorder.of(RetryScheduled)))
    assert [await within(flow(f"good {number}")) for number in range(5)] == [f"good {number}" for number in range(5)]
    assert not bad.done
    bad.cancel()
    await flow.stop()
    assert_empty(flow)


async def test_cancel_interrupts_the_wait_of_a_retry():
    recorder = Recorder()
    waiting = Policy(retry=RetryPolicy(attempts=2, backoff=Backoff(initial=3600, cap=3600, jitter=False)))
    flow = Flow("f", node("flaky", Flaky(1), policy=waiting), observers=[recorder])
    run = await flow.submit(1)
    await until(lambda: bool(recorder.of(RetryScheduled)))
    run.cancel()
    with pytest.raises(Cancelled):
        await within(run)
    loop = asyncio.get_running_loop()
    assert not [handle for handle in loop._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]
    assert_empty(flow)


async def test_a_deadline_interrupts_the_wait_of_a_retry():
    waiting = Policy(retry=RetryPolicy(attempts=2, backoff=Backoff(initial=3600, cap=3600), retry_on=(OSError,)))
    flow = Flow("f", node("flaky", Flaky(1), policy=waiting))
    # The wait is drawn at random: 0 of it would pass at once, and the rest is longer than the deadline, which the
    # policy knows. So the first error is raised at once, and nothing waits for the deadline in vain.
    with pytest.raises(ConnectionError):
        await within(flow(1, deadline=5, clock=StillClock(0.9)))
    assert_empty(flow)


async def test_messages_keep_their_order_when_one_is_tried_again():
    async def spread(count: int, ctx: Context) -> None:
        for value in range(count):
            await ctx.send(value)

    failed = set()

    async def work(number: int) -> int:
        if number % 3 == 0 and number not in failed:
            failed.add(number)
            raise ConnectionError
        return number

    for concurrency in (1, 4):
        failed.clear()
        flow = Flow(
            "f", node("spread", spread) >> node("work", work, concurrency=concurrency, policy=retried(2)) >> node("end")
        )
        run = await flow.submit(12)
        await within(run)
        assert run.outputs == list(range(12))
        assert_empty(flow)


async def test_a_retried_node_marks_the_restart_in_the_stream():
    attempts = 0

    async def write(text: str, ctx: Context) -> str:
        nonlocal attempts
        attempts += 1
        for word in text.split()[: 2 if attempts == 1 else None]:
            await ctx.emit(word)
        if attempts == 1:
            raise ConnectionError
        return text

    flow = Flow("f", node("write", write, policy=retried(2)))
    async with flow.stream("many voices one piece") as stream:
        chunks = [chunk async for chunk in stream]
        assert await stream.result() == "many voices one piece"
    assert [chunk.value for chunk in chunks if not chunk.restart] == [
        "many",
        "voices",
        "many",
        "voices",
        "one",
        "piece",
    ]
    restart = next(chunk for chunk in chunks if chunk.restart)
    kept: list[Chunk] = [chunk for chunk in chunks if not chunk.restart]
    kept = [chunk for chunk in kept if chunk.seq > restart.seq or not restart.replaces(chunk)]
    assert " ".join(chunk.text for chunk in kept) == "many voices one piece"
    assert [chunk.seq for chunk in chunks] == list(range(1, len(chunks) + 1))


async def test_a_node_may_take_only_so_long():
    async def hang(payload: object) -> object:
        await asyncio.sleep(3600)
        return payload

    flow = Flow("f", node("hang", hang, policy=Policy(timeout=0.01)))
    with pytest.raises(AgentTimeout, match="'hang' took longer than 0.01 s"):
        await within(flow(1))
    assert_empty(flow)


async def test_what_comes_too_late_is_not_delivered():
    async def stubborn(payload: object) -> object:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            return "late"
        return payload

    with pytest.raises(AgentTimeout):
        await within(Flow("f", node("stubborn", stubborn, policy=Policy(timeout=0.01)))(1))


async def test_an_attempt_that_took_too_long_is_tried_again():
    calls = 0

    async def slow_at_first(payload: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 1:
            await asyncio.sleep(3600)
        return payload

    policy = Policy(retry=RetryPolicy(attempts=2, backoff=QUICK), timeout=0.01)
    assert await within(Flow("f", node("slow", slow_at_first, policy=policy))(1)) == 1


async def test_a_timeout_of_the_agents_own_is_not_taken_for_the_policys():
    async def fail(payload: object) -> object:
        raise TimeoutError("of my own")

    with pytest.raises(TimeoutError, match="of my own"):
        await within(Flow("f", node("fail", fail, policy=Policy(timeout=60)))(1))


async def test_an_error_may_be_sent_onward_as_a_value():
    async def fail(payload: object) -> object:
        raise LookupError("lost")

    async def tell(failure: FlowError) -> str:
        return f"{failure.node} could not do {failure.payload}: {failure.error}"

    flow = Flow("f", node("fail", fail, on_error="emit") >> node("tell", tell))
    assert await within(flow("this")) == "fail could not do this: lost"
    assert_empty(flow)


async def test_an_error_is_sent_onward_after_its_retries():
    flaky = Flaky(9)
    flow = Flow("f", node("flaky", flaky, on_error="emit", policy=retried(3)) >> node("end"))
    failure = await within(flow(1))
    assert isinstance(failure, FlowError)
    assert isinstance(failure.error, ConnectionError)
    assert flaky.calls == 3


async def test_a_node_that_is_cancelled_from_inside_fails_its_run_and_hangs_nobody():
    async def wait_for_the_dead(payload: object) -> object:
        task = asyncio.create_task(asyncio.sleep(3600))
        task.cancel()
        await task
        return payload

    flow = Flow("f", node("n", wait_for_the_dead))
    with pytest.raises(Cancelled, match="by something that it awaited"):
        await within(flow(1))
    assert await within(Flow("g", node("n"))(2)) == 2
    assert_empty(flow)


async def test_an_exit_of_the_program_passes_through():
    async def leave(payload: object) -> object:
        raise KeyboardInterrupt

    flow = Flow("f", node("leave", leave))

    def program() -> None:
        asyncio.run(flow.call(1, Context(_scope(), "f")))

    with pytest.raises(KeyboardInterrupt):
        await asyncio.to_thread(program)


def _scope():
    from motet.kernel.context import Scope

    return Scope()


async def test_a_sync_node_does_not_block_the_event_loop():
    import threading

    started, may_end = threading.Event(), threading.Event()

    @agent
    def work(number: int) -> int:
        started.set()
        assert may_end.wait(20)
        return number

    flow = Flow("f", Node(work))
    run = await flow.submit(1)
    await until(started.is_set)
    may_end.set()
    assert await within(run) == 1


async def test_a_deadline_does_not_wait_for_a_thread():
    import threading

    may_end = threading.Event()
    seen: list[bool] = []

    @agent
    def work(number: int, ctx: Context) -> int:
        assert may_end.wait(20)
        seen.append(ctx.cancelled)
        return number

    flow = Flow("f", Node(work))
    with pytest.raises(DeadlineExceeded):
        await within(flow(1, deadline=0.02))
    await until(lambda: flow._runtime.live == 0)
    may_end.set()
    await until(lambda: seen == [True])
    await flow.stop()
    assert_empty(flow)


async def test_a_node_that_fails_ends_the_streams_it_has_begun():
    interrupted = asyncio.Event()

    async def talk(payload: int, ctx: Context) -> int:
        try:
            while True:
                await ctx.emit(payload)
        finally:
            interrupted.set()

    talker = agent(talk)
    kept = []

    async def listen(payload: int) -> int:
        stream = talker.stream(payload)
        kept.append(stream)
        await anext(stream)
        raise LookupError

    with pytest.raises(LookupError):
        await within(Flow("f", node("listen", listen))(1))
    await within(interrupted.wait())


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
async def test_observers_hear_how_a_node_ended(status: str):
    recorder = Recorder()

    async def work(payload: object) -> object:
        if status == "failed":
            raise LookupError
        if status == "cancelled":
            await asyncio.sleep(3600)
        return payload

    flow = Flow("f", node("work", work), observers=[recorder])
    run = await flow.submit(1)
    await asyncio.sleep(0)
    if status == "cancelled":
        run.cancel()
    await within(run.ended())
    await flow.stop()
    assert [event.status for event in recorder.of(NodeEnded)] == [status]


async def test_a_failing_observer_does_not_disturb_the_run(caplog: pytest.LogCaptureFixture):
    def explode(event: object) -> None:
        raise RuntimeError("observer")

    flow = Flow("f", node("a") >> node("b"), observers=[explode])
    assert await within(flow(1)) == 1
    assert "Observer" in caplog.text
    assert_empty(flow)
