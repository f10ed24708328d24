"""`motet replay`: exit codes, what is printed, and where the record comes from."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

SOURCE = """
from motet import Flow, agent

@agent
async def look(text: str) -> str:
    raise_if = {raising}
    return "a " + text

@agent
async def count(text: str) -> int:
    return len(text)

@agent
async def think(text: str) -> str:
    return await look(text + {more!r})

flow = Flow("flow", think >> count)
"""


def write(folder: Path, *, more: str = "", raising: str = "None") -> None:
    (folder / "made.py").write_text(SOURCE.format(more=more, raising=raising))


@pytest.fixture
def trace(here: Run, tmp_path: Path) -> str:
    write(tmp_path)
    done = here("run", "made.py:flow", "x", "--record")
    assert done.returncode == 0
    return done.stderr.split("recorded as trace ")[1].partition(";")[0]


def forget() -> None:
    """Let the next command import the file again."""
    import sys

    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").endswith("made.py"):
            del sys.modules[name]


def test_what_is_the_same_says_so(here: Run, trace: str) -> None:
    done = here("replay", trace[:8])
    assert (done.returncode, done.stdout) == (0, "the same: 4 calls, 2 of them answered from the record\n")


def test_the_recorded_agent_does_not_run_unless_it_is_named(here: Run, trace: str, tmp_path: Path) -> None:
    forget()
    write(tmp_path, raising="1 / 0")
    assert here("replay", trace).returncode == 0
    done = here("replay", trace, "--live", "look")
    assert done.returncode == 1
    assert "flow / think / look ends in another way" in done.stdout
    assert "ZeroDivisionError" in done.stdout


def test_a_difference_is_shown_and_is_exit_code_one(here: Run, trace: str, tmp_path: Path) -> None:
    forget()
    write(tmp_path, more="!")
    done = here("replay", trace)
    assert done.returncode == 1
    assert done.stdout.splitlines()[:3] == ["flow / think / look is given something else", '  - "x"', '  + "x!"']
    document = json.loads(here("replay", trace, "--json").stdout)
    assert (document["same"], document["calls"], document["answered"]) == (False, 4, 2)
    assert document["differences"] == [
        {"kind": "input", "path": ["flow", "think", "look"], "expected": "x", "actual": "x!"}
    ]


def test_a_file_is_replayed_with_the_agent_that_is_named(here: Run, trace: str, tmp_path: Path) -> None:
    here("inspect", trace, "--export", "trace.jsonl")
    (tmp_path / "motet.db").unlink()
    assert here("replay", "trace.jsonl").returncode == 0
    assert here("replay", "trace.jsonl", "made.py:flow", "--recorded", "think").stdout.startswith("the same: 3 calls")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["zzz"], "no trace begins with 'zzz'"),
        (["{trace}", "--live", "nobody"], "no call of 'nobody'"),
        (["{trace}", "none.py:flow"], "there is no file none.py"),
        (["{trace}", "made.py:nothing"], "has no 'nothing'"),
        (["none.jsonl"], "cannot be read"),
        ([], "Missing argument 'TRACE'"),
    ],
)
def test_what_cannot_be_replayed_is_exit_code_two(here: Run, trace: str, arguments: list[str], told: str) -> None:
    done = here("replay", *(argument.replace("{trace}", trace) for argument in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_task_tree_cannot_be_replayed(here: Run) -> None:
    tasks = '[{"name": "look", "executor": "system_info", "inputs": {"resource": "memory"}}]'
    done = here("run", "--tasks", tasks, "--record")
    trace = done.stderr.split("recorded as trace ")[1].partition(";")[0]
    done = here("replay", trace)
    assert done.returncode == 2
    assert "does not say what was run" in done.stderr
