"""What the tests of the command line share: a folder of agents, and ways to run the command."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.terminals import Terminal
from warm import Template, WarmProcess, warm

__all__ = ["here", "imports", "motet", "start", "terminal", "warm"]

DESK = Path(__file__).parent / "desk"

Start = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in [name for name in os.environ if name.startswith("MOTET_") and not name.startswith("MOTET_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MOTET_CONFIG_GLOBAL", str(tmp_path_factory.getbasetemp() / "there is no such file"))


@pytest.fixture
def motet(warm: Template) -> Run:
    """Run `motet` to its end in a process, in the folder of agents unless `cwd` says otherwise."""

    def run(
        *arguments: str, stdin: str | bytes | None = None, cwd: Path = DESK, env: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        whole = os.environ | (env or {})
        if not any(name.startswith("PYTHON") for name in env or {}):
            return warm.run("motet.cli", *arguments, stdin=stdin, cwd=cwd, env=whole)
        # What Python reads when it starts comes too late for a process that is forked.
        command = [sys.executable, "-W", "error", "-m", "motet.cli", *arguments]
        given = stdin.encode() if isinstance(stdin, str) else stdin or b""
        raw = subprocess.run(command, input=given, capture_output=True, cwd=cwd, env=whole, timeout=60, check=False)
        return subprocess.CompletedProcess(raw.args, raw.returncode, raw.stdout.decode(), raw.stderr.decode())

    return run


@pytest.fixture
def start(warm: Template) -> Iterator[Start]:
    """Start `motet` and let it run; whatever still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, cwd: Path = DESK, **options: object) -> "subprocess.Popen[str]":
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = WarmProcess(warm, "motet.cli", *arguments, cwd=cwd, text=True, bufsize=1, **pipes)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def imports() -> Iterator[None]:
    """Undo what loading a user's file does to this process."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run `motet` in this process, in an empty folder: where it does not matter that it is a process."""
    from motet.cli.app import start
    from motet.cli.signals import Signals
    from motet.tasks.executors import DEFAULT_EXECUTORS

    known, path = set(DEFAULT_EXECUTORS), list(sys.path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str, stdin: str = "", env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with monkeypatch.context() as inside, Signals() as signals:
            for name, value in (env or {}).items():
                inside.setenv(name, value)
            code = start(list(arguments), signals)
        out, errors = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, out, errors)

    yield run
    sys.path[:] = path
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if file.startswith((str(DESK), str(tmp_path))):
            del sys.modules[name]
    for name in set(DEFAULT_EXECUTORS) - known:
        del DEFAULT_EXECUTORS._agents[name]
        del DEFAULT_EXECUTORS._demos[name]


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    os.close(made.ours)
