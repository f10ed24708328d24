"""What is measured of durable tasks and their trees."""

from typing import Any

from motet import Context, Executors, TaskManager, executor
from motet.kernel.events import TaskChanged, TreeChanged
from motet.observability import MemoryCollector, Tracer
from support import Recorder, within

EXECUTORS = Executors()


@executor("ask", executors=EXECUTORS)
async def ask(inputs: dict[str, Any], ctx: Context) -> str:
    """Ask, and answer with the answer."""
    return await ctx.ask("?", str)


async def test_a_tree_that_waited_for_an_answer_took_all_the_time_from_its_beginning_to_its_end() -> None:
    memory, tracer, recorder = MemoryCollector(), Tracer(), Recorder()
    tracer.register(memory, recorder)
    async with TaskManager(executors=EXECUTORS, observer=tracer) as manager:
        tree = await within(manager.execute([{"name": "t", "executor": "ask"}]))
        asked = memory.snapshot()
        assert asked.value("tree.changes", status="input_required") == 1
        assert asked.value("tree.duration") == 0  # it is not over
        await manager.answer(tree.tasks[0].id, "yes")
        await within(manager.wait(tree.id))
    found = memory.snapshot()
    whole = recorder.of(TreeChanged)[-1].at - recorder.of(TaskChanged)[0].at
    assert found.value("tree.duration") == 1
    assert found.distribution("tree.duration", status="completed").sum == whole
    assert found.value("task.attempt.duration") == 2
