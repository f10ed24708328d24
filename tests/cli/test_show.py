import datetime as dt
import io
import json
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, PlainSerializer

from motet import Chunk
from motet.cli.failures import InvalidUsage
from motet.cli.output import Output
from motet.cli.show import ForPeople, ForPrograms, already_told, jsonable
from motet.cli.signals import Interrupted
from motet.kernel.budget import Exhausted
from motet.kernel.schema import ANY, Schema


class Answer(BaseModel):
    text: str
    when: dt.date = dt.date(2025, 1, 31)


@dataclass
class Point:
    x: int


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def chunk(value: object, seq: int = 1, *path: str, since: int | None = None) -> Chunk:
    return Chunk(value, seq, path or ("a",), since)


def circular() -> list[object]:
    ring: list[object] = []
    ring.append(ring)
    return ring


@pytest.mark.parametrize(
    ("type_", "value", "data"),
    [
        (Answer, Answer(text="a"), {"text": "a", "when": "2025-01-31"}),
        (Any, Answer(text="a"), {"text": "a", "when": "2025-01-31"}),
        (list[Answer], [Answer(text="a")], [{"text": "a", "when": "2025-01-31"}]),
        (Answer, Exhausted("hops", 3, "last"), {"budget": "hops", "limit": 3, "last": "last"}),
        (Any, {1: {2}, ("a", 1): Point(1)}, {"1": [2], "a,1": {"x": 1}}),
        (Any, float("nan"), None),
        (float, float("inf"), None),
        (bytes, b"text", "text"),
        (bytes, b"\xff", "_w=="),
        (Any, ValueError("no"), "to_payload"),
        (Any, circular(), "[[...]]"),
        (Annotated[int, PlainSerializer(lambda value: f"#{value}")], 3, "#3"),
        (None, None, None),
    ],
)
def test_every_value_has_a_json_form(type_: Any, value: object, data: object) -> None:
    made = jsonable(value, Schema(type_))
    if data == "to_payload":
        assert isinstance(made, dict)
        assert made["message"] == "no"
    else:
        assert made == data
    json.dumps(made, allow_nan=False)


def test_an_object_that_nobody_knows_is_told_by_its_repr() -> None:
    assert jsonable(object()).startswith("<object object")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("chunks", "value", "told"),
    [
        ([], "ab", False),
        ([chunk("a"), chunk("b", 2)], "ab", True),
        ([chunk("a"), chunk("b", 2)], "b", True),
        ([chunk("xa"), chunk("b", 2)], "ab", False),
        ([chunk("a"), chunk("b", 2)], "ba", False),
        ([chunk("a"), chunk("b", 2)], {"text": "ab"}, False),
        ([chunk("a")], "", True),
        ([chunk("a", 1, "f", "one"), chunk("b", 2, "f", "two"), chunk("c", 3, "f", "one")], "ac", True),
        ([chunk("a", 1, "f", "one", "deep"), chunk("b", 2, "f", "two"), chunk("c", 3, "f", "one")], "ac", True),
        ([chunk("a", 1, "f", "one"), chunk("b", 2, "f", "two"), chunk("c", 3, "f", "three")], "ac", False),
    ],
)
def test_text_that_was_streamed_is_known(chunks: list[Chunk], value: object, told: bool) -> None:
    assert already_told(chunks, value) is told


def shown(*steps: object, type_: Any = Any, terminal: bool = False) -> str:
    """Show chunks, and a result if the last step is no chunk, to a person."""
    stream = Terminal() if terminal else io.StringIO()
    show = ForPeople(Output(stream))
    for step in steps:
        if isinstance(step, Chunk):
            show.chunk(step)
        else:
            show.result(step, Schema(type_))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        (["hello"], "hello\n"),
        (["hello\n"], "hello\n"),
        (["[bold]not markup[/bold]"], "[bold]not markup[/bold]\n"),
        ([""], "\n"),
        ([None], ""),
        ([3], "3\n"),
        ([True], "true\n"),
        ([["é"]], '[\n  "é"\n]\n'),
        ([Answer(text="a")], '{\n  "text": "a",\n  "when": "2025-01-31"\n}\n'),
        ([chunk("a "), chunk("b", 2), "a b"], "a b\n"),
        ([chunk("a "), chunk("b\n", 2), "a b\n"], "a b\n"),
        ([chunk("a "), chunk("b", 2), "A B"], "a b\nA B\n"),
        ([chunk("a"), [1]], "a\n[\n  1\n]\n"),
        ([chunk("a"), None], "a\n"),
        ([chunk("a"), ""], "a\n"),
        ([chunk("a"), chunk({"n": 1}, 2), chunk("b", 3)], 'a\n{"n": 1}\nb'),
        (
            [chunk("a"), chunk("b", 2), chunk(None, 3, since=1), chunk("a", 4), "a"],
            "ab\n[a starts again: its 2 chunks above no longer count]\na\n",
        ),
        (
            [chunk("x", 1, "f", "other"), chunk("a", 2, "f", "a"), chunk(None, 3, "f", "a", since=2)],
            "xa\n[a starts again: its 1 chunk above no longer count]\n",
        ),
        ([chunk("x", 1, "f", "other"), chunk(None, 2, "f", "a", since=1), chunk("y", 3, "f", "b")], "xy"),
    ],
)
def test_people_read_text_and_json(steps: list[object], text: str) -> None:
    assert shown(*steps) == text


def test_a_terminal_gets_json_with_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    text = shown({"a": "word " * 40}, terminal=True)
    assert "\x1b[" in text
    assert text.count("\n") == 3  # the terminal wraps, so that it can be copied


def test_text_on_a_terminal_is_left_alone() -> None:
    assert shown("[red]a[/red]", terminal=True) == "[red]a[/red]\n"


def test_a_failure_begins_a_new_line_and_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    show = ForPeople(Output(stream))
    show.chunk(chunk("half"))
    show.failed(ValueError("no"))
    show.refused(InvalidUsage("use it"))
    show.interrupted(Interrupted(2))
    assert stream.getvalue() == "half\n"
    assert capsys.readouterr().err == "motet: ValueError: no\nmotet: use it\nmotet: interrupted\n"


def documents(show_: Any, *, stream: bool) -> list[Any]:
    out = io.StringIO()
    show_(ForPrograms(Output(out), stream=stream))
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_programs_get_the_output_as_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert documents(lambda show: show.result(Answer(text="é"), Schema(Answer)), stream=False) == [
        {"text": "é", "when": "2025-01-31"}
    ]
    assert documents(lambda show: show.result(None, ANY), stream=False) == [None]
    assert capsys.readouterr().err == ""


def test_programs_get_a_line_for_each_chunk_and_one_for_the_end() -> None:
    def show_all(show: ForPrograms) -> None:
        show.chunk(chunk("a", 1, "f", "n"))
        show.chunk(chunk(Point(1), 2, "f", "n"))
        show.chunk(chunk(None, 3, "f", "n", since=1))
        show.result("a", Schema(str))

    assert documents(show_all, stream=True) == [
        {"chunk": {"seq": 1, "path": ["f", "n"], "value": "a"}},
        {"chunk": {"seq": 2, "path": ["f", "n"], "value": {"x": 1}}},
        {"restart": {"seq": 3, "path": ["f", "n"], "since": 1}},
        {"result": "a"},
    ]


@pytest.mark.parametrize(
    ("tell", "code"),
    [
        (lambda show: show.failed(ValueError("no")), "agent_failed"),
        (lambda show: show.refused(InvalidUsage("no")), "invalid_usage"),
        (lambda show: show.interrupted(Interrupted(15)), "cancelled"),
    ],
)
def test_programs_get_errors_as_a_payload(tell: Any, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    (document,) = documents(tell, stream=False)
    assert set(document) == {"error"}
    assert document["error"]["code"] == code
    assert capsys.readouterr().err == ""


def test_programs_get_one_document_even_if_a_signal_follows() -> None:
    def both(show: ForPrograms) -> None:
        show.result(1, ANY)
        show.interrupted(Interrupted(2))

    assert documents(both, stream=False) == [1]
