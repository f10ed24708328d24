"""A model that calls tools: any chat agent, calls in parallel, and errors that the model is told."""

import asyncio
from typing import Any

import pytest

from motet import Context, Message, agent
from motet.kernel.errors import AgentFailed, InvalidAgent, InvalidPayload, NotFound
from motet.tools.chat import ChatRequest, ToolCall, Turn
from motet.tools.tool import tool
from motet.tools.tool_loop import tool_loop
from motet.tools.toolbox import Toolbox
from support import until, within


@tool
async def double(number: int) -> int:
    """Double a number."""
    return 2 * number


@tool
async def fails(why: str) -> None:
    """Fail."""
    raise ValueError(why)


def calls(*wanted: tuple[str, Any]):
    """Make a turn that calls tools, given by name and arguments."""
    return Turn("assistant", "", tuple(ToolCall("", name, arguments) for name, arguments in wanted))


def script(*said: Any):
    """Make a chat agent that says one thing after another, and keeps what it was asked."""
    asked: list[ChatRequest] = []

    @agent
    async def model(request: ChatRequest):
        asked.append(request)
        return said[len(asked) - 1]

    return model, asked


def results(answer):
    return [turn.text for turn in answer.turns if turn.role == "tool"]


async def test_calls_are_made_until_there_is_an_answer():
    model, asked = script(calls(("double", {"number": 2})), calls(("double", '{"number": 4}')), Turn("assistant", "8"))
    answer = await tool_loop(model, Toolbox(double))("How much is 2 * 2 * 2?")
    assert (answer.text, answer.rounds, answer.calls, answer.failed, answer.stopped) == ("8", 3, 2, 0, None)
    assert [turn.role for turn in answer.turns] == ["user", "assistant", "tool", "assistant", "tool", "assistant"]
    assert results(answer) == ["4", "8"]
    assert asked[1].turns == answer.turns[:3]
    assert asked[0].tools == Toolbox(double).specs


@pytest.mark.parametrize("said", ["42", Message.of("42", role="agent"), Turn("assistant", "42")])
async def test_any_chat_agent_may_answer_at_once(said):
    model, _ = script(said)
    answer = await tool_loop(model, [double])("?")
    assert (answer.text, answer.rounds, answer.calls) == ("42", 1, 0)
    assert answer.turns == (Turn("user", "?"), Turn("assistant", "42"))


async def test_a_plain_function_will_do():
    async def model(request: ChatRequest) -> str:
        return f"{len(request.turns)} turns, {len(request.tools)} tools"

    assert (await tool_loop(model, ())("?")).text == "1 turns, 0 tools"


async def test_a_talk_goes_on_from_an_answer():
    model, asked = script("one", "two")
    helper = tool_loop(model, [double], system="Be kind.")
    first = await helper("a")
    second = await helper([*first.turns, Turn("user", "b")])
    assert [turn.text for turn in second.turns] == ["Be kind.", "a", "one", "b", "two"]
    assert asked[0].turns[0] == Turn("system", "Be kind.")


async def test_a_talk_with_a_system_of_its_own_keeps_it():
    model, asked = script("x")
    await tool_loop(model, [], system="Be kind.")([Turn("system", "Be brief."), Turn("user", "a")])
    assert [turn.text for turn in asked[0].turns] == ["Be brief.", "a"]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("fails", {"why": "no\nluck"}), "Error: ValueError: no luck"),
        (("double", {"number": "x"}), "Error: The arguments of 'double' do not fit: number: "),
        (("double", "{number: 1}"), "Error: The arguments of 'double' are no JSON"),
        (("double", "[1]"), "Error: The arguments of 'double' are a list"),
        (("duble", {}), "Error: There is no tool 'duble': did you mean 'double'"),
        (("", ""), "Error: There is no tool ''"),
    ],
)
async def test_whatever_is_wrong_with_a_call_is_told_to_the_model(call, told):
    model, asked = script(calls(call, ("double", {"number": 1})), "sorry")
    answer = await tool_loop(model, [double, fails])("?")
    assert (answer.text, answer.failed, answer.calls) == ("sorry", 1, 2)
    assert results(answer)[0].startswith(told)
    assert results(answer)[1] == "2"
    assert asked[1].turns[2].failed


async def test_a_call_id_that_comes_twice_is_made_once():
    made = []

    @tool
    async def count(number: int) -> int:
        made.append(number)
        return number

    twice = Turn("assistant", "", (ToolCall("same", "count", {"number": 1}), ToolCall("same", "count", {"number": 2})))
    answer = await tool_loop(script(twice, "ok")[0], [count])("?")
    assert made == [1]
    assert "came twice" in results(answer)[1]
    assert len({turn.call_id for turn in answer.turns if turn.role == "tool"}) == 2


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (("fails", {"why": "x"}), AgentFailed),
        (("double", {}), InvalidPayload),
        (("double", "{"), InvalidPayload),
        (("nothing", {}), NotFound),
    ],
)
async def test_errors_end_the_loop_where_that_is_wanted(call, error):
    ended, at_work = [], asyncio.Event()

    @tool
    async def waits() -> None:
        at_work.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    model, asked = script(calls(("waits", {}), call))
    with pytest.raises(error):
        await within(tool_loop(model, [double, fails, waits], errors="raise")("?"))
    assert len(asked) == 1
    assert ended == ["cancelled"] * at_work.is_set()


async def test_a_failing_chat_agent_ends_the_loop():
    @agent
    async def broken(request: ChatRequest) -> Turn:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        await tool_loop(broken, [double])("?")
    with pytest.raises(InvalidPayload, match="output of 'model'"):
        await tool_loop(script(3)[0], [double])("?")
    with pytest.raises(InvalidPayload, match="input of 'model with tools'"):
        await tool_loop(script("x")[0], [double])(3)


async def test_the_calls_of_a_turn_run_in_parallel_and_are_answered_in_their_order():
    running, most, gates = [0], [0], [asyncio.Event() for _ in range(6)]

    @tool
    async def gated(place: int) -> int:
        running[0] += 1
        most[0] = max(most[0], running[0])
        await gates[place].wait()
        running[0] -= 1
        return place

    model, _ = script(calls(*(("gated", {"place": place}) for place in range(6))), "done")
    task = asyncio.create_task(tool_loop(model, [gated], concurrency=3)("?"))
    await until(lambda: running[0] == 3)
    for gate in reversed(gates):
        gate.set()
    answer = await within(task)
    assert most == [3]
    assert results(answer) == ["0", "1", "2", "3", "4", "5"]


async def test_cancelling_cancels_every_running_tool_and_waits_for_it():
    at_work, ended = [], []

    @tool
    async def waits(number: int) -> None:
        at_work.append(number)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(number)

    model, _ = script(calls(*(("waits", {"number": number}) for number in range(5))))
    task = asyncio.create_task(tool_loop(model, [waits], concurrency=3)("?"))
    await until(lambda: len(at_work) == 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    assert sorted(ended) == [0, 1, 2] == sorted(at_work)


async def test_a_tool_that_cancels_itself_is_told_and_the_talk_goes_on():
    @tool
    async def gives_up() -> None:
        raise asyncio.CancelledError

    answer = await within(tool_loop(script(calls(("gives_up", {})), "ok")[0], [gives_up])("?"))
    assert "'gives_up' was cancelled from within" in results(answer)[0]
    assert answer.text == "ok"


async def test_chunks_of_the_model_and_of_tools_stream_through():
    @tool
    async def counts(number: int):
        for value in range(number):
            yield value

    @agent
    async def model(request: ChatRequest, ctx: Context) -> Turn:
        await ctx.emit("hm")
        return calls(("counts", {"number": 2})) if len(request.turns) == 1 else Turn("assistant", "ok")

    async with tool_loop(model, [counts], name="helper").stream("?") as stream:
        chunks = [(chunk.value, chunk.path) async for chunk in stream]
        assert (await stream.result()).text == "ok"
    inside = ("helper", "model")
    assert chunks == [("hm", inside), (0, ("helper", "counts")), (1, ("helper", "counts")), ("hm", inside)]


@pytest.mark.parametrize(
    "options", [{"max_rounds": 0}, {"concurrency": 0}, {"max_calls": -1}, {"errors": "ignore"}, {"max_rounds": -3}]
)
def test_a_limit_that_makes_no_sense_is_refused(options):
    with pytest.raises(InvalidAgent):
        tool_loop(script()[0], [double], **options)
