"""The context of a call: its place in the journey, chunks, spending."""

import asyncio

import pytest

from motet import Budget, Context, agent
from motet.kernel.channel import Channel
from motet.kernel.context import CURRENT, open_context
from motet.kernel.errors import BudgetExceeded, DeadlineExceeded, NotAvailable
from motet.kernel.events import BudgetSpent, ChunkEmitted
from motet.kernel.scope import Scope
from support import Recorder, StillClock

HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class MovingClock(StillClock):
    time = 100.0

    def now(self) -> float:
        return self.time


@pytest.fixture
def top():
    return Context(Scope(StillClock()), "top")


def test_a_span_is_made_once_when_it_is_asked_for(top):
    below = Context(top.scope, "below", top)
    assert not top.scope.clock._ids
    assert below.span == below.span == f"{1:016x}"
    assert below.parent_span == top.span == f"{2:016x}"


def test_the_path_names_the_agents_around(top):
    assert Context(top.scope, "c", Context(top.scope, "b", top)).path == ("top", "b", "c")


def test_a_traceparent_tells_of_this_call_and_is_the_next_ones_parent():
    context = open_context("x", {"traceparent": HEADER})
    assert context.trace in HEADER
    assert context.parent_span == "b7ad6b7169203331"
    following = open_context("y", {"traceparent": context.traceparent})
    assert (following.trace, following.parent_span) == (context.trace, context.span)


def test_inside_a_call_a_traceparent_and_a_clock_do_not_count(top):
    token = CURRENT.set(top)
    context = open_context("x", {"traceparent": HEADER, "clock": StillClock()})
    CURRENT.reset(token)
    assert (context.trace, context.parent, context.scope.clock) == (top.trace, top, top.scope.clock)


def test_a_call_that_changes_nothing_shares_the_scope(top):
    token = CURRENT.set(top)
    assert open_context("x", {}).scope is top.scope
    CURRENT.reset(token)


def test_time_remains_until_the_deadline():
    clock = MovingClock()
    context = Context(Scope(clock, deadline=105.0), "x")
    assert (context.now(), context.remaining()) == (100.0, 5.0)
    for clock.time in (0.0, 100.0, 104.5):
        context.check()
    for clock.time in (105.0, 106.0):
        assert context.remaining() == 105.0 - clock.time
        with pytest.raises(DeadlineExceeded, match="'x'"):
            context.check()


def test_without_a_deadline_any_time_remains(top):
    assert top.remaining() is None
    top.check()
    assert not top.cancelled


async def test_what_is_emitted_to_nobody_is_dropped(top):
    await top.emit("a")
    await top.restart()
    assert not top.first_chunk


async def test_chunks_carry_value_number_and_path():
    channel = Channel()
    top = Context(Scope(channel=channel), "top")
    await top.emit(None)
    await Context(top.scope, "below", top).emit("b")
    chunks = [channel.pull(), channel.pull()]
    assert [(chunk.value, chunk.seq, chunk.path) for chunk in chunks] == [
        (None, 1, ("top",)),
        ("b", 2, ("top", "below")),
    ]


async def test_a_restart_names_the_first_chunk_that_no_longer_counts():
    channel = Channel()
    top = Context(Scope(channel=channel), "top")
    await top.emit("stays")
    tried = Context(top.scope, "tried", top)
    await Context(top.scope, "deep", tried).emit("goes")
    await tried.emit("goes")
    await tried.restart()
    await tried.emit("again")
    await tried.restart()
    chunks = [channel.pull() for _ in range(6)]
    assert [chunk.since for chunk in chunks] == [None, None, None, 2, None, 5]
    assert [chunk.seq for chunk in chunks if chunks[3].replaces(chunk)] == [2, 3]
    assert [chunk.seq for chunk in chunks if chunks[5].replaces(chunk)] == [5]


async def test_an_agent_that_has_emitted_nothing_marks_no_restart():
    channel = Channel()
    top = Context(Scope(channel=channel), "top")
    await top.emit(1)
    await Context(top.scope, "silent", top).restart()
    assert channel.seq == 1


async def test_chunks_of_a_stream_inside_do_not_count_as_the_streams_around():
    outer, inner = Channel(), Channel()
    top = Context(Scope(channel=outer), "top")
    await Context(top.scope.derive({}, inner), "below", top).emit("inside")
    assert not top.first_chunk
    await top.restart()
    assert (outer.seq, inner.seq) == (0, 1)


async def test_restart_waits_for_room_like_emit():
    channel = Channel(1)
    context = Context(Scope(channel=channel), "x")
    emitting = asyncio.create_task(context.emit(1))
    await asyncio.sleep(0)
    restarting = asyncio.create_task(context.restart())
    await asyncio.sleep(0)
    assert (emitting.done(), restarting.done()) == (False, False)
    assert (channel.pull().value, channel.pull().restart) == (1, True)
    await asyncio.gather(emitting, restarting)


async def test_chunks_are_told_to_observers():
    recorder = Recorder()
    context = Context(Scope(channel=Channel(), observer=recorder), "x")
    await context.emit(1)
    await context.restart()
    told = recorder.of(ChunkEmitted)
    assert [(event.seq, event.restart, event.agent, event.span) for event in told] == [
        (1, False, "x", context.span),
        (2, True, "x", context.span),
    ]


def test_spending_is_charged_and_told():
    recorder = Recorder()
    context = Context(Scope(observer=recorder).derive({"budget": Budget(tokens=4, cost=1.0)}), "x")
    context.spend(tokens=4, cost=0.5)
    with pytest.raises(BudgetExceeded) as caught:
        context.spend(tokens=1)
    assert (caught.value.budget, caught.value.limit) == ("tokens", 4)
    with pytest.raises(BudgetExceeded):
        context.spend(cost=0.25)
    assert [(event.tokens, event.cost) for event in recorder.of(BudgetSpent)] == [(4, 0.5), (1, 0.0), (0, 0.25)]
    assert (context.scope.ledger.tokens, context.scope.ledger.cost) == (5, 0.75)


def test_spending_without_a_budget_is_free(top):
    top.spend(tokens=10**9, cost=1e9)


async def test_waiting_in_async_code_is_refused_and_leaves_no_coroutine_behind(top):
    with pytest.raises(NotAvailable, match="write `await` instead"):
        top.wait(top.emit(1))
    with pytest.raises(NotAvailable):
        top.wait(asyncio.get_running_loop().create_future())


async def test_sending_outside_of_a_flow_is_refused():
    @agent
    async def sender(payload, ctx):
        await ctx.send(payload)

    with pytest.raises(NotAvailable, match="put this agent into a Flow"):
        await sender(1)


async def test_a_chunk_is_emitted_on_behalf_of_a_call_below():
    channel = Channel()
    told = Recorder()
    top = Context(Scope(channel=channel, observer=told), "top")
    call = Context(top.scope, "call", top)
    await call.emit_for("own", ())
    await call.emit_for("below", ("a", "b"))
    assert [(chunk.value, chunk.path) for chunk in (channel.pull(), channel.pull())] == [
        ("own", ("top", "call")),
        ("below", ("top", "call", "a", "b")),
    ]
    assert (call.first_chunk, top.first_chunk) == (1, 1)
    assert [event.seq for event in told.of(ChunkEmitted)] == [1, 2]
    await Context(Scope(), "nobody listens").emit_for("x", ())
