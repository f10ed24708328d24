"""conditional: expense claims go to whoever may decide them, by predicates that can be combined and drawn.

Prints:

    lunch, 12.50: paid at once
    flight, 480.00: asked the lead
    flight, 4800.00: asked the board
    gift, 20.00: asked the lead
    gift, 90.00: No route of 'claims' takes this Claim
    it offers: equals('lunch', at='kind') & small
    it offers: above(1000, at='amount')
    it offers: ~equals('gift', at='kind') | small
"""

import asyncio
from dataclasses import dataclass

from motet import NoRoute, agent, conditional
from motet.compose.predicates import above, equals


@dataclass(frozen=True)
class Claim:
    """What somebody wants back."""

    kind: str
    amount: float


@agent
async def pay(claim: Claim) -> str:
    """Pay without a question."""
    return "paid at once"


@agent
async def ask_lead(claim: Claim) -> str:
    """Let the lead decide."""
    return "asked the lead"


@agent
async def ask_board(claim: Claim) -> str:
    """Let the board decide."""
    return "asked the board"


def small(claim: Claim) -> bool:
    """Tell whether nobody will mind."""
    return claim.amount < 50


claims = conditional(
    (equals("lunch", at="kind") & small, pay),
    (above(1000, at="amount"), ask_board),
    (~equals("gift", at="kind") | small, ask_lead),
    name="claims",
)


async def main() -> None:
    """Decide some claims; the last one fits nowhere, and there is no default."""
    for kind, amount in (("lunch", 12.5), ("flight", 480), ("flight", 4800), ("gift", 20), ("gift", 90)):
        try:
            print(f"{kind}, {amount:.2f}: {await claims(Claim(kind, amount))}")
        except NoRoute as error:
            print(f"{kind}, {amount:.2f}: {str(error).partition(':')[0]}")
            print("\n".join(f"it offers: {route}" for route in error.offered))


if __name__ == "__main__":
    asyncio.run(main())
