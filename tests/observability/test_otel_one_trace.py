"""A trace through flow, task, compositions, a tool and threads is one trace of OpenTelemetry, with right parents."""

import threading

from spans import exported

from motet import Context, Flow, TaskManager, agent, executor, fallback, parallel, sequential, tool
from motet.tasks.executors import Executors
from support import within

EXECUTORS = Executors()
THREADS: set[int] = set()


@tool
async def look_up(word: str) -> str:
    """Look a word up."""
    return word.upper()


@agent
async def leaf(word: str) -> str:
    return f"<{await look_up({'word': word})}>"


@agent
def left(word: str, ctx: Context) -> str:
    THREADS.add(threading.get_ident())
    return ctx.wait(inner_left(word))


@agent
def right(word: str, ctx: Context) -> str:
    THREADS.add(threading.get_ident())
    return ctx.wait(inner_right(word))


@agent
def inner_left(word: str) -> str:
    THREADS.add(threading.get_ident())
    return word


@agent
async def inner_right(word: str) -> str:
    return word


@agent
async def broken(word: str) -> str:
    raise ConnectionError("hush")


both = parallel(left, right, name="both")
either = fallback(broken, leaf, name="either")
steps = sequential(either, agent(name="last")(lambda word: word), name="steps")


@executor("work", executors=EXECUTORS)
async def work(inputs: dict[str, str]) -> str:
    await both(inputs["word"])
    return await steps(inputs["word"])


async def test_flow_task_compositions_tool_and_threads_are_one_trace():
    found = exported()

    async with TaskManager(executors=EXECUTORS, observer=found.observer) as manager:

        @agent
        async def create(word: str) -> str:
            tree = await manager.execute([{"name": "errand", "executor": "work", "inputs": {"word": word}}])
            return str(tree.result)

        @agent
        async def show(word: str) -> str:
            return word

        flow = Flow("pipeline", create >> show, observers=[found.observer])
        run = await flow.submit("a")
        await within(run)
    assert found.observer.open == 0
    assert found.traces == {run.trace}
    assert len(THREADS) == 3
    assert found.parents() == {
        "invoke_workflow pipeline": "-",
        "invoke_agent create": "invoke_workflow pipeline",
        "tree errand": "invoke_agent create",
        "task errand": "tree errand",
        "invoke_agent work": "task errand",
        "invoke_agent both": "invoke_agent work",
        "invoke_agent left": "invoke_agent both",
        "invoke_agent inner_left": "invoke_agent left",
        "invoke_agent right": "invoke_agent both",
        "invoke_agent inner_right": "invoke_agent right",
        "invoke_agent steps": "invoke_agent work",
        "invoke_agent either": "invoke_agent steps",
        "invoke_agent broken": "invoke_agent either",
        "invoke_agent leaf": "invoke_agent either",
        "execute_tool look_up": "invoke_agent leaf",
        "invoke_agent last": "invoke_agent steps",
        "invoke_agent show": "invoke_workflow pipeline",
    }
    assert len(found.spans) == len(found.parents())
    assert f"{found.one('invoke_workflow pipeline').context.span_id:016x}" == run.context.span
