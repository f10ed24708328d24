"""Budgets: how much a piece of work may use of hops, tokens, money and time, and the ledger that counts it."""

from dataclasses import dataclass
from math import isclose

from motet.kernel.errors import BudgetExceeded, BudgetName

__all__ = ["Budget", "Exhausted", "Ledger", "exceeded"]


@dataclass(frozen=True, slots=True)
class Budget:
    """What a piece of work may use; None sets no limit.

    Args:
        hops: Visits of a message to a node of a flow.
        tokens: Tokens of language models, as reported through `ctx.spend`.
        cost: Money, in whatever currency the caller counts, as reported through `ctx.spend`.
        seconds: Time since the work was taken up.
    """

    hops: int | None = None
    tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Exhausted:
    """The output of a loop that a budget ended.

    Args:
        budget: Which budget ran out.
        limit: What it allowed.
        last: The newest value that was going round.
    """

    budget: BudgetName
    limit: float
    last: object


class Ledger:
    """Counts what is spent of one budget, and of the budgets around it.

    Args:
        budget: The limits.
        parent: The ledger of the work that this work is a part of; it is charged too.
    """

    __slots__ = ("budget", "cost", "hops", "parent", "tokens")

    def __init__(self, budget: Budget, parent: "Ledger | None" = None) -> None:
        self.budget = budget
        self.parent = parent
        self.hops = 0
        self.tokens = 0
        self.cost = 0.0

    def spend(self, *, hops: int = 0, tokens: int = 0, cost: float = 0.0) -> None:
        """Charge this ledger and those around it.

        Args:
            hops: Visits to nodes.
            tokens: Tokens of language models.
            cost: Money.

        Raises:
            BudgetExceeded: A limit is passed. What was spent stays charged: it is used up.
        """
        ledger: Ledger | None = self
        exceeded: BudgetExceeded | None = None
        while ledger is not None:
            ledger.hops += hops
            ledger.tokens += tokens
            ledger.cost += cost
            exceeded = exceeded or ledger.overdrawn()
            ledger = ledger.parent
        if exceeded is not None:
            raise exceeded

    def around(self) -> BudgetExceeded | None:
        """Return the error for the first limit that is passed in a ledger around this one, if one is."""
        ledger = self.parent
        while ledger is not None:
            found = ledger.overdrawn()
            if found is not None:
                return found
            ledger = ledger.parent
        return None

    def overdrawn(self) -> BudgetExceeded | None:
        """Return the error for the first limit that is passed, if one is."""
        budget = self.budget
        if budget.hops is not None and self.hops > budget.hops:
            return exceeded("hops", budget.hops)
        if budget.tokens is not None and self.tokens > budget.tokens:
            return exceeded("tokens", budget.tokens)
        # Three times 0.1 is a little more than 0.3: that is no debt.
        if budget.cost is not None and self.cost > budget.cost and not isclose(self.cost, budget.cost):
            return exceeded("cost", budget.cost)
        return None


def exceeded(name: BudgetName, limit: float) -> BudgetExceeded:
    """Make the error that says which budget ran out."""
    return BudgetExceeded(f"The budget of {limit:g} {name} is used up", budget=name, limit=limit)
