"""What executes the blocks of a page would notice what is wrong with them."""

import os
import sys
from pathlib import Path

import pytest
from doc_pages import read
from doc_python import session
from doc_shell import check, commands

from warm import Template


def last(text: str):
    return read(text, "page.md").fences[-1]


def printed(text: str, folder: Path) -> str:
    chain = last(text).chain
    with session(chain[0], folder) as blocks:
        return [blocks.execute(block) for block in chain][-1]


def test_a_block_prints_into_its_output_alone(tmp_path: Path):
    page = "```python\nx = 1\nprint('first')\n```\n<!-- continues -->\n```python\nprint(x + 1)\n```\n"
    assert printed(page, tmp_path) == "2\n"


def test_a_block_knows_only_what_it_continues(tmp_path: Path):
    with pytest.raises(NameError):
        printed("```python\nx = 1\n```\n```python\nprint(x)\n```\n", tmp_path)


def test_pydantic_finds_the_types_of_a_block(tmp_path: Path):
    page = (
        "```python\nfrom __future__ import annotations\nfrom pydantic import BaseModel\n"
        "class A(BaseModel):\n    b: B | None = None\n"
        "class B(BaseModel):\n    c: int\nprint(A(b={'c': '1'}).b.c)\n```"
    )
    assert printed(page, tmp_path) == "1\n"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import warnings; warnings.warn('old')", UserWarning),
        ("assert 1 == 2", AssertionError),
        ("x = (", SyntaxError),
    ],
)
def test_what_is_wrong_with_a_block_is_raised(code: str, error: type[Exception], tmp_path: Path):
    with pytest.raises(error):
        printed(f"```python\n{code}\n```", tmp_path)


def test_a_block_works_in_its_own_folder_and_leaves_nothing_behind(tmp_path: Path):
    folder, modules = Path.cwd(), set(sys.modules)
    code = "import os, pathlib; os.environ['MOTET_X'] = 'x'; print(pathlib.Path.cwd())"
    assert printed(f"```python\n{code}\n```", tmp_path).strip() == str(tmp_path)
    assert Path.cwd() == folder
    assert set(sys.modules) == modules
    assert "MOTET_X" not in os.environ


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("make demo   # shows it", [["make", "demo"]]),
        ('pip install "motet[cli]"', [["pip", "install", "motet[cli]"]]),
        ("motet run f.py:f '{\"a\": 1}' | motet draw f.py:f > x.mmd; make test",
         [["motet", "run", "f.py:f", '{"a": 1}'], ["motet", "draw", "f.py:f"], ["make", "test"]]),
        ("motet run f.py:f \\\n  x", [["motet", "run", "f.py:f", "x"]]),
        ("# nothing", []),
    ],
)  # fmt: skip
def test_a_line_is_split_into_commands(line: str, found: list[list[str]]):
    assert commands(line) == found


@pytest.mark.parametrize(
    "command",
    [
        "motet rnu x.py:x",
        "motet run",
        "motet run nowhere.py:flow x",
        "motet draw --no-such-option x.py:x",
        "make nothing-of-the-kind",
        "make",
        'pip install "motet[nothing]"',
        "pip install something",
        "python nowhere.py",
        "curl example.org",
    ],
)
def test_a_command_that_cannot_work_fails(command: str, tmp_path: Path, warm: Template):
    with pytest.raises(AssertionError):
        check(*commands(command), tmp_path, warm)


def test_a_command_that_works_gives_what_it_prints(tmp_path: Path, warm: Template):
    (tmp_path / "x.py").write_text("from motet import agent\n@agent\nasync def x(n: int) -> int:\n    return n\n")
    assert check(["motet", "run", "x.py:x", "7"], tmp_path, warm) == "7\n"
    assert check(["make", "demo"], tmp_path, warm) == check(["pip", "install", "motet[cli]"], tmp_path, warm) == ""
