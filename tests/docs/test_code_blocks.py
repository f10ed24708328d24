"""Every Python block of the documentation is executed, and every output and drawing that is shown is the real one."""

import ast
import doctest
from pathlib import Path

import pytest
from doc_pages import ROOT, Fence, chains, fences, shown_by
from doc_python import session
from doc_shell import check, commands, furnish

from motet import draw
from warm import Template

pytestmark = pytest.mark.usefixtures("quick_collections")

PICTURES = [fence for fence in fences("text", "mermaid") if "picture" in fence.markers]


def ids(found: list[Fence]) -> list[str]:
    return [fence.id for fence in found]


@pytest.mark.parametrize("chain", chains("python"), ids=lambda chain: chain[0].id)
def test_python(chain: list[Fence], tmp_path: Path):
    with session(chain[0], tmp_path) as blocks:
        for block in chain:
            printed = blocks.execute(block)
            for shown in shown_by(block):
                drawn = shown.markers.get("draws")
                real = printed if drawn is None else draw(getattr(blocks.module, drawn))
                assert (shown.id, real.rstrip()) == (shown.id, shown.text.rstrip())


@pytest.mark.parametrize("fence", fences("sh"), ids=ids(fences("sh")))
def test_shell(fence: Fence, tmp_path: Path, warm: Template):
    furnish(tmp_path, fence)
    listed = commands(fence.text)
    assert listed
    printed = "".join(check(command, tmp_path, warm) for command in listed)
    for shown in shown_by(fence):
        assert (shown.id, printed.rstrip()) == (shown.id, shown.text.rstrip())


def test_every_block_is_executed_once_and_everything_that_is_shown_is_compared():
    executed = [block for chain in chains("python") for block in chain]
    assert sorted(ids(executed)) == sorted(ids(fences("python")))
    compared = [shown for block in (*executed, *fences("sh")) for shown in shown_by(block)]
    assert sorted(ids([*compared, *PICTURES])) == sorted(ids(fences("text", "mermaid")))


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
