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


def exists(test: str) -> bool:
    file, _, name = test.partition("::")
    return (ROOT / file).is_file() and name in names_in(file)


def test_every_test_that_is_named_exists():
    assert [test for test in NAMED if not exists(test)] == []
    assert not exists("tests/nowhere.py::test_nothing")
    assert not exists("tests/docs/test_semantics.py::test_nothing")


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


def problem(promise: str, tests: list[str]) -> str:
    """Say what is wrong with a promise; "" where nothing is."""
    if not re.fullmatch(r"[^\n]+\.", promise):
        return "no sentence, or more than one line"
    if not tests:
        return "no test below it"
    return "" if len(set(tests)) == len(tests) and set(tests) <= set(NAMED) else "a test twice, or none of ours"


def test_every_promise_is_one_sentence_and_names_its_tests():
    assert [(promise, found) for promise, tests in promises() if (found := problem(promise, tests))] == []


@pytest.mark.parametrize(
    ("promise", "tests"),
    [("It works", NAMED[:1]), ("It works.", []), ("It works.", NAMED[:1] * 2), ("It works.", ["x"])],
)
def test_what_is_no_promise_is_a_problem(promise: str, tests: list[str]):
    assert problem("It works.", NAMED[:2]) == ""
    assert problem(promise, tests)


def test_no_promise_stands_twice():
    listed = [promise for promise, _ in promises()]
    assert len(listed) == len(set(listed)) > 100
    assert name_of(SEMANTICS) == "docs/semantics.md"
