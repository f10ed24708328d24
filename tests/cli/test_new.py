"""`motet new`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_it_says_what_was_made_and_what_comes_next(here: Run, tmp_path: Path) -> None:
    done = here("new", "my-agents", "--template", "flow")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("made my-agents with 6 files:\n  .gitignore\n")
    assert "next:\n  cd my-agents\n  pip install --group dev\n  motet run flow.py:flow " in done.stdout
    assert (tmp_path / "my-agents" / "flow.py").is_file()


def test_programs_get_a_document(here: Run) -> None:
    document = json.loads(here("new", "my-agents", "--json").stdout)
    assert (document["folder"], document["template"]) == ("my-agents", "full")
    assert "tasks.json" in document["files"]


def test_what_cannot_be_made_is_told_in_a_line(here: Run, tmp_path: Path) -> None:
    done = here("new", "my agents")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "motet: 'my agents' is no name for a project: take letters, digits, - and _, as in my-agents\n"
    )
    assert json.loads(here("new", "..", "--json").stdout)["error"]["code"] == "cannot_create"
    assert "Traceback" in here("new", "..", "--debug").stderr
    assert here("new", "a", "--template", "wrong").returncode == 2
    assert list(tmp_path.iterdir()) == []
