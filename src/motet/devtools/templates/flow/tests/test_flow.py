"""The flow, and its agents one by one."""

import asyncio
from typing import Any

import motet
import pytest

from flow import Report, Request, flow, longest, split


def test_a_text_becomes_a_report() -> None:
    report = motet.run(flow, Request(text="Many voices, one piece."))
    assert report == Report(words=4, longest="voices")


@pytest.mark.parametrize(
    ("text", "words"),
    [("one", ["one"]), ("one, two!", ["one", "two"]), ("...", [])],
)
def test_words_are_split(text: str, words: list[str]) -> None:
    assert motet.run(split, Request(text=text)) == words


def test_no_words_have_no_longest_one() -> None:
    assert motet.run(longest, []) == ""


def test_a_request_without_text_is_refused() -> None:
    payload: Any = {"text": ""}  # as it comes from outside
    with pytest.raises(motet.InvalidPayload, match="text"):
        motet.run(split, payload)


def test_the_report_is_streamed() -> None:
    async def chunks() -> str:
        async with flow.stream(Request(text="one two")) as stream:
            return "".join([chunk.text async for chunk in stream])

    assert asyncio.run(chunks()) == "2 words, the longest is 'one'\n"
