"""Every promise in the documentation names tests, and every test that is named exists."""

import ast
import re
from functools import cache

import pytest
from doc_pages import PAGES, ROOT, name_of, page_of
from markdown_it import MarkdownIt

SEMANTICS = ROOT / "docs" / "semantics.md"
NAMED = sorted({span for path in PAGES for span in page_of(path).spans if "::test_" in span})


@cache
def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {function.name for function in functions if function.name.startswith("test_")}


@pytest.mark.parametrize("test", NAMED)
def test_a_test_that_is_named_exists(test: str):
    file, _, name = test.partition("::")
    assert (ROOT / file).is_file()
    assert name in names_in(file)


def promises() -> list[tuple[str, list[str]]]:
    """List what stands on the page: each promise, and the tests below it."""
    found: list[tuple[str, list[str]]] = []
    level = 0
    for token in MarkdownIt("commonmark").parse(SEMANTICS.read_text(encoding="utf-8")):
        level += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.type == "inline" and level == 1:
            found.append((token.content, []))
        elif token.type == "inline" and level == 2:
            found[-1][1].append(token.content.strip("`"))
    return found


@pytest.mark.parametrize(("promise", "tests"), promises(), ids=[promise for promise, _ in promises()])
def test_a_promise_is_one_sentence_and_names_its_tests(promise: str, tests: list[str]):
    assert re.fullmatch(r"[^\n]+\.", promise)
    assert tests
    assert len(set(tests)) == len(tests)
    assert set(tests) <= set(NAMED)


def test_no_promise_stands_twice():
    listed = [promise for promise, _ in promises()]
    assert len(listed) == len(set(listed)) > 100
    assert name_of(SEMANTICS) == "docs/semantics.md"
