"""What middleware is made with is checked at once, and the message says what is allowed."""

from math import inf, nan

import pytest

from motet.middleware.arguments import LONGEST, check_callable, check_number, check_whole, is_number


@pytest.mark.parametrize("value", [0, 0.0, 1, 10, 0.5, 10.0])
def test_a_number_within_bounds_passes(value):
    assert is_number(value, 0, 10)
    check_number("x", value, 0, 10)


@pytest.mark.parametrize("value", [-1, -0.001, 10.001, nan, inf, -inf, True, False, "1", None, [1], 1j, 10**400])
def test_what_is_no_number_within_bounds_is_refused(value):
    assert not is_number(value, 0, 10)
    with pytest.raises(ValueError, match=r"^x=.*: it is a number from 0 to 10$"):
        check_number("x", value, 0, 10)


def test_a_time_has_a_bound_where_none_is_said():
    check_number("x", LONGEST, 0)
    with pytest.raises(ValueError, match=r"x=1000000001.0: it is a number from 0 to 1e\+09"):
        check_number("x", LONGEST + 1, 0)


@pytest.mark.parametrize("value", [1, 2, 10**400])
def test_a_whole_number_passes(value):
    check_whole("x", value, 1)


@pytest.mark.parametrize("value", [0, -1, 1.0, nan, inf, True, "1", None])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(ValueError, match=r"^x=.*: it is a whole number from 1$"):
        check_whole("x", value, 1)


def test_a_function_may_be_left_out():
    check_callable("x", None)
    check_callable("x", print)
    with pytest.raises(ValueError, match=r"x=7: it is a function that takes \(payload, ctx\), or None"):
        check_callable("x", 7)
