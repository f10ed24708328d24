"""Iterating over what comes out: the outputs of `map`, and those of a pipeline."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motet import Flow, FlowError
from motet.kernel.errors import Cancelled, DeadlineExceeded, FlowStopped
from support import assert_empty, chain, node, until, within


class Source:
    """Numbers to map over, which notes how many were taken."""

    def __init__(self, count: int = 1_000) -> None:
        self.count = count
        self.taken = 0

    def __iter__(self) -> Iterator[int]:
        for number in range(self.count):
            self.taken += 1
            yield number

    def later(self) -> AsyncIterator[int]:
        async def numbers() -> AsyncIterator[int]:
            for number in self:
                yield number

        return numbers()


class Gate:
    """Work that waits until it is let through, and notes what has begun."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.begun: list[Any] = []

    async def __call__(self, payload: Any) -> Any:
        self.begun.append(payload)
        await self.open.wait()
        return payload


async def uneven(number: int) -> int:
    for _ in range((number * 7) % 5):
        await asyncio.sleep(0)
    return number


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


BOTH = pytest.mark.parametrize("later", [False, True], ids=["iterable", "asynchronous"])


def inputs(source: Source, later: bool) -> Any:
    return source.later() if later else source


@BOTH
@pytest.mark.parametrize("ahead", [1, 2, 5])
async def test_no_more_inputs_are_taken_than_may_be_ahead(later, ahead):
    source, flow = Source(), chain(2)
    async with flow.map(inputs(source, later), ahead=ahead) as results:
        await settle()
        assert source.taken == 0
        for expected in range(10):
            assert await within(anext(results)) == expected
            await settle()
            assert source.taken <= ahead + expected
            assert flow.inside <= ahead
    await flow.stop()
    assert_empty(flow)


@BOTH
async def test_the_flows_own_size_bounds_what_is_ahead(later):
    source, flow = Source(), Flow("f", node("n"), inbox=7)
    async with flow.map(inputs(source, later)) as results:
        await within(anext(results))
        await settle()
        assert source.taken <= 7
    await flow.stop()


@BOTH
async def test_nothing_to_map_gives_nothing(later):
    assert [output async for output in chain(1).map(inputs(Source(0), later))] == []


@BOTH
async def test_what_has_ended_stays_ended(later):
    results = chain(1).map(inputs(Source(2), later))
    assert [output async for output in results] == [0, 1]
    for _ in range(3):
        with pytest.raises(StopAsyncIteration):
            await within(anext(results))


@BOTH
async def test_an_iteration_that_failed_stays_ended(later):
    async def fail(number: int) -> int:
        raise LookupError(number)

    results = Flow("f", node("fail", fail)).map(inputs(Source(9), later))
    with pytest.raises(LookupError, match="0"):
        await within(anext(results))
    with pytest.raises(StopAsyncIteration):
        await within(anext(results))


@BOTH
async def test_an_iteration_that_was_closed_stays_ended(later):
    flow = chain(2)
    results = flow.map(inputs(Source(), later))
    assert await within(anext(results)) == 0
    for _ in range(2):
        await within(results.aclose())
    with pytest.raises(StopAsyncIteration):
        await within(anext(results))
    await flow.stop()
    assert_empty(flow)


@BOTH
async def test_closing_ends_a_reader_that_waits_in_another_task(later):
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    results = flow.map(inputs(Source(3), later))
    reading = asyncio.create_task(anext(results))
    await until(lambda: bool(gate.begun))
    await within(results.aclose())
    with pytest.raises(Cancelled):
        await within(reading)
    await flow.stop()
    assert_empty(flow)


@pytest.mark.parametrize("turns", [1, 2, 50])
async def test_closing_ends_a_reader_that_waits_for_an_input(turns):
    async def nothing() -> AsyncIterator[int]:
        await asyncio.Event().wait()
        yield 1

    results = chain(1).map(nothing())
    reading = asyncio.create_task(anext(results))
    for _ in range(turns):
        await asyncio.sleep(0)
    await within(results.aclose())
    with pytest.raises(StopAsyncIteration):
        await within(reading)


@BOTH
async def test_two_readers_at_once_are_refused_and_nothing_is_lost(later):
    gate = Gate()
    results = Flow("f", node("gate", gate)).map(inputs(Source(3), later))
    first = asyncio.create_task(anext(results))
    await until(lambda: bool(gate.begun))
    with pytest.raises(RuntimeError, match="one reader at a time keeps their order"):
        await anext(results)
    gate.open.set()
    assert await within(first) == 0
    assert [output async for output in results] == [1, 2]


@BOTH
async def test_an_input_without_an_output_gives_none_in_its_place(later):
    async def odd(number: int) -> int | None:
        return number if number % 2 else None

    flow = Flow("f", node("odd", odd) >> node("end"))
    assert [output async for output in flow.map(inputs(Source(4), later))] == [None, 1, None, 3]


@BOTH
async def test_an_error_as_a_value_ends_nothing(later):
    async def odd(number: int) -> int:
        if number % 2:
            raise LookupError(number)
        return number

    flow = Flow("f", node("odd", odd, on_error="emit"))
    outputs = [output async for output in flow.map(inputs(Source(4), later))]
    assert outputs[::2] == [0, 2]
    assert [(error.node, error.payload) for error in outputs[1::2] if isinstance(error, FlowError)] == [
        ("odd", 1),
        ("odd", 3),
    ]


@BOTH
async def test_options_hold_for_each_run(later):
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    with pytest.raises(DeadlineExceeded):
        await within(anext(flow.map(inputs(Source(3), later), deadline=0.01)))
    await flow.stop()
    assert_empty(flow)


@BOTH
async def test_a_run_that_somebody_else_cancels_is_raised(later):
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    reading = asyncio.create_task(anext(flow.map(inputs(Source(3), later))))
    await until(lambda: bool(gate.begun))
    next(iter(flow._runtime.runs)).cancel()
    with pytest.raises(Cancelled):
        await within(reading)
    await until(lambda: flow.inside == 0)


@BOTH
async def test_a_flow_that_is_stopping_takes_no_inputs(later):
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    run = await flow.submit("inside")
    stopping = asyncio.create_task(flow.stop())
    await settle()
    with pytest.raises(FlowStopped):
        await within(anext(flow.map(inputs(Source(3), later))))
    gate.open.set()
    await within(stopping)
    assert await run == "inside"


async def test_inputs_that_end_with_an_error_raise_it_and_end_what_is_inside():
    def numbers():
        yield 1
        raise LookupError("source")

    gate = Gate()
    flow = Flow("f", node("gate", gate))
    with pytest.raises(LookupError, match="source"):
        await within(anext(flow.map(numbers())))
    await flow.stop()
    assert_empty(flow)


async def test_an_asynchronous_source_that_fails_is_raised_after_what_came_before_it():
    async def numbers() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise LookupError("source")

    results = chain(1).map(numbers())
    assert [await within(anext(results)) for _ in range(2)] == [1, 2]
    with pytest.raises(LookupError, match="source"):
        await within(anext(results))
    with pytest.raises(StopAsyncIteration):
        await within(anext(results))


async def test_an_input_that_there_was_no_room_for_is_held_and_comes_in_its_turn():
    gate, source = Gate(), Source(6)
    flow = Flow("f", node("gate", gate, concurrency=1), inbox=2)
    results = flow.map(source, ahead=10)
    reading = asyncio.create_task(anext(results))
    await until(lambda: flow.inside == 3)
    await settle()
    assert source.taken == 4  # one at work, two in the inbox, and one in hand
    others = [asyncio.create_task(flow.submit(f"other {number}")) for number in range(3)]
    await settle()
    gate.open.set()
    assert await within(reading) == 0
    assert [output async for output in results] == [1, 2, 3, 4, 5]
    assert [await within(await other) for other in others] == ["other 0", "other 1", "other 2"]
    assert [payload for payload in gate.begun if isinstance(payload, int)] == list(range(6))
    await flow.stop()
    assert_empty(flow)


async def test_a_map_that_finds_the_flow_full_waits_in_line_like_everybody_else():
    gate = Gate()
    flow = Flow("f", node("gate", gate, concurrency=1), inbox=1)
    runs = [flow.submit_nowait(f"before {number}") for number in range(2)]
    reading = asyncio.create_task(anext(flow.map([0])))
    await settle()
    late = asyncio.create_task(flow.submit("after"))
    await settle()
    assert gate.begun == ["before 0"]
    gate.open.set()
    assert await within(reading) == 0
    await within(asyncio.gather(*runs, await late))
    assert gate.begun == ["before 0", "before 1", 0, "after"]


@pytest.mark.parametrize("ahead", [-1, -10])
async def test_nothing_ahead_makes_no_sense(ahead):
    with pytest.raises(ValueError, match=f"ahead={ahead}: at least one input has to be inside"):
        chain(1).map([1], ahead=ahead)


def test_what_cannot_be_iterated_over_is_refused_at_once():
    with pytest.raises(TypeError, match="'int' object is not iterable"):
        chain(1).map(3)  # type: ignore[arg-type]


@settings(max_examples=60)
@given(
    inbox=st.integers(1, 3),
    concurrency=st.integers(1, 3),
    maps=st.lists(st.tuples(st.integers(0, 12), st.integers(1, 5), st.booleans()), min_size=1, max_size=3),
    submits=st.lists(st.integers(1, 6), max_size=3),
)
def test_maps_and_submits_share_a_small_flow_without_deadlock_or_disorder(inbox, concurrency, maps, submits):
    async def read(count: int, ahead: int, later: bool) -> None:
        results = flow.map(inputs(Source(count), later), ahead=ahead)
        assert [output async for output in results] == list(range(count))

    async def submit(count: int) -> None:
        runs = [await flow.submit(number) for number in range(count)]
        assert [await run for run in runs] == list(range(count))

    async def play() -> None:
        await within(asyncio.gather(*(read(*plan) for plan in maps), *map(submit, submits)))
        await flow.stop()
        assert_empty(flow)

    flow = Flow("f", node("uneven", uneven, concurrency=concurrency) >> node("end", concurrency=1), inbox=inbox)
    asyncio.run(play())


async def test_a_map_inside_a_node_of_another_flow_belongs_to_its_trace():
    inner = Flow("inner", node("n", uneven))

    async def all_of(numbers: list[int]) -> list[int]:
        return [output async for output in inner.map(numbers)]

    assert await within(Flow("outer", node("all", all_of))([3, 1, 2])) == [3, 1, 2]


# A pipeline


async def test_readers_share_what_comes_out_of_a_pipeline():
    flow, taken = chain(2), []

    async def read() -> None:
        async for output in flow.outputs():
            taken.append(output)
            await asyncio.sleep(0)

    readers = [asyncio.create_task(read()) for _ in range(3)]
    for number in range(50):
        await flow.send(number)
    flow.finish()
    await within(asyncio.gather(*readers))
    assert sorted(taken) == list(range(50))


async def test_a_reader_that_was_closed_reads_no_more():
    flow = chain(1)
    await flow.send(1)
    await flow.send(2)
    reader = flow.outputs()
    assert await within(anext(reader)) == 1
    for _ in range(2):
        await reader.aclose()
    with pytest.raises(StopAsyncIteration):
        await within(anext(reader))
    assert await within(anext(flow.outputs())) == 2
    await flow.stop()


async def test_a_reader_that_is_closed_while_it_waits_leaves_what_comes_to_others():
    flow = chain(1)
    first, second = flow.outputs(), flow.outputs()
    reading = [asyncio.create_task(anext(first)), asyncio.create_task(anext(second))]
    await settle()
    await first.aclose()
    await flow.send(1)
    assert await within(reading[1]) == 1
    with pytest.raises(StopAsyncIteration):
        await within(reading[0])
    await flow.stop()


@pytest.mark.parametrize("closed", ["before", "after"])
async def test_stopping_does_not_wait_for_a_reader_that_was_closed(closed):
    flow = Flow("f", node("n", concurrency=2), inbox=2)
    sending = [asyncio.create_task(flow.send(number)) for number in range(20)]
    async with flow.outputs() as reader:
        assert await within(anext(reader)) == 0
        if closed == "after":
            stopping = asyncio.create_task(flow.stop())
            await settle()
            assert not stopping.done()
    await within(stopping if closed == "after" else flow.stop())
    await within(asyncio.gather(*sending, return_exceptions=True))
    assert_empty(flow)


async def test_an_error_of_a_pipeline_is_told_with_the_flows_name():
    async def fail(number: int) -> int:
        raise LookupError(number)

    flow = Flow("f", node("fail", fail))
    await flow.send(1)
    flow.finish()
    (error,) = [output async for output in flow.outputs(on_error="emit")]
    assert (error.node, str(error.error), error.payload) == ("f", "1", None)


async def test_a_cancelled_run_gives_nothing_to_a_pipeline():
    gate = Gate()
    flow = Flow("f", node("gate", gate))
    run = await flow.send("cancelled")
    await flow.send("kept")
    run.cancel()
    flow.finish()
    gate.open.set()
    assert [output async for output in flow.outputs()] == ["kept"]
    with pytest.raises(Cancelled):
        await run
    await flow.stop()
