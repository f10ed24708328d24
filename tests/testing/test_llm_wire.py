"""Answers as OpenAI's API writes them: the chunks of a stream, put together, are the whole answer."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from motet.testing.llm_answers import ApiError, Calls, ToolCalled
from motet.testing.llm_request import LLMRequest
from motet.testing.llm_wire import Completion, embedding, error_body, event

REQUEST = LLMRequest(1, "chat", {"model": "m", "messages": [], "stream": True})
CALLED = st.builds(ToolCalled, st.text(min_size=1), st.text(), st.text())


def assembled(completion: Completion) -> dict[str, object]:
    """Put the chunks of a stream together, as clients do."""
    chunks = [completion.first(), *completion.content(), *completion.last()]
    content, calls, finish = "", [], None
    for chunk in chunks:
        (choice,) = chunk["choices"]
        content += choice["delta"].get("content") or ""
        finish = choice["finish_reason"] or finish
        for piece in choice["delta"].get("tool_calls", ()):
            if piece["index"] == len(calls):
                calls.append({"id": piece["id"], "type": piece["type"], "function": dict(piece["function"])})
            else:
                calls[piece["index"]]["function"]["arguments"] += piece["function"]["arguments"]
    return {"content": content, "tool_calls": calls, "finish_reason": finish}


@given(st.text(), st.lists(CALLED, max_size=3))
def test_the_chunks_put_together_are_the_whole_answer(text, called):
    answer = Calls(tuple(called), text)
    completion = Completion(REQUEST, answer, map(str, count()))
    (choice,) = completion.whole()["choices"]
    put = assembled(completion)
    assert put["content"] == (choice["message"]["content"] or "") == text
    assert put["tool_calls"] == choice["message"].get("tool_calls", [])
    assert put["finish_reason"] == choice["finish_reason"] == ("tool_calls" if called else "stop")


@given(st.text(), st.integers(1, 64))
def test_a_vector_has_its_size_and_the_length_one(text, size):
    vector = embedding(text, size)
    assert len(vector) == size
    assert abs(sum(number * number for number in vector) - 1) < 1e-9
    assert embedding(text, size) == vector


def test_an_error_says_what_the_api_would_say():
    assert error_body(ApiError(429))["error"]["code"] == "rate_limit_exceeded"
    assert error_body(ApiError(418, "tea", "pot"), "kettle")["error"] == {
        "message": "tea",
        "type": "invalid_request_error",
        "param": "kettle",
        "code": "pot",
    }
    assert error_body(ApiError(599))["error"]["type"] == "server_error"


def test_an_event_is_a_line_of_data():
    assert event({"a": "é"}) == 'data: {"a": "é"}\n\n'.encode()
    assert event("[DONE]") == b"data: [DONE]\n\n"
