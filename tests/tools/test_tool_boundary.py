"""The boundary of a tool: which errors come back as data, and which pass."""

import asyncio
import threading

import pytest
from pydantic import BaseModel, Field

from motet import Context, agent
from motet.tools.tool import tool
from started import time_is_up
from support import until, within


class Hit(BaseModel):
    title: str
    score: float = 1.0


@tool
async def search(query: str, limit: int = Field(5, ge=1)) -> list[Hit]:
    """Search the index.

    It is a good one.

    Args:
        query: What to look for.
        limit: How many.
    """
    return [Hit(title=query)] * limit


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, ["query: Field required", "It takes query, limit (optional)."]),
        ({"query": "x", "limit": "many"}, ["limit: Input should be a valid integer"]),
        ({"query": 1, "limit": 0, "lmit": 3}, ["query: ", "limit: Input should be greater", "lmit: Extra inputs"]),
        ("query", ["(value): "]),
        (None, ["(value): "]),
        ([], ["(value): "]),
    ],
)
async def test_arguments_that_do_not_fit_are_told_field_by_field(arguments, told):
    result = await search(arguments)
    assert result.error["code"] == "invalid_payload"
    assert result.error["details"]["side"] == "input"
    assert result.text.startswith("Error: The arguments of 'search' do not fit: ")
    assert all(part in result.text for part in told)
    assert "\n" not in result.text


async def test_a_tool_without_parameters_takes_an_empty_mapping():
    @tool
    def now() -> str:
        return "noon"

    assert (await now({})).value == "noon"
    assert "It takes no arguments." in (await now({"x": 1})).text


async def test_an_exception_of_the_function_is_data():
    @tool
    async def fails(kind: str) -> str:
        raise {"value": ValueError, "group": ExceptionGroup}[kind](*["no"], *[[KeyError()]] * (kind == "group"))

    for kind, name in (("value", "ValueError"), ("group", "ExceptionGroup")):
        result = await fails.call_with(kind=kind)
        assert result.error["details"]["type"] == name
        assert result.text.startswith(f"Error: {name}: no")


async def test_an_output_that_does_not_validate_is_data():
    @tool
    async def wrong() -> int:
        return "no number"  # type: ignore[return-value]

    result = await wrong({})
    assert (result.error["code"], result.error["fault"]) == ("invalid_payload", "agent")
    assert "The output of 'wrong' is no int" in result.text


async def test_an_output_that_cannot_be_shown_is_data():
    @tool
    async def circle() -> list:
        made: list[object] = []
        made.append(made)
        return made

    assert "Circular" in (await circle({})).text


async def test_bad_input_of_an_agent_below_is_not_mistaken_for_the_tools_own():
    @agent
    async def strict(number: int) -> int:
        return number

    @tool
    async def calls(number: str) -> int:
        return await strict(number)

    assert (await calls({"number": "x"})).text.startswith("Error: The input of 'strict' is no int")


async def test_a_tool_that_takes_too_long_is_stopped_and_told_so():
    ended = []

    @tool(timeout=0.01)
    async def slow() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("stopped")
        return ""

    result = await within(slow({}))
    assert (result.error["code"], result.error["retryable"]) == ("agent_timeout", True)
    assert "'slow' was stopped after 0.01 s" in result.text
    assert ended == ["stopped"]


async def test_a_sync_tool_that_takes_too_long_does_not_hold_the_caller():
    begun, go_on, seen = threading.Event(), threading.Event(), []

    @tool(timeout=30)
    def slow(ctx: Context) -> str:
        begun.set()
        go_on.wait(20)
        seen.append(ctx.cancelled)
        return ""

    working = asyncio.create_task(slow({}))
    await until(begun.is_set)
    await time_is_up(30)
    assert (await within(working)).error["code"] == "agent_timeout"
    go_on.set()
    await until(lambda: seen == [True])


async def test_a_tool_that_swallows_its_cancellation_is_too_late_all_the_same():
    @tool(timeout=0.01)
    async def stubborn() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "done"

    assert (await within(stubborn({}))).error["code"] == "agent_timeout"


async def test_a_timeout_error_of_the_functions_own_is_not_mistaken_for_the_timeout():
    @tool(timeout=60)
    async def impatient() -> str:
        raise TimeoutError("own")

    assert "TimeoutError: own" in (await impatient({})).text


async def test_cancelling_passes():
    at_work, ended = asyncio.Event(), []

    @tool(timeout=60)
    async def waits() -> None:
        at_work.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    task = asyncio.create_task(waits({}))
    await within(at_work.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert ended == ["cancelled"]


async def test_cancelling_passes_even_if_the_function_makes_another_error_of_it():
    at_work = asyncio.Event()

    @tool
    async def disguised() -> None:
        at_work.set()
        try:
            await asyncio.Event().wait()
        except BaseException as error:
            raise ConnectionError("lost") from error

    task = asyncio.create_task(disguised({}))
    await within(at_work.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


async def test_an_error_after_a_cancellation_of_long_ago_is_data():
    @tool
    async def fails() -> None:
        raise ValueError("x")

    async def swallows():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return await fails({})

    task = asyncio.create_task(swallows())
    await asyncio.sleep(0)
    task.cancel()
    assert (await within(task)).error["details"]["type"] == "ValueError"
