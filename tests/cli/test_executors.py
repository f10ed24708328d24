"""`motet executors`."""

import io
import json
import shlex
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field
from rich.console import Console, RenderableType

from motet.cli.executors import Listed, card_parts, executor_table, listed
from motet.kernel.errors import InvalidAgent, MissingExtra
from motet.kernel.function import agent
from motet.tasks.executors import DEFAULT_EXECUTORS, Executors

Run = Callable[..., "subprocess.CompletedProcess[str]"]

JOBS = ("--import", str(Path(__file__).parent / "desk" / "jobs.py"))


def written(parts: Iterable[RenderableType], width: int = 100) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return [line.rstrip() for line in captured.get().splitlines()]


class Input(BaseModel):
    url: str = Field(description="Where to.")
    limit: int = 5
    sort: dict[str, int] = {"up": 1}


@agent(tags=["web", "fast"], version="3", examples=[{"url": "https://example.org"}])
async def fetch(inputs: Input) -> list[str]:
    """Fetch a page.

    And say what is on it.
    """
    return []


class Strict(BaseModel):
    code: str = Field(min_length=5)


@agent
async def strict(inputs: Strict) -> str:
    return inputs.code


@agent
async def bare(inputs: dict[str, Any]) -> Any:
    return None


def test_an_executor_is_shown_with_its_fields_and_an_example() -> None:
    lines = written(card_parts("fetch", fetch.card))
    assert lines[:4] == ["fetch", "Fetch a page.", "", "And say what is on it."]
    text = "\n".join(lines)
    assert "it takes  type               default    description" in text
    assert "url       string             required   Where to." in text
    assert "limit     integer            5" in text
    assert '{"up": 1}' in text
    assert "it gives: [string]" in text
    assert "tags     web, fast\nversion  3\n" in text
    assert """for example:\n  motet run fetch --inputs '{"url": "https://example.org"}""" in text
    assert """as a task:\n  {"name": "fetch", "executor": "fetch", "inputs": {"url": "https://example.org"}""" in text


def test_what_is_made_up_says_so_and_what_has_to_be_imported_is_named() -> None:
    text = "\n".join(written(card_parts("strict", strict.card, ("my jobs.py",))))
    assert "for example, with what is missing filled in:\n" in text
    assert "--import 'my jobs.py'" in text


@pytest.mark.parametrize("id_", ["agent", "aggregate", "ask", "command", "rest", "system_info"])
def test_the_examples_of_what_comes_with_it_can_be_run_as_they_are(id_: str) -> None:
    found = DEFAULT_EXECUTORS.get(id_)
    assert found.examples
    text = "\n".join(written(card_parts(id_, found.card), 200))
    assert "filled in" not in text
    assert text.count("  motet run ") == len(found.examples)


def test_an_example_that_is_shown_is_run(here: Run) -> None:
    shown = here("executors", "shout", *JOBS).stdout
    (line,) = [line.strip() for line in shown.splitlines() if line.startswith("  motet run")]
    done = here(*shlex.split(line)[1:])
    assert (done.returncode, done.stdout) == (0, "HELLO\n")


def test_a_program_is_allowed_in_its_example() -> None:
    assert "--allow-command uname" in "\n".join(written(card_parts("command", DEFAULT_EXECUTORS.get("command").card)))


def test_what_takes_anything_has_no_fields() -> None:
    assert "it takes: object" in "\n".join(written(card_parts("bare", bare.card)))


@pytest.mark.parametrize("width", [40, 80])
def test_tables_fit_the_terminal(width: int) -> None:
    found = [Listed("fetch", fetch.card), Listed("other", None, 'pip install "motet[other]"')]
    rows = written([executor_table(found)], width)
    assert all(len(row) <= width for row in rows)
    assert "fetch" in rows[1]
    assert "needs pip" in "\n".join(rows)


def test_executors_that_cannot_be_loaded_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Executors(installed=False)
    made.add(fetch)
    errors = {
        "a": MissingExtra.of("The executor 'a'", "extra"),
        "b": InvalidAgent("it is\nnone"),
        "c": OSError("no way"),
    }

    def get(self: Executors, id_: str) -> object:
        if id_ in errors:
            raise errors[id_]
        return fetch

    monkeypatch.setattr(Executors, "__iter__", lambda self: iter(["fetch", *errors]))
    monkeypatch.setattr(Executors, "get", get)
    assert {each.id: each.missing for each in listed(made)} == {
        "a": 'pip install "motet[extra]"',
        "b": "it is; none",
        "c": "OSError: no way",
        "fetch": "",
    }


def test_executors_are_listed(here: Run) -> None:
    done = here("executors", *JOBS)
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert {"agent", "aggregate", "command", "rest", "shout"} <= set(rows)
    assert rows["shout"].split() == ["shout", "Say", "it", "loud.", "loud"]


def test_programs_get_schemas(here: Run) -> None:
    documents = {each["id"]: each for each in json.loads(here("executors", *JOBS, "--json").stdout)}
    one = json.loads(here("executors", "shout", *JOBS, "--json").stdout)
    assert documents["shout"] == one
    assert one["missing"] is None
    assert one["input"]["required"] == ["text"]
    assert one["output"] == {"type": "string"}
    assert one["examples"] == [{"text": "hello"}]


def test_one_executor_is_shown(here: Run) -> None:
    done = here("executors", "rest")
    assert done.returncode == 0
    assert done.stdout.startswith("rest\nSend an HTTP request")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["rset"], "motet: No executor is called 'rset': did you mean 'rest'?"),
        (["--import", "no-such.py"], "motet: there is no file no-such.py (looked from "),
    ],
)
def test_what_is_not_there_is_told_in_a_line(here: Run, arguments: list[str], told: str) -> None:
    done = here("executors", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1
