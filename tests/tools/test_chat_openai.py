"""Talks as OpenAI's chat completions have them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.errors import InvalidAgent, InvalidPayload
from motet.tools.chat import ChatRequest, ToolCall, Turn
from motet.tools.chat_openai import from_openai, to_openai, turns_from_openai
from motet.tools.tool import tool


@tool
async def search(query: str, limit: int = 5) -> str:
    """Search."""
    return query


TURNS = (
    Turn("system", "Be kind."),
    Turn("user", "What is new?"),
    Turn("assistant", "", (ToolCall("c1", "search", {"query": "news"}), ToolCall("c2", "search", '{"query": '))),
    Turn("tool", "Nothing.", call_id="c1", name="search"),
    Turn("tool", "Error: no JSON", call_id="c2", name="search", failed=True),
    Turn("assistant", "Nothing is new."),
    Turn("assistant", ""),
)
MESSAGES = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "What is new?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "search", "arguments": '{"query": "news"}'}},
            {"id": "c2", "type": "function", "function": {"name": "search", "arguments": '{"query": '}},
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "Nothing."},
    {"role": "tool", "tool_call_id": "c2", "content": "Error: no JSON"},
    {"role": "assistant", "content": "Nothing is new."},
    {"role": "assistant", "content": ""},
]


def test_a_talk_is_written():
    written = to_openai(ChatRequest(TURNS, (search.spec,)))
    assert written["messages"] == MESSAGES
    assert written["tools"] == [
        {
            "type": "function",
            "function": {"name": "search", "description": "Search.", "parameters": search.spec.schema},
        }
    ]
    assert to_openai(ChatRequest(TURNS, (search.spec,)), strict=True)["tools"][0]["function"]["strict"]


def test_no_tools_are_no_list_of_tools():
    assert list(to_openai(ChatRequest(TURNS))) == ["messages"]


def test_a_name_that_is_not_allowed_is_refused():
    with pytest.raises(InvalidAgent, match="name="):
        to_openai(ChatRequest((), (tool(name="a b")(search.function).spec,)))


def test_a_talk_is_read():
    read = turns_from_openai(MESSAGES)
    assert [turn.role for turn in read] == [turn.role for turn in TURNS]
    assert read[2].calls == (ToolCall("c1", "search", '{"query": "news"}'), ToolCall("c2", "search", '{"query": '))
    assert (read[3].call_id, read[3].text) == ("c1", "Nothing.")
    assert to_openai(ChatRequest(read))["messages"] == MESSAGES


def test_what_has_no_place_in_a_turn_goes_back_as_it_came():
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": MESSAGES[2]["tool_calls"],
        "refusal": None,
        "annotations": [],
        "reasoning_content": "Hm.",
    }
    turn = from_openai(message)
    assert turn.native == {"openai": {"reasoning_content": "Hm."}}
    assert to_openai(ChatRequest((turn,)))["messages"] == [{**MESSAGES[2], "reasoning_content": "Hm."}]


@pytest.mark.parametrize(
    ("message", "turn"),
    [
        ({"role": "assistant", "content": "x", "tool_calls": None}, Turn("assistant", "x")),
        ({"role": "assistant"}, Turn("assistant")),
        ({"role": "developer", "content": "x"}, Turn("system", "x")),
        ({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}, Turn("user", "a")),
        ({"role": "user", "content": "x", "name": "me"}, Turn("user", "x")),
        (
            {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]},
            Turn("assistant", "", (ToolCall("", "f", {"a": 1}),)),
        ),
        (
            {"role": "assistant", "tool_calls": [{"id": None, "function": {"name": "f"}}]},
            Turn("assistant", "", (ToolCall("", "f", ""),)),
        ),
    ],
)
def test_what_other_servers_send_is_read_too(message, turn):
    assert from_openai(message) == turn


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"role": "narrator", "content": "x"},
        {"content": "x"},
        {"role": "assistant", "tool_calls": [{"id": "1"}]},
        {"role": "assistant", "tool_calls": [3]},
        {"role": "user", "content": [{"type": "text"}]},
        {"role": "user", "content": 3},
        {"role": []},
    ],
)
def test_what_is_no_message_is_refused(message):
    with pytest.raises(InvalidPayload, match="no message of a chat completion"):
        from_openai(message)


ARGUMENTS = st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.none()), max_size=3)
SAID = st.one_of(
    st.builds(Turn, st.sampled_from(["system", "user"]), st.text()),
    st.builds(
        Turn,
        st.just("assistant"),
        st.text(),
        st.lists(st.builds(ToolCall, st.text(), st.text(), ARGUMENTS.map(json.dumps)), max_size=3).map(tuple),
    ),
    st.builds(lambda text, call: Turn("tool", text, call_id=call), st.text(), st.text()),
)


@given(st.lists(SAID, max_size=5).map(tuple))
def test_every_talk_goes_there_and_back(turns):
    assert turns_from_openai(to_openai(ChatRequest(turns))["messages"]) == turns
