"""Predicates for routes: ready-made ones, and `&`, `|` and `~` between them."""

import inspect
import re
from collections.abc import Awaitable, Callable
from types import UnionType
from typing import Any, Final, NoReturn, get_args

from motet.compose.paths import MISSING, reach, steps_of
from motet.compose.steps import label_of
from motet.compose.values import COMPARISONS, Comparison, Number, contains_item, is_number, same

__all__ = [
    "Predicate",
    "Test",
    "Verdict",
    "above",
    "always",
    "below",
    "compare",
    "contains",
    "equals",
    "has",
    "is_a",
    "matches",
]

Verdict = bool | Awaitable[bool]
Test = Callable[[Any], Verdict]
"""What tells whether a payload takes a route: a function, sync or async, or an agent."""

_OR, _AND, _NOT, _ATOM = range(4)


class Predicate:
    """A question about a payload, which can be combined with others: `a & b`, `a | b`, `~a`.

    Args:
        test: Tells whether it is so; sync, async or an agent.
        label: What it asks, as people write it: what drawings and errors show.
        rank: How strongly the operator in the label binds.
    """

    __slots__ = ("_label", "_rank", "_test")

    def __init__(self, test: Test, label: str, rank: int = _ATOM) -> None:
        self._test = test
        self._label = label
        self._rank = rank

    def __repr__(self) -> str:
        return self._label

    def __call__(self, payload: Any) -> Verdict:
        """Tell whether it is so; what to await where something asynchronous is asked."""
        return self._test(payload)

    def __and__(self, other: Test) -> "Predicate":
        return _all(self, as_predicate(other))

    def __rand__(self, other: Test) -> "Predicate":
        return _all(as_predicate(other), self)

    def __or__(self, other: Test) -> "Predicate":
        return _any(self, as_predicate(other))

    def __ror__(self, other: Test) -> "Predicate":
        return _any(as_predicate(other), self)

    def __invert__(self) -> "Predicate":
        def test(payload: Any) -> Verdict:
            verdict = self(payload)
            return _not(verdict) if inspect.isawaitable(verdict) else not verdict

        return Predicate(test, f"~{self.within(_NOT)}", _NOT)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{self!r} has a truth for each payload, none of its own: write &, | and ~ for and, or and not")

    def within(self, rank: int) -> str:
        """Return the label as it stands beside an operator that binds as strongly as `rank` says."""
        return f"({self._label})" if self._rank < rank else self._label


def as_predicate(test: Any) -> Predicate:
    """Make a predicate of whatever can be asked.

    Raises:
        TypeError: It cannot be asked.
    """
    if not callable(test):
        raise TypeError(f"& and | stand between predicates, functions and agents, not beside {test!r}")
    return test if isinstance(test, Predicate) else Predicate(test, label_of(test, "condition"))


def _all(one: Predicate, other: Predicate) -> Predicate:
    async def later(verdict: Awaitable[bool], payload: Any) -> bool:
        return await verdict and await _settled(other(payload))

    def test(payload: Any) -> Verdict:
        verdict = one(payload)
        if inspect.isawaitable(verdict):
            return later(verdict, payload)
        return other(payload) if verdict else False

    return Predicate(test, f"{one.within(_AND)} & {other.within(_AND)}", _AND)


def _any(one: Predicate, other: Predicate) -> Predicate:
    async def later(verdict: Awaitable[bool], payload: Any) -> bool:
        return await verdict or await _settled(other(payload))

    def test(payload: Any) -> Verdict:
        verdict = one(payload)
        if inspect.isawaitable(verdict):
            return later(verdict, payload)
        return True if verdict else other(payload)

    return Predicate(test, f"{one.within(_OR)} | {other.within(_OR)}", _OR)


async def _not(verdict: Awaitable[bool]) -> bool:
    return not await verdict


async def _settled(verdict: Verdict) -> bool:
    return await verdict if inspect.isawaitable(verdict) else verdict


always: Final = Predicate(lambda _: True, "always")
"""Takes every payload."""


def is_a(*types: type | UnionType) -> Predicate:
    """Ask whether the payload is of one of some types.

    Raises:
        TypeError: One of them cannot be asked for with `isinstance`.
    """
    isinstance(None, types)  # the error comes now, not with the first payload
    label = ", ".join(option.__name__ for kind in types for option in (get_args(kind) or (kind,)))
    return Predicate(lambda payload: isinstance(payload, types), f"is_a({label})")


def equals(value: object, at: str | None = None) -> Predicate:
    """Ask whether something equals a value.

    True is no 1 here, and "1" neither, also inside lists and among the values of dicts.

    Args:
        value: What it should equal.
        at: Where to look in the payload, as in "order.items.0.price"; the payload itself unless given.
    """
    return _at(at, f"equals({value!r}", lambda found: same(found, value))


def contains(item: object, at: str | None = None) -> Predicate:
    """Ask whether a text contains another, or a collection (of a mapping: its keys) an item.

    Args:
        item: What it should contain.
        at: Where to look in the payload; the payload itself unless given.
    """
    return _at(at, f"contains({item!r}", lambda found: contains_item(found, item))


def matches(pattern: str | re.Pattern[str], at: str | None = None) -> Predicate:
    """Ask whether a regular expression is found in a text; `^` and `$` tie it to the ends.

    Args:
        pattern: The expression.
        at: Where to look in the payload; the payload itself unless given.

    Raises:
        ValueError: It is no regular expression.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"matches({pattern!r}): that is no regular expression: {error}") from error
    label = f"matches({expression.pattern!r}"
    return _at(at, label, lambda found: isinstance(found, str) and expression.search(found) is not None)


def has(at: str) -> Predicate:
    """Ask whether there is something at a place of the payload, if only None."""
    steps = steps_of(at)
    return Predicate(lambda payload: reach(payload, steps) is not MISSING, f"has({at!r})")


def compare(comparison: Comparison, number: Number, at: str | None = None) -> Predicate:
    """Ask how something compares to a number; what is no number compares in no way.

    Args:
        comparison: "<", "<=", ">", ">=", "==" or "!=".
        number: What it is compared to.
        at: Where to look in the payload; the payload itself unless given.

    Raises:
        ValueError: There is no such comparison.
        TypeError: It is no number.
    """
    if comparison not in COMPARISONS:
        raise ValueError(f"compare({comparison!r}): it is one of {', '.join(COMPARISONS)}")
    return _compared(f"compare({comparison!r}, {number!r}", comparison, number, at)


def above(number: Number, at: str | None = None) -> Predicate:
    """Ask whether something is a number above another one, as `compare(">", number, at)` does."""
    return _compared(f"above({number!r}", ">", number, at)


def below(number: Number, at: str | None = None) -> Predicate:
    """Ask whether something is a number below another one, as `compare("<", number, at)` does."""
    return _compared(f"below({number!r}", "<", number, at)


def _compared(label: str, comparison: Comparison, number: Number, at: str | None) -> Predicate:
    if not is_number(number):
        raise TypeError(f"{label}): numbers are compared to a number, not to {number!r}")
    holds = COMPARISONS[comparison]
    return _at(at, label, lambda found: is_number(found) and holds(found, number))


def _at(at: str | None, label: str, test: Callable[[Any], bool]) -> Predicate:
    steps = steps_of(at)

    def look(payload: Any) -> bool:
        found = reach(payload, steps)
        return found is not MISSING and test(found)

    return Predicate(look, f"{label})" if at is None else f"{label}, at={at!r})")
