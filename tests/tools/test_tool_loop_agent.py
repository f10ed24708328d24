"""A tool loop as an agent like any other: traced, drawn, in a flow, a tool itself."""

from typing import Any

from motet import Flow, agent
from motet.kernel.events import AgentEnded, AgentStarted
from motet.tools.chat import Answer, ChatRequest, ToolCall, Turn
from motet.tools.tool import tool
from motet.tools.tool_loop import tool_loop
from support import Recorder, within


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


async def test_each_call_is_a_part_of_the_trace():
    recorder = Recorder()
    model, _ = script(calls(("double", {"number": 1}), ("fails", {"why": "x"}), ("nothing", {})), "ok")
    await tool_loop(model, [double, fails], name="helper")("?", observer=recorder)
    started = recorder.of(AgentStarted)
    assert [event.agent for event in started] == ["helper", "model", "double", "fails", "model"]
    assert {event.parent for event in started[1:]} == {started[0].span}
    assert len({event.span for event in started}) == 5
    assert [event.agent for event in recorder.of(AgentEnded)][-1] == "helper"


async def test_a_loop_is_an_agent_in_a_flow_and_may_be_a_tool_itself():
    @agent
    async def read(answer: Answer) -> str:
        return answer.text

    inner = tool_loop(script("inner answer")[0], [], name="expert")
    model, _ = script(calls(("expert", {"input": "?"})), "outer answer")
    outer = tool_loop(model, [inner])
    assert await within(Flow("f", outer >> read)("?")) == "outer answer"


def test_a_loop_describes_and_draws_itself():
    model, _ = script()
    made = tool_loop(model, [double, fails])
    assert made.name == "model with tools"
    assert [side.type for side in made.types][1] is Answer
    drawn = made.draw()
    assert 'nmodel[["model"]]' in drawn
    assert 'nmodel -->|"calls"| ndouble' in drawn
    assert 'nfails -.->|"result"| nmodel' in drawn
    named_alike = tool_loop(model, [tool(name="model")(double.function)]).sketch()
    assert len({spot.name for spot in named_alike.spots}) == 2
