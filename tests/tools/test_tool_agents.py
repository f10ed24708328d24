"""Tools as agents and agents as tools: middleware, streams, traces and flows."""

import pytest
from pydantic import BaseModel, Field

from motet import Context, Flow, Message, Middleware, agent
from motet.kernel.context import CURRENT
from motet.kernel.errors import InvalidAgent, InvalidPayload, Unavailable
from motet.kernel.events import AgentEnded, AgentStarted, Intervened
from motet.tools.result import ToolResult
from motet.tools.tool import tool
from support import Recorder, within


async def coroutine(query: str) -> str:
    return query


async def chunks(query: str):
    yield query
    yield "!"


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


class Again(Middleware):
    """Try twice, and count what failed."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.names: list[str] = []

    def wrap(self, call, agent):
        self.names.append(agent.name)

        async def twice(payload, ctx):
            try:
                return await call(payload, ctx)
            except (Unavailable, InvalidPayload) as error:
                self.failed.append(type(error).__name__)
                return await call(payload, ctx)

        return twice


async def test_middleware_of_a_tool_stands_within_the_boundary_and_sees_its_errors():
    again, calls = Again(), []

    @tool(use=[again], name="flaky")
    async def fails_once(number: int) -> int:
        calls.append(number)
        if len(calls) == 1:
            raise Unavailable("busy")
        return number

    assert (await fails_once({"number": 3})).value == 3
    assert (again.failed, again.names, calls) == (["Unavailable"], ["flaky"], [3, 3])
    assert (await fails_once({"number": "x"})).error["code"] == "invalid_payload"
    assert again.failed == ["Unavailable", "InvalidPayload"]


@pytest.mark.parametrize("use", [Again(), [Again], [3]])
def test_what_is_no_list_of_middleware_is_refused(use):
    with pytest.raises(InvalidAgent, match="middleware"):
        tool(use=use)(coroutine)


async def test_middleware_around_a_tool_sees_a_result():
    again = Again()

    @tool
    async def fails() -> None:
        raise ValueError("x")

    wrapped = fails.using(again)
    assert not (await wrapped({})).ok
    assert again.failed == []
    assert (wrapped.name, wrapped.types) == ("fails", fails.types)


async def test_the_chunks_of_a_tool_stream():
    async with tool(chunks).stream({"query": "x"}) as stream:
        values = [chunk.value async for chunk in stream]
        result = await stream.result()
    assert (values, result.value) == (["x", "!"], "x!")
    assert tool(chunks).streaming


async def test_a_tool_is_one_call_of_the_trace_it_is_in():
    recorder, seen = Recorder(), []

    @tool
    async def looks(ctx: Context) -> None:
        seen.extend([ctx is CURRENT.get(), ctx.path])

    @agent
    async def outer(payload):
        return await looks({})

    await outer(0, observer=recorder)
    assert seen == [True, ("outer", "looks")]
    started = recorder.of(AgentStarted)
    assert [event.agent for event in started] == ["outer", "looks"]
    assert started[1].parent == started[0].span


async def test_a_failure_is_told_to_observers_although_the_call_ends_well():
    recorder = Recorder()
    await search({}, observer=recorder)
    [told] = recorder.of(Intervened)
    assert (told.agent, told.by, told.what, told.key) == ("search", "tool", "failed", "invalid_payload")
    assert [event.status for event in recorder.of(AgentEnded)] == ["completed"]


async def test_a_tool_works_in_a_flow():
    @agent
    async def ask(query: str) -> dict[str, str]:
        return {"query": query}

    @agent
    async def read(result: ToolResult) -> str:
        return result.text

    assert await within(Flow("f", ask >> tool(coroutine) >> read)("x")) == "x"


@agent(examples=["x"])
async def shout(text: str) -> str:
    """Shout it."""
    return text.upper()


@agent
async def judge(hit: Hit) -> float:
    return hit.score


@agent
async def answer(message: Message) -> Message:
    return Message.of(message.text, role="agent")


async def test_an_agent_becomes_a_tool_and_its_payload_its_arguments():
    made = tool(judge)
    assert (made.name, made.function) == ("judge", judge)
    assert list(made.card.input_schema["properties"]) == ["title", "score"]
    assert (await made({"title": "t", "score": 2})).value == 2.0
    assert "title: Field required" in (await made({})).text
    assert (await tool(answer)({"parts": [{"text": "hi", "kind": "text"}]})).text == "hi"


async def test_a_tool_within_middleware_becomes_a_tool_whose_errors_are_data_too():
    class Refuses(Middleware):
        def wrap(self, call, agent):
            async def refuse(payload, ctx):
                if payload["query"] == "secret":
                    raise InvalidPayload("Not that.")
                return await call(payload, ctx)

            return refuse

    made = tool(search.using(Refuses()))
    assert (await made({"query": "secret"})).text == "Error: Not that."
    assert (await made({"query": "x", "limit": 1})).value == [Hit(title="x")]
    assert (await made({"query": "x", "limit": "x"})).error["code"] == "invalid_payload"


async def test_an_agent_may_be_named_and_bounded_as_a_tool():
    made = tool(name="loud", description="Louder.", max_text=100, timeout=60)(shout)
    assert (made.name, made.description) == ("loud", "Louder.")
    assert 90 < len((await made({"input": "x" * 500})).text) <= 100
    assert "The arguments of 'loud' do not fit" in (await made({})).text
