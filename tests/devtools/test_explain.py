"""An error in the user's files, for the person who has just saved one."""

import threading

import pytest

from devtools.conftest import Project, broken
from motet.devtools.explain import explain, where
from motet.devtools.sources import Sources


def told(project: Project) -> list[str]:
    return broken(project.reloader().check()).text.splitlines()


def test_only_calls_in_the_users_files_are_shown(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.root)
    project.write(main="import part\n", part="import json\n\ndef f():\n    json.loads('{')\n\nf()\n")
    lines = told(project)
    assert lines[:6] == [
        "main.py line 1",
        "    import part",
        "part.py line 6",
        "    f()",
        "part.py line 4, in f",
        "    json.loads('{')",
    ]
    assert lines[6].startswith("json.decoder.JSONDecodeError: ")
    assert len(lines) == 7


def test_a_syntax_error_shows_the_place(project: Project) -> None:
    project.write(main="x = (1,\n    2 3)\n")
    lines = told(project)
    assert lines[0] == "main.py line 2"
    assert lines[1].strip() == "2 3)"
    assert lines[-1].startswith("SyntaxError: ")


def test_a_cause_is_told_in_a_line(project: Project) -> None:
    project.write(
        main="try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('no way') from error\n"
    )
    lines = told(project)
    assert "ValueError: no way" in lines
    assert lines[-1] == "because of ZeroDivisionError: division by zero"


def test_a_cause_that_is_hidden_stays_hidden(project: Project) -> None:
    project.write(main="try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError('no way') from None\n")
    assert told(project)[-1] == "ValueError: no way"


def test_notes_are_told(project: Project) -> None:
    project.write(main="error = ValueError('no way')\nerror.add_note('look there')\nraise error\n")
    assert told(project)[-2:] == ["ValueError: no way", "look there"]


def test_a_file_of_a_package_that_was_named_by_its_path_is_told_how_to_be_named(project: Project) -> None:
    project.write(main="from .sibling import x\n", sibling="x = 1\n")
    assert told(project)[-2:] == [
        "ImportError: attempted relative import with no known parent package",
        "a file of a package is named as package.module:NAME, from the folder that holds the package",
    ]


def test_an_endless_recursion_is_told_in_few_lines(project: Project) -> None:
    project.write(main="def f():\n    f()\n\nf()\n")
    lines = told(project)
    assert "..." in lines
    assert len(lines) < 40
    assert lines[-1].startswith("RecursionError")


@pytest.mark.parametrize("error", [ValueError(), SystemExit("bye"), SyntaxError("no file")])
def test_an_error_from_nowhere_is_told_as_well(project: Project, error: BaseException) -> None:
    assert explain(error, Sources([project.root])).startswith(type(error).__name__)


def test_the_lines_are_those_of_now(project: Project) -> None:
    project.write(main="raise ValueError(1)\n")
    reloader = project.reloader()
    assert "    raise ValueError(1)" in broken(reloader.check()).text
    project.write(main="raise ValueError(2)\n")
    assert "    raise ValueError(2)" in broken(reloader.check()).text


def test_a_thread_is_in_none_of_the_users_files_or_not_there(project: Project) -> None:
    sources = Sources([project.root])
    assert where(threading.get_ident(), sources) == ""
    assert where(0, sources) == ""
