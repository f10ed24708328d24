"""Random compositions do what a plain model of them says: value or error, virtual time, chunks that count."""

import asyncio
from collections import Counter
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.model import Beside, Boom, Branch, Chain, Leaf, Node, Spread, Tries, build, expect, told
from motet.compose.errors import AllFailed
from motet.devtools.draw import dot
from motet.kernel.errors import DeadlineExceeded
from motet.kernel.events import AgentEnded, AgentStarted
from motet.testing.virtual_time import VirtualTime
from support import Recorder

SLOTS = st.none() | st.integers(1, 3)


@st.composite
def compositions(draw, errors=("fail", "skip", "collect"), depth=3):
    """Draw a composition, whose leaves all have keys of their own."""
    keys, whole = count(), depth

    def node(depth: int) -> Node:
        kind = draw(st.sampled_from("cbtqslc" if depth else "l")) if depth < whole else draw(st.sampled_from("cbtqs"))
        if kind == "l":
            return Leaf(next(keys), draw(st.integers(-2, 3)), draw(st.sampled_from([2, 3, 5, 1000])))
        if kind == "b":
            return Branch(node(depth - 1), node(depth - 1))
        if kind == "s":
            return Spread(node(depth - 1), draw(st.integers(0, 4)), draw(SLOTS), draw(st.sampled_from(errors)))
        parts = tuple(node(depth - 1) for _ in range(draw(st.integers(1, 3))))
        if kind == "q":
            return Beside(parts, draw(st.integers(0, len(parts))), draw(SLOTS))
        return Chain(parts) if kind == "c" else Tries(parts)

    return node(depth)


def still_counts(chunks):
    """Count the chunks that no restart has made void."""
    restarts = [chunk for chunk in chunks if chunk.restart]
    return Counter(
        chunk.value
        for chunk in chunks
        if not chunk.restart and not any(restart.replaces(chunk) for restart in restarts)
    )


@settings(max_examples=300)
@given(compositions(), st.integers(1, 20))
def test_a_composition_gives_what_its_model_gives_in_the_same_time(node, number):
    expected, made, recorder = expect(node, number), build(node), Recorder()
    with VirtualTime() as virtual:
        try:
            value, error = virtual.run(made(number, clock=virtual.clock, observer=recorder)), None
        except (Boom, AllFailed) as raised:
            value, error = 0, told(raised)
        assert error == expected.error
        assert error or value == expected.value
        assert virtual.clock.now() == pytest.approx(expected.seconds)
        assert not asyncio.all_tasks(virtual.loop)
    assert {event.span for event in recorder.of(AgentStarted)} == {event.span for event in recorder.of(AgentEnded)}


@settings(max_examples=300)
@given(compositions(errors=("fail", "skip")), st.integers(1, 20))
def test_the_chunks_that_count_are_those_of_the_answers_that_count(node, number):
    expected, made = expect(node, number), build(node)

    async def read(clock):
        async with made.stream(number, clock=clock, buffer=3) as stream:
            chunks = [chunk async for chunk in stream]
            return chunks, await stream.result()

    with VirtualTime() as virtual:
        if expected.error is not None:
            with pytest.raises((Boom, AllFailed)):
                virtual.run(read(virtual.clock))
            return
        chunks, value = virtual.run(read(virtual.clock))
    assert value == expected.value
    assert still_counts(chunks) == expected.emitted
    assert [chunk.seq for chunk in chunks] == list(range(1, len(chunks) + 1))


@settings(max_examples=200)
@given(compositions(), st.integers(1, 20), st.floats(0.01, 0.99))
def test_cancelled_or_late_at_any_time_nothing_is_left(node, number, share):
    expected, made, recorder = expect(node, number), build(node), Recorder()
    moment = expected.seconds * share
    if not moment:
        return
    with VirtualTime() as virtual:

        async def cancelled():
            task = asyncio.create_task(made(number, clock=virtual.clock, observer=recorder))
            await asyncio.sleep(moment)
            task.cancel()
            await asyncio.wait([task])
            return task.cancelled()

        assert virtual.run(cancelled())
        assert virtual.clock.now() == pytest.approx(moment)
        assert not asyncio.all_tasks(virtual.loop)
    assert {event.span for event in recorder.of(AgentStarted)} == {event.span for event in recorder.of(AgentEnded)}
    with VirtualTime() as virtual:
        with pytest.raises(DeadlineExceeded):
            virtual.run(made(number, clock=virtual.clock, deadline=moment))
        assert virtual.clock.now() == pytest.approx(moment)
        assert not asyncio.all_tasks(virtual.loop)


@settings(max_examples=100)
@given(compositions())
def test_every_composition_can_be_drawn(node):
    made = build(node)
    assert made.draw().startswith("flowchart LR\n")
    assert dot(made.sketch()).startswith("digraph")
