import os
import subprocess
import sys
from pathlib import Path

import pytest

HIDE = """
import sys
from importlib.abc import MetaPathFinder

class Hide(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {library!r}:
            raise ModuleNotFoundError(name)
        return None

class Nothing(MetaPathFinder):
    pass

import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == {library!r} else real(name, package)
sys.meta_path.insert(0, Hide())
sys.argv = ["motet", "run", "desk.py:shout", "hello"]
from motet.cli.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("library", ["typer", "rich"])
def test_a_missing_extra_is_named_in_one_line(library: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HIDE.format(library=library)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == 'The motet command needs an optional dependency: pip install "motet[cli]"\n'


@pytest.mark.parametrize("module", ["motet", "motet.cli"])
def test_the_command_runs_as_a_module(module: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, "version"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("motet ")


def test_the_command_is_installed() -> None:
    script = Path(sys.executable).with_name("motet")
    done = subprocess.run([script, "version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("motet ")


DESK = Path(__file__).parent / "desk"


@pytest.mark.skipif(os.name == "nt", reason="the shell of this test is POSIX")
@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        ("run desk.py:shout hello >&-", 0, "", ""),
        ("run desk.py:fails hello 2>&-", 1, "", ""),
        ("run desk.py:shout - <&-", 2, "", "motet: INPUT is `-`, but standard input is closed: "),
        ("run desk.py:shout hello > /dev/full", 1, "", "motet: the output cannot be written: No space left on device"),
        ("run desk.py:chatty hello > /dev/full", 1, "", "motet: the output cannot be written: No space left on device"),
        ("version > /dev/full", 1, "", "motet: the output cannot be written: No space left on device"),
        ("> /dev/full", 1, "", "motet: the output cannot be written: No space left on device"),
        ("--help > /dev/full", 1, "", "motet: the output cannot be written: No space left on device"),
        ("tasks > /dev/full", 1, "", "motet: the output cannot be written: No space left on device"),
        ("config > /dev/full", 1, "", "motet: the output cannot be written: No space left on device"),
        ("run --help > /dev/full", 1, "", "motet: the output cannot be written: No space left on device"),
        ("executors > /dev/full", 1, "", "motet: the output cannot be written: No space left on device"),
        ("run desk.py:endless hello --stream | head -c 3; exit ${PIPESTATUS[0]}", 141, "hel", "ready"),
        ("run desk.py:endless hello --stream --json | head -n 0; exit ${PIPESTATUS[0]}", 141, "", "ready"),
        ("run desk.py:shout hello | cat", 0, "HELLO", ""),
        ("run desk.py:shout - <<< 'from a pipe'", 0, "FROM A PIPE", ""),
    ],
)
def test_streams_may_be_closed_full_or_pipes(line: str, code: int, out: str, err: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f'"$MOTET_PYTHON" -W error -m motet.cli {line}'],  # noqa: S607
        capture_output=True,
        text=True,
        cwd=DESK,
        # What an agent prints waits in a buffer, as it does where nobody asks for the contrary.
        env=os.environ | {"MOTET_PYTHON": sys.executable, "PYTHONUNBUFFERED": ""},
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert done.stdout.strip() == out
    assert done.stderr.startswith(err)
    assert done.stderr.count("\n") == (1 if err else 0)


@pytest.mark.skipif(os.name == "nt", reason="the system has no pipe that tells of its reader")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments",
    [[], ["--help"], ["run", "-h"], ["tasks"], ["tasks", "--help"], ["config"], ["version"], ["executors"]],
)
def test_output_that_nobody_reads_ends_every_command_alike(arguments: list[str], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "motet.cli", *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is full")
@pytest.mark.parametrize("arguments", [["--help"], ["tasks"], ["executors"], ["version"]])
def test_output_without_a_buffer_that_cannot_be_written_is_told_once(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "motet.cli", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            timeout=60,
            check=False,
        )
    told = "motet: the output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)
