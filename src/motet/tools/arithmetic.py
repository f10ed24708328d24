"""Arithmetic in which no step can take long: what would become too large is refused before it is computed."""

import ast
import math
from collections.abc import Callable, Mapping
from operator import add, floordiv, mod, mul, neg, pos, sub, truediv
from typing import Any, Final

from motet.tools.formula import BITS

__all__ = ["CONSTANTS", "FUNCTIONS", "OPERATORS", "Number"]

Number = int | float
Function = Callable[..., Number]

DIGITS: Final = 400
"""How far a number may be rounded to either side of the point: beyond, no number has digits."""


def _bounded(function: Callable[..., Any]) -> Function:
    def bounded(*numbers: Number) -> Number:
        return _real(function(*numbers))

    return bounded


def _real(value: Any) -> Number:
    """Let a result pass that is a real number, finite and not too large."""
    if isinstance(value, int):
        _check_bits(value.bit_length())
        return value
    if not isinstance(value, float) or math.isnan(value):
        raise ValueError("it is no real number")
    if math.isinf(value):
        raise OverflowError("it is too large")
    return value


def _check_bits(bits: int) -> None:
    if bits > BITS:
        raise OverflowError(f"it would have more than {BITS:,} bits")


def _whole(value: Number) -> int:
    if isinstance(value, float):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _power(base: Number, exponent: Number) -> Any:
    if isinstance(base, int) and isinstance(exponent, int) and exponent > 0:
        _check_bits((abs(base).bit_length() - 1) * exponent)  # the power has more
    return base**exponent


def _factorial(number: Number) -> int:
    _check_bits(_whole(number))  # from 4 on it has more
    return math.factorial(_whole(number))


def _perm(total: Number, chosen: Number) -> int:
    least = _whole(total) - _whole(chosen) + 1  # the smallest of the factors, of which there are `chosen`
    if least > 0:
        _check_bits(max(least.bit_length() - 1, 1) * _whole(chosen))
    return math.perm(_whole(total), _whole(chosen))


def _comb(total: Number, chosen: Number) -> int:
    fewer = min(_whole(chosen), _whole(total) - _whole(chosen))
    factor = _whole(total).bit_length() - fewer.bit_length() - 1  # (total / fewer) ** fewer is less
    _check_bits(max(factor, 1) * fewer)
    return math.comb(_whole(total), _whole(chosen))


def _round(value: Number, digits: Number = 0) -> Number:
    if abs(digits) > DIGITS:
        raise OverflowError(f"numbers are rounded to at most {DIGITS} digits")
    return round(value, _whole(digits)) if digits else round(value)


def _sum(*numbers: Number) -> Number:
    total: Number = 0
    for number in numbers:
        total = _real(total + number)
    return total


def _mean(*numbers: Number) -> Number:
    return _sum(*numbers) / len(numbers)


def _lcm(*numbers: Number) -> Number:
    least = 1
    for number in numbers:
        least = math.lcm(least, _whole(number))
        _check_bits(least.bit_length())
    return least


OPERATORS: Final[Mapping[type[ast.AST], Function]] = {
    ast.Add: _bounded(add),
    ast.Sub: _bounded(sub),
    ast.Mult: _bounded(mul),
    ast.Div: _bounded(truediv),
    ast.FloorDiv: _bounded(floordiv),
    ast.Mod: _bounded(mod),
    ast.Pow: _bounded(_power),
    ast.UAdd: _bounded(pos),
    ast.USub: _bounded(neg),
}

_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "abs": abs,
    "round": _round,
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "min": lambda *numbers: min(numbers),
    "max": lambda *numbers: max(numbers),
    "sum": _sum,
    "mean": _mean,
    "sqrt": math.sqrt,
    "cbrt": math.cbrt,
    "isqrt": math.isqrt,
    "hypot": math.hypot,
    "pow": _power,
    "exp": math.exp,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "atan2": math.atan2,
    "degrees": math.degrees,
    "radians": math.radians,
    "gcd": math.gcd,
    "lcm": _lcm,
    "factorial": _factorial,
    "comb": _comb,
    "perm": _perm,
}
FUNCTIONS: Final[Mapping[str, Function]] = {name: _bounded(function) for name, function in _FUNCTIONS.items()}
CONSTANTS: Final[Mapping[str, Number]] = {"pi": math.pi, "e": math.e, "tau": math.tau}
