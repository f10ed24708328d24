"""`motet dev`, as a process: files are edited while it runs."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.terminals import ENV, Terminal, finished

Start = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]

FLOW = """
from motet import Context, agent
from part import word

@agent
async def say(text: str, ctx: Context) -> str:
    if text == "fail":
        raise ValueError("no way")
    await ctx.emit(word + " ")
    return f"{word} {text}"
"""

WAITING = """
import asyncio
from pathlib import Path
from motet import agent

@agent
async def say(text: str) -> str:
    Path("begun").touch()
    try:
        await asyncio.Event().wait()
    finally:
        Path("ended").touch()
    return ""
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(FLOW)
    (tmp_path / "part.py").write_text("word = 'one'\n")
    return tmp_path


class Session:
    """A process in development mode that writes for programs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.seen: list[dict[str, Any]] = []

    def until(self, key: str) -> Any:
        """Read documents up to one with a key, and return what that says."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.seen.append(json.loads(line))
            if key in self.seen[-1]:
                return self.seen[-1][key]
        raise AssertionError(f"never saw {key!r} in {self.seen}")

    def type(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def end(self) -> int:
        """End the input, and wait for the end of the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.stdin = None
        return self.process.wait(60)


def save(path: Path, text: str) -> None:
    """Save a file in one step, as most editors do: a busy machine may see one that is half written for long."""
    (path.parent / "saving").write_text(text)
    (path.parent / "saving").replace(path)


def test_inputs_are_run_on_what_the_files_say_now(start: Start, project: Path) -> None:
    session = Session(start("dev", "flow.py:say", "--json", cwd=project, stdin=subprocess.PIPE))
    assert session.until("ready")["modules"] == ["flow", "part"]
    session.type("a")
    assert session.until("result") == "one a"
    session.type("fail")
    assert session.until("error")["message"] == "no way"
    save(project / "part.py", "word = 'two'\n")
    reloaded = session.until("reloaded")
    assert (reloaded["version"], reloaded["changed"], reloaded["modules"]) == (2, ["part.py"], ["flow", "part"])
    session.type("b")
    assert session.until("result") == "two b"
    save(project / "part.py", "word = \n")
    assert "SyntaxError" in session.until("broken")["text"]
    session.type("c")
    assert session.until("result") == "two c"
    save(project / "part.py", "word = 'two'\n")
    assert session.until("mended") == {"version": 2}
    save(project / "part.py", "word = 'three'\n")
    assert session.until("reloaded")["version"] == 3
    session.type("\n\nd")
    assert session.until("chunk")["value"] == "three "
    assert session.end() == 0
    assert session.process.stdout is not None
    assert json.loads(session.process.stdout.read()) == {"run": 5, "result": "three d"}


def test_an_error_whose_text_cannot_be_made_ends_nothing(start: Start, project: Path) -> None:
    mute = "class Mute(Exception):\n    def __str__(self):\n        raise ValueError('no')\n\n"
    flow = (project / "flow.py").read_text()
    save(project / "flow.py", mute + flow.replace('ValueError("no way")', "Mute"))
    session = Session(start("dev", "flow.py:say", "--json", cwd=project, stdin=subprocess.PIPE))
    session.until("ready")
    session.type("fail")
    assert session.until("error")["message"] == "Mute"
    session.type("a")
    assert session.until("result") == "one a"
    save(project / "flow.py", mute + "raise Mute\n")
    assert session.until("broken")["error"]["message"] == "Mute"
    save(project / "flow.py", flow)
    session.until("reloaded")
    assert session.end() == 0


def test_inputs_are_run_again_after_each_change_until_a_signal_comes(start: Start, project: Path) -> None:
    session = Session(start("dev", "flow.py:say", "--input", "x", "--input", "y", "--json", cwd=project))
    assert [session.until("result") for _ in "xy"] == ["one x", "one y"]
    save(project / "part.py", "word = 'two'\n")
    assert [session.until("result") for _ in "xy"] == ["two x", "two y"]
    session.process.send_signal(signal.SIGINT)
    assert session.until("error")["code"] == "cancelled"
    assert session.process.wait(60) == 130


def test_a_run_in_flight_holds_up_no_reload_and_a_signal_cancels_it(start: Start, project: Path) -> None:
    save(project / "flow.py", WAITING)
    session = Session(start("dev", "flow.py:say", "--input", "x", "--json", cwd=project))
    session.until("ready")
    while not (project / "begun").exists():
        os.sched_yield()
    save(project / "flow.py", FLOW)
    assert session.until("reloaded")["lagging"] == 1
    session.process.send_signal(signal.SIGINT)
    assert session.process.wait(60) == 130
    assert (project / "ended").exists()


def test_on_a_terminal_people_read_what_was_reloaded_and_what_is_wrong(
    start: Start, project: Path, terminal: Terminal
) -> None:
    ends = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.theirs)
    process = start("dev", "flow.py:say", cwd=project, env=ENV, start_new_session=True, **ends)
    with finished(process, terminal):
        terminal.read_until("flow.py:say is ready (2 files)")
        terminal.type("hello\n")
        terminal.read_until("one hello")
        save(project / "part.py", "word = 1 / 0\n")
        terminal.read_until("part.py cannot be loaded, what was there before goes on:")
        terminal.read_until("  part.py line 1")
        terminal.read_until("  ZeroDivisionError: division by zero")
        save(project / "part.py", "word = 'two'\n")
        terminal.read_until("reloaded part.py and 1 more in ")
        terminal.type("fail\n")
        terminal.read_until("motet: the run has failed:\r\n  flow.py line 8, in say")
        terminal.type("\x04")
    assert process.returncode == 0


ASKING = """
from motet import agent

@agent
def say(text: str) -> str:
    breakpoint()
    return " ".join([text, *(input(f"{number}? ") for number in range(3))])
"""


def test_a_debugger_and_what_an_agent_asks_for_itself_get_what_is_typed_meanwhile(
    start: Start, project: Path, terminal: Terminal
) -> None:
    (project / "flow.py").write_text(ASKING)
    ends = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.theirs)
    process = start("dev", "flow.py:say", cwd=project, env=ENV, start_new_session=True, **ends)
    with finished(process, terminal):
        terminal.read_until("flow.py:say is ready")
        for run in ("first", "second"):
            terminal.type(f"{run}\n")
            for typed in ("p text * 2", "p 6 * 7", "c"):
                terminal.read_until("(Pdb) ")
                terminal.seen = ""
                terminal.type(f"{typed}\n")
            for number in range(3):
                terminal.read_until(f"{number}? ")
                terminal.type(f"{run} {number}\n")
            terminal.read_until(f"{run} {run} 0 {run} 1 {run} 2\r\n")
        terminal.type("\x04")
    assert process.returncode == 0


@pytest.mark.parametrize("kind", ["async def", "def"])
def test_numbers_are_those_of_motet_run_where_a_file_sets_their_precision(motet: Run, project: Path, kind: str) -> None:
    (project / "flow.py").write_text(
        "import decimal\nfrom motet import agent\n\ndecimal.getcontext().prec = 5\n\n"
        f"@agent\n{kind} say(text: str) -> str:\n    return str(decimal.Decimal(1) / 3)\n"
    )
    assert motet("run", "flow.py:say", "x", cwd=project).stdout == "0.33333\n"
    assert motet("dev", "flow.py:say", cwd=project, stdin="x\n").stdout == "0.33333\n"


def test_what_is_broken_at_the_start_is_waited_for(start: Start, project: Path) -> None:
    save(project / "part.py", "word = \n")
    session = Session(start("dev", "flow.py:say", "--json", cwd=project, stdin=subprocess.PIPE))
    assert "SyntaxError" in session.until("broken")["text"]
    session.type("early")
    save(project / "part.py", "word = 'one'\n")
    assert session.until("ready")["version"] == 1
    assert session.until("result") == "one early"
    assert session.end() == 0


def test_a_folder_that_is_watched_as_well(start: Start, project: Path) -> None:
    (project / "lib").mkdir()
    (project / "part.py").replace(project / "lib" / "part.py")
    (project / "app").mkdir()
    text = "import sys\nsys.path.append('lib')\n" + FLOW
    (project / "flow.py").unlink()
    (project / "app" / "flow.py").write_text(text)
    arguments = ("dev", "app/flow.py:say", "--input", "x", "--json")
    session = Session(start(*arguments, cwd=project))
    assert session.until("ready")["unwatched"] == ["lib"]
    session = Session(start(*arguments, "--watch", "lib", cwd=project))
    assert session.until("ready")["unwatched"] == []
    save(project / "lib" / "part.py", "word = 'two'\n")
    assert session.until("reloaded")["version"] == 2
    (project / "motet.toml").write_text('[dev]\nwatch = ["lib"]\n')
    session = Session(start(*arguments, cwd=project))
    assert session.until("ready")["unwatched"] == []


def test_a_folder_that_is_deleted_and_made_again_is_followed_on(start: Start, project: Path) -> None:
    work = project / "work"
    files = {name: (project / name).read_text() for name in ("flow.py", "part.py")}
    for name in files:
        (project / name).unlink()  # or they would be imported from here while they are not there

    def write(**changed: str) -> None:
        work.mkdir()
        for name, text in {**files, **changed}.items():
            (work / name).write_text(text)

    write()
    session = Session(start("dev", "work/flow.py:say", "--input", "x", "--json", cwd=project))
    assert session.until("result") == "one x"
    shutil.rmtree(work)
    while "FileNotFoundError" not in session.until("broken")["text"]:
        pass  # it was seen while only a part of it was deleted
    write(**{"part.py": "word = 'two'\n"})
    assert session.until("result") == "two x"
    (work / "part.py").write_text("word = 'three'\n")
    assert session.until("result") == "three x"


def test_what_the_configuration_says_of_it_has_to_be_possible(
    here: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "motet.toml").write_text('[dev]\ndebounce = 1.5\nwatch = ["missing"]\n')
    monkeypatch.chdir(project)
    done = here("dev", "flow.py:say")
    file = project.resolve() / "motet.toml"
    missing = file.with_name("missing")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"motet: {file}:3: dev.watch {missing}: there is no such folder")
    (project / "motet.toml").write_text("[dev]\ndebounce = 'soon'\n")
    done = here("dev", "flow.py:say")
    assert done.returncode == 2
    assert "dev.debounce" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["missing.py:say"], "there is no file missing.py (looked from "),
        ([".:say"], "'.' is neither a Python file nor the name of a module"),
        (["flow.py:sya"], "flow.py has no 'sya'; did you mean say? its only agent is say"),
        (["flow.py"], "say which agent: flow.py:NAME"),
        (["flow.py:word"], "flow.py:word is an object of type str, not an agent"),
        (["nowhere_at_all:say"], "there is no module 'nowhere_at_all'"),
        (["json:loads"], "json is installed in "),
        (["flow.py:say", "--watch", "missing"], "--watch missing: there is no such folder (looked from "),
    ],
)
def test_what_cannot_be_followed_is_told_in_a_line(
    here: Run, project: Path, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    done = here("dev", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("motet: ")
    assert told.rstrip() in done.stderr
    document = json.loads(here("dev", *arguments, "--json").stdout)
    assert document["error"]["code"]


def test_inputs_that_do_not_fit_are_told_and_the_next_one_is_run(here: Run, project: Path) -> None:
    (project / "flow.py").write_text(
        "from motet import agent\n\n@agent\nasync def say(number: int) -> int:\n    return number\n"
    )
    done = here("dev", str(project / "flow.py:say"), stdin="x\n\n3\n'''\n")
    assert (done.returncode, done.stdout) == (0, "3\n")
    assert done.stderr.count("motet: INPUT is no JSON") == 2
    assert "shell" not in done.stderr  # there is none between the keyboard and the agent


RAISING = """
import asyncio
from motet import agent

class Mine(BaseException):
    pass

{kind} say(text: str) -> str:
    if text != "fine":
        raise {{"mine": Mine("no way"), "cancel": asyncio.CancelledError(), "close": GeneratorExit("early"),
                "interrupt": KeyboardInterrupt(), "exit": SystemExit(3)}}[text]
    return text
"""


@pytest.mark.parametrize("kind", ["@agent\nasync def", "@agent\ndef"])
@pytest.mark.parametrize(("text", "told"), [("exit", "SystemExit: 3"), ("interrupt", "KeyboardInterrupt")])
def test_an_agent_that_ends_the_program_is_told(motet: Run, project: Path, kind: str, text: str, told: str) -> None:
    save(project / "flow.py", RAISING.format(kind=kind))
    done = motet("dev", "flow.py:say", cwd=project, stdin=f"{text}\nfine\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == f"motet: an agent has ended the program ({told})"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["@agent\nasync def", "@agent\ndef"])
@pytest.mark.parametrize(
    ("text", "told"),
    [("mine", "  flow.Mine: no way"), ("cancel", "Cancelled: "), ("close", "  GeneratorExit: early")],
)
def test_whatever_else_an_agent_raises_ends_its_run_alone(
    motet: Run, project: Path, kind: str, text: str, told: str
) -> None:
    save(project / "flow.py", RAISING.format(kind=kind))
    done = motet("dev", "flow.py:say", cwd=project, stdin=f"{text}\nfine\n")
    assert (done.returncode, done.stdout) == (0, "fine\n")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_agent_that_fails_when_it_is_cancelled_keeps_nothing_from_ending(start: Start, project: Path) -> None:
    text = WAITING.replace('Path("ended").touch()', 'Path("ended").touch()\n        raise ValueError("no way")')
    save(project / "flow.py", text)
    session = Session(start("dev", "flow.py:say", "--input", "x", "--input", "y", "--json", cwd=project))
    session.until("ready")
    while not (project / "begun").exists():
        os.sched_yield()
    session.process.send_signal(signal.SIGINT)
    assert session.until("error")["code"] == "cancelled"
    assert session.process.wait(60) == 130
    assert [each["run"] for each in session.seen if "input" in each] == [1]


@pytest.mark.parametrize("name", ["flow.py", "part.py"])
def test_a_file_that_skips_a_test_or_interrupts_is_waited_for(start: Start, project: Path, name: str) -> None:
    good = (project / name).read_text()
    session = Session(start("dev", "flow.py:say", "--json", cwd=project, stdin=subprocess.PIPE))
    session.until("ready")
    for text, told in (
        ("import pytest\npytest.importorskip('nowhere_at_all')\n", "Skipped: could not import 'nowhere_at_all'"),
        ("raise KeyboardInterrupt('typed by nobody')\n", "KeyboardInterrupt: typed by nobody"),
    ):
        save(project / name, text + good)
        assert told in session.until("broken")["text"]
    save(project / name, good)
    session.until("mended")
    assert session.end() == 0


def watched_by(project: Path, awatch: str) -> dict[str, str]:
    """Put something else in the place of what watches files; return the environment in which that is found."""
    package = project / "watchfiles"
    package.mkdir()
    (package / "_rust_notify.py").write_text("class WatchfilesRustInternalError(RuntimeError):\n    pass\n")
    text = f"from enum import Enum\nChange = Enum('Change', 'added modified deleted')\n{awatch}"
    (package / "__init__.py").write_text(text)
    return {"PYTHONPATH": os.pathsep.join((str(project), *filter(None, [os.environ.get("PYTHONPATH")])))}


def test_changes_are_gathered_for_as_long_as_the_configuration_says(motet: Run, project: Path) -> None:
    (project / "motet.toml").write_text("[dev]\ndebounce = 1.5\n")
    env = watched_by(project, "async def awatch(*_, debounce, **__):\n    raise OSError(f'{debounce} ms')\n    yield\n")
    done = motet("dev", "flow.py:say", "--input", "x", cwd=project, env=env)
    assert "motet: The files cannot be watched: 1500 ms" in done.stderr


def test_files_that_cannot_be_watched_are_told(motet: Run, project: Path) -> None:
    env = watched_by(project, "async def awatch(*_, **__):\n    raise OSError('no more')\n    yield\n")
    done = motet("dev", "flow.py:say", "--input", "x", cwd=project, env=env)
    assert done.returncode == 1
    assert "motet: The files cannot be watched: no more" in done.stderr


def test_without_the_extra_it_says_what_to_install(project: Path) -> None:
    code = (
        "import sys\nsys.modules['watchfiles'] = None\nfrom motet.cli.app import start\n"
        "from motet.cli.signals import Signals\nwith Signals() as signals:\n"
        "    raise SystemExit(start(['dev', 'flow.py:say'], signals))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "motet[dev]"' in done.stderr
