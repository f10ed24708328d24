"""`motet run` with a task tree or an executor, as a process."""

import json
import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Start = Callable[..., "subprocess.Popen[str]"]

JOBS = ("--import", str(Path(__file__).parent / "desk" / "jobs.py"))

TREE = [
    {"name": "all", "executor": "aggregate", "dependencies": ["a", "b"]},
    {"name": "a", "executor": "shout", "inputs": {"text": "one"}, "parent": "all"},
    {"name": "b", "executor": "shout", "inputs": {"text": "two"}, "parent": "all"},
]
BROKEN = [
    {"name": "all", "executor": "aggregate", "dependencies": ["a", "b"]},
    {"name": "a", "executor": "shout", "inputs": {"text": "one"}, "parent": "all"},
    {"name": "b", "executor": "broken", "parent": "all"},
]
ASKING = [
    {"name": "all", "executor": "aggregate", "dependencies": ["pay"]},
    {"name": "pay", "executor": "approve", "parent": "all"},
]


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., str]:
    def write(tasks: Any = TREE, name: str = "tasks.json") -> str:
        (tmp_path / name).write_text(tasks if isinstance(tasks, str) else json.dumps(tasks))
        return name

    return write


Tree = Callable[..., str]


def test_a_tree_is_run_and_the_result_of_its_root_is_printed(motet: Run, tree: Tree, tmp_path: Path) -> None:
    done = motet("run", tree(), *JOBS, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, '{\n  "a": "ONE",\n  "b": "TWO"\n}\n')
    lines = done.stderr.splitlines()
    assert re.fullmatch(r"all \([0-9a-f]{16}\): pending", lines[0])
    assert {"a: completed", "b: completed", "all: completed"} <= set(lines)
    assert lines[-1] == lines[0].replace("pending", "completed")
    assert (tmp_path / "motet.db").exists()


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [(["--tasks", json.dumps(TREE)], None), (["--tasks", "-"], json.dumps(TREE)), (["-"], json.dumps(TREE))],
)
def test_the_array_may_come_from_anywhere(motet: Run, tmp_path: Path, arguments: list[str], stdin: str | None) -> None:
    done = motet("run", *arguments, *JOBS, "--store", "memory://", "--json", stdin=stdin, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["result"] == {"a": "ONE", "b": "TWO"}
    assert list(tmp_path.iterdir()) == []


def test_programs_get_one_document_with_the_tree(here: Run, tree: Tree, tmp_path: Path) -> None:
    done = here("run", tree(BROKEN), *JOBS, "--json", "--name", "ours", "--key", "monday")
    assert (done.returncode, done.stderr) == (1, "")
    document = json.loads(done.stdout)
    assert (document["name"], document["key"], document["status"], document["total"]) == ("ours", "monday", "failed", 3)
    tasks = {task["name"]: task for task in document["tasks"]}
    assert {name: task["status"] for name, task in tasks.items()} == {"all": "skipped", "a": "completed", "b": "failed"}
    assert tasks["a"]["result"] == "ONE"
    assert tasks["b"]["error"]["details"]["type"] == "ConnectionError"
    assert tasks["all"]["dependencies"][0] == {"id": tasks["a"]["id"], "name": "a", "required": True}


def test_each_event_may_be_a_document_of_its_own(motet: Run, tree: Tree, tmp_path: Path) -> None:
    name = tree([{"name": "w", "executor": "words", "inputs": {"text": "a b"}}])
    done = motet("run", name, *JOBS, "--watch", "--json", cwd=tmp_path)
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.stderr == ""
    assert {next(iter(document)) for document in documents} == {"task", "tree", "chunk", "result"}
    assert [document["chunk"]["value"] for document in documents if "chunk" in document] == ["a ", "b "]
    assert [document["task"]["status"] for document in documents if "task" in document][-1] == "completed"
    assert documents[-2]["tree"]["status"] == "completed"
    assert documents[-1]["result"]["result"] == "a b "


def test_each_failed_task_is_a_line_and_the_next_step_is_named(here: Run, tree: Tree, tmp_path: Path) -> None:
    done = here("run", tree(BROKEN), *JOBS, "--max-concurrency", "2")
    assert (done.returncode, done.stdout) == (1, "")
    ended = done.stderr.splitlines()[-2:]
    assert ended[0] == "motet: b failed: ConnectionError: the line; is down"
    assert re.fullmatch(
        r"motet: all has failed; to run again what is missing: motet tasks rerun [0-9a-f]{16} "
        r"--store sqlite:///motet.db --import \S+jobs.py --max-concurrency 2",
        ended[1],
    )
    assert "b: failed: the line; is down" in done.stderr.splitlines()
    assert any(line.startswith("all: skipped: ") for line in done.stderr.splitlines())


def test_a_question_is_printed_with_the_line_that_answers_it(motet: Run, tree: Tree, tmp_path: Path) -> None:
    done = motet("run", tree(ASKING), *JOBS, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    asked, answer = done.stderr.splitlines()[-2:]
    assert asked == "motet: pay asks: Pay 3 euros? (boolean)"
    match = re.fullmatch(
        r"motet: answer with: motet (tasks answer [0-9a-f]{16}-2 true --store \S+ --import \S+)", answer
    )
    assert match, answer
    assert motet(*match[1].split(), cwd=tmp_path).stdout == '{\n  "pay": true\n}\n'


def test_nobody_can_answer_what_is_not_kept(here: Run, tmp_path: Path) -> None:
    done = here("run", "approve", *JOBS)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("motet: memory:// keeps nothing, so nobody can answer")
    assert list(tmp_path.iterdir()) == []


def test_the_same_key_is_the_same_tree(here: Run, tree: Tree, tmp_path: Path) -> None:
    first, second = (here("run", tree(), *JOBS, "--key", "k", "--json") for _ in range(2))
    assert json.loads(first.stdout)["id"] == json.loads(second.stdout)["id"]
    assert [task["attempt"] for task in json.loads(second.stdout)["tasks"]] == [1, 1, 1]


def test_the_store_comes_from_the_environment(here: Run, tree: Tree, tmp_path: Path) -> None:
    env = {"MOTET_STORE": "sqlite:///ours.db"}
    assert here("run", tree(), *JOBS, env=env).returncode == 0
    assert (tmp_path / "ours.db").exists()
    assert not (tmp_path / "motet.db").exists()
    assert here("tasks", "list", env=env).stdout.count("completed") == 1


def test_demo_results_stand_in(here: Run, tree: Tree, tmp_path: Path) -> None:
    done = here("run", tree(), *JOBS, "--demo")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"a": "demo one", "b": "demo two"})


def test_agents_are_loaded_from_the_folder_of_the_tasks_whoever_goes_on(here: Run, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "mine.py").write_text(
        "from motet import agent\n\n@agent\ndef twice(text: str) -> str:\n    return text * 2\n"
    )
    mine = {"agent": "mine.py:twice", "input": "ab"}
    (folder / "tasks.json").write_text(
        json.dumps(
            [
                {"name": "t", "executor": "agent", "inputs": mine, "dependencies": ["ask"]},
                {"name": "ask", "executor": "approve", "parent": "t"},
            ]
        )
    )
    asked = here("run", "folder/tasks.json", *JOBS).stderr.splitlines()[-1]
    assert asked.endswith(" --root folder")
    assert here(*asked.removeprefix("motet: answer with: motet ").split()).stdout == "abab\n"
    (folder / "one.json").write_text(json.dumps([{"name": "t", "executor": "agent", "inputs": mine}]))
    assert here("run", "folder/one.json").stdout == "abab\n"
    assert here("run", "folder/one.json", "--root", ".").returncode == 1
    assert here("run", "agent", json.dumps(mine), "--root", "folder").stdout == "abab\n"


def test_commands_have_to_be_allowed(here: Run, tmp_path: Path) -> None:
    inputs = ("command", "--inputs", '{"argv": ["echo", "hi"]}')
    refused = here("run", *inputs)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "'echo'" in refused.stderr
    allowed = here("run", *inputs, "--allow-command", "echo", "--json")
    assert json.loads(allowed.stdout)["stdout"] == "hi\n"


def test_private_addresses_have_to_be_allowed(here: Run, tmp_path: Path) -> None:
    inputs = ("rest", "--inputs", '{"url": "http://127.0.0.1:1/"}')
    refused, allowed = here("run", *inputs), here("run", *inputs, "--allow-private")
    assert (refused.returncode, allowed.returncode) == (1, 1)
    assert "public" in refused.stderr
    assert "cannot be reached" in allowed.stderr


@pytest.mark.parametrize(
    ("arguments", "stdout"),
    [
        (["shout", '{"text": "hello"}'], "HELLO\n"),
        (["shout", "--inputs", '{"text": "hello"}'], "HELLO\n"),
        (["shout", "--inputs", '{"text": "hello"}', "--json"], '"HELLO"\n'),
        (["aggregate"], "{}\n"),
        (["words", '{"text": "a b"}', "--stream"], "a b \n"),
        (["prints", "{}", "--json"], "null\n"),
        (["shout", '{"text": "hello"}', "--demo"], "demo hello\n"),
    ],
)
def test_an_executor_is_run_like_an_agent(here: Run, tmp_path: Path, arguments: list[str], stdout: str) -> None:
    done = here("run", *arguments, *JOBS)
    assert (done.returncode, done.stdout) == (0, stdout)
    assert done.stderr == ("printed by the executor\n" if "prints" in arguments else "")
    assert list(tmp_path.iterdir()) == []


def test_the_inputs_of_an_executor_may_come_from_standard_input(here: Run, tmp_path: Path) -> None:
    done = here("run", "shout", "--inputs", "-", *JOBS, stdin='{"text": "hello"}\n')
    assert done.stdout == "HELLO\n"


def test_the_chunks_of_an_executor_are_json_lines(here: Run, tmp_path: Path) -> None:
    done = here("run", "words", '{"text": "a b"}', *JOBS, "--stream", "--json")
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [next(iter(document)) for document in documents] == ["chunk", "chunk", "result"]
    assert documents[0]["chunk"] == {"seq": 1, "path": ["words"], "value": "a "}


def test_an_executor_that_fails_says_why(here: Run, tmp_path: Path) -> None:
    done = here("run", "broken", *JOBS)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "motet: ConnectionError: the line; is down\n"
    document = json.loads(here("run", "broken", *JOBS, "--json").stdout)
    assert document["error"]["details"]["type"] == "ConnectionError"


def test_what_happened_is_printed_as_a_tree(motet: Run, tree: Tree, tmp_path: Path) -> None:
    done = motet("run", tree(), *JOBS, "--trace", cwd=tmp_path)
    assert done.returncode == 0
    assert re.search(r"^trace [0-9a-f]{32}$", done.stderr, re.MULTILINE)
    assert re.search(r"^│  └─ shout +\+", done.stderr, re.MULTILINE)


BAD_ARRAYS = [
    ("", "tasks.json is no JSON: it is empty; write an array of tasks, as in [{"),
    ("[{]", "tasks.json is no JSON: Expecting property name enclosed in double quotes: line 1 column 3"),
    ("{}", "tasks.json holds no array of tasks: write one, as in [{"),
    ("[" * 100_000, "tasks.json is "),
    ("\udcff".encode(errors="surrogateescape"), "tasks.json is no UTF-8 text (byte 0): encode it as UTF-8"),
]


@pytest.mark.parametrize(("text", "told"), BAD_ARRAYS, ids=range(len(BAD_ARRAYS)))
def test_what_is_no_array_is_told_in_a_line(here: Run, tmp_path: Path, text: str | bytes, told: str) -> None:
    (tmp_path / "tasks.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    done = here("run", "tasks.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"motet: {told}")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "motet.db").exists()


def test_every_problem_of_an_array_is_a_line(here: Run, tree: Tree, tmp_path: Path) -> None:
    name = tree(
        [
            {"name": "all", "priorty": 1},
            {"name": "a", "executor": "shout", "parent": "al", "timeout": -1},
            {"name": "b", "executor": "shout", "parent": "all", "dependencies": ["b"]},
            {"executor": "shout"},
        ]
    )
    done = here("run", name, *JOBS)
    assert (done.returncode, done.stdout) == (2, "")
    headline, *problems = done.stderr.splitlines()
    assert headline == "motet: These tasks are no tree:"
    assert [re.sub(r":.*", "", problem) for problem in problems] == [
        "  - entry 0, priorty",
        "  - entry 1, timeout",
        "  - entry 1, parent",
        "  - entry 2, dependencies.0",
        "  - entry 3, name",
    ] or len(problems) >= 5
    assert all(problem.startswith("  - entry ") for problem in problems)
    document = json.loads(here("run", name, *JOBS, "--json").stdout)
    assert document["error"]["code"] == "invalid_plan"
    assert {problem["index"] for problem in document["error"]["details"]["problems"]} == {0, 1, 2, 3}
    assert "there are no trees yet" in here("tasks", "list").stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["no-such.json"], "there is no file no-such.json (looked from "),
        (
            ["shuot", "{}", *JOBS],
            "No executor is called 'shuot': did you mean 'shout'?; for an agent give FILE.py:NAME",
        ),
        (
            ["shout", *JOBS],
            "'shout' needs inputs, for example: motet run shout --inputs '{\"text\": \"...\"}'; `motet exe",
        ),
        (["shout", "{", *JOBS], "the inputs are no JSON: Expecting property name"),
        (["shout", "[1]", *JOBS], "the inputs of an executor are an object: "),
        (["shout", '{"text": 1}', *JOBS], "The input of 'shout' is no Text: text: Input should be a valid string; `mo"),
        (["shout", "{}", "--inputs", "{}", *JOBS], "INPUT and --inputs are the same: give one of them"),
        (["--tasks", "[]", "--stream"], "--stream is for an agent or one executor: --watch --json writes the chunks"),
        (["--tasks", "[]", "--inputs", "{}"], "a task tree takes no inputs: write them into its tasks"),
        (["--tasks", "[]"], "These tasks are no tree:\n  - the array is empty: a tree has at least one task"),
        (["--tasks", "no"], "--tasks is no JSON: Expecting value: line 1 column 1 (char 0); write an array of tasks, "),
        (["--tasks", "[]", "--deadline", "0"], "--deadline 0 is no time to work in: give the seconds, more than 0"),
        (["--tasks", "[]", "--import", "no-such.py"], "there is no file no-such.py (looked from "),
        (
            ["--tasks", "[]", "--import", "jobs.py:shout"],
            "--import takes a whole file or module: give jobs.py without ",
        ),
        (["--tasks", "[]", "--import", "no_such_module"], "there is no module 'no_such_module' in "),
        (["--tasks", "[]", "--store", "nonsense"], "'nonsense' is no URL of a task store: "),
        (["--tasks", "[]", "--store", "mysql://x"], "No task store is known for mysql://: there are "),
        (["--tasks", "[]", "--allow-command", "no-such-program"], "allow='no-such-program': there is no such program"),
    ],
)
def test_bad_input_says_what_to_do(here: Run, tmp_path: Path, arguments: list[str], told: str) -> None:
    done = here("run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"motet: {told}"), done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "motet.db").exists() or "no tree" in told


def test_bad_input_is_a_document_for_programs(here: Run, tmp_path: Path) -> None:
    done = here("run", "no-such.json", "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout)["error"]["code"] == "invalid_usage"
    assert "Traceback" in here("run", "no-such.json", "--debug").stderr


def test_an_unknown_executor_fails_its_task(here: Run, tree: Tree, tmp_path: Path) -> None:
    done = here("run", tree())
    assert (done.returncode, done.stdout) == (1, "")
    assert "motet: a failed: No executor is called 'shout': " in done.stderr


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="nobody keeps this user from writing")
def test_a_store_that_cannot_be_written_is_told_in_a_line(here: Run, tree: Tree, tmp_path: Path) -> None:
    name = tree()
    tmp_path.chmod(0o500)
    try:
        done = here("run", name, *JOBS)
    finally:
        tmp_path.chmod(0o700)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:///no/such/folder/motet.db", "no/such/folder/motet.db cannot be opened: its folder is missing"),
        (
            "sqlite:////proc/motet.db",
            "/proc/motet.db cannot be opened: its folder is missing, or this user may not write",
        ),
        ("sqlite:///rubbish.db", "rubbish.db is no SQLite database: name another file"),
    ],
)
def test_a_store_that_cannot_be_opened_is_told_in_a_line(
    here: Run, tree: Tree, tmp_path: Path, url: str, told: str
) -> None:
    (tmp_path / "rubbish.db").write_bytes(b"rubbish " * 1000)
    done = here("run", tree(), *JOBS, "--store", url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"motet: {told}")
    assert done.stderr.count("\n") == 1


def test_a_newer_store_is_left_alone(motet: Run, tree: Tree, tmp_path: Path) -> None:
    assert motet("run", tree(), *JOBS, cwd=tmp_path).returncode == 0
    with sqlite3.connect(tmp_path / "motet.db") as connection:
        changed = connection.execute("UPDATE motet_version SET version_num = '9999'").rowcount
    connection.close()
    assert changed == 1
    for arguments in (["run", "tasks.json", *JOBS], ["tasks", "list"]):
        done = motet(*arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert "newer" in done.stderr
        assert done.stderr.count("\n") == 1


def until_began(process: "subprocess.Popen[str]", ready: Path) -> None:
    import time

    while not ready.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def gated(tmp_path: Path) -> list[dict[str, Any]]:
    inputs = {"ready": str(tmp_path / "ready"), "path": str(tmp_path / "open")}
    return [
        {"name": "all", "executor": "aggregate", "dependencies": ["a", "g"]},
        {"name": "a", "executor": "shout", "inputs": {"text": "one"}, "parent": "all"},
        {"name": "g", "executor": "gate", "inputs": inputs, "parent": "all", "dependencies": ["a"]},
    ]


@pytest.mark.parametrize(("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_an_interrupted_tree_goes_on_where_it_was(
    motet: Run, start: Start, tree: Tree, tmp_path: Path, number: int, word: str
) -> None:
    process = start("run", tree(gated(tmp_path)), *JOBS, "--max-concurrency", "3", cwd=tmp_path)
    until_began(process, tmp_path / "ready")
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    match = re.fullmatch(
        rf"motet: {word}; go on with: motet (tasks resume \S+ --store \S+ .*)", errors.splitlines()[-1]
    )
    assert match, errors
    shown = json.loads(motet("tasks", "list", "--json", cwd=tmp_path).stdout)["trees"][0]
    assert (shown["status"], shown["counts"]) == ("in_progress", {"completed": 1, "pending": 2})
    (tmp_path / "open").touch()
    done = motet(*match[1].split(), cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"a": "ONE", "g": "done"})
    assert (tmp_path / "ready").read_text() == "began\nbegan\n"
    assert "a: in_progress" not in done.stderr


def test_an_interruption_is_a_document_for_programs(start: Start, tree: Tree, tmp_path: Path) -> None:
    process = start("run", tree(gated(tmp_path)), *JOBS, "--json", cwd=tmp_path)
    until_began(process, tmp_path / "ready")
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "")
    error = json.loads(out)["error"]
    assert error["code"] == "cancelled"
    assert error["details"]["resume"].startswith(f"motet tasks resume {error['details']['tree']} --store ")


def test_a_second_interruption_leaves_at_once(motet: Run, start: Start, tree: Tree, tmp_path: Path) -> None:
    import time

    name = tree([{"name": "s", "executor": "stuck", "inputs": {"ready": str(tmp_path / "ready")}}])
    process = start("run", name, *JOBS, cwd=tmp_path)
    until_began(process, tmp_path / "ready")
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "; go on with: motet tasks resume " in errors.splitlines()[-1]
    assert json.loads(motet("tasks", "list", "--json", cwd=tmp_path).stdout)["trees"][0]["status"] == "in_progress"


def test_what_is_not_kept_cannot_go_on(start: Start, tmp_path: Path) -> None:
    inputs = json.dumps({"ready": str(tmp_path / "ready"), "path": str(tmp_path / "open")})
    process = start("run", "gate", inputs, *JOBS, cwd=tmp_path)
    until_began(process, tmp_path / "ready")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "motet: interrupted\n")


def test_a_killed_process_leaves_a_tree_that_goes_on(motet: Run, start: Start, tree: Tree, tmp_path: Path) -> None:
    process = start("run", tree(gated(tmp_path)), *JOBS, cwd=tmp_path)
    until_began(process, tmp_path / "ready")
    process.kill()
    process.communicate()
    (tmp_path / "open").touch()
    done = motet("tasks", "resume", *JOBS, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert re.fullmatch(r"motet: all \([0-9a-f]{16}\): completed\n", done.stderr)
    again = motet("tasks", "resume", *JOBS, cwd=tmp_path)
    assert again.stderr == "motet: there is nothing to go on with: no tree is in progress that nobody works on\n"


def test_a_deadline_leaves_the_tree_in_progress(motet: Run, tree: Tree, tmp_path: Path) -> None:
    done = motet("run", tree(gated(tmp_path)), *JOBS, "--deadline", "1", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("motet: the deadline of 1 s has passed; go on with: motet tasks resume ")
    shown = json.loads(motet("tasks", "list", "--json", cwd=tmp_path).stdout)["trees"][0]
    assert shown["status"] == "in_progress"
