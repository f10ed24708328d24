"""A task tree is a part of the trace it was created in, and every process knows its spans."""

from motet import TaskManager, agent, executor
from motet.kernel.context import Context
from motet.kernel.events import AgentStarted, TaskChanged, TreeChanged
from motet.tasks.executors import Executors
from motet.tasks.spans import attempt_span, tree_span
from support import Recorder, within

EXECUTORS = Executors()


@agent
async def inner(text: str) -> str:
    return text


@executor("outer", executors=EXECUTORS)
async def outer(inputs: dict[str, str], ctx: Context) -> str:
    return await inner(f"{ctx.trace}")


def test_spans_are_made_of_ids_and_differ():
    spans = [tree_span("aa"), attempt_span("aa", 1, 1), attempt_span("aa", 1, 2), attempt_span("aa", 2, 1)]
    assert len({*spans, tree_span("ab")}) == 5
    assert all(len(span) == 16 and int(span, 16) for span in spans)
    assert attempt_span("aa", 1, 0) == ""
    assert tree_span("aa") == tree_span("aa")


async def test_a_tree_created_within_a_call_stands_below_it_with_all_that_its_tasks_call():
    recorder = Recorder()

    async with TaskManager(executors=EXECUTORS, observer=recorder) as manager:

        @agent
        async def caller(payload: object) -> object:
            tree = await manager.execute([{"name": "work", "executor": "outer"}])
            return tree.trace, tree.caller, tree.result

        trace, span, result = await within(caller(1, observer=recorder))
    calls = {event.agent: event for event in recorder.of(AgentStarted)}
    assert {event.trace for event in recorder.events} == {trace}
    assert result == trace
    assert span == calls["caller"].span
    ended = recorder.of(TreeChanged)[-1]
    assert ended.parent == span
    attempts = {(event.span, event.parent) for event in recorder.of(TaskChanged)}
    assert attempts == {(calls["outer"].parent, ended.span)}
    assert calls["inner"].parent == calls["outer"].span


async def test_a_tree_created_at_the_top_has_a_trace_of_its_own():
    async with TaskManager(executors=EXECUTORS) as manager:
        first = await manager.execute([{"name": "work", "executor": "outer"}])
        second = await manager.execute([{"name": "work", "executor": "outer"}])
    assert first.caller == "" == second.caller
    assert first.trace != second.trace
    assert len(first.trace) == 32
