"""The calculator: arithmetic as Python does it, and no way to anything else."""

import ast
import builtins
import math
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from motet.tools.arithmetic import CONSTANTS, FUNCTIONS
from motet.tools.calculator import calculator
from motet.tools.formula import BITS
from motet.tools.toolbox import Toolbox


async def compute(expression):
    return await calculator({"expression": expression})


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7),
        (" (1 + 2)*3 ", 9),
        ("-2 ** 2", -4),
        ("7 // 2 + 7 % 2", 4),
        ("-7 // 2", -4),
        ("7 / 2", 3.5),
        ("2 ** -2", 0.25),
        ("2 ** 0.5", 2**0.5),
        ("+-+3", -3),
        ("1_000 * 0x10 + 0b1", 16_001),
        ("1.5e3", 1500.0),
        ("2 * pi", math.tau),
        ("e ** 2", math.e**2),
        ("sqrt(2) * sqrt(2)", math.sqrt(2) ** 2),
        ("round(2.567, 2)", 2.57),
        ("round(2.5)", 2),
        ("round(1234, -2)", 1200),
        ("max(1, 2.5, -3) - min(3)", -0.5),
        ("sum(1, 2, 3.5)", 6.5),
        ("sum()", 0),
        ("mean(1, 2)", 1.5),
        ("factorial(20)", math.factorial(20)),
        ("comb(1000, 500)", math.comb(1000, 500)),
        ("comb(5, 7)", 0),
        ("perm(600, 400)", math.perm(600, 400)),
        ("perm(3, 5)", 0),
        ("lcm(4, 6) + gcd(12, 18)", 18),
        ("lcm()", 1),
        ("log(8, 2)", 3.0),
        ("atan2(1, 1) * 4", math.pi),
        ("degrees(pi)", 180.0),
        ("pow(2, 10)", 1024),
        ("0 ** 9 ** 99 + 1 ** 9 ** 99", 1),
        ("(-1) ** (10 ** 99 + 1)", -1),
        ("2 ** 4095", 2**4095),
        ("10 ** 1233 // 10 ** 1230", 1000),
        ("isqrt(10 ** 100)", 10**50),
        ("1 - 1", 0),
    ],
)
async def test_arithmetic(expression, value):
    result = await compute(expression)
    assert result.text == str(value)
    assert (result.value, type(result.value)) == (value, type(value))


ATTACKS = [
    *("().__class__.__bases__[0].__subclasses__()", "pi.__class__", "(1).__class__", "pi.real", "sqrt.__globals__"),
    *('__import__("os").system("touch {path}")', "__import__", "import os", "os.system", "exec", "eval(1)", "open(1)"),
    *("[x for x in (1, 2)]", "(x for x in (1, 2))", "{1: 2}", "{1, 2}", "(1, 2)", "1, 2", "[1][0]", "pi[0]", "()"),
    *("'a' * 10 ** 10", '"{0.__class__}".format(1)', "f'{1}'", "'%s' % 1", "b'a'", "str(1)", "..."),
    *("(x := 1)", "x = 1", "x += 1", "lambda: 1", "lambda x: x", "print(1)", "input()", "globals()", "vars()"),
    *(
        "True",
        "False",
        "None",
        "1 if 1 else 2",
        "1if 1else 2",
        "1 and 2",
        "1or 2",
        "not 1",
        "1 < 2",
        "1 == 1",
        "1 is 1",
    ),
    *("~1", "1 << 2", "1 >> 2", "1 & 2", "1 | 2", "1 ^ 2", "1 @ 2", "1j", "1 + 2j", "0x1p3"),
    *(
        "sqrt(x=4)",
        "sqrt(*(4,))",
        "sqrt(**{})",
        "max(*pi)",
        "sqrt(**pi)",
        "sqrt",
        "sqrt(sqrt)",
        "pi()",
        "pi(1)",
        "(1)(2)",
        "sqrt(4)(1)",
    ),
    *(
        "１ + １",
        "ｐｉ",
        "ｓｑｒｔ(4)",
        "𝟙 + 1",
        "π",
        "2 × 3",
        "1 \N{MINUS SIGN} 1",
        "1\N{NO-BREAK SPACE}+ 1",
        "1\u200b1",
    ),
    *("1\x00", "1\n+1", "1;2", "1\\\n+1", "1 # 2", "1 + # 2", "await 1", "yield", "yield 1", "async", "return 1"),
    *(
        "",
        " ",
        "(",
        ")",
        "1 +",
        "1 2",
        "1..2",
        "01",
        "1__0",
        "$1",
        "`1`",
        "1?",
        "nan",
        "inf",
        "-inf",
        "1e999",
        "-1e999",
    ),
    *("__builtins__", "_", "e.x", "e .real", "1 .real", "1..real", "pi.real(1)", "(pi)._", "sum(i for i in 1)"),
]
"""Formulas that would be more than arithmetic."""


@pytest.mark.parametrize("expression", ATTACKS)
async def test_whatever_is_no_arithmetic_is_refused_and_nothing_runs(expression, tmp_path, monkeypatch):
    path = tmp_path / "touched"
    for name in ("eval", "exec", "open", "print", "input"):
        monkeypatch.setattr(builtins, name, lambda *_: path.touch())
    result = await compute(expression.replace("{path}", str(path)))
    assert result.error["code"] == "invalid_payload"
    assert result.text.startswith("Error: ")
    assert not path.exists()


BOMBS = [
    *(
        "9**9**9**9",
        "2**2**2**2**2**2",
        "(2**4000)**(2**4000)",
        "10**10**10",
        "-(9**9**9)",
        "9**99999999999 - 9**99999999999",
    ),
    *("factorial(10**9)", "factorial(5000)", "factorial(factorial(20))", "perm(10**9, 10**9)", "perm(10**9)"),
    *(
        "comb(10**9, 5*10**8)",
        "comb(10**6, 10**5)",
        "comb(2**4000, 4096)",
        "perm(2**4000, 4096)",
        "perm(2**4000, 2**4000)",
    ),
    *("round(1, -10**9)", "round(2**4000, -10**9)", "round(1.5, 10**30)", "lcm(2**4000, 3**2500)", "2**4096"),
    *("10**308*10**308*1.0", "1e308*10", "1e308+1e308", "-1e308-1e308", "1e308*1e308//1", "exp(1000)", "1.5**10**300"),
    *("2.0**10000", "cosh(1000)", "sum(1e308, 1e308)", "sqrt(2**4000)", "2**4000/3", "2**4000*1.0", "pow(10, 10**10)"),
    *("(2**4000)**-1", "2**-(2**2000)", "hypot(1.7e308, 1.7e308)", "mean(1e308, 1e308)"),
    *("0/0", "1/0", "1//0", "1%0", "1.0/0", "0**-1", "0.0**-1", "mean()", "log(0)", "sqrt(-1)", "asin(2)", "log(-1)"),
    *("(-8)**(1/3)", "(-1)**0.5", "factorial(-1)", "factorial(2.5)", "comb(-1, 2)", "perm(2, -1)", "gcd(1.5, 2)"),
    *("max()", "min()", "sqrt()", "sqrt(1, 2)", "round()", "round(1, 2, 3)", "round(1, 2.5)", "atan2(1)", "log(1, 1)"),
    *("(" * 10_000 + "1" + ")" * 10_000, "(" * 400 + "1" + ")" * 400, "-" * 900 + "1", "1" * 5000, "9" * 1001),
    *("+".join("1" * 400), "**".join("2" * 300), "max(" * 190 + "1" + ")" * 190, "1e" + "9" * 900),
]
"""Formulas that would take long, need room, or have no result."""


@pytest.mark.parametrize("expression", BOMBS, ids=lambda text: text[:30])
async def test_what_is_too_large_or_has_no_result_is_refused_at_once(expression):
    result = await compute(expression)
    assert result.error["code"] == "invalid_payload"
    assert len(result.text) < 300
    assert "\n" not in result.text


@pytest.mark.parametrize("bits", [BITS - 1, BITS, BITS + 1])
async def test_no_result_has_more_bits_than_the_bound(bits):
    for expression in (f"2 ** {bits - 1}", f"2 ** {bits // 2} * 2 ** {bits - 1 - bits // 2}"):
        assert (await compute(expression)).ok is (bits <= BITS)


NUMBERS = st.integers(0, 10**6).map(str) | st.floats(0, 1e6, allow_subnormal=False).map(repr)
OPERATORS = st.sampled_from(["+", "-", "*", "/", "//", "%", "**"])
FORMULAS = st.recursive(
    NUMBERS | st.sampled_from(["0", "1", "2", "pi"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, OPERATORS, inner),
        st.builds("-{}".format, inner),
        st.builds("abs({})".format, inner),
        st.builds("max({}, {})".format, inner, inner),
        st.builds("floor({})".format, inner),
    ),
    max_leaves=8,
)


class Powers(ast.NodeTransformer):
    """Has powers computed by `power`."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Pow):
            return ast.Call(ast.Name("power", ast.Load()), [node.left, node.right], [])
        return node


def power(base, exponent):
    """Compute a power that is a real number: Python goes on with a complex one."""
    found = base**exponent
    if isinstance(found, complex):
        raise ArithmeticError(f"{base} ** {exponent} is {found}")  # noqa: TRY004 - as division by 0 does
    return found


def by_python(formula):
    """Compute a formula with Python's own evaluation, where it has a result within the real numbers."""
    tree = ast.fix_missing_locations(Powers().visit(ast.parse(formula, mode="eval")))
    names = {"pi": math.pi, "abs": abs, "max": max, "floor": math.floor, "power": power}
    try:
        return eval(compile(tree, "formula", "eval"), names)  # noqa: S307 - made above
    except (ArithmeticError, ValueError):
        return None


@given(FORMULAS)
@example("abs(((0 - 1) ** pi))")
@example("max(0, ((0 - 1) ** pi))")
@settings(max_examples=300)
async def test_results_are_those_of_python_itself(formula):
    result = await compute(formula)
    if result.ok:
        expected = by_python(formula)
        assert (result.value, type(result.value)) == (expected, type(expected))
    elif "bits" not in result.text and "stand inside" not in result.text:
        expected = by_python(formula)
        assert not isinstance(expected, int | float) or not math.isfinite(expected), result.text


def test_the_calculator_describes_itself():
    [written] = Toolbox(calculator).openai(strict=True)
    assert written["function"]["name"] == "calculator"
    assert all(name in written["function"]["description"] for name in [*FUNCTIONS, *CONSTANTS])
    assert written["function"]["parameters"]["required"] == ["expression"]


def test_without_the_extra_it_says_what_to_install():
    code = (
        "import sys; sys.modules['simpleeval'] = None\n"
        "import motet, motet.tools.tool_loop\n"
        "try:\n    import motet.tools.calculator\n"
        "except motet.MotetError as error:\n    print(error.code, error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("missing_extra The calculator needs")
    assert 'pip install "motet[tools]"' in done.stdout
