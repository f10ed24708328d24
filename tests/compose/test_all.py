"""Every composition, and what all of them have in common: one table."""

import asyncio
import re
from itertools import product

import pytest

from compose.rows import ROWS
from compose.voices import Gate, failing
from motet import Budget, Context, Flow, Middleware, agent
from motet.compose.sequential import sequential
from motet.devtools.draw import dot
from motet.kernel.errors import BudgetExceeded, Cancelled, DeadlineExceeded
from motet.kernel.events import AgentEnded, AgentStarted
from motet.testing.virtual_time import VirtualTime
from support import Recorder, echo, until, within

PAIRS = list(product(ROWS, ROWS))

every = pytest.mark.parametrize("row", ROWS, ids=str)


@agent(validate="none")
async def part(payload, ctx: Context):
    """Emit what comes in, and return it."""
    await ctx.emit(payload)
    return payload


class Around(Middleware):
    """Lets everything pass."""

    def wrap(self, call, agent):
        async def around(payload, ctx):
            return await call(payload, ctx)

        return around


class Twice(Middleware):
    """Calls an agent a second time, as a retry does."""

    def wrap(self, call, agent):
        async def twice(payload, ctx):
            await call(payload, ctx)
            await ctx.restart()
            return await call(payload, ctx)

        return twice


async def chunks_of(made, payload):
    """Read the chunks of a call that are no restarts, as value and path; and the result."""
    async with made.stream(payload) as stream:
        chunks = [chunk async for chunk in stream]
        return chunks, await stream.result()


@every
async def test_it_streams(row):
    made = row.make(part)
    chunks, result = await chunks_of(made, row.given("x"))
    assert len(chunks) == row.calls
    assert len({chunk.path for chunk in chunks}) == row.calls
    for chunk in chunks:
        assert chunk.path[0] == made.name
        assert re.fullmatch(r"part(_2|\[0\])?", chunk.agent)
        assert chunk.value in ("x", result)
    assert result == row.gives("x")


@every
async def test_tried_again_it_restarts_its_chunks(row):
    chunks, _ = await chunks_of(row.make(part).using(Twice()), row.given("x"))
    marks = [place for place, chunk in enumerate(chunks) if chunk.restart]
    assert marks == [row.calls]
    assert all(chunks[row.calls].replaces(chunk) for chunk in chunks[: row.calls])
    assert not any(chunks[row.calls].replaces(chunk) for chunk in chunks[row.calls + 1 :])
    assert [chunk.since for chunk in chunks[row.calls :]] == [1] + [None] * row.calls


@every
async def test_cancelling_the_caller_cancels_and_awaits_what_is_below(row):
    gate = Gate("part")
    task = asyncio.create_task(row.make(gate.agent)(row.given("x")))
    await until(lambda: gate.begun == row.calls)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert gate.ends == ["CancelledError"] * row.calls


@every
def test_a_deadline_interrupts_what_is_below(row):
    seen = []

    @agent(validate="none")
    async def slow(payload, ctx: Context):
        seen.append(ctx.remaining())
        await asyncio.sleep(1000)

    with VirtualTime() as virtual, pytest.raises(DeadlineExceeded):
        virtual.run(row.make(slow)(row.given("x"), deadline=60, clock=virtual.clock))
    assert seen == [60.0] * row.calls
    assert virtual.clock.now() == 60


@every
async def test_a_budget_counts_what_is_below_and_ends_it(row):
    @agent(validate="none")
    async def spending(payload, ctx: Context):
        ctx.spend(tokens=10)
        return payload

    made = row.make(spending)
    assert await made(row.given("x"), budget=Budget(tokens=10 * row.calls)) == row.gives("x")
    with pytest.raises(BudgetExceeded):
        await made(row.given("x"), budget=Budget(tokens=10 * row.calls - 1))


@every
async def test_the_trace_is_one_and_metadata_pass(row):
    seen = []

    @agent(validate="none")
    async def looks(payload, ctx: Context):
        seen.append((ctx.metadata["key"], ctx.trace))
        return payload

    recorder = Recorder()
    made = row.make(looks)
    await made(row.given("x"), observer=recorder, metadata={"key": "value"})
    started, ended = recorder.of(AgentStarted), recorder.of(AgentEnded)
    assert (started[0].agent, started[0].parent) == (made.name, "")
    spans = {event.span for event in started}
    assert len(spans) == len(started)
    assert {event.parent for event in started[1:]} <= spans
    assert {event.span for event in ended} == spans
    assert seen == [("value", started[0].trace)] * row.calls


@every
async def test_an_error_below_is_the_same_error_or_the_cause(row):
    error = KeyError("below")
    with pytest.raises(Exception, match="below") as caught:
        result = await row.make(failing(error))(row.given("x"))
        raise result[0].error
    assert error in (caught.value, caught.value.__cause__, *(one for _, one in getattr(caught.value, "errors", ())))


def places(text):
    """Read the ids of nodes and boxes out of a graph in Graphviz's language."""
    return re.findall(r'^ *("[^"]+") \[label=', text, re.MULTILINE) + re.findall(r'subgraph ("[^"]+")', text)


@every
def test_it_is_drawn(row):
    made = row.make(part)
    drawn, text = made.draw(), dot(made.sketch())
    assert drawn.startswith("flowchart LR\n")
    assert "part" in drawn
    assert len(set(places(text))) == len(places(text)) >= 1
    outer = sequential(echo, made).draw()
    assert ("subgraph" in outer) is bool(made.sketch().arrows)


@every
async def test_it_works_as_a_node_of_a_flow(row):
    made = row.make(part)
    flow = Flow("f", agent(validate="none")(row.given) >> made >> echo)
    assert await within(flow("x")) == row.gives("x")
    assert "part" in flow.draw()


@every
async def test_in_a_flow_what_is_below_can_send(row):
    @agent(validate="none")
    async def sends(payload, ctx: Context):
        await ctx.send("sent")
        return payload

    run = await Flow("f", agent(validate="none")(row.given) >> row.make(sends) >> echo).submit("x")
    await within(run)
    assert run.outputs.count("sent") == row.calls
    assert row.gives("x") in run.outputs


@every
async def test_cancelling_a_run_of_a_flow_cancels_what_is_below(row):
    gate = Gate("part")
    run = await Flow("f", agent(validate="none")(row.given) >> row.make(gate.agent)).submit("x")
    await until(lambda: gate.begun == row.calls)
    run.cancel()
    with pytest.raises(Cancelled):
        await within(run)
    await until(lambda: gate.ends == ["CancelledError"] * row.calls)


@every
async def test_wrapped_it_is_indistinguishable(row):
    made = row.make(part)
    wrapped = made.using(Around())
    for name in ("name", "description", "tags", "version", "streaming", "card", "types"):
        assert getattr(wrapped, name) == getattr(made, name), name
    assert wrapped.draw() == made.draw()
    chunks, result = await chunks_of(made, row.given("x"))
    assert await chunks_of(wrapped, row.given("x")) == (chunks, result)
    inside = row.make(part.using(Around()))
    assert (inside.name, inside.streaming, inside.draw()) == (made.name, made.streaming, made.draw())
    assert await chunks_of(inside, row.given("x")) == (chunks, result)


@every
def test_it_streams_by_its_card_if_the_part_does(row):
    @agent(validate="none")
    async def generating(payload):
        yield payload

    assert row.make(generating).streaming
    assert row.make(generating).card.streaming
    assert not row.make(part).streaming


@pytest.mark.parametrize(("outer", "inner"), PAIRS, ids=lambda row: str(row).replace(", ", "-"))
async def test_each_works_inside_each(outer, inner):
    made = outer.make(inner.make(part))
    chunks, _ = await chunks_of(made, outer.given(inner.given("x")))
    assert len(chunks) == outer.calls * inner.calls
    gate = Gate("part")
    task = asyncio.create_task(outer.make(inner.make(gate.agent))(outer.given(inner.given("x"))))
    await until(lambda: gate.begun == outer.calls * inner.calls)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert gate.ends == ["CancelledError"] * (outer.calls * inner.calls)
    assert len(set(places(dot(made.sketch())))) == len(places(dot(made.sketch())))
