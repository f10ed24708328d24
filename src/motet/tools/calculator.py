"""A calculator that a model may be given: arithmetic, and nothing else, however the formula is written.

A formula is bounded in length and depth, and every step of it in size, so that none takes long; that is what bounds
the time of the whole, as a thread could not be stopped. It needs the extra `tools`.
"""

import ast
from typing import Any, Final

from motet.kernel.errors import InvalidPayload, MissingExtra
from motet.tools.arithmetic import CONSTANTS, FUNCTIONS, OPERATORS
from motet.tools.formula import read_formula
from motet.tools.tool import tool

try:
    from simpleeval import SimpleEval  # type: ignore[import-untyped]
except ImportError as error:
    raise MissingExtra.of("The calculator", "tools") from error

__all__ = ["calculator"]

KNOWN: Final = f"Functions: {', '.join(sorted(FUNCTIONS))}. Constants: {', '.join(CONSTANTS)}."


class _Arithmetic(SimpleEval):  # type: ignore[misc]
    """An evaluator that knows numbers, our operators, our functions and our constants."""

    def __init__(self) -> None:
        super().__init__(dict(OPERATORS), dict(FUNCTIONS), dict(CONSTANTS))
        kept = (ast.Constant, ast.Name, ast.UnaryOp, ast.BinOp, ast.Call)
        self.nodes: dict[type[ast.AST], Any] = {kind: self.nodes[kind] for kind in kept}


@tool(description=f"Compute a formula, such as 'sqrt(2) * (3 + 4) ** 2 / 5'. {KNOWN}", thread=False)
def calculator(expression: str) -> int | float:
    """Compute a formula.

    Args:
        expression: Numbers, + - * / // % **, parentheses, functions and constants. Angles are in radians.
    """
    formula = read_formula(expression, CONSTANTS, FUNCTIONS)
    try:
        result: int | float = _Arithmetic().eval(expression, formula)
    except (ArithmeticError, ValueError, TypeError) as error:
        # An overflow in the C library has two arguments, of which neither says much.
        why = "it is too large" if isinstance(error, OverflowError) and len(error.args) > 1 else error
        raise InvalidPayload(f"The formula has no result: {why}") from error
    return result
