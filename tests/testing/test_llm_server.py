"""The stand-in for a model, asked by OpenAI's own clients: sync and async, whole and streamed, well and badly."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from motet.testing.llm_answers import ApiError, Disconnect, Garbage, Gate, Slow, tool_call, tool_calls
from motet.testing.llm_request import LLMRequest
from motet.testing.llm_server import LLMServer
from support import SOON, until, within

HI = [{"role": "user", "content": "Say hi to me"}]
TOOLS = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in ("search", "rate")]


def sync_client(server: LLMServer, **options: Any) -> OpenAI:
    return OpenAI(base_url=server.url, **{"api_key": "any", "max_retries": 0, "timeout": SOON} | options)


def async_client(server: LLMServer, **options: Any) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=server.url, **{"api_key": "any", "max_retries": 0, "timeout": SOON} | options)


@asynccontextmanager
async def async_client_of(*answers: Any, **options: Any) -> AsyncIterator[Any]:
    """Serve, and give a client that knows its server."""
    with LLMServer(answers, **options) as server:
        async with async_client(server) as client:
            client.server = server
            yield client


def asked(client: OpenAI, messages: Any = HI, **options: Any) -> Any:
    return client.chat.completions.create(model="gpt-x", messages=messages, **options)


def test_a_sync_client_gets_text():
    with LLMServer(["Hello to you."]) as server, sync_client(server) as client:
        done = asked(client, temperature=0.5)
    choice = done.choices[0]
    assert (choice.message.content, choice.message.role, choice.finish_reason) == ("Hello to you.", "assistant", "stop")
    assert done.model == "gpt-x"
    assert done.usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 4,
        "completion_tokens": 3,
        "total_tokens": 7,
    }
    (request,) = server.requests
    assert (request.number, request.kind, request.model, request.streaming) == (1, "chat", "gpt-x", False)
    assert (request.messages, request.last_user, request.body["temperature"]) == (HI, "Say hi to me", 0.5)
    assert request.headers["authorization"] == "Bearer any"
    assert request.tools == request.tool_results == []
    server.assert_asked("hi to")
    server.assert_over()


def test_ids_and_times_are_the_same_for_the_same_seed():
    def ids(seed: int) -> list[str]:
        with LLMServer(["a", tool_call("search")], seed=seed) as server, sync_client(server) as client:
            first, second = asked(client), asked(client)
            assert first.created == second.created == 1_750_000_000
            return [first.id, second.id, second.choices[0].message.tool_calls[0].id]

    assert ids(1) == ids(1)
    assert len({*ids(1), *ids(2)}) == 6


async def test_an_async_client_reads_a_stream_word_by_word():
    async with async_client_of("Hello to  you.\n Bye. ", "") as client:
        stream = await client.chat.completions.create(
            model="m", messages=HI, stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
        deltas = [chunk.choices[0].delta for chunk in chunks[:-1]]
        assert deltas[0].role == "assistant"
        assert "".join(delta.content or "" for delta in deltas) == "Hello to  you.\n Bye. "
        assert len([delta for delta in deltas if delta.content]) == 4
        assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * 5 + ["stop"]
        assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 8)
        assert len({chunk.id for chunk in chunks}) == 1
        stream = await client.chat.completions.create(model="m", messages=HI, stream=True)
        assert [chunk.usage async for chunk in stream] == [None, None]


@pytest.mark.parametrize("streaming", [False, True])
async def test_calls_of_tools_come_whole_or_in_fragments(streaming):
    answer = tool_calls(
        tool_call("search", {"query": "news", "größe": [1, 2]}), tool_call("rate", "{no json", id="mine"), text="So:"
    )
    async with async_client_of(answer) as client:
        call = {"model": "m", "messages": HI, "tools": TOOLS}
        if streaming:
            async with client.chat.completions.stream(**call) as stream:
                kinds = [event.type async for event in stream]
                done = stream.current_completion_snapshot
            assert kinds.count("tool_calls.function.arguments.delta") == 8
        else:
            done = await client.chat.completions.create(**call)
        choice = done.choices[0]
        first, second = choice.message.tool_calls
        assert (choice.finish_reason, choice.message.content) == ("tool_calls", "So:")
        assert (first.function.name, json.loads(first.function.arguments)) == (
            "search",
            {"query": "news", "größe": [1, 2]},
        )
        assert (second.id, second.function.name, second.function.arguments) == ("mine", "rate", "{no json")
        assert first.id.startswith("call_")
        assert client.server.requests[0].tools == ["search", "rate"]


async def test_results_of_tools_are_known_to_a_function_of_the_request():
    def add(request: LLMRequest) -> str:
        return f"The sum is {sum(map(int, request.tool_results))}."

    async with async_client_of(tool_calls(tool_call("a", id="1"), tool_call("b", id="2")), add) as client:
        done = await client.chat.completions.create(model="m", messages=HI)
        talk = [
            *HI,
            done.choices[0].message.model_dump(exclude_none=True),
            {"role": "tool", "tool_call_id": "1", "content": "40"},
            {"role": "tool", "tool_call_id": "2", "content": [{"type": "text", "text": "2"}]},
        ]
        done = await client.chat.completions.create(model="m", messages=talk)
        assert done.choices[0].message.content == "The sum is 42."


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (ApiError(401), openai.AuthenticationError, "invalid_api_key"),
        (ApiError(403), openai.PermissionDeniedError, "permission_denied"),
        (ApiError(404), openai.NotFoundError, "model_not_found"),
        (ApiError(400, "No."), openai.BadRequestError, None),
        (ApiError(409, "Both."), openai.ConflictError, None),
        (ApiError(422, code="odd"), openai.UnprocessableEntityError, "odd"),
        (ApiError(429), openai.RateLimitError, "rate_limit_exceeded"),
        (ApiError(500), openai.InternalServerError, None),
        (ApiError(503), openai.InternalServerError, "overloaded"),
    ],
)
@pytest.mark.parametrize("streaming", [False, True])
def test_an_error_is_that_of_the_client(answer, error, code, streaming):
    with LLMServer([answer, "Again."]) as server, sync_client(server) as client:
        with pytest.raises(error) as raised:
            asked(client, stream=streaming)
        assert raised.value.code == code
        assert answer.message in raised.value.message
        assert asked(client).choices[0].message.content == "Again."


def test_a_client_that_is_told_to_wait_tries_again():
    with LLMServer([ApiError(429, retry_after=0), ApiError(503, retry_after=0.001), "Hi."]) as server:
        with sync_client(server, max_retries=2) as client:
            assert asked(client).choices[0].message.content == "Hi."
        server.assert_over()
        server.assert_asked("hi", "hi", "hi")
        retries = [request.headers["x-stainless-retry-count"] for request in server.requests]
        assert retries == ["0", "1", "2"]
        with LLMServer([ApiError(429, retry_after=7)]) as other, sync_client(other) as client:
            with pytest.raises(openai.RateLimitError) as raised:
                asked(client)
            assert raised.value.response.headers["retry-after"] == "7"


def test_a_key_is_asked_for_where_one_was_set():
    with LLMServer(["Hi."], key="secret") as server:
        with (
            sync_client(server, api_key="wrong") as client,
            pytest.raises(openai.AuthenticationError, match="Incorrect"),
        ):
            asked(client)
        with sync_client(server) as client, pytest.raises(openai.AuthenticationError, match="didn't provide"):
            asked(client, extra_headers={"Authorization": ""})
        assert server.requests == ()
        with sync_client(server, api_key="secret") as client:
            assert asked(client).choices[0].message.content == "Hi."


def test_models_are_listed_and_others_are_not_there():
    with LLMServer(["Hi."], models=["a", "b"]) as server, sync_client(server) as client:
        assert [model.id for model in client.models.list()] == ["a", "b"]
        assert client.models.retrieve("b").id == "b"
        for ask in (lambda: client.models.retrieve("c"), lambda: asked(client)):
            with pytest.raises(openai.NotFoundError) as raised:
                ask()
            assert raised.value.code == "model_not_found"
        assert server.requests == ()
    with LLMServer() as server, sync_client(server) as client:
        assert [model.id for model in client.models.list()] == ["motet-test"]


def test_embeddings_are_the_same_for_the_same_text_and_near_for_shared_words():
    def near(one, other):
        return sum(a * b for a, b in zip(one, other, strict=True))

    with LLMServer() as server, sync_client(server) as client:
        texts = ["the cat sat", "The cat SAT", "a cat sat", "nothing alike"]
        packed = client.embeddings.create(model="e", input=texts, dimensions=64)
        plain = client.embeddings.create(model="e", input=texts, dimensions=64, encoding_format="float")
        vectors = [entry.embedding for entry in packed.data]
        assert all(
            entry.embedding == pytest.approx(vector, abs=1e-6)
            for entry, vector in zip(plain.data, vectors, strict=True)
        )
        assert {len(vector) for vector in vectors} == {64}
        assert near(vectors[0], vectors[0]) == pytest.approx(1)
        assert vectors[0] == vectors[1]
        assert near(vectors[0], vectors[2]) > 0.4 > near(vectors[0], vectors[3])
        assert packed.usage.total_tokens == 11
        assert len(client.embeddings.create(model="e", input="one").data[0].embedding) == 32
        assert len(client.embeddings.create(model="e", input=[1, 2]).data) == 1
        assert [request.kind for request in server.requests] == ["embeddings"] * 4


@pytest.mark.parametrize(
    ("change", "param", "hint"),
    [
        ({"messages": []}, "messages", "at least 1"),
        ({"messages": [{"role": "nobody", "content": "x"}]}, "messages[0].role", "'system'"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content", "string"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content", "null"),
        ({"messages": [*HI, {"role": "tool", "tool_call_id": "1", "content": "x"}]}, "messages[1].role", "preceding"),
        (
            {
                "messages": [
                    {"role": "assistant", "tool_calls": [
                        {"id": "7", "type": "function", "function": {"name": "a", "arguments": "{}"}}]},
                    *HI,
                ]
            },
            "messages[1].role",
            "response messages: 7",
        ),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name", "pattern"),
        ({"temperature": 3}, "temperature", "less than or equal to 2"),
        ({"n": 0}, "n", "greater than"),
        ({"n": 2}, "n", "one choice"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "'stream' is enabled"),
        ({"model": ""}, "model", "at least 1"),
    ],
)  # fmt: skip
def test_a_bad_request_is_told_what_is_wrong(change, param, hint):
    with LLMServer(["Hi."]) as server, sync_client(server) as client:
        with pytest.raises(openai.BadRequestError, match="Invalid|Missing|must|only|gives") as raised:
            client.post("/chat/completions", cast_to=object, body={"model": "m", "messages": HI} | change)
        assert raised.value.param == param
        assert hint in raised.value.message
        assert raised.value.type == "invalid_request_error"
        assert server.requests == ()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "hint"),
    [
        ("POST", "/v1/chat/completions", b"{", 400, "not valid JSON"),
        ("POST", "/v1/chat/completions", b"[]", 400, "JSON object"),
        ("POST", "/v1/chat/completions", b'{"model": "m"}', 400, "Missing required parameter: 'messages'"),
        ("POST", "/v1/embeddings", b'{"model": "m"}', 400, "Missing required parameter: 'input'"),
        ("GET", "/v1/chat/completions", None, 405, "POST"),
        ("POST", "/v1/models", b"", 405, "GET"),
        ("POST", "/v1/nothing", b"{}", 404, "Invalid URL (POST /v1/nothing)"),
    ],
)
async def test_what_no_client_sends_is_answered_too(method, path, body, status, hint):
    with LLMServer() as server:
        url = f"http://127.0.0.1:{server.port}{path}"
        async with aiohttp.ClientSession() as session, session.request(method, url, data=body) as answer:
            told = await answer.json()
        assert answer.status == status
        assert hint in told["error"]["message"]
        assert set(told["error"]) == {"message", "type", "param", "code"}


def test_bytes_that_are_no_http_are_answered_and_the_server_goes_on():
    with LLMServer(["Hi."]) as server:
        with socket.create_connection(("127.0.0.1", server.port), SOON) as client:
            client.sendall(b"what is this\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 400")
        with sync_client(server) as client:
            assert asked(client).choices[0].message.content == "Hi."


async def test_the_first_chunk_is_there_before_the_second_is_let_go():
    first, each = Gate(), Gate()
    async with async_client_of(Slow("one two three", first=first, each=each)) as client:
        begun = asyncio.ensure_future(client.chat.completions.create(model="m", messages=HI, stream=True))
        await until(lambda: client.server.requests)
        assert not begun.done()
        first.open()
        stream = await within(begun)
        words = [chunk.choices[0].delta.content or "" for chunk in [await within(anext(stream)) for _ in range(2)]]
        assert words == ["", "one "]
        each.open()
        assert [chunk.choices[0].delta.content async for chunk in stream] == ["two ", "three", None]


async def test_an_answer_that_takes_its_time_is_whole():
    async with async_client_of(Slow("one two", first=0.005, each=0.005), Slow(tool_call("a"), first=0.005)) as client:
        stream = await client.chat.completions.create(model="m", messages=HI, stream=True)
        assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == "one two"
        done = await client.chat.completions.create(model="m", messages=HI)
        assert done.choices[0].message.tool_calls[0].function.arguments == "{}"


async def test_a_client_that_leaves_is_counted_and_the_next_is_served():
    async with async_client_of(Slow("one two", each=Gate()), "Hi.") as client:
        stream = await client.chat.completions.create(model="m", messages=HI, stream=True)
        await within(anext(stream))
        await stream.close()
        await until(lambda: client.server.left == 1)
        done = await client.chat.completions.create(model="m", messages=HI)
        assert done.choices[0].message.content == "Hi."


async def test_a_connection_that_is_lost_in_the_middle_is_an_error():
    answers = Disconnect("one two three", after=2), Disconnect("one two three"), Disconnect(), "Hi."
    async with async_client_of(*answers) as client:
        stream = await client.chat.completions.create(model="m", messages=HI, stream=True)
        got: list[str] = []
        with pytest.raises(openai.APIConnectionError):
            async for chunk in stream:
                got.append(chunk.choices[0].delta.content or "")  # noqa: PERF401 - kept up to the error
        assert got in (["", "one ", "two "], ["", "one "], [""], [])  # a reset may overtake what was sent
        with pytest.raises(openai.APIConnectionError):
            await client.chat.completions.create(model="m", messages=HI)
        with pytest.raises(openai.APIConnectionError):
            await client.chat.completions.create(model="m", messages=HI)
        assert (await client.chat.completions.create(model="m", messages=HI)).choices[0].message.content == "Hi."


async def test_garbage_is_an_error_of_the_client():
    async with async_client_of(
        Garbage(), Garbage(raw=b"\x00\x01\x02\r\n\r\n"), Garbage(b"data: {what\n\n"), "Hi."
    ) as client:
        with pytest.raises(json.JSONDecodeError):
            await client.chat.completions.create(model="m", messages=HI)
        with pytest.raises(openai.APIConnectionError):
            await client.chat.completions.create(model="m", messages=HI)
        stream = await client.chat.completions.create(model="m", messages=HI, stream=True)
        with pytest.raises(json.JSONDecodeError):
            await anext(stream)
        await stream.close()
        assert (await client.chat.completions.create(model="m", messages=HI)).choices[0].message.content == "Hi."


def test_a_rule_fits_while_the_user_spoke_last():
    rules = {r"weather in (Oslo|Rome)": tool_call("weather", id="w"), "^bye": "Bye."}
    with LLMServer(["It rains."], rules=rules, default="What?") as server, sync_client(server) as client:
        question = [{"role": "user", "content": "The weather in Oslo, please"}]
        said = asked(client, question).choices[0].message
        assert said.tool_calls[0].function.name == "weather"
        talk = [*question, said.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": "w", "content": "rain"}]
        assert asked(client, talk).choices[0].message.content == "It rains."
        assert asked(client, [{"role": "user", "content": "bye now"}]).choices[0].message.content == "Bye."
        assert asked(client).choices[0].message.content == "What?"
        assert asked(client).choices[0].message.content == "What?"


def test_a_script_that_is_over_says_so_at_once():
    with LLMServer("One.") as server, sync_client(server, max_retries=5) as client:
        assert asked(client).choices[0].message.content == "One."
        with pytest.raises(openai.BadRequestError, match="it had 1 answers, and this is request 2"):
            asked(client)
        assert len(server.requests) == 2
        server.answer("Two.")
        assert asked(client).choices[0].message.content == "Two."


async def test_an_answer_may_come_from_an_async_function():
    async def answer(request: LLMRequest) -> str:
        await asyncio.sleep(0)
        return request.last_user.upper()

    async with async_client_of(default=answer) as client:
        many = await asyncio.gather(
            *(
                client.chat.completions.create(model="m", messages=[{"role": "user", "content": f"number {n}"}])
                for n in range(20)
            )
        )
    assert [done.choices[0].message.content for done in many] == [f"NUMBER {n}" for n in range(20)]


def raising(error):
    def fails(request):
        raise error

    return fails


@pytest.mark.parametrize(
    ("fails", "error"),
    [
        (lambda request: 1 / 0, ZeroDivisionError),
        (lambda request: 7, TypeError),
        (lambda request: pytest.fail("not so"), pytest.fail.Exception),
        (lambda request: pytest.skip("not here"), pytest.skip.Exception),
        (raising(SystemExit(3)), SystemExit),
        (raising(KeyboardInterrupt()), KeyboardInterrupt),
        (raising(FileNotFoundError("recorded.json")), FileNotFoundError),
    ],
)
def test_a_function_that_fails_fails_the_test(fails, error):
    with pytest.raises(error), LLMServer([fails, "Again."]) as server, sync_client(server, max_retries=5) as client:
        with pytest.raises(openai.InternalServerError, match="function"):
            asked(client)
        assert len(server.requests) == 1
        assert server.left == 0
        assert asked(client).choices[0].message.content == "Again."


@pytest.mark.parametrize("path", ["/v1/models", "/v1/chat/completions", "/v1/nothing"])
async def test_who_asks_for_the_head_alone_gets_no_body(path):
    with LLMServer(["Hi."]) as server:
        url = f"http://127.0.0.1:{server.port}{path}"
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.head(url) as answer:
                    assert answer.status == (404 if path.endswith("nothing") else 405)
                    assert (await answer.read(), answer.headers["content-length"] > "0") == (b"", True)


@pytest.mark.parametrize("answers", ["a", tool_call("a"), lambda request: "a", ["a"], ("a",), iter(["a"])])
def test_one_answer_needs_no_list(answers):
    with LLMServer(answers) as server, sync_client(server) as client:
        message = asked(client).choices[0].message
        assert message.content == "a" or message.tool_calls[0].function.name == "a"


@pytest.mark.parametrize("answer", [7, None, str, ["text"]])
def test_what_is_no_answer_is_refused(answer):
    with pytest.raises(TypeError, match="is no answer"):
        LLMServer([answer])
    with pytest.raises(TypeError, match="is no answer"):
        LLMServer(7)
    with pytest.raises(ValueError, match="from 400 to 599"):
        ApiError(200)


def test_assertions_tell_what_was_asked():
    with LLMServer(["a", "b"]) as server, sync_client(server) as client:
        asked(client)
        for patterns in [(), ("bye",), ("hi", "hi")]:
            with pytest.raises(AssertionError, match=r"1\. 'Say hi to me'"):
                server.assert_asked(*patterns)
        with pytest.raises(AssertionError, match="1 answers of the script were never asked for"):
            server.assert_over()


async def test_nothing_is_left_whatever_clients_do():
    with LLMServer([Slow("one two", each=Gate()), Slow("x", first=Gate())]) as server:
        client = async_client(server)
        stream = await client.chat.completions.create(model="m", messages=HI, stream=True)
        waiting = asyncio.ensure_future(client.chat.completions.create(model="m", messages=HI))
        idle = socket.create_connection(("127.0.0.1", server.port), SOON)
        await until(lambda: len(server.requests) == 2)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("motet-")]
    with pytest.raises(openai.APIConnectionError):
        await within(waiting)
    await stream.close()
    await client.close()
    idle.close()
    server.stop()
    with pytest.raises(RuntimeError, match="with"):
        server.url  # noqa: B018


def test_a_server_begins_once():
    with LLMServer() as server, pytest.raises(RuntimeError, match="already"):
        server.start()
