import sys
from pathlib import Path

import pytest

from motet.cli.failures import ImportFailed, InvalidUsage
from motet.cli.load import Target, load, parse
from motet.cli.signals import Interrupted, Signals
from motet.kernel.errors import InvalidGraph

pytestmark = pytest.mark.usefixtures("imports")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("flow.py:flow", Target("flow.py", "flow", is_file=True)),
        ("a/b/flow.py:agents.first", Target("a/b/flow.py", "agents.first", is_file=True)),
        ("flow.py", Target("flow.py", "", is_file=True)),
        ("flow.py:", Target("flow.py", "", is_file=True)),
        ("/x/flow:name", Target("/x/flow", "name", is_file=True)),
        ("C:\\x\\flow.py", Target("C:\\x\\flow.py", "", is_file=True)),
        ("C:\\x\\flow.py:flow", Target("C:\\x\\flow.py", "flow", is_file=True)),
        ("package.module:flow", Target("package.module", "flow", is_file=False)),
        ("package", Target("package", "", is_file=False)),
        ("", Target("", "", is_file=False)),
    ],
)
def test_a_target_is_a_source_and_a_name(text: str, target: Target) -> None:
    assert parse(text) == target


def test_an_existing_file_needs_no_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "script").write_text("x = 1")
    monkeypatch.chdir(tmp_path)
    target = parse("script:x")
    assert target.is_file
    assert load(target).x == 1


def test_a_file_finds_its_siblings_and_itself(tmp_path: Path) -> None:
    (tmp_path / "first_of_two.py").write_text("import second_of_two\nvalue = 1\n")
    (tmp_path / "second_of_two.py").write_text("import first_of_two\nother = first_of_two\n")
    module = load(parse(f"{tmp_path}/first_of_two.py:value"))
    assert module.second_of_two.other is module
    assert module.__file__ == str((tmp_path / "first_of_two.py").resolve())
    assert sys.modules["first_of_two"] is module


def test_a_file_named_like_a_library_does_not_replace_it(tmp_path: Path) -> None:
    import json

    (tmp_path / "json.py").write_text("value = 1")
    assert load(parse(f"{tmp_path}/json.py:value")).value == 1
    assert sys.modules["json"] is json


def test_a_file_is_no_script_when_it_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "scripty.py").write_text("name = __name__\nif name == '__main__':\n    raise SystemExit(1)\n")
    assert load(parse(f"{tmp_path}/scripty.py:name")).name == "scripty"


def test_pydantic_resolves_annotations_of_a_loaded_file(tmp_path: Path) -> None:
    (tmp_path / "lazy_types.py").write_text(
        "from __future__ import annotations\nfrom pydantic import BaseModel\n"
        "class Tree(BaseModel):\n    leaves: list[Leaf]\nclass Leaf(BaseModel):\n    n: int\n"
        "from motet import agent\n@agent\nasync def count(tree: Tree) -> int:\n    return len(tree.leaves)\n"
    )
    taken = load(parse(f"{tmp_path}/lazy_types.py:count")).count.types[0]
    assert taken.parse_json('{"leaves": [{"n": 1}]}', "count").leaves[0].n == 1


def test_a_module_is_found_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "found_here"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inner.py").write_text("from .sibling import value\n")
    (package / "sibling.py").write_text("value = 3\n")
    monkeypatch.chdir(tmp_path)
    assert load(parse("found_here.inner:value")).value == 3


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("nowhere.py:flow", "there is no file nowhere.py (looked from {cwd}): give the path of a Python file"),
        ("folder/:flow", "folder/ is a folder: name a file in it, as in folder/flow.py:NAME"),
        ("folder:flow", "folder is a folder: name a module in it, as in folder.module:NAME"),
        ("no_such.module:x", "there is no module 'no_such.module' in {cwd} or among the installed ones: give FILE.py"),
        ("json.no_such:x", "there is no module 'json.no_such' in {cwd}"),
        ("two words:x", "'two words' is neither a Python file nor the name of a module: give FILE.py:NAME"),
        ("", "'' is neither a Python file nor the name of a module"),
        (".relative:x", "'.relative' is neither a Python file nor the name of a module"),
        ("a" * 300 + ".py:x", "a" * 300 + ".py cannot be read: File name too long"),
        ("a" * 300 + ":x", "a" * 300 + " cannot be read: File name too long"),
    ],
)
def test_a_source_that_is_not_there(source: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidUsage) as caught:
        load(parse(source))
    assert str(caught.value).startswith(told.format(cwd=tmp_path))


def test_a_failed_import_leaves_no_half_module(tmp_path: Path) -> None:
    (tmp_path / "half_way.py").write_text("x = 1\nx / 0\n")
    with pytest.raises(ImportFailed):
        load(parse(f"{tmp_path}/half_way.py:x"))
    assert "half_way" not in sys.modules


def test_a_signal_that_comes_while_a_file_is_loaded_is_no_failure_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "signalled.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    with Signals() as signals, pytest.raises(Interrupted):
        load(parse(f"{tmp_path}/signalled.py:x"))
    assert signals.caught


def test_a_graph_that_cannot_be_built_keeps_its_problems(tmp_path: Path) -> None:
    (tmp_path / "ring.py").write_text(
        "from motet import Flow, agent\n@agent\nasync def a(x: str) -> str: ...\nring = Flow('ring', a >> a)\n"
    )
    with pytest.raises(InvalidGraph) as caught:
        load(parse(f"{tmp_path}/ring.py:ring"))
    assert str(caught.value).startswith(f"{tmp_path}/ring.py line 4: The graph of 'ring' cannot run:\n  - ")
    assert len(caught.value.problems) == 1
