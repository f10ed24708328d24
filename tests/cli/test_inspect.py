"""`motet inspect` and `--record`: a history is kept, listed, shown, followed and exported."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.conftest import DESK

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def recorded(here: Run, *arguments: str) -> str:
    """Run something with --record; return the id of its trace."""
    done = here("run", *arguments, "--record")
    told = [line for line in done.stderr.splitlines() if line.startswith("motet: recorded as trace ")]
    assert len(told) == 1, done
    trace = told[0].removeprefix("motet: recorded as trace ").partition(";")[0]
    assert f"motet inspect {trace[:12]}" in told[0]
    return trace


def test_a_recorded_run_is_listed_and_shown(here: Run) -> None:
    trace = recorded(here, f"{DESK}/desk.py:retrying", "a")
    listed = here("inspect")
    assert listed.returncode == 0
    assert listed.stdout.split()[:5] == ["trace", "name", "status", "took", "began"]
    assert listed.stdout.splitlines()[1].split()[:3] == [trace[:12], "retrying", "completed"]
    shown = here("inspect", trace[:6])
    lines = shown.stdout.splitlines()
    assert lines[0] == f"trace {trace}"
    assert lines[1].startswith(f"retrying ({DESK}/desk.py:retrying): completed after ")
    assert lines[2] == "4 spans, 1 retry, 2 chunks, 1 failed span, 120 tokens"
    assert "✗ ConnectionError: the line is down" in shown.stdout
    assert "!" not in shown.stdout


def test_what_is_recorded_without_streaming_has_chunks_too(here: Run) -> None:
    trace = recorded(here, f"{DESK}/desk.py:words", "a b")
    kinds = [json.loads(line)["kind"] for line in here("inspect", trace, "--json").stdout.splitlines()]
    assert kinds == ["begin", "agent_started", "chunk_emitted", "chunk_emitted", "agent_ended", "end"]


def test_a_failed_run_is_recorded_as_that(here: Run) -> None:
    trace = recorded(here, f"{DESK}/desk.py:failing", "a")
    assert here("inspect").stdout.splitlines()[1].split()[2] == "failed"
    assert "failed after" in here("inspect", trace).stdout


def test_an_error_that_passed_several_calls_is_shown_once(here: Run, tmp_path: Path) -> None:
    (tmp_path / "passing.py").write_text(
        "from motet import agent, sequential\n"
        "@agent\n"
        "async def inner(payload: str) -> str:\n"
        "    raise ValueError('no')\n"
        "@agent\n"
        "async def outer(payload: str) -> str:\n"
        "    return await inner(payload)\n"
        "both = sequential(outer, name='both')\n"
    )
    lines = here("inspect", recorded(here, "passing.py:both", "a")).stdout.splitlines()
    assert [line.strip(" │") for line in lines if "✗" in line] == ["✗ ValueError: no"]
    assert "✗" in lines[-1]
    assert "└─ inner" in lines[-2]


def test_a_task_tree_is_recorded_with_its_tasks(here: Run) -> None:
    tasks = json.dumps([{"name": "look", "executor": "system_info", "inputs": {"resource": "memory"}}])
    trace = recorded(here, "--tasks", tasks)
    shown = here("inspect", trace).stdout
    assert "task tree" in shown
    assert shown.count("system_info") == 1
    assert here("inspect").stdout.splitlines()[1].split()[1] == "look"
    assert "2 spans" not in shown


def test_one_executor_is_recorded_where_histories_are_kept(here: Run, tmp_path: Path) -> None:
    trace = recorded(here, "system_info", "--inputs", '{"resource": "memory"}')
    assert here("inspect", trace).returncode == 0
    assert (tmp_path / "motet.db").exists()


def test_another_store_is_named_in_what_is_said(here: Run) -> None:
    done = here("run", f"{DESK}/desk.py:shout", "a", "--record", "--store", "sqlite:///other.db")
    assert "--store sqlite:///other.db" in done.stderr
    assert here("inspect", "--store", "sqlite:///other.db").stdout.count("shout") == 1


def test_under_json_standard_output_has_one_document(here: Run) -> None:
    done = here("run", f"{DESK}/desk.py:shout", "a", "--record", "--json")
    assert json.loads(done.stdout) == "A"
    listed = json.loads(here("inspect", "--json").stdout)
    (found,) = listed["traces"]
    assert (found["name"], found["status"], found["records"]) == ("shout", "completed", 4)


def test_an_export_is_inspected_like_the_store(here: Run, tmp_path: Path) -> None:
    trace = recorded(here, f"{DESK}/desk.py:retrying", "a")
    exported = here("inspect", trace, "--export", "trace.jsonl")
    assert exported.stderr == "motet: written to trace.jsonl\n"
    assert here("inspect", trace, "--json").stdout == (tmp_path / "trace.jsonl").read_text()
    assert here("inspect", "trace.jsonl").stdout == here("inspect", trace).stdout


def test_a_history_with_gaps_is_shown_as_far_as_it_goes(here: Run, tmp_path: Path) -> None:
    trace = recorded(here, f"{DESK}/desk.py:retrying", "a")
    here("inspect", trace, "--export", "trace.jsonl")
    lines = (tmp_path / "trace.jsonl").read_text().splitlines()
    del lines[4], lines[-1]
    (tmp_path / "trace.jsonl").write_text("\n".join([*lines, '{"cut off']))
    done = here("inspect", "trace.jsonl")
    assert done.returncode == 0
    problems = [line for line in done.stdout.splitlines() if line.startswith("! ")]
    assert len(problems) == 3
    assert "1 event after" in problems[0]
    assert "is no object" in problems[1]
    assert "There is no end" in problems[2]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["zzz"], "no trace begins with 'zzz'"),
        (["none.jsonl"], "none.jsonl cannot be read: No such file"),
        (["bad.jsonl"], "bad.jsonl is no history"),
        (["bad.jsonl", "--follow"], "--follow is for a trace in a store"),
        (["zzz", "--store", "sqlite:///none.db"], "there is no store at none.db"),
        (["zzz", "--store", "memory://"], "keeps nothing"),
        (["--limit", "0"], "limit"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_reason(
    here: Run, tmp_path: Path, arguments: list[str], told: str
) -> None:
    recorded(here, f"{DESK}/desk.py:shout", "a")
    (tmp_path / "bad.jsonl").write_text("\xff garbage", encoding="latin-1")
    done = here("inspect", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_beginning_that_several_traces_have_is_refused(here: Run) -> None:
    for _ in range(2):
        recorded(here, f"{DESK}/desk.py:shout", "a")
    assert "2 traces begin with ''" in here("inspect", "").stderr


def test_an_export_that_cannot_be_written_is_refused(here: Run) -> None:
    trace = recorded(here, f"{DESK}/desk.py:shout", "a")
    done = here("inspect", trace, "--export", "no/such/folder.jsonl")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_what_a_model_or_a_peer_says_is_no_command_to_the_terminal(here: Run, tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(
        "from motet import agent\n\n\n@agent\nasync def odd(text: str) -> str:\n"
        "    raise ValueError('x\\x1b[31mRED\\x1b]0;owned\\x07')\n"
    )
    trace = recorded_failing(here, "odd.py:odd")
    shown = here("inspect", trace)
    assert (shown.returncode, "\x1b" in shown.stdout, "\x07" in shown.stdout) == (0, False, False)
    assert r"✗ ValueError: x\x1b[31mRED\x1b]0;owned\x07" in shown.stdout


def recorded_failing(here: Run, target: str) -> str:
    done = here("run", target, "x", "--record")
    assert (done.returncode, "\x1b" in done.stderr) == (1, False)
    return done.stderr.partition("recorded as trace ")[2].partition(";")[0]


def test_a_history_with_half_a_character_is_exported_and_drawn(here: Run, tmp_path: Path) -> None:
    (tmp_path / "half.jsonl").write_text(
        '{"kind":"begin","v":1,"trace":"t","at":1,"wall":1,"clock":"c","by":"","n":0}\n'
        '{"kind":"agent_started","at":1,"span":"s","parent":"","agent":"a\\ud800b","by":"","n":1}\n'
    )
    assert here("inspect", "half.jsonl", "--html", "half.html", "--export", "again.jsonl").returncode == 0
    assert here("inspect", "again.jsonl").stdout == here("inspect", "half.jsonl").stdout
    assert r"a\ud800b" in here("inspect", "half.jsonl").stdout
