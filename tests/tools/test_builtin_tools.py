"""The tools that touch the machine, as a model is given them: named, described, and failing with data."""

import asyncio
import json

import pytest
from repositories import Repository

from motet.tools.files import Files
from motet.tools.git import Git
from motet.tools.process import Process
from motet.tools.search import FolderSearch
from motet.tools.shell import Shell
from started import alive, program, written
from support import within

READING = ("read_file", "list_files", "file_info")
WRITING = ("write_file", "append_file", "replace_in_file", "delete_file", "move_file", "make_folder")
GIT_READING = ("status", "log", "diff", "show", "blame", "branches", "ls_files", "grep")
GIT_WRITING = ("add", "commit", "create_branch", "switch")


@pytest.fixture
def root(tmp_path):
    made = Repository(tmp_path / "root")
    made.commit("first", notes_txt="one needle\ntwo\n")
    return made.path


@pytest.fixture
def owners(root):
    process = Process(["echo", "cat"], root=root)
    return [
        Files(root, write=True),
        process,
        Shell(process),
        FolderSearch(root),
        Git(root, write=True, author="Ada <ada@example.org>"),
    ]


def test_each_owner_gives_what_it_allows(root, owners):
    def names(owner):
        return tuple(made.name for made in owner.tools)

    files, process, shell, search, git = owners
    assert names(Files(root)) == READING
    assert names(files) == (*READING, *WRITING)
    assert (names(process), names(shell), names(search)) == (("run_program",), ("run_command",), ("search_folder",))
    assert names(Git(root)) == tuple(f"git_{name}" for name in GIT_READING)
    assert names(git) == tuple(f"git_{name}" for name in (*GIT_READING, *GIT_WRITING))
    assert files.tools is files.tools


def test_a_model_is_told_what_there_is(owners):
    for owner in owners:
        for made in owner.tools:
            assert made.description
            assert "Args" not in made.description
            schema = json.loads(json.dumps(made.spec.schema))
            for name, told in schema.get("properties", {}).items():
                assert told.get("description"), (made.name, name)
    for made in (owners[1].tools[0], owners[2].tools[0]):
        assert "echo, cat" in made.description
    assert "none is allowed" in Process().tools[0].description


GOOD = [
    ("read_file", {"path": "notes.txt", "start_line": 2}, '"text":"two\\n"'),
    ("list_files", {}, '"path":"notes.txt","kind":"file","bytes":15,"modified":"20'),
    ("write_file", {"path": "new.txt", "text": "x"}, '"bytes":1'),
    ("replace_in_file", {"path": "notes.txt", "old": "two", "new": "2"}, '"bytes":13'),
    ("delete_file", {"path": "notes.txt"}, "null"),
    ("run_program", {"argv": ["echo", "$HOME; id"]}, '"stdout":"$HOME; id\\n"'),
    ("run_command", {"command": "echo 'a  b'"}, '"stdout":"a  b\\n"'),
    ("search_folder", {"query": "needle"}, "one **needle** two"),
    ("git_log", {}, '"message":"first"'),
    ("git_status", {}, '"branch":"main"'),
]


@pytest.mark.parametrize(("name", "arguments", "told"), GOOD, ids=[name for name, _, _ in GOOD])
async def test_a_call_that_goes_well(owners, name, arguments, told):
    (made,) = [made for owner in owners for made in owner.tools if made.name == name]
    result = await made(arguments)
    assert result.ok, result
    assert told in result.text


BAD = [
    ("read_file", {"path": "../secret"}, "not_allowed"),
    ("read_file", {"path": "nothing"}, "not_found"),
    ("read_file", {"path": 5}, "invalid_payload"),
    ("read_file", {"path": "notes.txt", "extra": 1}, "invalid_payload"),
    ("write_file", {"path": "/etc/passwd", "text": ""}, "not_allowed"),
    ("run_program", {"argv": ["id"]}, "invalid_payload"),
    ("run_program", {"argv": "echo hi"}, "invalid_payload"),
    ("run_program", {"argv": ["echo"], "cwd": ".."}, "not_allowed"),
    ("run_command", {"command": "echo hi | cat"}, "invalid_payload"),
    ("search_folder", {"query": "-"}, "invalid_payload"),
    ("git_log", {"revision": "--output=x"}, "invalid_payload"),
    ("git_show", {"revision": "nothing"}, "agent_failed"),
]


@pytest.mark.parametrize(("name", "arguments", "code"), BAD)
async def test_a_call_that_fails_tells_so_with_data(owners, root, name, arguments, code):
    (made,) = [made for owner in owners for made in owner.tools if made.name == name]
    before = sorted(root.iterdir())
    result = await made(arguments)
    assert result.error is not None
    assert result.error["code"] == code
    assert result.text.startswith("Error: ")
    assert sorted(root.iterdir()) == before


async def test_a_deadline_ends_a_program(tmp_path):
    process = Process([program(tmp_path, "it", "echo $$ > pid; exec sleep 60")], root=tmp_path)
    (run,) = process.tools
    working = asyncio.create_task(run({"argv": [str(tmp_path / "it")]}, deadline=1))
    pid = int(await written(tmp_path / "pid"))
    with pytest.raises(TimeoutError):
        await within(working)
    assert not alive(pid)
