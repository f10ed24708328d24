"""Formulas: what may stand in one, and how large it may be."""

import ast
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motet.kernel.errors import InvalidPayload
from motet.tools.arithmetic import CONSTANTS, FUNCTIONS
from motet.tools.formula import DEEPEST, LONGEST, read_formula


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1 ^ 2", "'^' has no meaning in a formula: write ** instead"),
        ("1 \N{MINUS SIGN} 2", "write - instead"),
        ("2 \N{MULTIPLICATION SIGN} 2", "write * instead"),
        ("1 < 2", "'<' has no meaning in a formula: write numbers, + - * / // % **, ( ) and functions"),
        ("sqrt", "'sqrt' is a function: write sqrt(...)"),
        ("root(4)", "There is no function 'root'"),
        ("phi", "There is no constant 'phi'"),
        ("pi(1)", "There is no function 'pi'"),
        ("1j", "1j is no real number"),
        ("True", "True is no real number"),
        ("1e999", "A number is too large"),
        ("1 if 1 else 2", "A formula has no IfExp"),
        ("1if 1else 2", "This is no formula"),
        ("pi.real", "A formula has no Attribute"),
        ("(1, 2)", "A formula has no Tuple"),
        ("1 +", "This is no formula: invalid syntax"),
        ("", "This is no formula"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_write(text, told):
    with pytest.raises(InvalidPayload) as caught:
        read_formula(text, CONSTANTS, FUNCTIONS)
    assert told in caught.value.message


def test_no_formula_makes_the_parser_warn_on_the_terminal():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for text in ("1if 1else 2", "1or 2", "0x1for x", "1.and 2", "1in 2", "1is 2", "1not 2"):
            with pytest.raises(InvalidPayload):
                read_formula(text, CONSTANTS, FUNCTIONS)
    assert told == []


def test_a_formula_is_a_tree_of_listed_nodes():
    tree = read_formula(" -sqrt(2) * (pi + 1.5) ", CONSTANTS, FUNCTIONS)
    assert ast.unparse(tree) == "-sqrt(2) * (pi + 1.5)"
    assert read_formula("max()", CONSTANTS, FUNCTIONS)


def test_the_bounds_stand_where_they_are_said_to_be():
    def depth(levels):
        return "-" * (levels - 1) + "1"

    assert read_formula("1" + " " * (LONGEST - 1), (), ())
    assert read_formula(depth(DEEPEST), (), ())
    for text in ("1" + " " * LONGEST, depth(DEEPEST + 1)):
        with pytest.raises(InvalidPayload):
            read_formula(text, (), ())


NODES = {ast.Constant, ast.Name, ast.UnaryOp, ast.BinOp, ast.Call}


@given(st.text(st.sampled_from("0123456789.eE_+-*/%(), abcdfnioprstxj"), max_size=40))
@settings(max_examples=500)
def test_whatever_is_written_a_formula_holds_listed_nodes_alone(text):
    try:
        formula = read_formula(text, CONSTANTS, FUNCTIONS)
    except InvalidPayload:
        return
    for node in ast.walk(formula):
        if isinstance(node, ast.expr):
            assert type(node) in NODES
        if isinstance(node, ast.Name):
            assert node.id in {*CONSTANTS, *FUNCTIONS}
        if isinstance(node, ast.Constant):
            assert type(node.value) in {int, float}
