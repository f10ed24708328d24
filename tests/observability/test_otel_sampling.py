"""A trace is recorded whole or not at all, wherever its parts run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler, TraceIdRatioBased
from spans import Exported, exported

from motet import Context, Executors, Flow, TaskManager, agent, executor
from motet.testing.loopback import Loopback
from support import echo, within

TRACE, SPAN = "a" * 32, "b" * 16
HEADERS = {sampled: f"00-{TRACE}-{SPAN}-{sampled:02x}" for sampled in (False, True)}
OPPOSITE: Mapping[bool, Sampler] = {False: ALWAYS_ON, True: ALWAYS_OFF}
"""What the sampler here would say if the trace began here."""

EXECUTORS = Executors()


@agent
async def far(payload: int, ctx: Context) -> str:
    """Tell what goes on from here."""
    return ctx.traceparent


@executor("work", executors=EXECUTORS)
async def work(inputs: dict[str, Any], ctx: Context) -> str:
    """Tell what goes on from here."""
    return ctx.traceparent


@executor("ask", executors=EXECUTORS)
async def ask(inputs: dict[str, Any], ctx: Context) -> str:
    """Ask, and work only then."""
    return await ctx.ask("?", str)


def half() -> Exported:
    """Record one half of the traces, by their ids."""
    return exported(ParentBased(TraceIdRatioBased(0.5)))


async def test_what_is_called_over_a_wire_records_what_its_caller_records() -> None:
    here, there = half(), half()
    async with Loopback(far, observer=there.observer) as reached:

        @agent
        async def near(payload: int) -> str:
            return await reached(payload)

        told = [await within(near(number, observer=here.observer)) for number in range(40)]
    assert 0 < len(here.traces) < 40
    assert here.traces == there.traces == {header[3:35] for header in told if header.endswith("-01")}


@pytest.mark.parametrize("sampled", [False, True])
async def test_the_header_decides_and_not_the_sampler_here(sampled: bool) -> None:
    found = exported(ParentBased(OPPOSITE[sampled]))
    header = await far(1, observer=found.observer, traceparent=HEADERS[sampled])
    assert (header[:35], header[-2:]) == (f"00-{TRACE}", f"{sampled:02x}")
    await Flow("f", echo, observers=[found.observer])(1, traceparent=HEADERS[sampled])
    assert {span.name for span in found.spans} == (
        {"invoke_agent far", "invoke_workflow f", "invoke_agent echo"} if sampled else set()
    )


@pytest.mark.parametrize("sampled", [False, True])
async def test_a_call_whose_caller_nobody_observes_goes_by_the_header_too(sampled: bool) -> None:
    found = exported(ParentBased(OPPOSITE[sampled]))

    @agent
    async def unobserved(payload: int) -> int:
        return await echo(payload, observer=found.observer)

    await unobserved(1, traceparent=HEADERS[sampled])
    assert [span.name for span in found.spans] == ["invoke_agent echo"] * sampled


@pytest.mark.parametrize("sampled", [False, True])
async def test_what_runs_around_decides_for_the_trees_below_it(sampled: bool) -> None:
    found = exported(ParentBased(ALWAYS_ON))
    tracer = found.provider.get_tracer("http server")
    quiet = exported(ParentBased(ALWAYS_OFF)).provider.get_tracer("http server")
    async with TaskManager(executors=EXECUTORS, observer=found.observer) as manager:
        with (tracer if sampled else quiet).start_as_current_span("GET /"):
            await within(manager.execute([{"name": "t", "executor": "work"}]))
    names = {span.name for span in found.spans}
    assert names == ({"GET /", "tree t", "task t", "invoke_agent work"} if sampled else set())


@pytest.mark.parametrize("sampled", [False, True])
async def test_the_decision_of_the_call_that_created_a_tree_holds_after_a_restart(
    sampled: bool, tmp_path: Path
) -> None:
    store, found = f"sqlite:///{tmp_path}/work.db", [exported(ParentBased(OPPOSITE[sampled])) for _ in range(2)]
    entries = [
        {"name": "t", "executor": "work", "dependencies": ["asks"]},
        {"name": "asks", "executor": "ask", "parent": "t"},
    ]

    async with TaskManager(store, executors=EXECUTORS, observer=found[0].observer) as manager:

        @agent
        async def creates(payload: int) -> str:
            return (await manager.execute(entries)).id

        tree_id = await within(creates(1, observer=found[0].observer, traceparent=HEADERS[sampled]))
        assert (await manager.tree(tree_id)).sampled is sampled
    async with TaskManager(store, executors=EXECUTORS, observer=found[1].observer) as manager:
        (asking,) = [task for task in (await manager.tree(tree_id)).tasks if task.name == "asks"]
        await manager.answer(asking.id, "yes")
        tree = await within(manager.wait(tree_id))
    assert (tree.status, tree.result[-2:]) == ("completed", f"{sampled:02x}")
    assert [bool(one.spans) for one in found] == [sampled, sampled]
    assert {name for one in found for name in one.traces} <= {TRACE}


@pytest.mark.parametrize("gives_way", ["to others", "to the end"])
async def test_the_header_tells_what_was_decided_also_when_the_span_had_to_end_before_its_call(gives_way: str) -> None:
    found = exported(ParentBased(ALWAYS_OFF), max_open=1)

    @agent
    async def outer(payload: int, ctx: Context) -> tuple[bool | None, str]:
        if gives_way == "to others":
            await echo(payload)
        else:
            found.observer.close()
        return ctx.sampled, ctx.traceparent[-2:]

    assert await outer(1, observer=found.observer) == (False, "00")


async def test_trees_that_nobody_has_decided_about_are_recorded_whole_or_not_at_all() -> None:
    found = half()
    async with TaskManager(executors=EXECUTORS, observer=found.observer) as manager:
        trees = [await within(manager.execute([{"name": "t", "executor": "work"}])) for _ in range(40)]
    assert 0 < len(found.traces) < 40
    for trace in found.traces:
        names = [span.name for span in found.spans if f"{span.context.trace_id:032x}" == trace]
        assert sorted(names) == ["invoke_agent work", "task t", "tree t"]
    assert {tree.result[3:35] for tree in trees if tree.result.endswith("-01")} == found.traces
