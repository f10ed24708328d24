"""`motet run` as a process: what it prints where, and how it ends."""

import json
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]

QUESTION = '{"text": "é", "limit": 1}'


@pytest.mark.parametrize(
    ("arguments", "stdout"),
    [
        (["desk.py:shout", "hello"], "HELLO\n"),
        (["desk.py:shout", '"hello"'], "HELLO\n"),
        (["desk:shout", "hello"], "HELLO\n"),
        (["desk.py:holder.inner", "hello"], "HELLO\n"),
        (["desk.py:answer", QUESTION], '{\n  "text": "éé",\n  "sources": [\n    "a"\n  ]\n}\n'),
        (["desk.py:answer", QUESTION, "--json"], '{"text":"éé","sources":["a"]}\n'),
        (["desk.py:anything", "hello"], '{\n  "got": "hello"\n}\n'),
        (["desk.py:anything", "[1]", "--json"], '{"got":[1]}\n'),
        (["desk.py:shout", "hello", "--json"], '"HELLO"\n'),
        (["desk.py:nothing", ""], ""),
        (["desk.py:nothing", "", "--json"], "null\n"),
        (["desk.py:chatty", "hello"], "printed by the agent\nhello\n"),
        (["desk.py:chatty", "hello", "--json"], '"hello"\n'),
        (["desk.py:words", "a b", "--stream"], "a b \n"),
        (["desk.py:words", "a b"], "a b \n"),
        (
            ["desk.py:parts", "a b", "--stream"],
            '{"word": "a", "number": 0}\n{"word": "b", "number": 1}\n{\n  "words": 2\n}\n',
        ),
        (
            ["desk.py:retrying", "a", "--stream"],
            "attempt 1\n[flaky starts again: its 1 chunk above no longer count]\nattempt 2\n",
        ),
        (["desk.py:shout", "hello", "--deadline", "60"], "HELLO\n"),
        (["desk.py:background", "hello"], "hello\n"),
    ],
)
def test_the_output_is_printed(motet: Run, arguments: list[str], stdout: str) -> None:
    done = motet("run", *arguments)
    assert (done.returncode, done.stdout) == (0, stdout)


def test_standard_error_stays_empty_when_all_is_well(motet: Run) -> None:
    assert motet("run", "desk.py:retrying", "a").stderr == ""


def test_what_an_agent_prints_is_not_lost_under_json(motet: Run) -> None:
    assert motet("run", "desk.py:chatty", "hello", "--json").stderr == "printed by the agent\n"


@pytest.mark.parametrize(
    ("stdin", "stdout"), [("hello\n", "HELLO\n"), ("hello", "HELLO\n"), ('"a\\nb"', "A\nB\n"), ("a\nb\n", "A\nB\n")]
)
def test_a_dash_reads_standard_input(motet: Run, stdin: str, stdout: str) -> None:
    assert motet("run", "desk.py:shout", "-", stdin=stdin).stdout == stdout


def test_json_comes_from_standard_input_too(motet: Run) -> None:
    done = motet("run", "desk.py:answer", "-", "--json", stdin=QUESTION)
    assert json.loads(done.stdout) == {"text": "éé", "sources": ["a"]}


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_chunks_are_json_lines_and_the_last_is_the_result(motet: Run) -> None:
    done = motet("run", "desk.py:retrying", "a", "--stream", "--json")
    assert lines(done.stdout) == [
        {"chunk": {"seq": 1, "path": ["retrying", "flaky"], "value": "attempt 1"}},
        {"restart": {"seq": 2, "path": ["retrying", "flaky"], "since": 1}},
        {"chunk": {"seq": 3, "path": ["retrying", "flaky"], "value": "attempt 2"}},
        {"result": "attempt 2"},
    ]
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("options", [["--stream"], ["--stream", "--json"]])
def test_chunks_appear_before_the_end(start: Start, options: list[str], tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    process = start("run", "desk.py:gated", str(gate), *options)
    assert process.stdout is not None
    seen = ""
    while "first " not in seen:
        letter = process.stdout.read(1)
        assert letter, process.communicate()
        seen += letter
    assert process.poll() is None
    gate.touch()
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "second" in rest


INPUTS = [
    ("no-such.py:flow", "x", "there is no file no-such.py (looked from "),
    ("../desk/:flow", "x", "../desk/ is a folder: name a file in it, as in ../desk/flow.py:NAME"),
    ("no_such_module:flow", "x", "there is no module 'no_such_module' in "),
    ("no module:flow", "x", "'no module' is neither a Python file nor the name of a module"),
    ("desk.py", "x", "say which agent: desk.py:NAME; the agents in desk.py are shout, answer, anything, "),
    ("desk.py:", "x", "say which agent: desk.py:NAME; "),
    ("desk.py:shoot", "x", "desk.py has no 'shoot'; did you mean shout? the agents in desk.py are shout, answer, "),
    ("desk.py:holder.outer", "x", "desk.py:holder has no 'outer'; the agents in desk.py are "),
    ("desk.py:plain", "x", "desk.py:plain is a plain function, not an agent: put @agent (from motet import agent) abo"),
    ("desk.py:Plain", "x", "desk.py:Plain is a class, not an agent: "),
    ("desk.py:Made", "x", "desk.py:Made is a class of agents, not an agent: make one in the file, as in made = Made("),
    ("desk.py:wiring", "x", "desk.py:wiring is a part of a graph, not an agent: make a flow of it, as in made = Flow("),
    ("desk.py:node", "x", "desk.py:node is a node of a graph, not an agent: make a flow of it"),
    ("desk.py:number", "x", "desk.py:number is an object of type int, not an agent: name a function with @agent above"),
    ("desk.py:asyncio", "x", "desk.py:asyncio is a module, not an agent: name an agent in it"),
    ("desk.py:answer", "", "INPUT is empty: 'answer' takes "),
    ("desk.py:answer", "{text: a}", "INPUT is no JSON: key must be a string at line 1 column 2; 'answer' takes "),
    ("desk.py:answer", "{}", "The input of 'answer' is no Question: text: Field required; 'answer' takes "),
    ("desk.py:answer", '{"text": 1, "limit": "a"}', "The input of 'answer' is no Question: text: Input should be a "),
    ("desk.py:fan", "many", "INPUT is no JSON: expected value at line 1 column 1; 'fan' takes integer"),
]


@pytest.mark.parametrize(("target", "given", "told"), INPUTS)
def test_bad_input_is_one_line_that_says_what_to_do(motet: Run, target: str, given: str, told: str) -> None:
    done = motet("run", target, given)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"motet: {told}")
    assert done.stderr.count("\n") == 1


def test_a_missing_input_shows_the_schema_and_an_example(motet: Run) -> None:
    done = motet("run", "desk.py:answer")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        """motet: INPUT is missing: 'answer' takes {"text": string, "limit"?: integer = 3}; for example: """
        """motet run desk.py:answer '{"text": "..."}' (or - to read standard input)\n"""
    )


@pytest.mark.parametrize("deadline", ["-1", "0", "nan", "inf"])
def test_a_deadline_is_a_time_to_come(motet: Run, deadline: str) -> None:
    done = motet("run", "desk.py:shout", "hello", "--deadline", deadline)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"motet: --deadline \S+ is no time to work in: give the seconds, more than 0\n", done.stderr)


@pytest.mark.parametrize("target", ["desk.py:shoot", "desk.py:answer", "no-such.py:flow"])
def test_bad_input_is_a_document_for_programs(motet: Run, target: str) -> None:
    done = motet("run", target, "{", "--json")
    assert (done.returncode, done.stderr) == (2, "")
    (document,) = lines(done.stdout)
    assert document["error"]["fault"] == "caller"
    assert document["error"]["code"] in {"not_found", "invalid_usage"}
    assert "cause" not in document["error"]


def test_fields_that_do_not_fit_are_listed_for_programs(motet: Run) -> None:
    (document,) = lines(motet("run", "desk.py:answer", '{"limit": "a"}', "--json").stdout)
    assert document["error"]["code"] == "invalid_payload"
    assert [problem["field"] for problem in document["error"]["details"]["problems"]] == ["text", "limit"]


BROKEN = {
    "raises.py": ("x = 1\n\nraise ValueError('no way')\n", "raises.py line 3: ValueError: no way\n"),
    "syntax.py": ("def f(:\n", "syntax.py line 1: SyntaxError: invalid syntax\n"),
    "ends.py": ("raise SystemExit(3)\n", "ends.py line 1 ends the program (SystemExit: 3) when it is imported: "),
    "skips.py": (
        "import pytest\npytest.skip('no', allow_module_level=True)\n",
        "skips.py line 2: Skipped: no\n",
    ),
    "interrupts.py": ("raise KeyboardInterrupt\n", "interrupts.py line 1: KeyboardInterrupt\n"),
    "needs.py": ("import no_such_library\n", "needs.py line 1: ModuleNotFoundError: No module named 'no_such_library'"),
    "wrong.py": (
        "from __future__ import annotations\nfrom motet import agent\n@agent\nasync def it(x: Missing): ...\n",
        "An annotation of 'it' cannot be resolved (name 'Missing' is not defined)",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_loaded_names_its_line(motet: Run, name: str, tmp_path: Path) -> None:
    text, told = BROKEN[name]
    (tmp_path / name).write_text(text)
    done = motet("run", f"{name}:it", "x", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"motet: {told}")
    assert done.stderr.count("\n") == 1
    assert "Traceback" in motet("run", f"{name}:it", "x", "--debug", cwd=tmp_path).stderr


def test_a_graph_that_cannot_be_built_lists_its_problems(motet: Run, tmp_path: Path) -> None:
    (tmp_path / "graph.py").write_text(
        "from motet import Flow, agent\n\n@agent\nasync def a(x: str) -> str: ...\n\n"
        "@agent\nasync def b(x: int) -> str: ...\n\nring = Flow('ring', a >> b, b >> a)\n"
    )
    done = motet("run", "graph.py:ring", "x", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    first, *problems = done.stderr.splitlines()
    assert first == "motet: graph.py line 9: The graph of 'ring' cannot run:"
    assert problems
    assert all(problem.startswith("  - ") for problem in problems)
    (document,) = lines(motet("run", "graph.py:ring", "x", "--json", cwd=tmp_path).stdout)
    assert document["error"]["code"] == "invalid_graph"
    assert len(document["error"]["details"]["problems"]) == len(problems)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("desk.py:fails", "ValueError: two lines:; x\n"),
        ("desk.py:failing", "ValueError: two lines:; X (in node 'fails' of flow 'failing')\n"),
        ("desk.py:groups", "ExceptionGroup: unhandled errors in a TaskGroup: ValueError: two lines:; a\n"),
        ("desk.py:leaves", "SystemExit: 7\n"),
        ("desk.py:leaving", "SystemExit: 7\n"),
        ("desk.py:cancels", "CancelledError: the work was cancelled, and nobody asked for that from here\n"),
    ],
)
@pytest.mark.parametrize("options", [[], ["--stream"]])
def test_a_failure_of_the_work_is_one_line(motet: Run, target: str, told: str, options: list[str]) -> None:
    done = motet("run", target, "x", *options)
    assert (done.returncode, done.stdout) == (1, "")
    if target == "desk.py:cancels" and options:
        told = "Cancelled: "
    assert done.stderr.startswith(f"motet: {told}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("options", [[], ["--stream"]])
def test_a_failure_is_a_payload_for_programs(motet: Run, options: list[str]) -> None:
    done = motet("run", "desk.py:failing", "x", "--json", *options)
    assert (done.returncode, done.stderr) == (1, "")
    (document,) = lines(done.stdout)
    assert document["error"]["message"] == "two lines:\nX"
    assert document["error"]["details"] == {"type": "ValueError", "notes": ["in node 'fails' of flow 'failing'"]}


def test_a_deadline_interrupts_the_work(motet: Run) -> None:
    done = motet("run", "desk.py:cleaning", "x", "--deadline", "0.5")
    assert (done.returncode, done.stdout) == (1, "")
    told = done.stderr.splitlines()
    assert sorted(told[:-1]) == ["cleaned X", "cleaned X", "ready", "ready"]
    assert told[-1] == "motet: DeadlineExceeded: 'cleaning' had no result within its deadline of 0.5 s"


def test_a_deadline_does_not_wait_for_a_thread(motet: Run) -> None:
    done = motet("run", "desk.py:sleeps", "x", "--deadline", "0.1")  # it would sleep for a minute
    assert done.returncode == 1
    assert "DeadlineExceeded" in done.stderr


def test_debug_shows_the_traceback_and_trace_does_not(motet: Run) -> None:
    debugged = motet("run", "desk.py:failing", "x", "--debug")
    assert debugged.stderr.startswith("Traceback (most recent call last):")
    assert debugged.stderr.endswith("motet: ValueError: two lines:; X (in node 'fails' of flow 'failing')\n")
    assert debugged.returncode == 1
    assert "Traceback" not in motet("run", "desk.py:failing", "x", "--trace").stderr


def test_the_trace_is_printed_beside_the_result(motet: Run) -> None:
    done = motet("run", "desk.py:retrying", "x", "--trace")
    assert (done.returncode, done.stdout) == (0, "attempt 2\n")
    told = done.stderr
    assert re.match(r"trace [0-9a-f]{32}\n", told)
    assert re.search(r"^├─ flaky .* failed, tried again after 10\.0 ms, 1 chunk$", told, re.MULTILINE)
    assert "│  ✗ ConnectionError: the line is down\n" in told
    assert re.search(r"^└─ flaky .* attempt 2, 1 chunk, 120 tokens, cost 0\.5$", told, re.MULTILINE)
    assert all(len(line) <= 80 for line in told.splitlines())


MUTE = """
from motet import agent

class Mute(Exception):
    def __str__(self):
        raise ValueError("no")

@agent
async def fails(text: str) -> str:
    raise Mute
"""


def test_an_error_whose_text_cannot_be_made_goes_by_its_name(motet: Run, tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text(MUTE)
    done = motet("run", "mute.py:fails", "a", "--trace", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("motet: Mute\n")
    assert "Mute:" in done.stderr.partition("\n")[2]
    done = motet("run", "mute.py:fails", "a", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout)["error"]["message"] == "Mute"


def test_the_trace_of_failed_work_is_printed_too(motet: Run) -> None:
    done = motet("run", "desk.py:failing", "x", "--trace", "--json")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    assert "✗ ValueError: two lines:; X" in done.stderr


def test_the_trace_does_without_letters_that_the_terminal_has_not(motet: Run) -> None:
    done = motet("run", "desk.py:failing", "x", "--trace", env={"PYTHONIOENCODING": "ascii"})
    assert "`- fails" in done.stderr
    assert done.stderr.isascii()


def test_output_that_the_terminal_has_no_letters_for_is_spelled_out(motet: Run) -> None:
    env = {"PYTHONIOENCODING": "ascii"}
    assert motet("run", "desk.py:shout", "é", env=env).stdout == "\\xc9\n"
    assert json.loads(motet("run", "desk.py:shout", "é", "--json", env=env).stdout) == "É"


SIGNALS = [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]


def ready(process: "subprocess.Popen[str]", times: int = 1) -> None:
    """Wait until the agent says that it is at work."""
    assert process.stderr is not None
    for _ in range(times):
        assert process.stderr.readline() == "ready\n"


@pytest.mark.parametrize(("number", "code", "word"), SIGNALS)
@pytest.mark.parametrize("options", [[], ["--stream"], ["--trace"]])
def test_a_signal_cancels_the_work_cleanly(start: Start, number: int, code: int, word: str, options: list[str]) -> None:
    process = start("run", "desk.py:cleaning", "x", *options)
    ready(process, 2)
    process.send_signal(number)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    told = errors.splitlines()
    assert told[:2] == ["cleaned X", "cleaned X"]
    assert told[-1] == f"motet: {word}"
    assert "Traceback" not in errors
    assert ("cancelled" in errors) is (options == ["--trace"])


@pytest.mark.parametrize(("number", "code", "word"), SIGNALS)
def test_a_signal_is_a_payload_for_programs(start: Start, number: int, code: int, word: str) -> None:
    process = start("run", "desk.py:cleans", "x", "--json")
    ready(process)
    process.send_signal(number)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (code, "cleaned x\n")
    (document,) = lines(out)
    assert document["error"]["code"] == "cancelled"
    assert document["error"]["message"] == f"the work was {word}"


def test_a_signal_leaves_chunks_and_a_new_line(start: Start) -> None:
    process = start("run", "desk.py:endless", "x", "--stream")
    ready(process)
    assert process.stdout is not None
    assert process.stdout.read(3) == "xxx"
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert set(out) <= {"x", "\n"}
    assert out.endswith("\n")
    assert errors == "motet: interrupted\n"


@pytest.mark.parametrize(
    ("target", "signals", "out", "errors"),
    [
        ("desk.py:gives_in", 1, "half of it\n", "motet: interrupted\n"),
        ("desk.py:breaks_down", 1, "", "motet: interrupted\n"),
        ("desk.py:looks", 1, "", "looked\nmotet: interrupted\n"),
        ("desk.py:sleeps", 1, "", "motet: interrupted\n"),
        ("desk.py:stubborn", 2, "", "not yet\nmotet: interrupted\n"),
    ],
)
def test_whatever_the_work_makes_of_a_signal_it_ends(
    start: Start, target: str, signals: int, out: str, errors: str
) -> None:
    process = start("run", target, "x")
    ready(process)
    told = ""
    for number in range(signals):
        process.send_signal(signal.SIGINT)
        if number < signals - 1:
            assert process.stderr is not None
            told += process.stderr.readline()  # the work has seen the first one
    rest, more = process.communicate(timeout=60)
    assert (process.returncode, rest, told + more) == (130, out, errors)


def test_a_node_that_keeps_the_event_loop_is_left_at_the_second_signal(start: Start) -> None:
    process = start("run", "desk.py:busy", "x")
    ready(process)
    while process.poll() is None:
        # The first one cannot be seen to have come: nothing but the second has an effect.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
    assert process.returncode == 130
    assert process.stderr is not None
    assert process.stderr.read() == "motet: interrupted\n"


@pytest.mark.parametrize(("number", "code", "word"), SIGNALS)
def test_a_signal_ends_an_import_and_a_wait_for_input(
    start: Start, number: int, code: int, word: str, tmp_path: Path
) -> None:
    (tmp_path / "slow.py").write_text(
        "import sys, time\nsys.stderr.write('ready\\n')\nsys.stderr.flush()\ntime.sleep(60)\n"
    )
    process = start("run", "slow.py:it", "x", cwd=tmp_path)
    ready(process)
    process.send_signal(number)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (code, "", f"motet: {word}\n")


@pytest.mark.parametrize(("number", "code", "word"), SIGNALS)
def test_a_signal_that_the_users_file_swallows_ends_the_program_all_the_same(
    start: Start, number: int, code: int, word: str, tmp_path: Path
) -> None:
    (tmp_path / "deaf.py").write_text(
        "import sys, time\nfrom motet import agent\nsys.stderr.write('ready\\n')\nsys.stderr.flush()\n"
        "try:\n    time.sleep(60)\nexcept BaseException:\n    pass\n\n"
        "@agent\nasync def it(text: str) -> str:\n    return text\n"
    )
    process = start("run", "deaf.py:it", "x", cwd=tmp_path)
    ready(process)
    process.send_signal(number)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, out, errors) == (code, "", f"motet: {word}\n")


def test_sixty_signals_are_no_worse_than_two(start: Start) -> None:
    process = start("run", "desk.py:cleaning", "x")
    ready(process, 2)
    for _ in range(60):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert errors.endswith("motet: interrupted\n")
