"""Every Python block of the documentation is executed, and every output and drawing that is shown is the real one."""

import ast
import doctest
from pathlib import Path

import pytest
from doc_pages import ROOT, Fence, fences
from doc_python import executed
from doc_shell import check, commands, furnish

from motet import draw
from warm import Template

SHOWN = [fence for fence in fences("text", "mermaid") if "picture" not in fence.markers]
PICTURES = [fence for fence in fences("text", "mermaid") if "picture" in fence.markers]


def ids(found: list[Fence]) -> list[str]:
    return [fence.id for fence in found]


@pytest.mark.parametrize("fence", fences("python"), ids=ids(fences("python")))
def test_python(fence: Fence, tmp_path: Path):
    with executed(fence, tmp_path):
        pass


@pytest.mark.parametrize("fence", fences("sh"), ids=ids(fences("sh")))
def test_shell(fence: Fence, tmp_path: Path, warm: Template):
    furnish(tmp_path, fence)
    listed = commands(fence.text)
    assert listed
    for command in listed:
        check(command, tmp_path, warm)


@pytest.mark.parametrize("fence", SHOWN, ids=ids(SHOWN))
def test_what_is_shown_is_what_the_block_before_gives(fence: Fence, tmp_path: Path, warm: Template):
    block = fence.before
    assert block is not None
    if block.language == "sh":
        furnish(tmp_path, block)
        printed = "".join(check(command, tmp_path, warm) for command in commands(block.text))
    else:
        with executed(block, tmp_path) as left:
            name = fence.markers.get("draws")
            printed = left.printed if name is None else draw(getattr(left.module, name))
    assert printed.rstrip() == fence.text.rstrip()


@pytest.mark.parametrize("fence", PICTURES, ids=ids(PICTURES))
def test_a_picture_drawn_by_hand_is_a_picture(fence: Fence):
    first = fence.text.partition("\n")[0]
    kinds = ("flowchart ", "sequenceDiagram", "stateDiagram-v2")
    assert first.startswith(kinds) if fence.language == "mermaid" else fence.text.strip()


def test_examples_in_docstrings_are_right():
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            text = (ast.get_docstring(node) if documented else None) or ""
            assert "```" not in text, f"{path}: write an example in a docstring with >>>, so that it is executed"
            if ">>>" in text:
                runner.run(parser.get_doctest(text, {}, path.name, str(path), 0))
    assert not runner.summarize(verbose=False).failed
