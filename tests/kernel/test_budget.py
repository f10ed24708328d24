"""Budgets, and the ledgers that count what is spent of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.budget import Budget, Ledger, exceeded
from motet.kernel.errors import BudgetExceeded


@pytest.mark.parametrize(
    ("budget", "spent", "name"),
    [
        (Budget(), {"hops": 10**9, "tokens": 10**9, "cost": 1e9}, None),
        (Budget(hops=3), {"hops": 3}, None),
        (Budget(hops=3), {"hops": 4}, "hops"),
        (Budget(hops=0), {"hops": 1}, "hops"),
        (Budget(tokens=3), {"tokens": 3, "hops": 9}, None),
        (Budget(tokens=3), {"tokens": 4}, "tokens"),
        (Budget(cost=0.5), {"cost": 0.5}, None),
        (Budget(cost=0.5), {"cost": 0.51}, "cost"),
        (Budget(cost=0.0), {"cost": 0.01}, "cost"),
        (Budget(hops=1, tokens=1, cost=1.0), {"hops": 2, "tokens": 2, "cost": 2.0}, "hops"),
    ],
)
def test_a_limit_that_is_passed_is_named(budget, spent, name):
    ledger = Ledger(budget)
    if name is None:
        ledger.spend(**spent)
        assert ledger.overdrawn() is None
    else:
        with pytest.raises(BudgetExceeded) as caught:
            ledger.spend(**spent)
        assert (caught.value.budget, caught.value.limit) == (name, getattr(budget, name))
        assert name in str(caught.value)


def test_what_was_spent_stays_charged():
    ledger = Ledger(Budget(tokens=5))
    with pytest.raises(BudgetExceeded):
        ledger.spend(tokens=6)
    with pytest.raises(BudgetExceeded):
        ledger.spend(cost=1.0)
    assert (ledger.tokens, ledger.cost) == (6, 1.0)


def test_only_what_is_named_is_spent():
    ledger = Ledger(Budget())
    for spent in ({}, {"hops": 1}, {"tokens": 2}, {"cost": 0.5}):
        ledger.spend(**spent)
    assert (ledger.hops, ledger.tokens, ledger.cost) == (1, 2, 0.5)


def test_parts_of_a_cost_that_add_up_to_the_limit_are_no_debt():
    ledger = Ledger(Budget(cost=0.3))
    for _ in range(3):
        ledger.spend(cost=0.1)
    with pytest.raises(BudgetExceeded):
        ledger.spend(cost=0.0001)


def test_the_ledgers_around_are_charged_and_may_run_out_first():
    outer = Ledger(Budget(tokens=10))
    middle = Ledger(Budget(), outer)
    inner = Ledger(Budget(tokens=50), middle)
    inner.spend(tokens=10)
    assert inner.around() is None
    with pytest.raises(BudgetExceeded) as caught:
        inner.spend(tokens=1)
    assert caught.value.limit == 10
    assert inner.overdrawn() is None
    assert inner.around().limit == 10
    assert outer.tokens == middle.tokens == inner.tokens == 11


def test_of_two_budgets_that_run_out_together_the_inner_one_is_named():
    inner = Ledger(Budget(tokens=5), Ledger(Budget(tokens=5)))
    with pytest.raises(BudgetExceeded) as caught:
        inner.spend(tokens=6)
    assert caught.value.limit == 5
    assert (inner.overdrawn(), inner.around()) != (None, None)


def test_siblings_share_what_is_around_them():
    outer = Ledger(Budget(tokens=5))
    Ledger(Budget(tokens=5), outer).spend(tokens=4)
    with pytest.raises(BudgetExceeded):
        Ledger(Budget(tokens=5), outer).spend(tokens=4)


@given(st.lists(st.integers(0, 20), max_size=20), st.integers(0, 100), st.integers(0, 100))
def test_spending_fails_exactly_when_a_total_passes_a_limit(amounts, own, around):
    ledger, total = Ledger(Budget(tokens=own), Ledger(Budget(tokens=around))), 0
    for amount in amounts:
        total += amount
        if total <= min(own, around):
            ledger.spend(tokens=amount)
        else:
            with pytest.raises(BudgetExceeded):
                ledger.spend(tokens=amount)


def test_the_error_is_readable():
    assert str(exceeded("seconds", 0.25)) == "The budget of 0.25 seconds is used up"
