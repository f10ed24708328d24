"""The example's recorded histories are replayed, and a change of its code is found."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "examples" / "recorded_support"


def run_tests(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(folder)]
    return subprocess.run(
        [*command, "--rootdir", str(folder), "-c", "/dev/null", "-o", "pythonpath=."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_its_histories_are_replayed() -> None:
    done = run_tests(FOLDER)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_a_change_of_its_code_is_found(tmp_path: Path) -> None:
    (tmp_path / "histories").mkdir()
    for path in [*FOLDER.glob("*.py"), *FOLDER.glob("histories/*.jsonl")]:
        text = path.read_text(encoding="utf-8").replace('" ".join(passages)', '"; ".join(passages)')
        (tmp_path / path.relative_to(FOLDER)).write_text(text, encoding="utf-8")
    done = run_tests(tmp_path)
    assert done.returncode == 1
    assert "support / write / ask_model is given something else" in done.stdout
