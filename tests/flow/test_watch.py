"""Observers of a flow and of its caller see one and the same call."""

from motet import Flow, agent
from motet.kernel.context import Context
from motet.kernel.events import AgentStarted, MessageSent, NodeEnded, NodeStarted, RunEnded, RunStarted
from motet.kernel.invoke import invoke
from motet.kernel.scope import Scope
from support import Recorder, node, within


async def test_a_called_flow_has_one_span_for_everybody():
    own, callers = Recorder(), Recorder()
    flow = Flow("f", node("n"), observers=[own])
    await within(flow(1, observer=callers))
    (started,) = callers.of(AgentStarted)
    for recorder in (own, callers):
        (run,) = recorder.of(RunStarted)
        assert run.span == started.span
        assert [event.parent for event in recorder.of(NodeStarted)] == [run.span]
    assert not own.of(AgentStarted)


async def test_payloads_outputs_and_what_is_sent_are_told_as_they_are():
    recorder = Recorder()

    @agent
    async def split(text: str, ctx: Context) -> str:
        first, *rest = text.split()
        await ctx.send(first)
        await ctx.send(first, to="show")
        return " ".join(rest)

    @agent
    async def show(text: str) -> str:
        return f"<{text}>"

    run = await Flow("f", split >> show).submit("a b", observer=recorder)
    assert await within(run) == "<b>"
    (begun,), (ended,) = recorder.of(RunStarted), recorder.of(RunEnded)
    assert (begun.payload, ended.output) == ("a b", "<b>")
    nodes = {event.span: event for event in recorder.of(NodeStarted)}
    of_split = next(event for event in nodes.values() if event.node == "split")
    assert [(event.span, event.to, event.value) for event in recorder.of(MessageSent)] == [
        (of_split.span, "", "a"),
        (of_split.span, "show", "a"),
    ]
    told = sorted((nodes[event.span].payload, event.output) for event in recorder.of(NodeEnded) if event.node == "show")
    assert told == [("a", "<a>"), ("a", "<a>"), ("b", "<b>")]


async def test_a_stand_in_answers_in_place_of_a_node():
    flow = Flow("f", node("first") >> node("second"))

    def stand_in(call, context):
        async def answer(payload, ctx):
            return payload, context.agent

        return answer if context.agent == "second" else call

    scope = Scope(observer=Recorder())
    scope.stand_in = stand_in
    assert (await within(invoke(flow.bound, 1, Context(scope, "f"), {})))[1] == "second"
