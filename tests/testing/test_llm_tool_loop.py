"""Motet's own loop of tools, through OpenAI's client and a real socket, as a program would have it."""

import openai
import pytest
from openai import AsyncOpenAI

from motet import Context, agent, tool, tool_loop
from motet.kernel.policy import Backoff
from motet.middleware import Retry
from motet.testing import ApiError, Disconnect, LLMServer, Slow, tool_call, tool_calls
from motet.testing.llm_answers import Gate
from motet.tools.chat import ChatRequest, Turn
from motet.tools.chat_openai import from_openai, to_openai
from support import SOON, until, within


@tool
async def rate(currency: str) -> float:
    """Tell what one unit of a currency is in euros."""
    return {"NOK": 0.085, "SEK": 0.087}[currency]


def model_of(server: LLMServer):
    """Make the chat agent of a program: it streams, and puts together what came."""
    client = AsyncOpenAI(base_url=server.url, api_key="any", max_retries=0, timeout=SOON)

    @agent
    async def model(request: ChatRequest, ctx: Context) -> Turn:
        async with client.chat.completions.stream(model="m", **to_openai(request)) as stream:
            async for event in stream:
                if event.type == "content.delta" and event.delta:
                    await ctx.emit(event.delta)
            done = await stream.get_final_completion()
        if done.usage is not None:
            ctx.spend(tokens=done.usage.total_tokens)
        return from_openai(done.choices[0].message.model_dump(exclude_none=True))

    model.client = client
    return model


async def test_a_model_calls_tools_and_answers_in_a_stream():
    both = tool_calls(
        tool_call("rate", {"currency": "NOK"}), tool_call("rate", {"currency": "XXX"}), text="Let me see."
    )
    with LLMServer([both, lambda request: " and ".join(request.tool_results)]) as server:
        model = model_of(server)
        async with tool_loop(model, [rate]).stream("What is a krone?") as stream:
            chunks = [chunk.text async for chunk in stream]
            answer = await stream.result()
        await model.client.close()
    assert answer.text.startswith("0.085 and Error: ")
    assert (answer.rounds, answer.calls, answer.failed) == (2, 2, 1)
    assert "".join(chunks) == "Let me see." + answer.text
    assert server.requests[0].tools == ["rate"]
    assert [message["role"] for message in server.requests[1].messages] == ["user", "assistant", "tool", "tool"]


async def test_a_model_that_is_overloaded_or_lost_is_asked_again():
    with LLMServer([ApiError(503), Disconnect("Half an", after=1), "A whole answer."]) as server:
        model = model_of(server)
        async with model.using(Retry(3, backoff=Backoff(initial=0))).stream(
            ChatRequest((Turn("user", "Hi"),))
        ) as stream:
            chunks = [chunk async for chunk in stream]
            turn = await stream.result()
        await model.client.close()
    assert turn.text == "A whole answer."
    restarts = [place for place, chunk in enumerate(chunks) if chunk.restart]
    told = chunks[restarts[-1] + 1 :] if restarts else chunks
    assert "".join(chunk.text for chunk in told) == turn.text
    server.assert_over()


async def test_arguments_that_are_no_json_are_told_to_the_model():
    with LLMServer([tool_call("rate", "{currency"), "I am sorry."]) as server:
        model = model_of(server)
        answer = await tool_loop(model, [rate])("What is a krone?")
        await model.client.close()
    assert (answer.text, answer.failed) == ("I am sorry.", 1)
    assert "JSON" in server.requests[1].tool_results[0]


async def test_leaving_a_stream_early_leaves_the_server():
    with LLMServer([Slow("one two three", each=Gate())]) as server:
        model = model_of(server)
        async with tool_loop(model, [rate]).stream("Count.") as stream:
            assert (await within(anext(stream))).text == "one "
        await until(lambda: server.left == 1)
        await model.client.close()


async def test_an_error_of_the_api_comes_out_of_the_loop():
    with LLMServer([ApiError(401)]) as server:
        model = model_of(server)
        with pytest.raises(openai.AuthenticationError):
            await tool_loop(model, [rate])("Hi")
        await model.client.close()
