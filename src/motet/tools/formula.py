"""A formula as text, read into a tree that holds arithmetic and nothing else.

What may stand in it is listed; whatever is not listed is refused before anything is computed.
"""

import ast
import re
from collections.abc import Container, Iterator
from typing import Final

from motet.kernel.errors import InvalidPayload

__all__ = ["BITS", "read_formula"]

LONGEST: Final = 1_000
"""How many characters a formula may have."""

DEEPEST: Final = 100
"""How many operations and functions may stand inside one another: each number of a sum adds one."""

BITS: Final = 4_096
"""How large a whole number may become: some 1,230 digits, which are written in a moment."""

_LETTERS: Final = re.compile(r"[0-9A-Za-z_.,+\-*/%() \t]*")
_GLUED: Final = re.compile(r"[0-9.](?:and|else|for|if|in|is|not|or)")
"""Words right behind a number: the parser would warn of them on the terminal."""
_INSTEAD: Final = {"^": "**", "×": "*", "·": "*", "÷": "/", "\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "π": "pi"}
_WRITE: Final = "write numbers, + - * / // % **, ( ) and functions"
_OPERATORS: Final = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.UAdd, ast.USub)


def read_formula(text: str, names: Container[str], functions: Container[str]) -> ast.expr:
    """Read a formula.

    Args:
        text: Numbers, `+ - * / // % **`, parentheses, names, and functions with what they take in parentheses.
        names: Which names may stand in it.
        functions: Which functions may be called.

    Returns:
        A tree of constants, names, operators and calls, and of no other nodes.

    Raises:
        InvalidPayload: It is too long, too deep, or no arithmetic; the message says what to write.
    """
    if len(text) > LONGEST:
        raise InvalidPayload(f"The formula has {len(text):,} characters: at most {LONGEST:,} are read at once")
    known = _LETTERS.match(text)
    if known is not None and known.end() < len(text):
        letter = text[known.end()]
        instead = f"write {_INSTEAD[letter]} instead" if letter in _INSTEAD else _WRITE
        raise InvalidPayload(f"{letter!r} has no meaning in a formula: {instead}")
    if _GLUED.search(text):
        raise InvalidPayload(f"This is no formula: {_WRITE}")
    try:
        formula = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        told = error.msg if isinstance(error, SyntaxError) else "too much stands inside one another"
        raise InvalidPayload(f"This is no formula: {told}") from error
    for node, depth in _nodes(formula):
        if depth > DEEPEST:
            raise InvalidPayload(f"More than {DEEPEST} operations stand inside one another: make it flatter")
        _check(node, names, functions)
    return formula


def _nodes(formula: ast.expr) -> Iterator[tuple[ast.expr, int]]:
    """Give every node with its depth, without recursion. What is called is a part of its call, and no node."""
    waiting = [(formula, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        inside = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
        waiting += [(child, depth + 1) for child in inside if isinstance(child, ast.expr)]


def _check(node: ast.expr, names: Container[str], functions: Container[str]) -> None:
    match node:
        case ast.Constant(value=value):
            _check_number(value)
        case ast.UnaryOp(op=operator) | ast.BinOp(op=operator) if isinstance(operator, _OPERATORS):
            pass
        case ast.Name(id=name):
            _check_name(name, names, functions)
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            if name not in functions:
                raise InvalidPayload(f"There is no function {name!r}")
        case _:
            raise InvalidPayload(f"A formula has no {type(node).__name__}: {_WRITE}")


def _check_name(name: str, names: Container[str], functions: Container[str]) -> None:
    if name in functions:
        raise InvalidPayload(f"{name!r} is a function: write {name}(...)")
    if name not in names:
        raise InvalidPayload(f"There is no constant {name!r}")


def _check_number(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidPayload(f"{value!r} is no real number")
    if value == float("inf"):
        raise InvalidPayload("A number is too large: the largest with a fraction is about 1.8e308")
