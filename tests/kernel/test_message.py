"""Messages, parts and chunks."""

import dataclasses

import pytest
from pydantic import TypeAdapter

from motet import Chunk, DataPart, FilePart, Message, TextPart, agent
from motet.kernel.errors import InvalidPayload
from support import within


def test_a_message_is_made_of_strings_and_parts():
    picture = FilePart(url="https://example.org/a.png", name="a.png", media_type="image/png")
    message = Message.of("Look: ", picture, TextPart("nice"), DataPart({"a": 1}), role="agent")
    assert message.parts == (TextPart("Look: "), picture, TextPart("nice"), DataPart({"a": 1}))
    assert (message.role, message.text, message.metadata) == ("agent", "Look: nice", {})


def test_an_empty_message_has_no_text():
    assert (Message(()).text, Message(()).role) == ("", "user")


@pytest.mark.parametrize("given", [{}, {"content": b"x", "url": "https://example.org"}, {"name": "x"}])
def test_a_file_is_given_by_content_or_by_url(given):
    with pytest.raises(InvalidPayload, match="exactly one of them"):
        FilePart(**given)


def test_an_empty_file_is_a_file():
    assert FilePart(content=b"").content == b""


@pytest.mark.parametrize("thing", [TextPart("x"), DataPart(1), FilePart(url="x"), Message(()), Chunk(1, 1, ())])
def test_what_is_exchanged_cannot_be_changed(thing):
    name = dataclasses.fields(thing)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(thing, name, None)


async def test_messages_are_payloads_like_any_other():
    @agent
    async def reply(message: Message) -> Message:
        return Message.of(message.text, role="agent")

    assert (await within(reply(Message.of("hi")))).text == "hi"
    told = await reply({"parts": [{"kind": "text", "text": "hi"}, {"kind": "data", "data": {"a": [1]}}]})
    assert told == Message.of("hi", role="agent")
    with pytest.raises(InvalidPayload, match=r"parts\.0"):
        await reply({"parts": [{"kind": "sound"}]})


def test_a_message_crosses_json():
    adapter = TypeAdapter(Message)
    message = Message.of("a", DataPart([1]), FilePart(content=b"x"), FilePart(url="y"))
    assert adapter.validate_json(adapter.dump_json(message)) == message


def chunk(seq, *path: str, since=None):
    return Chunk(f"v{seq}", seq, path, since)


def test_a_chunk_tells_its_agent_and_its_text():
    assert (chunk(1, "a", "b").agent, chunk(1, "a", "b").text, chunk(1).agent) == ("b", "v1", "")
    assert Chunk(5, 1, ()).text == "5"
    assert (chunk(2, "a", since=1).restart, chunk(2, "a", since=1).text) == (True, "")
    assert not chunk(1, "a").restart


@pytest.mark.parametrize(
    ("earlier", "replaced"),
    [
        (chunk(3, "a", "b"), True),
        (chunk(4, "a", "b", "c"), True),
        (chunk(9, "a", "b"), True),
        (chunk(2, "a", "b"), False),
        (chunk(3, "a"), False),
        (chunk(3, "a", "x"), False),
        (chunk(3, "a", "bb"), False),
        (chunk(11, "a", "b"), False),
    ],
)
def test_a_restart_replaces_what_its_agent_has_emitted_since(earlier, replaced):
    assert Chunk(None, 10, ("a", "b"), 3).replaces(earlier) is replaced


def test_data_replaces_nothing():
    assert not chunk(5, "a").replaces(chunk(1, "a"))
