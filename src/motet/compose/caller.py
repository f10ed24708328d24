"""What a composition owes its caller: to begin nothing that is no longer wanted, and to tell what it has chosen."""

import asyncio

from motet.kernel.context import Context
from motet.kernel.errors import BudgetExceeded
from motet.kernel.events import AgentChosen

__all__ = ["Caller", "spent", "tell_chosen"]


class Caller:
    """Tells whether the call that is running was cancelled since this was made.

    An agent may swallow its cancellation and return, or raise something else. What comes after it must not begin all
    the same: the one who called no longer wants it.
    """

    __slots__ = ("_cancelling", "_task")

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self._cancelling = self._task.cancelling() if self._task is not None else 0

    @property
    def gone(self) -> bool:
        """Whether the caller was cancelled."""
        return self._task is not None and self._task.cancelling() > self._cancelling

    def check(self) -> None:
        """Let a cancellation have its way that an agent has swallowed.

        Raises:
            CancelledError: The caller was cancelled.
        """
        if self.gone:
            raise asyncio.CancelledError


def spent(error: Exception, ctx: Context) -> bool:
    """Tell whether an error ends more than the agent that raised it, so that no other agent is to be tried.

    Args:
        error: What an agent raised.
        ctx: The context of the composition.

    Returns:
        Whether its budget, or one around it, is used up, or its deadline has passed. A budget or a deadline of the
        agent's own is no concern of others.
    """
    remaining = ctx.remaining()
    if remaining is not None and remaining <= 0:
        return True
    ledger = ctx.scope.ledger
    if ledger is None or not isinstance(error, BudgetExceeded):
        return False
    return (ledger.overdrawn() or ledger.around()) is not None


def tell_chosen(ctx: Context, chosen: str, failed: tuple[BaseException, ...] = ()) -> None:
    """Tell whoever observes that an agent was chosen.

    Args:
        ctx: The context of the composition.
        chosen: The name of the agent, as it stands in the composition.
        failed: What others raised before.
    """
    scope = ctx.scope
    if scope.observer is not None:
        scope.observer(AgentChosen(scope.trace, scope.clock.now(), ctx.span, ctx.agent, chosen, failed))
