"""Observers of a flow and of its caller see one and the same call."""

from motet import Flow
from motet.kernel.events import AgentStarted, NodeStarted, RunStarted
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
