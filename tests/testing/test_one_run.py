"""`run_one` tells everything about one input: output, way, chunks, events, and what each node did."""

import asyncio

import pytest

from motet import Backoff, Cancelled, Context, Flow, Node, Policy, RetryPolicy, agent, join, route, sequential
from motet.kernel.errors import DeadlineExceeded, InvalidPayload
from motet.kernel.events import NodeStarted, RunEnded, RunStarted
from motet.middleware import Retry
from motet.testing import Chunks, InjectedFault, Recorder, VirtualTime, echo, faults, hanging, run_one, scripted


@agent
async def split(payload: str, ctx: Context) -> None:
    """Send each word on."""
    for word in payload.split():
        await ctx.send(word)


@agent
async def shout(word: str, ctx: Context) -> str | None:
    """Shout, but not the word "skip"."""
    await ctx.emit(word)
    return None if word == "skip" else word.upper()


async def test_a_flow_gives_outputs_path_chunks_and_counts():
    flow = Flow("shouting", split >> shout)
    outcome = await run_one(flow, "a skip b")
    assert (outcome.status, outcome.error, outcome.output) == ("completed", None, "B")
    assert outcome.outputs == ("A", "B")
    assert outcome.path == ("split", "shout", "shout", "shout")
    assert outcome.emitted == ["a", "skip", "b"]
    assert {chunk.path for chunk in outcome.chunks} == {("shouting", "shout")}
    shouted = outcome.node("shout")
    assert (shouted.taken, shouted.given, shouted.inputs) == (3, 2, ["a", "skip", "b"])
    assert shouted.outputs == ["A", None, "B"]
    assert outcome.result() == "B"
    assert str(outcome).splitlines() == [
        "'shouting' completed with 'B'",
        "  split: 1 in, 0 out",
        "  shout: 3 in, 2 out",
    ]


async def test_events_are_those_of_a_run_at_the_top():
    outcome = await run_one(Flow("one", echo("a")), 1)
    started = next(told for told in outcome.events if isinstance(told, RunStarted))
    assert started.parent == ""
    assert isinstance(outcome.events[-1], RunEnded)


async def test_joins_routers_and_subflows_are_on_the_path():
    inner = Flow("inner", echo("x") >> echo("y"))
    flow = Flow(
        "outer",
        echo("in") >> [echo("l"), Node(inner, name="sub")] >> join() >> route({"all": echo("end")}, by=lambda _: "all"),
    )
    outcome = await run_one(flow, 1)
    assert outcome.path[0] == "in"
    assert set(outcome.path[1:3]) == {"l", "sub"}
    assert outcome.path[3:] == ("join", "route", "end")
    assert outcome.node("sub/y").taken == 1
    assert outcome.node("join").taken == 2
    assert outcome.node("route").outputs == ["all"]


async def test_attempts_are_counted_and_are_no_other_visit():
    flow = Flow("tried", Node(echo("work"), policy=Policy(retry=RetryPolicy(attempts=3, backoff=Backoff(initial=0)))))
    with faults(flow).fail("work", at=[1, 2]):
        outcome = await run_one(flow, 5)
    assert outcome.path == ("work",)
    work = outcome.node("work")
    assert (work.taken, work.given, work.attempts, work.failed, work.inputs, work.outputs) == (1, 1, 3, 2, [5], [5])
    assert str(work) == (
        "work: 1 in, 1 out, 3 attempts, failed with InjectedFault(\"the 2nd call of 'work' was made to fail\")"
    )


async def test_a_composition_has_a_path_and_counts_too():
    outcome = await run_one(sequential(echo("a"), scripted([Chunks("x", "y")], name="b")), 1)
    assert (outcome.path, outcome.output, outcome.text) == (("a", "b"), "xy", "xy")
    assert outcome.node("a").taken == 1


async def test_what_restarts_counts_once_in_the_end():
    model = scripted([Chunks("a", ConnectionError()), Chunks("a", "b")], name="model")
    outcome = await run_one(model.using(Retry(attempts=2, backoff=Backoff(initial=0))), 1)
    assert (outcome.emitted, outcome.text) == (["a", "b"], "ab")
    assert len(outcome.chunks) == 4


async def test_failures_are_told_and_raised_when_the_result_is_asked():
    flow = Flow("pair", echo("a") >> echo("b"))
    with faults(flow).fail("b"):
        outcome = await run_one(flow, 1)
    assert (outcome.status, outcome.output, outcome.outputs) == ("failed", None, ())
    assert isinstance(outcome.error, InjectedFault)
    with pytest.raises(InjectedFault):
        outcome.result()
    bad = await run_one(Flow("typed", shout), 5)
    assert isinstance(bad.error, InvalidPayload)


async def test_a_cancelled_run_is_told_as_such():
    flow = Flow("pair", echo("a") >> echo("b"))
    with faults(flow).cancel("b"):
        outcome = await run_one(flow, 1)
    assert outcome.status == "cancelled"
    assert isinstance(outcome.error, Cancelled)
    with faults(single := echo("single")).cancel("single"):
        assert (await run_one(single, 1)).status == "cancelled"


def test_deadlines_and_clocks_are_those_of_the_call():
    with VirtualTime() as virtual:
        outcome = virtual.run(run_one(Flow("stuck", hanging("a")), 1, deadline=60, clock=virtual.clock))
    assert isinstance(outcome.error, DeadlineExceeded)
    assert outcome.events[-1].at == 60


async def test_observers_and_metadata_of_the_call_work_as_ever():
    recorder = Recorder()

    @agent
    async def who(_: int, ctx: Context) -> object:
        return ctx.metadata["user"]

    outcome = await run_one(Flow("one", who), 1, observer=recorder, metadata={"user": "ann"})
    assert outcome.output == "ann"
    assert len(recorder.of(NodeStarted)) == 1


def test_a_run_that_hangs_is_told_with_what_was_at_work():
    with VirtualTime() as virtual:
        flow = Flow("pair", echo("a") >> [hanging("stuck"), echo("b")])
        with pytest.raises(AssertionError) as caught:
            virtual.run(run_one(flow, 1))
    assert str(caught.value) == (
        "'pair' had not ended after 86400 s; at work was 'stuck'\n"
        "'pair' failed with TimeoutError()\n  a: 1 in, 1 out\n  stuck: 1 in, 0 out, 1 cancelled\n  b: 1 in, 1 out"
    )


async def test_cancelling_the_test_cancels_the_run_and_passes():
    stuck = hanging("a")
    task = asyncio.ensure_future(run_one(Flow("one", stuck), 1))
    while not stuck.inside:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stuck.cancelled == 1


async def test_runs_of_one_flow_at_once_do_not_mix():
    flow = Flow("pair", echo("a") >> echo("b"))
    before = [state.call for state in flow.program.states]
    outcomes = await asyncio.gather(*(run_one(flow, n) for n in range(20)))
    assert [outcome.node("b").inputs for outcome in outcomes] == [[n] for n in range(20)]
    assert [state.call for state in flow.program.states] == before


async def test_an_unknown_node_is_told_with_the_nearest():
    outcome = await run_one(Flow("one", echo("write")), 1)
    with pytest.raises(AssertionError, match=r"'wirte' did nothing in this run of 'one': did you mean 'write'\?"):
        outcome.node("wirte")
