"""Rules of what goes wrong: which calls count for one, and which of them it strikes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.testing.showing import plural

__all__ = ["At", "Rule", "Strike", "Target", "When", "called", "numbers_of", "unnumbered"]

Target = str | Agent[Any, Any]
At = int | Iterable[int] | None
When = Callable[[Any], bool]
Strike = Callable[[Any, Context, int], Any]


@dataclass(eq=False, slots=True)
class Rule:
    """One thing that goes wrong.

    Args:
        says: What the test wrote, for messages.
        target: The name of a place, "around/name" or an agent.
        at: Which calls are struck, from 1; all of them where it is None.
        when: Which payloads count.
        strike: Does it; what it does not raise lets the call go on.
        agent: The target at its centre, where it is an agent.
        calls: How many calls counted so far.
        struck: How many of them were struck.
    """

    says: str
    target: Target
    at: frozenset[int] | None
    when: When | None
    strike: Strike
    agent: Agent[Any, Any] | None
    calls: int = 0
    struck: int = 0

    def concerns(self, ctx: Context, agent: Agent[Any, Any] | None, payload: object) -> bool:
        """Tell whether a call counts for this rule."""
        if self.agent is not None:
            found = self.agent is agent
        else:
            found = ctx.agent == self.target or ends_with(ctx.path, str(self.target))
        return found and (self.when is None or self.when(payload))


def numbers_of(at: At) -> frozenset[int] | None:
    """Read which calls are meant; None for all of them.

    Raises:
        ValueError: No call could ever have such a number.
    """
    if at is None:
        return None
    given: list[object] = [at] if isinstance(at, int | str) else list(at)
    numbers = [number for number in given if isinstance(number, int) and number >= 1]
    if not numbers or len(numbers) < len(given):
        raise ValueError(f"at={at!r}: calls are counted from 1, as in at=2 or at=[1, 3]")
    return frozenset(numbers)


def unnumbered(name: str) -> str:
    """Return the name that a composition has numbered: "search" for its second "search_2"."""
    head, _, number = name.rpartition("_")
    return head if head and number.isdigit() else name


def ends_with(path: tuple[str, ...], target: str) -> bool:
    """Tell whether a path ends with "around/name"."""
    parts = tuple(target.split("/"))
    return len(parts) > 1 and path[-len(parts) :] == parts


def called(rule: Rule) -> str:
    """Say how many calls counted for a rule."""
    counted = "no call counted" if not rule.calls else f"{plural(rule.calls, 'call')} counted"
    return f"{counted} at {rule.target if isinstance(rule.target, str) else rule.target.name!r}"
