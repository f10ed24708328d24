"""No block of a page escapes the tests, and every link leads somewhere."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from doc_pages import MARKERS, PAGES, ROOT, name_of, page_of, read

LINKED = [
    *PAGES,
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "examples").rglob("*.md")),
    *sorted((ROOT / "benchmarks").glob("*.md")),
]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_everything_on_a_page_is_understood(path: Path):
    assert page_of(path).problems == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_fence_of_a_page_is_tested(path: Path):
    ends = re.findall(r"^[\s>*+\d.-]*(?:```|~~~)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert len([fence for fence in page_of(path).fences if fence.language in MARKERS]) == len(ends) / 2


def test_every_file_of_the_documentation_is_a_page():
    files = [path for path in (ROOT / "docs").rglob("*") if path.is_file()]
    assert sorted(files) == sorted(path for path in PAGES if ROOT / "docs" in path.parents)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_page_is_reached_from_the_readme(path: Path):
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in PAGES and page not in reached:
            reached.add(page)
            ahead += [_target(page, link)[0] for _, link in page_of(page).links if not urlsplit(link).scheme]
    assert path in reached


@pytest.mark.parametrize("path", LINKED, ids=name_of)
def test_every_link_leads_somewhere(path: Path):
    problems = []
    for line, link in page_of(path).links:
        if urlsplit(link).scheme:
            if not re.fullmatch(r"https://[\w.-]+\.[a-z]+(/\S*)?", link):
                problems.append(f"{name_of(path)}:{line}: {link} is no https address")
            continue
        target, anchor = _target(path, link)
        if not target.exists() or ROOT not in target.parents:
            problems.append(f"{name_of(path)}:{line}: {link} leads to nothing in the repository")
        elif anchor and (target.suffix != ".md" or anchor not in page_of(target).anchors):
            problems.append(f"{name_of(path)}:{line}: {link} leads to no heading")
    assert problems == []


def _target(page: Path, link: str) -> tuple[Path, str]:
    parts = urlsplit(link)
    return (page.parent / unquote(parts.path)).resolve() if parts.path else page, parts.fragment


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("```\nx\n```", "a fence in no language"),
        ("```pycon\n>>> 1\n```", "a fence in pycon"),
        ("~~~ruby\nx\n~~~", "a fence in ruby"),
        ("```text\nx\n```", "an output, or a picture"),
        ("<!-- output -->\n```text\nx\n```", "no block above"),
        ("<!-- continues -->\n```python\n```", "no block above"),
        ("```sh\n```\n<!-- continues -->\n```python\n```", "the block above is no Python"),
        ("```python\n```\n<!-- contiues -->\n```python\n```", "'contiues' means nothing before python"),
        ("```python\n```\n<!-- draws -->\n```mermaid\n```", "write the name"),
        ("```python\n```\n<!-- output -->\nwords\n```text\n```", "stands before no fence"),
        ("words\n\n<!-- output -->", "at the end stands before no fence"),
        ("words\n\n    x = 1\n", "only indented"),
        ("<pre>x = 1</pre>", "HTML that is no marker"),
        ("words <code>x</code>", "HTML within the text"),
        ("- a list\n\n  ```perl\n  ```", "a fence in perl"),
        ("> ```perl\n> ```", "a fence in perl"),
    ],
)
def test_what_could_not_be_checked_is_a_problem(text: str, problem: str):
    assert problem in " ".join(read(text, "page.md").problems)


def test_a_fence_knows_its_place_its_markers_and_what_it_continues():
    text = "# A\n\n```python\n1\n```\n\n<!-- continues -->\n<!-- file: x.py -->\n```python\n2\n```\n\n```sh\n3\n```\n"
    page = read(text, "page.md")
    first, second, third = page.fences
    assert page.problems == []
    assert [fence.id for fence in page.fences] == ["page.md:3", "page.md:9", "page.md:13"]
    assert second.markers == {"continues": "", "file": "x.py"}
    assert second.chain == [first, second]
    assert (third.before, third.chain) == (second, [third])


def test_headings_links_and_code_are_read():
    page = read("# `Flow`: a *graph*\n## Traps\n## Traps\n[x](a.md#b) ![y](c.png)\n\n| a |\n|-|\n| `z` |\n", "page.md")
    assert page.anchors == {"flow-a-graph", "traps", "traps-1"}
    assert page.links == [(4, "a.md#b"), (4, "c.png")]
    assert page.spans == ["Flow", "z"]
    assert Counter(page.problems) == {}
