"""What development mode shows."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from motet import agent
from motet.cli.dev_show import DevForPeople, DevForPrograms
from motet.cli.failures import InvalidUsage
from motet.cli.output import Output
from motet.cli.signals import Interrupted
from motet.devtools.outcome import Broken, Mended, Reloaded
from motet.devtools.sources import Sources
from motet.kernel.error_payload import to_payload
from motet.kernel.message import Chunk


@agent
async def say(text: str) -> str:
    return text


VERSION = Reloaded(say, 2, ("part.py",), ("flow", "other", "part"), 0.0812)
ERROR = Broken("part.py line 1\nNameError: x", ("part.py",), "load", to_payload(NameError("x")))


def people(tmp_path: Path) -> tuple[DevForPeople, io.StringIO]:
    out = io.StringIO()
    return DevForPeople(Output(out), "flow.py:say", Sources([tmp_path])), out


@pytest.mark.parametrize(
    ("outcome", "serving", "lagging", "told"),
    [
        (VERSION, True, 0, "reloaded part.py and 2 more in 81.2 ms"),
        (VERSION, True, 1, "reloaded part.py and 2 more in 81.2 ms; 1 run ends with the code of before"),
        (VERSION, True, 2, "reloaded part.py and 2 more in 81.2 ms; 2 runs end with the code of before"),
        (Reloaded(say, 3, ("a.py",), ("a",), 1), True, 0, "reloaded a.py in 1.00 s"),
        (Reloaded(say, 3, tuple("abcde"), tuple("abcde"), 1), True, 0, "reloaded a, b, c and 2 others in 1.00 s"),
        (Reloaded(say, 3, (), ("a",), 1), True, 0, "reloaded 1 file in 1.00 s"),
        (
            ERROR,
            True,
            0,
            "part.py cannot be loaded, what was there before goes on:\n  part.py line 1\n  NameError: x",
        ),
        (
            Broken("NameError: x", (), "load", to_payload(NameError("x"))),
            False,
            0,
            "flow.py:say cannot be loaded, it is tried again when a file changes:\n  NameError: x",
        ),
        (Mended(2), True, 0, "what is served is what the files say again"),
    ],
)
def test_people_read_what_came_of_a_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], outcome: Any, serving: bool, lagging: int, told: str
) -> None:
    show, _ = people(tmp_path)
    show.outcome(outcome, serving=serving, lagging=lagging)
    assert capsys.readouterr().err == f"motet: {told}\n"


def test_people_read_what_is_not_watched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show, _ = people(tmp_path)
    show.ready(VERSION, ["../lib"])
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("motet: flow.py:say is ready (3 files)")
    assert told[1] == "motet: not watched: ../lib (--watch FOLDER adds one)"


def test_a_message_stands_below_a_line_that_a_chunk_has_left_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show, out = people(tmp_path)
    run = show.run(1, "x", again=True)
    run.chunk(Chunk("open", 1, ("say",)))
    show.outcome(VERSION, serving=True, lagging=0)
    assert out.getvalue() == "open\n"
    assert capsys.readouterr().err.startswith("motet: running x\nmotet: reloaded ")


def test_a_failed_run_shows_the_users_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show, _ = people(tmp_path)
    show.failed(show.run(1, "x", again=False), ValueError("no way"))
    assert capsys.readouterr().err == "motet: the run has failed:\n  ValueError: no way\n"
    show.failed(show.run(1, "x", again=False), InvalidUsage("not so"))
    assert capsys.readouterr().err == "motet: InvalidUsage: not so\n"


def test_programs_get_a_document_for_everything() -> None:
    out = io.StringIO()
    show = DevForPrograms(Output(out))
    show.ready(VERSION, [])
    show.outcome(VERSION, serving=True, lagging=1)
    show.outcome(ERROR, serving=True, lagging=0)
    show.outcome(Mended(2), serving=True, lagging=0)
    run = show.run(7, "x", again=True)
    run.chunk(Chunk("piece", 1, ("say",)))
    run.result("done", say.types[1])
    show.failed(show.run(8, "y", again=False), ValueError("no way"))
    show.refused(InvalidUsage("not so"))
    show.interrupted(Interrupted(2))
    documents = [json.loads(line) for line in out.getvalue().splitlines()]
    version = {"version": 2, "changed": ["part.py"], "modules": ["flow", "other", "part"], "seconds": 0.0812}
    assert documents[0] == {"ready": {**version, "unwatched": []}}
    assert documents[1] == {"reloaded": {**version, "lagging": 1}}
    assert documents[2]["broken"]["error"]["message"] == "x"
    assert documents[3:7] == [
        {"mended": {"version": 2}},
        {"run": 7, "input": "x", "again": True},
        {"run": 7, "chunk": {"seq": 1, "path": ["say"], "value": "piece"}},
        {"run": 7, "result": "done"},
    ]
    assert documents[8]["run"] == 8
    assert [each["error"]["code"] for each in documents[8:]][1:] == ["invalid_usage", "cancelled"]


@pytest.mark.parametrize(("place", "told"), [("a.py line 2, in f", ": it is at a.py line 2, in f"), ("", "")])
def test_loading_that_takes_long_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, told: str
) -> None:
    people(tmp_path)[0].slow(place)
    assert capsys.readouterr().err == f"motet: loading takes long{told}; nothing else is loaded before that ends\n"
    out = io.StringIO()
    DevForPrograms(Output(out)).slow(place)
    assert json.loads(out.getvalue()) == {"slow": {"at": place}}
