"""The two task trees for the command line: run as a person would, in a folder of their own."""

import json
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "machine_report"
RUN = (sys.executable, "-m", "motet")


def motet(folder: Path, *words: str) -> tuple[int, dict[str, object]]:
    """Run a command for programs; return its exit code and what it printed."""
    done = subprocess.run(
        [*RUN, *words, "--json"], cwd=folder, capture_output=True, text=True, check=False, timeout=100
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def small(name: str, folder: Path) -> str:
    """Write one of the trees into a folder, with a package that is surveyed in a moment; return where it is."""
    text = (EXAMPLE / name).read_text(encoding="utf-8")
    assert text.count('"input": "motet"') == 1
    (folder / name).write_text(text.replace('"input": "motet"', '"input": "json"'), encoding="utf-8")
    return str(folder / name)


def test_the_report_has_its_figures(tmp_path: Path) -> None:
    allowed = ["--allow-command", "uname", "--allow-command", "uptime"]
    code, tree = motet(tmp_path, "run", str(EXAMPLE / "tasks.json"), *allowed)
    assert (code, tree["status"]) == (0, "completed")
    result = tree["result"]
    assert isinstance(result, dict)
    assert {"busy_percent", "memory_percent", "disk_percent", "system", "uptime", "code"} == result.keys()
    assert result["code"]["package"] == "motet"
    assert result["code"]["files"] > 100


def test_without_leave_for_a_program_the_report_fails_honestly(tmp_path: Path) -> None:
    code, tree = motet(tmp_path, "run", small("tasks.json", tmp_path), "--root", str(EXAMPLE))
    assert (code, tree["status"]) == (1, "failed")
    tasks = {task["name"]: task for task in tree["tasks"]}  # type: ignore[attr-defined]
    assert tasks["system"]["status"] == "failed"
    assert "--allow-command uname" in tasks["system"]["error"]["message"]
    # `uptime` is optional, and would not have stopped the report; `uname` is not.
    assert (tasks["uptime"]["status"], tasks["report"]["status"]) == ("failed", "skipped")


def test_a_release_waits_for_its_answer(tmp_path: Path) -> None:
    options = ["--allow-command", "echo", "--root", str(EXAMPLE)]
    code, tree = motet(tmp_path, "run", small("release.json", tmp_path), *options)
    assert (code, tree["status"]) == (3, "input_required")
    code, tree = motet(tmp_path, "tasks", "answer", f"{tree['id']}:approval", "true", *options)
    assert (code, tree["status"]) == (0, "completed")
    assert tree["result"]["publish"]["stdout"] == "published\n"  # type: ignore[index]


def test_a_release_that_is_refused_publishes_nothing(tmp_path: Path) -> None:
    options = ["--allow-command", "echo", "--root", str(EXAMPLE)]
    _, tree = motet(tmp_path, "run", small("release.json", tmp_path), *options)
    code, tree = motet(tmp_path, "tasks", "answer", f"{tree['id']}:approval", "false", *options)
    assert (code, tree["status"]) == (1, "failed")
    tasks = {task["name"]: task["status"] for task in tree["tasks"]}  # type: ignore[attr-defined]
    assert tasks == {"release": "skipped", "code": "completed", "approval": "failed", "publish": "skipped"}
