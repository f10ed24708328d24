"""Arithmetic in which no step can take long."""

import ast
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.tools.arithmetic import CONSTANTS, FUNCTIONS, OPERATORS
from motet.tools.formula import BITS

WHOLE = st.integers(-(2**200), 2**200) | st.integers(-5, 5)
NUMBERS = WHOLE | st.floats(allow_nan=False, allow_infinity=False)


@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(NUMBERS, max_size=3))
def test_every_function_gives_a_bounded_number_or_raises(name, numbers):
    try:
        result = FUNCTIONS[name](*numbers)
    except (ArithmeticError, ValueError, TypeError):
        return
    assert type(result) in {int, float}
    assert isinstance(result, int) or math.isfinite(result)
    assert not isinstance(result, int) or result.bit_length() <= BITS


@given(st.sampled_from([kind for kind in OPERATORS if kind not in {ast.UAdd, ast.USub}]), NUMBERS, NUMBERS)
def test_every_operator_gives_a_bounded_number_or_raises(kind, left, right):
    try:
        result = OPERATORS[kind](left, right)
    except (ArithmeticError, ValueError):
        return
    assert isinstance(result, int) or math.isfinite(result)
    assert not isinstance(result, int) or result.bit_length() <= BITS


@given(st.integers(0, 700), st.integers(0, 700))
def test_what_counts_ways_is_exact_within_the_bound_and_refused_only_beyond(total, chosen):
    for name, exact in (("comb", math.comb), ("perm", math.perm)):
        value = exact(total, chosen)
        if value.bit_length() <= BITS:
            assert FUNCTIONS[name](total, chosen) == value
        else:
            with pytest.raises(OverflowError):
                FUNCTIONS[name](total, chosen)


@given(st.integers(-3, 1000))
def test_factorials_are_exact_within_the_bound(number):
    if number < 0:
        with pytest.raises(ValueError, match="negative"):
            FUNCTIONS["factorial"](number)
    elif math.factorial(number).bit_length() <= BITS:
        assert FUNCTIONS["factorial"](number) == math.factorial(number)
    else:
        with pytest.raises(OverflowError):
            FUNCTIONS["factorial"](number)


@given(st.integers(-(2**40), 2**40), st.integers(0, 5000))
def test_powers_are_exact_within_the_bound(base, exponent):
    power = OPERATORS[ast.Pow]
    if abs(base) < 2 or exponent * (abs(base).bit_length()) <= BITS:
        assert power(base, exponent) == base**exponent
    elif (abs(base).bit_length() - 1) * exponent > BITS:
        with pytest.raises(OverflowError):
            power(base, exponent)


HUGE = 2**4000


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("pow", (HUGE, HUGE)),
        ("pow", (3, HUGE)),
        ("factorial", (HUGE,)),
        ("perm", (HUGE, HUGE)),
        ("perm", (HUGE, HUGE // 2)),
        ("perm", (10**9, 10**9)),
        ("comb", (HUGE, HUGE // 2)),
        ("comb", (HUGE, 4096)),
        ("comb", (10**9, 4097)),
        ("round", (HUGE, -(10**9))),
        ("round", (1.5, HUGE)),
        ("lcm", (HUGE, HUGE - 1, HUGE - 3)),
    ],
)
def test_what_would_become_too_large_is_not_even_computed(name, numbers, monkeypatch):
    for forbidden in ("factorial", "perm", "comb"):
        monkeypatch.setattr(math, forbidden, lambda *_: pytest.fail("it was computed"))
    with pytest.raises(OverflowError):
        FUNCTIONS[name](*numbers)


def test_constants_are_those_of_the_math_module():
    assert {"pi": math.pi, "e": math.e, "tau": math.tau} == CONSTANTS
