"""Scripted agents answer as they were told to, and say clearly when they cannot."""

import asyncio
import re

import pytest
from pydantic import BaseModel

from motet import Flow, agent, fallback
from motet.kernel.errors import InvalidPayload
from motet.testing import Chunks, ScriptEnded, VirtualTime, echo, scripted


class Question(BaseModel):
    text: str


@agent
async def write(question: Question) -> str:
    """Write an answer."""
    return question.text


async def test_a_list_is_answered_in_order():
    model = scripted(["one", None, 3], name="model")
    assert [await model(n) for n in range(2)] == ["one", None]
    assert model.left == 1
    assert await model("x") == 3
    assert (model.left, model.calls) == (0, 3)


async def test_a_dict_answers_each_payload_also_one_that_cannot_be_hashed():
    model = scripted({"a": 1, "b": 2})
    assert [await model("b"), await model("a"), await model("b")] == [2, 1, 2]
    by_text = scripted({"hello": "hi"}, key=lambda question: question.text)
    assert await by_text(Question(text="hello")) == "hi"
    with pytest.raises(ScriptEnded):
        await scripted({"a": 1})([1, 2])


async def test_functions_answer_sync_and_async_with_whatever_an_answer_may_be():
    async def later(payload):
        return payload * 2

    assert await scripted(lambda payload: payload + 1)(1) == 2
    assert await scripted(later)(4) == 8
    with pytest.raises(LookupError):
        await scripted(lambda _: LookupError("gone"))(1)


@pytest.mark.parametrize("answer", [ValueError("no"), ValueError])
async def test_exceptions_are_raised_a_fresh_one_each_time(answer):
    model = scripted([answer, answer])
    raised = []
    for _ in range(2):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the class alone is said
            await model(1)
        raised.append(caught.value)
    assert raised[0] is not raised[1]


async def test_an_error_that_cannot_be_copied_is_raised_as_it_is():
    class Odd(Exception):
        def __init__(self, one, two) -> None:
            super().__init__(f"{one} {two}")

    odd = Odd(1, 2)
    with pytest.raises(Odd) as caught:
        await scripted([odd])(1)
    assert caught.value is odd


async def test_chunks_are_emitted_then_the_output_comes():
    model = scripted([Chunks("many ", "voices"), Chunks(1, 2), Chunks("a", output="done")])
    assert model.streaming
    for values, output in [(["many ", "voices"], "many voices"), ([1, 2], [1, 2]), (["a"], "done")]:
        async with model.stream("x") as stream:
            assert [chunk.value async for chunk in stream] == values
            assert await stream.result() == output


async def test_an_exception_among_chunks_breaks_the_stream_there():
    seen = []
    async with scripted([Chunks("a", ConnectionError("cut"), "b")]).stream(1) as stream:
        with pytest.raises(ConnectionError, match="cut"):
            async for chunk in stream:
                seen += [chunk.value]
    assert seen == ["a"]


async def test_a_script_that_has_ended_says_what_was_asked_and_what_to_do():
    model = scripted(["a", "b"], name="model")
    await model(1)
    await model(2)
    told = (
        "'model' was called for the 3rd time, with 'more', but its script has 2 answers: add one, or say with `then=`"
    )
    with pytest.raises(ScriptEnded, match=re.escape(told)):
        await model("more")
    assert await scripted([1], then="end")(1) == 1
    assert await scripted([], then=None)(1) is None


async def test_an_unknown_payload_is_told_with_the_nearest_and_the_known():
    with pytest.raises(ScriptEnded) as caught:
        await scripted({"weather": 1, "news": 2}, name="model")("wether")
    assert str(caught.value) == (
        "'model' was called for the 1st time, with 'wether', and its script has no answer to that "
        "(did you mean 'weather'?).\nIt has answers to\n  'weather'\n  'news'\n"
        "Add one, or say with `then=` what it answers to everything else"
    )


async def test_the_end_of_a_script_is_an_assertion_and_not_retryable():
    with pytest.raises(AssertionError) as caught:
        await scripted([])(1)
    assert isinstance(caught.value, ScriptEnded)
    assert not caught.value.retryable


@pytest.mark.parametrize("script", ["yes", b"yes", 5, None])
def test_what_is_no_script_is_refused(script):
    with pytest.raises(TypeError, match="for one answer write a list of it"):
        scripted(script)


async def test_a_stand_in_looks_like_the_agent_and_is_checked_like_it():
    model = scripted(["fine", 7], like=write)
    assert (model.name, model.description, model.card) == ("write", "Write an answer.", write.card)
    assert await model({"text": "x"}) == "fine"
    with pytest.raises(InvalidPayload, match="output of 'write'"):
        await model({"text": "x"})
    with pytest.raises(InvalidPayload, match="input of 'write'"):
        await model({"txt": "x"})


async def test_it_stands_in_flows_and_compositions():
    flow = Flow("talk", scripted(["a"], name="one") >> scripted({"a": "b"}, name="two"))
    assert await flow("x") == "b"
    assert await fallback(scripted([ConnectionError], name="first"), scripted(["yes"], name="second"))("x") == "yes"


async def test_echo_gives_back_and_streams_word_by_word():
    assert await echo("mirror")({"a": 1}) == {"a": 1}
    assert (echo().name, echo("mirror").name, echo(like=write).name) == ("echo", "mirror", "write")
    async with echo(streaming=True).stream("many  voices ") as stream:
        assert [chunk.value async for chunk in stream] == ["many  ", "voices "]
        assert await stream.result() == "many  voices "
    async with echo(streaming=True).stream(5) as stream:
        assert [chunk.value async for chunk in stream] == [5]


def test_an_async_answer_is_cancelled_with_its_caller():
    with VirtualTime() as virtual:
        ended = []

        async def answer(_):
            try:
                await asyncio.sleep(1000)
            finally:
                ended.append(virtual.clock.now())

        async def main():
            task = asyncio.ensure_future(scripted(answer)(1))
            await asyncio.sleep(5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        virtual.run(main())
        assert ended == [5]
