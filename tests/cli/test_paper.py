import io

import pytest
from rich.text import Text

from motet.cli.output import Output
from motet.cli.paper import LONG, WIDE, data_text, lay, sheet, table


def test_what_nobody_has_to_read_as_it_is_may_be_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    stream = io.StringIO()
    made = table("a", "b", right=("b",), broken=("a",))
    made.add_row("x" * (WIDE - 10), "1")
    lay(Output(stream), made)
    assert stream.getvalue().splitlines()[1] == "x" * (WIDE - 10) + "  1"


def test_what_does_not_fit_is_broken_where_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    stream = io.StringIO()
    made = table("a", "b", broken=("b",))
    made.add_row("one", "word " * 10)
    lay(Output(stream), made)
    assert all(len(line) <= 20 for line in stream.getvalue().splitlines())


def test_a_text_is_left_to_the_terminal_to_break(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    stream = io.StringIO()
    lay(Output(stream), Text("word " * 10))
    assert stream.getvalue() == ("word " * 10).rstrip() + "\n"


def test_a_sheet_leaves_out_what_there_is_not() -> None:
    stream = io.StringIO()
    lay(Output(stream), sheet({"id": "1", "key": None, "user": "", "fields": Text(""), "[name]": "[b]x[/b]"}))
    assert stream.getvalue() == "id      1\n[name]  [b]x[/b]\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [("text", "text"), ({"a": "é"}, '{\n  "a": "é"\n}'), (None, "null"), (b"\xff", '"_w=="'), ([], "[]")],
)
def test_a_value_is_written_as_people_read_it(value: object, text: str) -> None:
    assert data_text(value).plain == text


def test_a_very_long_value_is_cut() -> None:
    assert data_text("x" * (LONG + 1)).plain == "x" * LONG + "\n… 1 more character: --json shows all"
