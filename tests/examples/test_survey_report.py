"""From figures to a ranking, to a report, and to Markdown."""

from textwrap import dedent

import pytest

from survey_hotspots import hottest, reason, score
from survey_imports import import_graph
from survey_measure import FunctionFigures, measure
from survey_report import ROWS, Report, add_up
from survey_walk import Problem


def function(complexity=1, length=1, nesting=0, parameters=0, *, file="a.py", line=1):
    return FunctionFigures(file, line, "f", length, complexity, nesting, parameters)


def report(sources, *, problems=(), **changes: object):
    files = [measure(name, dedent(text).encode()) for name, text in sources.items()]
    facts = {
        "path": "tree",
        "partial": False,
        "found": len(files),
        "listed": True,
        "totals": add_up(files),
        "files": files,
        "imports": import_graph({file.file: file.imports for file in files}),
        "hot_spots": hottest(function for file in files for function in file.functions),
        "problems": list(problems),
    }
    return Report(**(facts | changes))


@pytest.mark.parametrize(
    ("figures", "points", "why"),
    [
        (function(), 0.12, "within every limit"),
        (function(10, 60, 5, 5), 4.0, "within every limit"),
        (function(11, 60, 5, 5), 4.1, "too complex"),
        (function(10, 60, 6, 8), 4.8, "too many parameters, too deeply nested"),
        (function(10, 120, 5, 5), 5.0, "2 times too long"),
        (function(100, 150, 0, 0), 12.5, "10 times too complex, 2 times too long"),
    ],
)
def test_the_score_adds_up_how_far_each_figure_is_from_its_limit(figures, points, why):
    assert score(figures) == points
    assert reason(figures) == why


def test_the_hottest_come_first_and_equal_ones_in_order():
    functions = [function(2, file="b.py"), function(9), function(2, line=7), function(2, line=3)]

    found = [(spot.function.file, spot.function.line) for spot in hottest(functions, 3)]

    assert found == [("a.py", 1), ("a.py", 3), ("a.py", 7)]


def test_totals_are_sums():
    files = [measure("a.py", b"def f(a: int): pass\n# b\n"), measure("b.py", b"class A: 'A'\n\n")]

    totals = add_up(files)

    assert (totals.files, totals.lines, totals.code, totals.comments, totals.blank) == (2, 4, 2, 1, 1)
    assert (totals.classes, totals.functions, totals.complex) == (1, 1, 0)
    assert (totals.documented, totals.documentable, totals.annotated, totals.annotatable) == (1, 4, 1, 2)


def test_markdown_shows_every_part():
    sources = {
        "p/__init__.py": "",
        "p/a.py": "import q.b\nimport os, numpy\ndef f(a):\n    return a or 1\n",
        "q/__init__.py": "",
        "q/b.py": "import p.a\n",
    }

    text = report(sources, problems=[Problem("x|y.py", "syntax error in line 1: a | b")], found=5).markdown

    assert text.startswith("# Survey of `tree`\n\n| Summary |")
    assert "| Files parsed | 4 of 5 |" in text
    assert "| `p` | 2 | 4 | 1 | 0 % | 0 % |" in text
    assert "imports between them: 2\n- From the standard library (in how many modules): `os` (1)\n" in text
    assert "- From elsewhere: `numpy` (1)\n" in text
    assert '```mermaid\nflowchart LR\n    p0["p"]\n    p1["q"]\n    p0 -->|1| p1\n    p1 -->|1| p0\n```' in text
    assert "- `p.a` → `q.b` → `p.a`\n" in text
    assert "| 0.4 | `f` | `p/a.py:3` | 2 | 2 | 0 | 1 | within every limit |" in text
    assert "| `x\\|y.py` | syntax error in line 1: a \\| b |" in text
    assert "partial" not in text
    assert text.endswith("|\n")


@pytest.mark.parametrize(
    ("sources", "changes", "words"),
    [
        ({}, {}, "There are no Python files in this folder."),
        ({}, {"found": 2}, "None of the 2 Python files could be parsed."),
        ({"a.py": "b"}, {"found": 2, "partial": True}, "partial**: time was up when 1 of 2 Python files"),
        ({"a.py": "b"}, {"found": 2, "partial": True, "listed": False}, "1 of at least 2 Python files"),
    ],
)
def test_markdown_says_what_it_is_about(sources, changes, words):
    text = report(sources, **changes).markdown

    assert words in text
    assert ("| Summary |" in text) == bool(sources)


def test_markdown_stays_readable_when_there_is_much():
    packages = range(60)
    sources = {f"p{n}/__init__.py": f"import {', '.join(f'p{m}' for m in packages)}" for n in packages}
    problems = [Problem(f"{n}.py", "gone") for n in range(100)]

    text = report(sources, problems=problems).markdown

    assert text.count("-->") == ROWS["edges"]
    assert text.count("| gone |") == ROWS["problems"]
    assert f"({ROWS['edges']} of 3,540 are shown; all are in the data.)" in text
    assert "`p0` → `p1` → `p0`, and 58 more" in text


def test_names_from_outside_cannot_break_out_of_their_place():
    text = report({'a"b/c.py': "import d", "d.py": ""}, problems=[Problem("a`b\nc.py", "x\n\n# y")]).markdown

    assert '["a#quot;b"]' in text
    assert "| `a'b c.py` | x # y |" in text


def test_the_report_is_the_same_after_a_trip_through_json():
    before = report({"a.py": "import b\ndef f(): pass", "b.py": "import a, os"}, problems=[Problem("c.py", "gone")])

    after = Report.model_validate_json(before.model_dump_json())

    assert after == before
    assert after.markdown == before.markdown
