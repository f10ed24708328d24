import datetime as dt
import io
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from motet import Agent, agent
from motet.cli.failures import InvalidUsage
from motet.cli.payload import missing, parse_payload, read_input
from motet.kernel.errors import InvalidPayload


class Question(BaseModel):
    text: str
    limit: int = 3


def taking(type_: Any, **options: Any) -> Agent[Any, Any]:
    async def it(value: Any) -> Any:
        return value

    it.__annotations__ = {"value": type_}
    return agent(**options)(it)


@pytest.mark.parametrize(
    ("type_", "text", "payload"),
    [
        (str, "hello", "hello"),
        (str, "  hello\n", "  hello\n"),
        (str, "", ""),
        (str, '"hello"', "hello"),
        (str, '"a \\"b\\" \\u00e9"', 'a "b" é'),
        (str, '"half', '"half'),
        (str, '"a" and "b"', '"a" and "b"'),
        (str, "3", "3"),
        (str, '{"text": "a"}', '{"text": "a"}'),
        (str, "null", "null"),
        (Path, "/x/y", Path("/x/y")),
        (Path, '"/x/y"', Path("/x/y")),
        (dt.date, "2025-01-31", dt.date(2025, 1, 31)),
        (Literal["a", "b"], "b", "b"),
        (int, "3", 3),
        (int, " 3 ", 3),
        (bool, "true", True),
        (None, "null", None),
        (float, "1.5", 1.5),
        (list[int], "[1, 2]", [1, 2]),
        (str | None, "null", None),
        (str | None, '"a"', "a"),
        (Question, '{"text": "a"}', Question(text="a")),
        (Question, '{"text": "é", "limit": 1}', Question(text="é", limit=1)),
        (Any, '{"text": "a"}', {"text": "a"}),
        (Any, "3", 3),
        (Any, '"a"', "a"),
        (Any, "hello world", "hello world"),
        (Any, '{"text": ', '{"text": '),
        (Any, "", ""),
    ],
)
def test_text_becomes_the_payload(type_: Any, text: str, payload: object) -> None:
    parsed = parse_payload(text, taking(type_))
    assert parsed == payload
    assert type(parsed) is type(payload)


@pytest.mark.parametrize(
    ("type_", "text", "told"),
    [
        (
            Question,
            "{text: a}",
            (
                "INPUT is no JSON: key must be a string at line 1 column 2; 'it' takes "
                '{"text": string, "limit"?: integer = 3}; put JSON in single quotes for the shell'
            ),
        ),
        (Question, '{"text":\n}', "INPUT is no JSON: expected value at line 2 column 1"),
        (Question, "", "INPUT is empty: 'it' takes {"),
        (Question, "  \n", "INPUT is empty"),
        (int, "three", "INPUT is no JSON: expected ident at line 1 column 2; 'it' takes integer"),
        (str | None, "hello", "INPUT is no JSON: expected value at line 1 column 1; 'it' takes string | null; text is"),
        (Question, "\udcff", "INPUT is no UTF-8 text (character 1): encode it as UTF-8"),
        (str, "ab\udcff", "INPUT is no UTF-8 text (character 3): encode it as UTF-8"),
        (str, '"\udcff"', "INPUT is no UTF-8 text (character 2): encode it as UTF-8"),
        (Path, "\udcff", "INPUT is no UTF-8 text (character 1): encode it as UTF-8"),
        (Any, "\udcff", "INPUT is no UTF-8 text (character 1): encode it as UTF-8"),
        (list[Question], '[{"text": "a"}', "INPUT is no JSON: EOF while parsing a list at line 1 column 14"),
    ],
)
def test_text_that_is_no_json_is_told_where(type_: Any, text: str, told: str) -> None:
    with pytest.raises(InvalidUsage) as caught:
        parse_payload(text, taking(type_))
    assert str(caught.value).startswith(told)


def test_plain_text_for_a_union_is_told_how_to_quote_it() -> None:
    with pytest.raises(InvalidUsage, match=r"""text is written '"hello"'$"""):
        parse_payload("hello", taking(str | None))


@pytest.mark.parametrize(
    ("type_", "told"),
    [
        (str | None, "'it' takes string | null; text is written \"don't\""),
        (int, "'it' takes integer"),
    ],
)
def test_no_quotes_for_a_shell_are_asked_for_where_none_reads_the_text(type_: Any, told: str) -> None:
    with pytest.raises(InvalidUsage) as caught:
        parse_payload("don't", taking(type_), shell=False)
    assert str(caught.value).endswith(told)


@pytest.mark.parametrize(
    ("type_", "text", "told", "fields"),
    [
        (Question, "{}", "The input of 'it' is no Question: text: Field required; 'it' takes {", ["text"]),
        (
            Question,
            '{"text": 1, "limit": "many"}',
            "The input of 'it' is no Question: text: Input should be a valid string; limit: Input should be",
            ["text", "limit"],
        ),
        (list[Question], '[{"text": "a"}, {}]', "The input of 'it' is no list[", ["1.text"]),
        (int, '"three"', "The input of 'it' is no int: (value): Input should be a valid integer", ["(value)"]),
        (dt.date, "soon", "The input of 'it' is no date: (value): Input should be a valid date", ["(value)"]),
    ],
)
def test_a_value_that_does_not_fit_names_its_fields(type_: Any, text: str, told: str, fields: list[str]) -> None:
    with pytest.raises(InvalidPayload) as caught:
        parse_payload(text, taking(type_))
    assert str(caught.value).startswith(told)
    problems = caught.value.details["problems"]
    assert isinstance(problems, list)
    assert [problem["field"] for problem in problems if isinstance(problem, dict)] == fields


@pytest.mark.parametrize(
    ("type_", "options", "told"),
    [
        (str, {}, "'it' takes string; for example: motet run 'my flow.py:it' 'some text' (or - to read"),
        (Any, {}, "'it' takes any JSON or text; for example: motet run 'my flow.py:it' 'some text'"),
        (int, {}, "'it' takes integer; for example: motet run 'my flow.py:it' 1"),
        (str | None, {}, "'it' takes string | null; for example: motet run 'my flow.py:it' '\"...\"'"),
        (Question, {}, """"limit"?: integer = 3}; for example: motet run 'my flow.py:it' '{"text": "..."}'"""),
        (Question, {"examples": [Question(text="Why?", limit=2)]}, """'{"text": "Why?", "limit": 2}'"""),
        (Question, {"examples": [Question(text="Why?")]}, """'{"text": "Why?"}'"""),
        (str, {"examples": ["Why?"]}, "motet run 'my flow.py:it' 'Why?'"),
    ],
)
def test_missing_input_shows_what_the_agent_takes(type_: Any, options: dict[str, Any], told: str) -> None:
    message = str(missing("my flow.py:it", taking(type_, **options)))
    assert message.startswith("INPUT is missing: ")
    assert told in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"hello\n", "hello"),
        (b"hello\r\n", "hello"),
        (b"hello\n\n", "hello\n"),
        (b"hello", "hello"),
        (b"", ""),
        (b"\xef\xbb\xbfhello", "hello"),
        ("é".encode(), "é"),
    ],
)
def test_a_dash_reads_standard_input(raw: bytes, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    assert read_input("-") == text


def test_input_that_is_no_dash_is_itself() -> None:
    assert read_input("--") == "--"
    assert read_input(" - ") == " - "


def test_standard_input_that_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"ab\xff")))
    with pytest.raises(InvalidUsage, match=r"standard input is no UTF-8 text \(byte 2\): encode it as UTF-8"):
        read_input("-")


def test_standard_input_that_cannot_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Folder(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise IsADirectoryError(21, "Is a directory")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Folder()))
    with pytest.raises(InvalidUsage, match="^standard input cannot be read: Is a directory$"):
        read_input("-")


def test_a_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InvalidUsage, match="standard input is closed"):
        read_input("-")
