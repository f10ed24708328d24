"""The vocabulary of a talk: what may begin one, what a chat agent may say, and JSON and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from motet import Message
from motet.kernel.errors import Fault, InvalidPayload
from motet.kernel.message import DataPart, FilePart
from motet.tools.chat import Answer, ChatRequest, ToolCall, Turn, read_said, read_turns
from motet.tools.spec import ToolSpec

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=3)
CALLS = st.builds(ToolCall, st.text(), st.text(), OBJECTS | st.text())
TURNS = st.builds(
    Turn,
    st.sampled_from(["system", "user", "assistant", "tool"]),
    st.text(),
    st.lists(CALLS, max_size=3).map(tuple),
    st.text(),
    st.text(),
    st.booleans(),
    OBJECTS,
)
SPECS = st.builds(ToolSpec, st.text(), st.text(), OBJECTS, st.none() | OBJECTS)


@given(st.builds(ChatRequest, st.lists(TURNS, max_size=3).map(tuple), st.lists(SPECS, max_size=2).map(tuple)))
def test_a_request_goes_through_json_and_back(request):
    adapter = TypeAdapter(ChatRequest)
    assert adapter.validate_json(adapter.dump_json(request)) == request


@given(st.builds(Answer, st.text(), st.lists(TURNS, max_size=2).map(tuple), stopped=st.sampled_from([None, "rounds"])))
def test_an_answer_goes_through_json_and_back(answer):
    adapter = TypeAdapter(Answer)
    assert adapter.validate_json(adapter.dump_json(answer)) == answer


TALK = [Turn("system", "Be kind."), Turn("user", "Hello")]


@pytest.mark.parametrize(
    ("said", "turns"),
    [
        ("Hello", (Turn("user", "Hello"),)),
        (Message.of("He", "llo"), (Turn("user", "Hello"),)),
        (Message.of("Hello", role="agent"), (Turn("assistant", "Hello"),)),
        (Message.of("See ", DataPart({"a": 1})), (Turn("user", 'See {"a":1}'),)),
        (TALK, tuple(TALK)),
        ((), ()),
    ],
)
def test_a_talk_begins_with_text_a_message_or_turns(said, turns):
    assert read_turns(said) == turns


def test_a_file_has_no_place_in_a_talk():
    with pytest.raises(InvalidPayload, match="file"):
        read_turns(Message.of(FilePart(content=b"x")))
    with pytest.raises(InvalidPayload, match="file"):
        read_said(Message.of(FilePart(url="http://x")), "model")


TURN = Turn("assistant", "Hi", (ToolCall("1", "search", {"query": "x"}),))


@pytest.mark.parametrize(
    ("output", "turn"),
    [
        (TURN, TURN),
        (TypeAdapter(Turn).dump_python(TURN, mode="json"), TURN),
        ("Hi", Turn("assistant", "Hi")),
        ("", Turn("assistant", "")),
        (Message.of("Hi", role="agent"), Turn("assistant", "Hi")),
        ({"parts": [{"text": "Hi", "kind": "text"}], "role": "agent"}, Turn("assistant", "Hi")),
    ],
)
def test_a_chat_agent_says_a_turn_or_an_answer_as_text(output, turn):
    assert read_said(output, "model") == turn


@pytest.mark.parametrize("output", [None, 3, 1.5, [TURN], Turn("user", "x"), Turn("tool"), {"role": "narrator"}])
def test_what_no_assistant_says_is_the_chat_agents_fault(output):
    with pytest.raises(InvalidPayload, match="output of 'model'") as caught:
        read_said(output, "model")
    assert caught.value.fault is Fault.AGENT
