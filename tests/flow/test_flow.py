"""A flow is an agent; map, pipelines and streams."""

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

import motet
from motet import Budget, Context, Exhausted, Flow, FlowError, Node, agent, loop
from motet.kernel import events
from motet.kernel.errors import FlowStopped, InvalidGraph
from support import Recorder, assert_empty, chain, echo, node, until, within


class Counter:
    """Counts what it lets through, and how many are inside."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.interrupted = 0
        self.gate = asyncio.Event()

    async def __call__(self, number: int) -> int:
        self.seen.append(number)
        try:
            if number < 0:
                await asyncio.sleep(3600)
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.interrupted += 1
            raise
        return number


def test_a_flow_runs_from_a_script_without_a_loop():
    assert motet.run(chain(3), 1) == 1


async def test_a_flow_takes_the_types_of_its_ends():
    @agent
    async def first(text: str) -> int:
        return len(text)

    @agent
    async def second(number: int) -> list[int]:
        return [number]

    flow = Flow("f", first >> second, description="Counts.")
    assert [schema.type for schema in flow.types] == [str, list[int]]
    assert flow.card.input_schema == {"type": "string"}
    assert flow.card.description == "Counts."


async def test_a_flow_with_several_ends_gives_any_of_their_types():
    @agent
    async def number(text: str) -> int:
        return len(text)

    flow = Flow("f", echo >> [Node(number, name="a"), Node(number, name="b")])
    assert flow.types[1].type is int
    assert flow.types[0].open


async def test_map_gives_outputs_in_order():
    async def uneven(number: int) -> int:
        for _ in range(number % 7):
            await asyncio.sleep(0)
        return number

    flow = Flow("f", node("uneven", uneven) >> node("end"))
    assert [output async for output in flow.map(range(300))] == list(range(300))
    assert_empty(flow)


async def test_map_takes_from_an_asynchronous_iterable():
    async def numbers() -> AsyncIterator[int]:
        for number in range(100):
            if number % 10 == 0:
                await asyncio.sleep(0)
            yield number

    flow = chain(2)
    assert [output async for output in flow.map(numbers())] == list(range(100))
    assert_empty(flow)


async def test_map_gives_what_is_ready_while_its_source_waits():
    gate = asyncio.Event()

    async def numbers() -> AsyncIterator[int]:
        yield 1
        await gate.wait()
        yield 2

    results = chain(2).map(numbers())
    assert await within(anext(results)) == 1
    gate.set()
    assert await within(anext(results)) == 2
    with pytest.raises(StopAsyncIteration):
        await within(anext(results))


async def test_map_takes_no_more_than_it_is_ahead():
    taken: list[int] = []

    def numbers():
        for number in range(1000):
            taken.append(number)
            yield number

    results = chain(2).map(numbers(), ahead=10)
    for expected in range(5):
        assert await within(anext(results)) == expected
        assert len(taken) <= expected + 11
    await results.aclose()


async def test_a_failure_in_map_ends_the_siblings():
    counter = Counter()

    async def work(number: int) -> int:
        if number == 3:
            raise LookupError(number)
        return await counter(-1) if number > 3 else number

    flow = Flow("f", node("work", work))
    results = flow.map(range(16))
    assert [await within(anext(results)) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(LookupError):
        await within(anext(results))
    await until(lambda: flow.inside == 0 and counter.interrupted == len(counter.seen))
    await flow.stop()
    assert_empty(flow)


async def test_a_failing_source_of_map_raises_where_the_outputs_are_read():
    async def numbers() -> AsyncIterator[int]:
        yield 1
        raise LookupError("source")

    results = chain(1).map(numbers())
    assert await within(anext(results)) == 1
    with pytest.raises(LookupError, match="source"):
        await within(anext(results))


async def test_leaving_map_early_ends_what_is_ahead():
    counter = Counter()
    flow = Flow("f", node("work", counter))
    async for output in flow.map([1, -1, -1, -1]):
        assert output == 1
        break
    gc.collect()
    await until(lambda: flow.inside == 0)
    await flow.stop()
    assert_empty(flow)


async def test_leaving_map_of_an_asynchronous_source_ends_its_feeding():
    ended = asyncio.Event()

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(3600)
        finally:
            ended.set()

    async with chain(1).map(numbers()) as results:
        assert await within(anext(results)) == 1
    await within(ended.wait())


async def test_cancelling_whoever_reads_map_ends_the_runs():
    counter = Counter()
    flow = Flow("f", node("work", counter))

    async def read() -> list[int]:
        return [output async for output in flow.map([-1, -1])]

    reader = asyncio.create_task(read())
    await until(lambda: len(counter.seen) == 2)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await until(lambda: counter.interrupted == 2)
    await flow.stop()
    assert_empty(flow)


async def test_a_pipeline_gives_what_was_sent():
    flow = chain(3)

    async def feed() -> None:
        for number in range(300):
            await flow.send(number)
        flow.finish()

    async with flow:
        feeding = asyncio.create_task(feed())
        outputs = [output async for output in flow.outputs()]
        await feeding
    assert sorted(outputs) == list(range(300))
    assert_empty(flow)


async def test_a_pipeline_that_nobody_reads_slows_its_senders_down():
    flow = Flow("f", node("n", concurrency=2), inbox=3)
    sent = 0

    async def feed() -> None:
        nonlocal sent
        for number in range(50):
            await flow.send(number)
            sent += 1
        flow.finish()

    feeding = asyncio.create_task(feed())
    await until(lambda: sent >= 7)
    for _ in range(200):
        await asyncio.sleep(0)
    assert sent <= 3 + 2 + 3 + 1  # the end, the slots, the inbox
    outputs = [output async for output in flow.outputs()]
    await feeding
    assert sorted(outputs) == list(range(50))
    await flow.stop()
    assert_empty(flow)


async def test_a_failed_run_is_raised_where_the_pipeline_is_read_and_the_reading_goes_on():
    async def odd(number: int) -> int:
        if number % 2:
            raise ValueError(number)
        return number

    flow = Flow("f", node("odd", odd))
    for number in range(6):
        await flow.send(number)
    flow.finish()
    outputs, failures = [], 0
    reader = flow.outputs()
    while True:
        try:
            outputs.append(await within(anext(reader)))
        except ValueError:
            failures += 1
        except StopAsyncIteration:
            break
    assert (outputs, failures) == ([0, 2, 4], 3)


async def test_a_failed_run_may_come_as_a_value():
    async def fail(number: int) -> int:
        raise ValueError(number)

    flow = Flow("f", node("fail", fail))
    await flow.send(1)
    flow.finish()
    (failure,) = [output async for output in flow.outputs(on_error="emit")]
    assert isinstance(failure, FlowError)
    assert isinstance(failure.error, ValueError)


async def test_nothing_is_sent_into_a_pipeline_that_is_closed_and_still_read():
    flow = chain(1)
    await flow.send(1)
    flow.finish()
    with pytest.raises(FlowStopped, match="read outputs"):
        await flow.send(2)
    assert [output async for output in flow.outputs()] == [1]
    await flow.send(3)
    flow.finish()
    assert [output async for output in flow.outputs()] == [3]
    await flow.stop()
    assert_empty(flow)


async def test_stopping_a_pipeline_ends_its_readers_and_replays_nothing():
    flow = chain(2)
    for number in range(5):
        await flow.send(number)
    outputs: list[int] = []

    async def read() -> None:
        outputs.extend([output async for output in flow.outputs()])

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    await within(flow.stop())
    await within(reading)
    assert sorted(outputs) == list(range(5))
    await flow.send(99)
    flow.finish()
    assert [output async for output in flow.outputs()] == [99]
    await flow.stop()
    assert_empty(flow)


async def test_a_pipeline_that_nobody_ever_reads_can_be_stopped():
    flow = Flow("f", node("n"), inbox=2)
    async with flow:
        for number in range(2):
            await flow.send(number)
        late = [asyncio.create_task(flow.send(number)) for number in range(2, 6)]
        await asyncio.gather(*late)
    assert_empty(flow)


async def test_chunks_of_one_run_carry_one_sequence_whichever_node_emits_them():
    async def talk(payload: object, ctx: Context) -> object:
        for number in range(20):
            await ctx.emit(f"{ctx.agent} {number}")
            await asyncio.sleep(0)
        return payload

    flow = Flow("f", node("start", talk) >> [node("a", talk), node("b", talk)])
    async with flow.stream(1) as stream:
        chunks = [chunk async for chunk in stream]
    assert [chunk.seq for chunk in chunks] == list(range(1, 61))
    assert {chunk.agent for chunk in chunks} == {"start", "a", "b"}
    assert {chunk.path for chunk in chunks} == {("f", "start"), ("f", "a"), ("f", "b")}


async def test_a_slow_reader_suspends_the_emitter():
    emitted = 0

    async def talk(payload: int, ctx: Context) -> int:
        nonlocal emitted
        for number in range(payload):
            await ctx.emit(number)
            emitted += 1
        return payload

    flow = Flow("f", node("talk", talk))
    async with flow.stream(1000, buffer=8) as stream:
        first = await within(anext(stream))
        for _ in range(100):
            await asyncio.sleep(0)
        assert emitted <= 10
        rest = [chunk async for chunk in stream]
    assert [chunk.value for chunk in [first, *rest]] == list(range(1000))


async def test_two_readers_of_two_runs_never_see_each_others_chunks():
    async def talk(name: str, ctx: Context) -> str:
        for number in range(50):
            await ctx.emit(f"{name} {number}")
            await asyncio.sleep(0)
        return name

    flow = Flow("f", node("talk", talk) >> node("end"))

    async def read(name: str) -> list[str]:
        async with flow.stream(name) as stream:
            texts = [chunk.text async for chunk in stream]
            assert await stream.result() == name
        return texts

    names = [f"run {number}" for number in range(10)]
    read_by_each = await within(asyncio.gather(*(read(name) for name in names)))
    for name, texts in zip(names, read_by_each, strict=True):
        assert texts == [f"{name} {number}" for number in range(50)]


async def test_leaving_a_stream_early_cancels_the_run():
    interrupted = asyncio.Event()

    async def talk(payload: int, ctx: Context) -> int:
        try:
            while True:
                await ctx.emit(payload)
        finally:
            interrupted.set()

    flow = Flow("f", node("talk", talk))
    async with flow.stream(1) as stream:
        await within(anext(stream))
    await within(interrupted.wait())
    await flow.stop()
    assert_empty(flow)


async def test_a_subflow_streams_through():
    async def talk(payload: int, ctx: Context) -> int:
        await ctx.emit(f"{ctx.agent}")
        return payload

    inner = Flow("inner", node("deep", talk))
    outer = Flow("outer", node("top", talk) >> inner)
    chunks = [chunk async for chunk in outer.stream(1)]
    assert [(chunk.seq, chunk.path) for chunk in chunks] == [
        (1, ("outer", "top")),
        (2, ("outer", "inner", "deep")),
    ]


async def test_trace_deadline_and_metadata_pass_into_subflows():
    seen = []

    async def look(payload: int, ctx: Context) -> int:
        seen.append((ctx.trace, ctx.metadata["user"], ctx.remaining()))
        return payload

    inner = Flow("inner", node("look", look))
    outer = Flow("outer", node("look", look) >> inner)
    await within(outer(1, metadata={"user": "u"}, deadline=60))
    assert len({trace for trace, _, _ in seen}) == 1
    assert [user for _, user, _ in seen] == ["u", "u"]
    assert all(0 < remaining <= 60 for _, _, remaining in seen)


async def test_a_budget_passes_into_subflows():
    inner = Flow("inner", node("a") >> node("b"))
    spin = Flow("outer", inner >> inner, cycles=True)
    ended = await within(spin(1, budget=Budget(hops=7)))
    assert isinstance(ended, Exhausted)
    assert ended.budget == "hops"


async def test_a_loop_stands_in_a_flow():
    @agent
    async def add(number: int) -> int:
        return number + 1

    flow = Flow("f", loop(add, until=lambda number: number >= 5, max_hops=10) >> node("end"))
    assert await within(flow(0)) == 5
    assert await within(flow(-100)) == Exhausted("hops", 10, -90)


async def test_no_event_is_built_when_nobody_listens(monkeypatch: pytest.MonkeyPatch):
    def explode(self: object, *args: object, **kwargs: object) -> None:
        raise AssertionError("an event was built")

    for name in events.__all__:
        kind = getattr(events, name)
        if isinstance(kind, type) and issubclass(kind, events.Event):
            monkeypatch.setattr(kind, "__init__", explode)

    async def talk(payload: int, ctx: Context) -> int:
        await ctx.emit(payload)
        ctx.spend(tokens=1)
        return payload

    flow = Flow("f", node("talk", talk) >> node("end"))
    assert await within(flow(1)) == 1
    async with flow.stream(1) as stream:
        assert [chunk.value async for chunk in stream] == [1]


async def test_events_name_the_run_its_nodes_and_their_spans():
    recorder = Recorder()

    @agent
    async def below(payload: int) -> int:
        return payload

    async def calls(payload: int) -> int:
        return await below(payload)

    flow = Flow("f", node("calls", calls) >> node("end"), observers=[recorder])
    await within(flow(1))
    (run,) = recorder.of(events.RunStarted)
    nodes = {event.node: event for event in recorder.of(events.NodeStarted)}
    called = recorder.of(events.AgentStarted)
    assert {event.parent for event in nodes.values()} == {run.span}
    assert [event.parent for event in called if event.agent == "below"] == [nodes["calls"].span]
    assert len({event.trace for event in recorder.events}) == 1
    assert [event.at for event in recorder.events] == sorted(event.at for event in recorder.events)


def test_a_graph_with_problems_lists_all_of_them():
    @agent
    async def gives_text(number: int) -> str:
        return str(number)

    @agent
    async def takes_number(number: int) -> list[int]:
        return [number]

    other = Node(takes_number, name="gives_text")
    with pytest.raises(InvalidGraph) as caught:
        Flow("f", gives_text >> other >> Node(takes_number, name="third"), inbox=0)
    assert len(caught.value.problems) == 3
    assert "'gives_text'" in str(caught.value)
