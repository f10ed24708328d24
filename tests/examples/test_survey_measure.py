"""What a source is measured to be, as tables of small sources."""

import sysconfig
import warnings
from pathlib import Path
from textwrap import dedent

import pytest

from survey_measure import FunctionFigures, measure
from survey_source import Unreadable


def figures(source: str):
    return measure("a.py", dedent(source).encode())


def only(source: str) -> FunctionFigures:
    (function,) = figures(source).functions
    return function


@pytest.mark.parametrize(
    ("body", "complexity"),
    [
        ("pass", 1),
        ("if a: b()", 2),
        ("if a: b()\n    else: c()", 2),
        ("if a: b()\n    elif c: d()\n    elif e: f()\n    else: g()", 4),
        ("for x in a: b()", 2),
        ("for x in a: b()\n    else: c()", 2),
        ("while a: b()", 2),
        ("with a: b()", 1),
        ("return a and b", 2),
        ("return a and b and c or d", 4),
        ("return b if a else c", 2),
        ("return [x for x in a]", 2),
        ("return {x for y in a for x in y if x if y}", 5),
        ("return lambda x: x or a", 2),
        ("try: a()\n    except E: b()\n    except F: c()\n    else: d()\n    finally: e()", 3),
        ("try: a()\n    except* E: b()", 2),
        ("assert a", 1),
        ("match a:\n        case 1: b()\n        case 2 | 3: c()\n        case _: d()", 3),
        ("match a:\n        case [x]: b()\n        case x if x: c()\n        case x: d()", 3),
        ("def inner():\n        if a: b()", None),
        ("class Inner:\n        x = a or b", 1),
    ],
)
def test_complexity_is_one_more_than_the_decisions(body, complexity):
    functions = {function.name: function for function in figures(f"def f(a):\n    {body}\n").functions}

    if complexity is None:
        assert (functions["f"].complexity, functions["f.inner"].complexity) == (1, 2)
    else:
        assert functions["f"].complexity == complexity


@pytest.mark.parametrize(
    ("body", "nesting"),
    [
        ("pass", 0),
        ("if a: pass", 1),
        ("if a: pass\n    elif b: pass\n    elif c: pass", 1),
        ("if a: pass\n    else:\n        if b: pass", 2),
        ("if a: pass\n    elif b:\n        for x in y: pass", 2),
        ("for x in y:\n        with x:\n            while z: pass", 3),
        ("try: pass\n    except E:\n        if a: pass", 2),
        ("match a:\n        case 1:\n            if b: pass", 2),
        ("x = [y for y in z if y]", 0),
    ],
)
def test_nesting_counts_the_blocks_around_the_innermost_statement(body, nesting):
    assert only(f"def f(a):\n    {body}\n").nesting == nesting


@pytest.mark.parametrize(
    ("source", "parameters"),
    [
        ("def f(): pass", 0),
        ("def f(a, /, b, *c, d, **e): pass", 5),
        ("async def f(self, a): pass", 2),
        ("class A:\n    def f(self, a): pass", 1),
        ("class A:\n    @classmethod\n    def f(cls, a): pass", 1),
        ("class A:\n    @staticmethod\n    def f(a, b): pass", 2),
        ("class A:\n    def f(*args): pass", 1),
    ],
)
def test_parameters_do_not_include_self(source, parameters):
    assert only(source).parameters == parameters


def test_length_leaves_decorators_and_docstring_out():
    function = only('''
        @decorated
        def f():
            """Do something.

            At length.
            """
            a = 1

            return a
        ''')

    assert (function.line, function.length) == (3, 4)


def test_functions_are_named_with_what_is_around_them():
    found = figures("""
        class A:
            if True:
                def f(self):
                    def g():
                        class B:
                            def h(self): pass
        """)

    assert [function.name for function in found.functions] == ["A.f", "A.f.g", "A.f.g.B.h"]
    assert found.classes == 2


@pytest.mark.parametrize(
    ("source", "code", "comments", "blank"),
    [
        ("", 0, 0, 0),
        ("\n", 0, 0, 1),
        ("a = 1", 1, 0, 0),
        ("a = 1  # one\n# two\n  # three\n\n", 1, 2, 1),
        ('"""A docstring.\n\n# no comment\n"""\n# a comment\n', 3, 1, 1),
        ('a = (\n    "b"\n    # a comment between two strings\n    "c"\n)\n', 4, 1, 0),
        ('a = """\n# inside""" + b  # outside\n', 2, 0, 0),
        ('a = f"""\n# {b}\n"""\n', 3, 0, 0),
        ("a = 1\r\n# two\r\n\r\n", 1, 1, 1),
        ("a = 1\r# two\r", 1, 1, 0),
        ("a = 1\n\f\nb = '\u2028'\n", 2, 0, 1),
    ],
)
def test_lines(source, code, comments, blank):
    found = measure("a.py", source.encode())

    assert (found.code, found.comments, found.blank) == (code, comments, blank)
    assert found.lines == code + comments + blank


@pytest.mark.parametrize(
    ("source", "documented", "documentable"),
    [
        ("", 0, 0),
        ("a = 1", 0, 1),
        ('"""Module."""', 1, 1),
        ('"""Module."""\ndef f(): "Function."\nclass A: "Class."\nclass B:\n  def g(self): 1', 3, 5),
        ("'M'\ndef f():\n  'F'\n  def local(): pass\n  class Local:\n    def g(self): pass", 2, 2),
        ("'M'\ndef _f(): pass\nclass _A:\n  def f(self): pass\nclass B:\n  'B'\n  def __init__(self): pass", 2, 2),
        ("b'no docstring'", 0, 1),
        ("f'no docstring'", 0, 1),
    ],
)
def test_docstrings_of_what_is_public(source, documented, documentable):
    found = figures(source)

    assert (found.documented, found.documentable) == (documented, documentable)


@pytest.mark.parametrize(
    ("source", "annotated", "annotatable"),
    [
        ("def f(): pass", 0, 1),
        ("def f() -> None: pass", 1, 1),
        ("def f(a: int, *b: int, c, **d: int) -> None: pass", 4, 5),
        ("class A:\n  def f(self, a: int): pass", 1, 2),
        ("lambda a: a", 0, 0),
    ],
)
def test_annotations_of_parameters_and_returns(source, annotated, annotatable):
    found = figures(source)

    assert (found.annotated, found.annotatable) == (annotated, annotatable)


def test_an_encoding_is_found_as_python_finds_it():
    latin = measure("a.py", "# -*- coding: latin-1 -*-\na = 'é'\n".encode("latin-1"))
    marked = measure("a.py", "\ufeffdef f(): pass\n".encode())

    assert latin.code == 1
    assert len(marked.functions) == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"def f(:\n", "syntax error in line 1"),
        (b"a = 1\n  b = 2\n", "syntax error in line 2: unexpected indent"),
        (b"a = '\xff'\n", "UTF-8"),
        (b"a = 1\n" * 3 + b"# \xe9\n", "not UTF-8: byte 0xe9 at 20"),
        (b"# coding: klingon\n", "unknown encoding"),
        (b"a = 1\0\n", "null byte"),
        (b"-" * 100_000 + b"1\n", "nested too deeply"),
    ],
)
def test_what_is_no_python_source_says_why(source, reason):
    with pytest.raises(Unreadable, match=reason):
        measure("a.py", source)


def test_long_chains_are_no_problem():
    chain = "def f(a):\n    if a: pass\n" + "    elif a: pass\n" * 1000
    sums = "a = " + " + ".join(["b"] * 1000)

    assert only(chain).complexity == 1002
    assert only(chain).nesting == 1
    assert figures(sums).code == 1


def test_every_line_of_a_known_file_is_of_one_kind():
    source = Path(sysconfig.get_path("stdlib"), "ast.py").read_bytes()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = measure("ast.py", source)

    assert found.lines == source.count(b"\n")
    assert min(found.code, found.comments, found.blank) > 0
    assert "NodeVisitor.generic_visit" in {function.name for function in found.functions}
