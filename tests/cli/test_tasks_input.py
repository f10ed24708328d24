import io
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from motet.cli.failures import InvalidUsage
from motet.cli.tasks_input import parse_answer, read_inputs, read_tasks
from motet.kernel.errors import InvalidPayload
from motet.kernel.function import agent
from motet.tasks.model import Question


class Input(BaseModel):
    url: str
    limit: int = 5


@agent
async def fetch(inputs: Input) -> str:
    return inputs.url


@agent
async def anything(inputs: dict[str, Any]) -> str:
    return ""


def test_an_array_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tasks.json"
    file.write_bytes(b'\xef\xbb\xbf[{"name": "\xc3\xa9"}]')
    assert read_tasks(str(file)) == [{"name": "é"}]


def test_an_array_is_read_from_the_command_line_or_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_tasks("--tasks", "[1]") == [1]
    for source, text in (("--tasks", "-"), ("-", None)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[2]\n")))
        assert read_tasks(source, text) == [2]


@pytest.mark.parametrize("text", ['{"name": "a"}', "5", "null", '"-"'])
def test_only_arrays_are_arrays(text: str) -> None:
    with pytest.raises(InvalidUsage, match="--tasks holds no array of tasks: write one, as in"):
        read_tasks("--tasks", text)


def test_what_is_no_text_is_no_array() -> None:
    with pytest.raises(InvalidUsage, match=r"--tasks is no UTF-8 text \(character 12\): encode it as UTF-8"):
        read_tasks("--tasks", '[{"name": "\udcff"}]')


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidUsage, match="cannot be read: Is a directory"):
        read_tasks(str(tmp_path))


def test_inputs_fit_their_executor() -> None:
    assert read_inputs("fetch", '{"url": "x"}', fetch) == {"url": "x"}
    assert read_inputs("anything", None, anything) == {}


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        (
            None,
            InvalidUsage,
            "'fetch' needs inputs, for example: motet run fetch --inputs '{\"url\": \"...\"}'; `motet e",
        ),
        ("{", InvalidUsage, "the inputs are no JSON: "),
        ("[]", InvalidUsage, "the inputs of an executor are an object: "),
        (
            '{"url": 5}',
            InvalidPayload,
            "The input of 'fetch' is no Input: url: .*; `motet executors fetch` shows what it",
        ),
        ('{"url": "\\ud800"}', InvalidPayload, "The input of 'fetch'"),
        ("[" * 100_000, InvalidUsage, "the inputs are no JSON: "),
        ('{"url": "\udcff"}', InvalidUsage, r"--inputs is no UTF-8 text \(character 10\): encode it as UTF-8"),
    ],
    ids=range(7),
)
def test_inputs_that_do_not_fit_are_refused(text: str | None, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        read_inputs("fetch", text, fetch)


def test_no_quotes_for_a_shell_are_asked_for_where_none_reads_the_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidUsage, match=r"\(char 1\); put JSON in single quotes for the shell$"):
        read_inputs("fetch", "{", fetch)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{")))
    with pytest.raises(InvalidUsage, match=r"\(char 1\)$"):
        read_inputs("fetch", "-", fetch)


def question(**schema: object) -> Question:
    return Question("key", "What?", schema)


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("true", {"type": "boolean"}, True),
        ("yes", {"type": "boolean"}, "yes"),  # the manager says why not
        ("5", {"type": "integer"}, 5),
        ("5", {"type": "string"}, "5"),
        ('"5"', {"type": "string"}, "5"),
        ("five", {}, "five"),
        ("5", {}, 5),
        ("null", {"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
        ("left", {"enum": ["left", "right"]}, "left"),
        ('{"a": [1]}', {"type": "object"}, {"a": [1]}),
        ("{", {"type": "object"}, "{"),
        ("[" * 100_000, {}, "[" * 100_000),
        ("", {"type": "string"}, ""),
    ],
    ids=range(13),
)
def test_an_answer_is_json_or_the_text_itself(text: str, schema: dict[str, object], value: object) -> None:
    assert parse_answer(text, question(**schema)) == value


def test_what_is_no_text_is_no_answer() -> None:
    with pytest.raises(InvalidUsage, match=r"the answer is no UTF-8 text \(character 1\): encode it as UTF-8"):
        parse_answer("\udcff", question())
