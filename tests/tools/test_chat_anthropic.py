"""Talks as Anthropic's messages have them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.errors import InvalidPayload
from motet.tools.chat import ChatRequest, ToolCall, Turn
from motet.tools.chat_anthropic import from_anthropic, to_anthropic, turns_from_anthropic
from motet.tools.tool import tool


@tool
async def search(query: str) -> str:
    """Search."""
    return query


TURNS = (
    Turn("system", "Be kind."),
    Turn("user", "What is new?"),
    Turn(
        "assistant", "Let me see.", (ToolCall("c1", "search", {"query": "news"}), ToolCall("c2", "search", "no JSON"))
    ),
    Turn("tool", "Nothing.", call_id="c1", name="search"),
    Turn("tool", "Error: no JSON", call_id="c2", name="search", failed=True),
    Turn("user", "And?"),
    Turn("assistant", ""),
    Turn("assistant", "Nothing is new."),
)
MESSAGES = [
    {"role": "user", "content": [{"type": "text", "text": "What is new?"}]},
    {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Let me see."},
            {"type": "tool_use", "id": "c1", "name": "search", "input": {"query": "news"}},
            {"type": "tool_use", "id": "c2", "name": "search", "input": {"arguments": "no JSON"}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "c1", "content": "Nothing."},
            {"type": "tool_result", "tool_use_id": "c2", "content": "Error: no JSON", "is_error": True},
            {"type": "text", "text": "And?"},
        ],
    },
    {"role": "assistant", "content": [{"type": "text", "text": "Nothing is new."}]},
]


def test_a_talk_is_written_with_results_in_one_message_and_before_the_text():
    written = to_anthropic(ChatRequest(TURNS, (search.spec,)))
    assert written == {
        "messages": MESSAGES,
        "system": "Be kind.",
        "tools": [{"name": "search", "description": "Search.", "input_schema": search.spec.schema}],
    }


def test_what_is_not_there_is_not_written():
    assert to_anthropic(ChatRequest((Turn("user", "x"),))) == {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]
    }
    assert to_anthropic(ChatRequest(())) == {"messages": []}


def test_what_the_system_says_stands_in_one_place():
    turns = (Turn("system", "One."), Turn("user", "x"), Turn("system", ""), Turn("system", "Two."))
    assert to_anthropic(ChatRequest(turns))["system"] == "One.\n\nTwo."


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [("", {}), ('{"a": 1}', {"a": 1}), ("[1]", {"arguments": "[1]"}), ("[" * 9999, {"arguments": "[" * 9999})],
)
def test_arguments_are_always_an_object(arguments, sent):
    written = to_anthropic(ChatRequest((Turn("assistant", "", (ToolCall("1", "f", arguments),)),)))
    assert written["messages"][0]["content"][0]["input"] == sent


def test_a_talk_is_read():
    read = turns_from_anthropic(MESSAGES, system="Be kind.")
    assert [turn.role for turn in read] == ["system", "user", "assistant", "tool", "tool", "user", "assistant"]
    assert read[4] == Turn("tool", "Error: no JSON", call_id="c2", failed=True)
    assert to_anthropic(ChatRequest(read)) == {"messages": MESSAGES, "system": "Be kind."}


def test_thinking_goes_back_as_it_came():
    content = [
        {"type": "thinking", "thinking": "Hm.", "signature": "abc"},
        {"type": "text", "text": "Let me see."},
        {"type": "tool_use", "id": "c1", "name": "search", "input": {}},
    ]
    turn = from_anthropic({"role": "assistant", "content": content, "stop_reason": "tool_use"})
    assert (turn.text, turn.calls) == ("Let me see.", (ToolCall("c1", "search", {}),))
    assert to_anthropic(ChatRequest((turn,)))["messages"] == [{"role": "assistant", "content": content}]


@pytest.mark.parametrize(
    ("message", "turns"),
    [
        ({"role": "user", "content": "x"}, (Turn("user", "x"),)),
        ({"role": "assistant", "content": "x"}, (Turn("assistant", "x"),)),
        ({"role": "assistant", "content": []}, (Turn("assistant"),)),
        ({"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "x"}]}, (Turn("user", "x"),)),
        (
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1"}]},
            (Turn("tool", "", call_id="1"),),
        ),
        (
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "1",
                        "content": [{"type": "text", "text": "x"}, {"type": "image"}],
                    }
                ],
            },
            (Turn("tool", "x", call_id="1"),),
        ),
    ],
)
def test_every_way_to_write_a_message_is_read(message, turns):
    assert turns_from_anthropic([message]) == turns


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"role": "user", "content": "x"},
        {"role": "assistant"},
        {"role": "assistant", "content": 3},
        {"role": "assistant", "content": ["x"]},
        {"role": "assistant", "content": [{"type": "text"}]},
        {"role": "assistant", "content": [{"type": "tool_use"}]},
    ],
)
def test_what_no_assistant_says_is_refused(message):
    with pytest.raises(InvalidPayload, match="This is"):
        from_anthropic(message)


@pytest.mark.parametrize("content", [None, [{"type": "text"}], [{"type": "tool_result"}], [3]])
def test_what_no_user_says_is_refused(content):
    with pytest.raises(InvalidPayload, match="no message"):
        turns_from_anthropic([{"role": "user", "content": content}])


WORDS = st.text(min_size=1)
ARGUMENTS = st.dictionaries(st.text(), st.integers() | st.text(), max_size=3)
CALLS = st.lists(st.builds(ToolCall, WORDS, WORDS, ARGUMENTS), min_size=1, max_size=3).map(tuple)


@st.composite
def talks(draw):
    """Make a talk as it goes: a question, calls and their results, an answer."""
    turns = []
    for _ in range(draw(st.integers(1, 3))):
        turns.append(Turn("user", draw(WORDS)))
        calls = draw(CALLS)
        turns.append(Turn("assistant", draw(st.text()), calls))
        turns += [Turn("tool", draw(st.text()), call_id=call.id, failed=draw(st.booleans())) for call in calls]
        turns.append(Turn("assistant", draw(WORDS)))
    return tuple(turns)


@given(talks())
def test_every_talk_goes_there_and_back(turns):
    written = to_anthropic(ChatRequest(turns))["messages"]
    roles = [message["role"] for message in written]
    assert roles == ["user", "assistant"] * (len(roles) // 2)
    assert turns_from_anthropic(written) == turns
