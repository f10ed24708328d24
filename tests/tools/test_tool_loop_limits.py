"""What ends a tool loop: its own limits with an answer, the caller's with an error."""

import asyncio

import pytest

from motet import Budget, Context, agent
from motet.kernel.errors import BudgetExceeded, DeadlineExceeded, InvalidAgent
from motet.tools.chat import ChatRequest, ToolCall, Turn
from motet.tools.tool import tool
from motet.tools.tool_loop import tool_loop
from support import within


@agent
async def eager(request: ChatRequest, ctx: Context) -> Turn:
    """Call the same tools again and again."""
    ctx.spend(tokens=10, cost=0.5)
    calls = tuple(ToolCall(f"{len(request.turns)} {number}", "work", {"number": number}) for number in range(2))
    return Turn("assistant", f"after {len(request.turns)}", calls)


@tool
async def work(number: int, ctx: Context) -> int:
    ctx.spend(tokens=1)
    return number


@pytest.mark.parametrize(
    ("limits", "stopped", "rounds", "done"),
    [
        ({"max_rounds": 1}, "rounds", 1, 0),
        ({"max_rounds": 3}, "rounds", 3, 4),
        ({}, "rounds", 10, 18),
        ({"max_calls": 0}, "calls", 1, 0),
        ({"max_calls": 1}, "calls", 1, 0),
        ({"max_calls": 4}, "calls", 3, 4),
        ({"max_calls": 5}, "calls", 3, 4),
        ({"max_tokens": 9}, "tokens", 0, 0),
        ({"max_tokens": 22}, "tokens", 2, 2),
        ({"max_tokens": 23}, "tokens", 2, 3),
        ({"max_tokens": 33}, "tokens", 2, 4),
        ({"max_cost": 1.0}, "cost", 2, 4),
        ({"max_seconds": 0}, "seconds", 0, 0),
    ],
)
async def test_a_limit_ends_the_talk_with_what_there_is(limits, stopped, rounds, done):
    answer = await tool_loop(eager, [work], concurrency=1, **limits)("go")
    assert (answer.stopped, answer.rounds) == (stopped, rounds)
    told = [turn for turn in answer.turns if turn.role == "tool"]
    assert sum(not turn.failed for turn in told) == done
    assert answer.failed == sum(turn.failed for turn in told)
    assert [turn.call_id for turn in told] == [call.id for turn in answer.turns for call in turn.calls]
    assert all(f"the limit of {stopped} was reached" in turn.text for turn in told if turn.failed)
    assert answer.text == next((turn.text for turn in reversed(answer.turns) if turn.role == "assistant"), "")


async def test_what_runs_when_time_is_up_is_interrupted():
    ended = []

    @tool
    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("stopped")

    @agent
    async def model(request: ChatRequest) -> Turn:
        return Turn("assistant", "hm", (ToolCall("1", "waits"), ToolCall("2", "quick")))

    @tool
    async def quick() -> str:
        return "quick"

    answer = await within(tool_loop(model, [waits, quick], max_seconds=0.02)("?"))
    assert (answer.stopped, answer.text, ended) == ("seconds", "hm", ["stopped"])
    assert [turn.text for turn in answer.turns if turn.role == "tool"][1] == "quick"


async def test_a_model_that_will_not_be_interrupted_does_not_talk_for_ever():
    @agent
    async def stubborn(request: ChatRequest) -> Turn:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return Turn("assistant", "no", (ToolCall("", "work", {"number": 1}),))

    assert (await within(tool_loop(stubborn, [work], max_seconds=0.01)("?"))).stopped == "seconds"


async def test_a_talk_that_never_waits_ends_at_its_deadline_and_can_be_cancelled():
    @agent
    async def model(request: ChatRequest) -> Turn:
        return Turn("assistant", "", (ToolCall("", "nothing"),))

    endless = tool_loop(model, [work], max_rounds=10**9)
    with pytest.raises(DeadlineExceeded):
        await within(endless("?", deadline=0.02))
    task = asyncio.create_task(endless("?"))
    for _ in range(5):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)


@pytest.mark.parametrize("tokens", [5, 10, 15, 21, 27])
async def test_a_budget_of_the_caller_is_raised_wherever_it_runs_out(tokens):
    for limits in ({}, {"max_tokens": 1000}, {"max_tokens": tokens + 1}):
        with pytest.raises(BudgetExceeded, match=f"{tokens} tokens"):
            await tool_loop(eager, [work], **limits)("?", budget=Budget(tokens=tokens))


async def test_a_deadline_of_the_caller_is_raised():
    @tool
    async def waits() -> None:
        await asyncio.Event().wait()

    @agent
    async def model(request: ChatRequest) -> Turn:
        return Turn("assistant", "", (ToolCall("1", "waits"),))

    for limits in ({}, {"max_seconds": 60}):
        with pytest.raises(DeadlineExceeded):
            await within(tool_loop(model, [waits], **limits)("?", deadline=0.02))


async def test_a_budget_inside_the_model_is_not_mistaken_for_a_limit_of_the_loop():
    @agent
    async def frugal(request: ChatRequest) -> Turn:
        return await eager(request, budget=Budget(tokens=5))

    with pytest.raises(BudgetExceeded, match="5 tokens"):
        await tool_loop(frugal, [work], max_tokens=1000)("?")


async def test_what_the_loop_spends_is_charged_to_the_caller():
    @agent
    async def twice(payload: str) -> int:
        return sum([(await tool_loop(eager, [work], max_rounds=2)(payload)).calls for _ in range(2)])

    assert await twice("x", budget=Budget(tokens=44)) == 8
    with pytest.raises(BudgetExceeded, match="43 tokens"):
        await twice("x", budget=Budget(tokens=43))


async def test_calls_beyond_the_limit_are_not_made():
    made = []

    @tool
    async def notes(number: int) -> None:
        made.append(number)

    @agent
    async def model(request: ChatRequest) -> Turn:
        return Turn("assistant", "", tuple(ToolCall("", "notes", {"number": number}) for number in range(1000)))

    answer = await within(tool_loop(model, [notes], max_calls=999)("?"))
    assert (made, answer.stopped, answer.failed) == ([], "calls", 1000)


def test_one_tool_where_several_are_meant_is_told_so():
    with pytest.raises(InvalidAgent, match="takes a toolbox or a list of tools"):
        tool_loop(lambda request: "x", tool(lambda: 1, name="one"))
