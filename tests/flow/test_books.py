"""The inbox of a node, and the handle of a run."""

import asyncio
from collections import deque
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from motet import Flow, Run
from motet.flow.books import Engine, NodeState, Parcel
from motet.flow.compile import compile_graph
from motet.flow.graph import build
from motet.kernel.context import Context
from motet.kernel.errors import Cancelled, NotAvailable
from motet.kernel.scope import Scope
from support import assert_empty, chain, node, until, within


class Idle(Engine):
    """Carries nothing."""

    async def send(self, parcel: Parcel, value: object, to: str | None) -> None:
        raise AssertionError("nothing is sent")

    def cancel(self, run: Run[Any]) -> None:
        raise AssertionError("nothing is cancelled")


class Counted(Run[Any]):
    """A run that counts how often it is looked up."""

    __slots__ = ()
    looks = 0

    def __eq__(self, other: object) -> bool:
        Counted.looks += 1
        return self is other

    def __hash__(self) -> int:
        Counted.looks += 1
        return id(self)


def make_run(kind: type[Run[Any]] = Run) -> Run[Any]:
    return kind(Idle(), Context(Scope(), "f"))


def make_state() -> NodeState:
    (state,) = compile_graph(build("f", [node("n")], []), concurrency=1, inbox=1).states
    return state


def push(state: NodeState, run: Run[Any], payload: Any) -> None:
    state.push(Parcel(run, payload, state, None))


class Inbox(RuleBasedStateMachine):
    """The inbox of a node beside its plain model: the runs in turn, and what each has."""

    @initialize(count=st.integers(1, 5))
    def begin(self, count):
        self.state = make_state()
        self.runs = [make_run() for _ in range(count)]
        self.turns: deque[int] = deque()
        self.items: dict[int, deque[int]] = {}
        self.number = 0

    @rule(which=st.integers(0, 4), count=st.integers(1, 4))
    def push(self, which, count):
        which %= len(self.runs)
        for _ in range(count):
            self.number += 1
            push(self.state, self.runs[which], self.number)
            if which not in self.items:
                self.items[which] = deque()
                self.turns.append(which)
            self.items[which].append(self.number)

    @precondition(lambda self: self.turns)
    @rule()
    def pop(self):
        which = self.turns.popleft()
        wanted = self.items[which].popleft()
        if self.items[which]:
            self.turns.append(which)
        else:
            del self.items[which]
        parcel = self.state.pop()
        assert (parcel.run, parcel.payload) == (self.runs[which], wanted)

    @rule(which=st.integers(0, 4))
    def drop(self, which):
        which %= len(self.runs)
        self.state.drop(self.runs[which])
        if self.items.pop(which, None) is not None:
            self.turns.remove(which)

    @invariant()
    def it_holds_what_the_model_holds(self):
        if hasattr(self, "state"):
            assert self.state.queued == sum(map(len, self.items.values()))
            assert [self.runs.index(run) for run in self.state.inbox] == list(self.turns)

    def teardown(self):
        if hasattr(self, "state"):
            while self.turns:
                self.pop()
            assert not self.state.inbox


TestInboxAgainstItsModel = Inbox.TestCase
TestInboxAgainstItsModel.settings = settings(max_examples=60, stateful_step_count=30)


def test_an_inbox_takes_from_the_runs_in_turn():
    state, wide, narrow = make_state(), make_run(), make_run()
    for number in range(5):
        push(state, wide, f"wide {number}")
    push(state, narrow, "narrow")
    taken = [state.pop().payload for _ in range(6)]
    assert taken == ["wide 0", "narrow", "wide 1", "wide 2", "wide 3", "wide 4"]


def test_dropping_a_run_looks_at_nobody_elses_messages():
    state = make_state()
    runs = [make_run(Counted) for _ in range(2_000)]
    for run in runs:
        for number in range(3):
            push(state, run, number)
    Counted.looks = 0
    state.drop(runs[1_000])
    assert Counted.looks < 10
    assert state.queued == 3 * 1_999


def test_dropping_a_run_that_has_nothing_changes_nothing():
    state = make_state()
    push(state, make_run(), 1)
    state.drop(make_run())
    assert state.queued == 1


def test_taking_from_an_empty_inbox_is_an_error():
    with pytest.raises(KeyError):
        make_state().pop()


def test_a_state_shows_what_it_is_busy_with():
    state = make_state()
    push(state, make_run(), 1)
    state.active = 2
    assert repr(state) == "<n: 2 active, 0 held, 1 queued>"
    state.clear()
    assert repr(state) == "<n: 0 active, 0 held, 0 queued>"


# The handle of a run


async def test_a_run_can_be_awaited_more_than_once_and_by_several():
    flow = chain(3)
    run = await flow.submit(1)
    assert await within(asyncio.gather(*(within(run) for _ in range(3)))) == [1, 1, 1]
    assert (await run, await run, run.result()) == (1, 1, 1)
    assert (run.done, run.status, run.error) == (True, "completed", None)


async def test_a_failed_run_raises_wherever_it_is_awaited():
    async def fail(payload: object) -> object:
        raise LookupError(payload)

    run = await Flow("f", node("fail", fail)).submit("nothing")
    for _ in range(2):
        with pytest.raises(LookupError, match="nothing"):
            await within(run)
    with pytest.raises(LookupError):
        run.result()
    await within(run.ended())
    assert (run.done, run.status, type(run.error)) == (True, "failed", LookupError)


async def test_the_result_of_a_run_that_is_not_over_is_an_error():
    flow = chain(1)
    run = await flow.submit(1)
    assert (run.done, run.status, run.outputs) == (False, "running", [])
    with pytest.raises(RuntimeError, match="The run is not over: `await run` waits for its result"):
        run.result()
    assert await within(run) == 1


async def test_a_run_shows_its_flow_and_how_it_stands():
    flow = chain(1)
    run, other = await flow.submit(1), await flow.submit(2)
    assert repr(run) == "<Run of chain: running>"
    other.cancel()
    await within(run)
    assert (repr(run), repr(other)) == ("<Run of chain: completed>", "<Run of chain: cancelled>")
    assert len(run.trace) == 32
    assert run.trace != other.trace
    await flow.stop()


async def test_the_result_is_the_last_output_and_none_without_one():
    async def spread(count: int, ctx: Context) -> None:
        for number in range(count):
            await ctx.send(number)

    flow = Flow("f", node("spread", spread))
    run, empty = await flow.submit(3), await flow.submit(0)
    assert (await within(run), run.outputs) == (2, [0, 1, 2])
    assert (await within(empty), empty.outputs) == (None, [])


async def test_cancelling_a_run_that_is_over_changes_nothing():
    run = await chain(1).submit(1)
    await within(run)
    run.cancel()
    assert (run.status, await run) == ("completed", 1)


async def test_whoever_gives_up_waiting_leaves_the_run_and_the_others_waiting():
    gate = asyncio.Event()

    async def wait(payload: object) -> object:
        await gate.wait()
        return payload

    flow = Flow("f", node("wait", wait))
    run = await flow.submit(1)
    waiting = [asyncio.create_task(run.ended()) for _ in range(3)]
    await until(lambda: run.waiters is not None and len(run.waiters) == 3)
    waiting[1].cancel()
    await until(waiting[1].done)
    assert len(run.waiters) == 2
    gate.set()
    await within(asyncio.gather(waiting[0], waiting[2]))
    assert await within(run) == 1
    assert run.waiters is None
    assert_empty(flow)


async def test_a_cancelled_run_raises_cancelled_and_is_only_awaited_to_its_end():
    async def hang(payload: object) -> object:
        await asyncio.sleep(3600)
        return payload

    flow = Flow("f", node("hang", hang))
    run = await flow.submit(1)
    run.cancel()
    await within(run.ended())
    with pytest.raises(Cancelled, match="The run of 'f' was cancelled"):
        await within(run)
    await flow.stop()


async def test_nothing_is_sent_for_a_run_that_is_over():
    async def send_late(payload: object, ctx: Context) -> Context:
        return ctx

    ctx = await within(Flow("f", node("late", send_late))(1))
    with pytest.raises(Cancelled, match="The run that 'late' sends to is over"):
        await ctx.send(1)
    with pytest.raises(NotAvailable):
        await Context(Scope(), "nobody").send(1)
