"""Results of tools: values and errors as data, and the text that a model is shown."""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from motet import Message
from motet.kernel.errors import AgentFailed, DeadlineExceeded, InvalidAgent, InvalidPayload, MotetError, Unavailable
from motet.kernel.message import DataPart
from motet.tools.result import ToolResult, check_max_text

FAILED = "the call failed: change its arguments, or go on without it"


class Hit(BaseModel):
    title: str
    score: float = 1.0


@dataclass
class Point:
    x: int


class Colour(Enum):
    RED = "red"


class Shout(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "no"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is\n", "as it is\n"),
        ("", ""),
        (Shout("itself"), "itself"),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        (float("inf"), '"Infinity"'),
        ({"a": [1, "ü"]}, '{"a":[1,"ü"]}'),
        ([Hit(title="t")], '[{"title":"t","score":1.0}]'),
        (Point(1), '{"x":1}'),
        (Colour.RED, '"red"'),
        (Decimal("1.10"), '"1.10"'),
        (b"\xff\xfe", '"__4="'),
        ({1}, "[1]"),
        (Message.of("all ", "of it"), "all of it"),
        (int, "\"<class 'int'>\""),
    ],
)
def test_a_string_is_shown_as_it_is_and_anything_else_as_compact_json(value, text):
    assert ToolResult.of(value) == ToolResult(value, None, text)


def test_a_message_that_is_more_than_text_is_shown_whole():
    assert '"data":{"a":1}' in ToolResult.of(Message.of("x", DataPart({"a": 1}))).text


def test_a_circle_is_an_error_of_whoever_made_it():
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(ValueError, match="Circular"):
        ToolResult.of(circle)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("no such\ncity"), f"Error: ValueError: no such city ({FAILED})"),
        (KeyError(), f"Error: KeyError ({FAILED})"),
        (AgentFailed("Ask for a city."), "Error: Ask for a city."),
        (InvalidPayload("Write a number."), "Error: Write a number."),
        (Unavailable("It is busy"), "Error: It is busy (it may work when tried again)"),
        (Unavailable("It is busy", retry_after=2.5), "Error: It is busy (try again in 2.5 s)"),
    ],
)
def test_an_error_is_shown_in_one_line_that_says_what_to_do(error, text):
    result = ToolResult.failed(error)
    assert not result.ok
    assert (result.value, result.text) == (None, text)


def test_an_error_shows_neither_its_cause_nor_where_it_was():
    try:
        try:
            open("/nowhere/secret")  # noqa: PTH123, SIM115 - fails
        except OSError as error:
            raise RuntimeError("not today") from error
    except RuntimeError as error:
        text = ToolResult.failed(error).text
    assert "RuntimeError: not today" in text
    assert not any(word in text for word in ("secret", "Traceback", "line", __file__))


@pytest.mark.parametrize("error", [ValueError("x"), DeadlineExceeded("late"), Unavailable("busy", retry_after=1.0)])
def test_an_error_crosses_json_and_can_be_raised_again(error):
    adapter = TypeAdapter(ToolResult)
    back = adapter.validate_json(adapter.dump_json(ToolResult.failed(error)))
    assert back == ToolResult.failed(error)
    with pytest.raises(type(error) if isinstance(error, MotetError) else AgentFailed, match=str(error)):
        back.unwrap()


def test_a_value_unwraps_to_itself():
    value = object()
    assert ToolResult.of(value).unwrap() is value
    assert ToolResult.of(value).ok


def test_a_result_is_a_result_already_within_the_bound():
    mine = ToolResult({"all": 1}, None, "a summary")
    assert ToolResult.of(mine) == mine
    long = ToolResult.of(ToolResult(1, None, "x" * 500), 100)
    assert 90 < len(long.text) <= 100
    assert long.value == 1


@given(st.text(st.characters(), max_size=400), st.integers(100, 300))
def test_no_text_is_longer_than_its_bound_and_says_how_much_is_missing(text, most):
    shown = ToolResult.of(text, most).text
    shown.encode()
    assert len(shown) <= most
    if len(text) <= most:
        assert shown == text.encode("utf-8", "replace").decode()
    else:
        kept = shown.index("\n[cut: the first")
        assert shown[kept:] == f"\n[cut: the first {kept:,} of {len(text):,} characters]"


def test_a_long_error_is_cut_as_well():
    result = ToolResult.failed(ValueError("x" * 1_000_000), 200)
    assert len(result.text) == 200
    assert result.text.startswith("Error: ValueError: xxx")


def test_half_of_a_surrogate_pair_is_replaced():
    assert ToolResult.of("a\ud800b").text == "a?b"


@pytest.mark.parametrize("most", [0, -1, 99])
def test_a_bound_without_room_for_the_note_is_refused(most):
    with pytest.raises(InvalidAgent, match="least is 100"):
        check_max_text(most, "x")
    assert check_max_text(100, "x") == 100


def test_a_mapping_of_any_kind_is_shown_as_one():
    assert ToolResult.of(MappingProxyType({"a": 1})).text == '{"a":1}'
