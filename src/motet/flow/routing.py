"""Routers: nodes that send a message on along one of several ways, unchanged."""

import inspect
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Literal

from motet.flow.graph import Node
from motet.flow.routing_policy import RoutingPolicy
from motet.kernel.context import Context
from motet.kernel.errors import NotFound
from motet.kernel.wiring import Wirable, Wire, Wiring, as_wiring, distinct

__all__ = ["DROP", "Router", "route"]

Target = Wirable | Sequence[Wirable] | None
Case = Target | Literal["drop"]
By = Callable[[Any], Any] | RoutingPolicy
Predicate = Callable[[Any], bool | Awaitable[bool]]

DROP: Final = "drop"
"""As a case's target, or as the default: such messages are dropped."""

OTHERWISE: Final = "otherwise"


class Router(Node):
    """A node that decides where a message goes. Made by `route`.

    Args:
        ways: Where each label leads; None drops the message.
        decide: Takes a payload, and returns (or is awaited for) a label.
        otherwise: The label for payloads whose own label is unknown; None makes them an error.
        name: The router's name.
    """

    kind = "route"

    def __init__(
        self, ways: Mapping[str, Target], decide: Callable[[Any], Any], otherwise: str | None, name: str | None
    ) -> None:
        super().__init__(None, name=name)
        self.ways = dict(ways)
        self._decide = decide
        self._otherwise = otherwise

    async def call(self, payload: Any, ctx: Context) -> str:
        """Find the label of a payload.

        Raises:
            NotFound: No case fits it.
        """
        decided = self._decide(payload)
        label = label_of(await decided if inspect.isawaitable(decided) else decided)
        if label in self.ways:
            return label
        if self._otherwise is None:
            raise NotFound(
                f"The router {ctx.agent!r} has no case for {label!r}, only for {sorted(self.ways)}: "
                "add the case, or give it a default (default=DROP drops such messages)"
            )
        return self._otherwise

    def wiring(self) -> Wiring:
        """Return the router with the ways that lead out of it; an edge behind it starts at their ends."""
        parts = {label: as_wiring(target) for label, target in self.ways.items() if target is not None}
        return Wiring(
            distinct((self, *(place for part in parts.values() for place in part.places))),
            (self,),
            distinct(tuple(end for part in parts.values() for end in part.ends)),
            (
                *(Wire(self, start, label) for label, part in parts.items() for start in part.starts),
                *(wire for part in parts.values() for wire in part.wires),
            ),
        )


def route(
    cases: Mapping[Any, Case] | Sequence[tuple[Predicate, Case]],
    *,
    by: By | None = None,
    default: Target | Literal["drop"] = None,
    name: str | None = None,
) -> Router:
    """Send each message along the way of the case that fits it.

    Three forms: `route({"bug": fix, "idea": discuss}, by=kind)` with a function (sync, async or an agent) or a
    `RoutingPolicy` that names the case; `route({Bug: fix, Idea: discuss})` by the payload's type, the nearest one where
    several fit; and `route([(is_urgent, page), (is_spam, None)], default=file)` by the first predicate that holds.

    Args:
        cases: What leads where. A list leads to several nodes, `DROP` or None drops the message.
        by: Names the case of a payload: by its label, or by the enum member or type that is the case's key.
        default: Where payloads go that fit no case, or `DROP`; without one they are an error.
        name: The router's name in the graph.

    Raises:
        ValueError: There is no case, two have one label, no case leads anywhere, or nothing decides between them.
        TypeError: What should decide cannot be called.
    """
    if not cases:
        raise ValueError("route() needs at least one case: route({'label': node}, by=function)")
    if isinstance(cases, Mapping):
        labels, targets = [label_of(key) for key in cases], [_target(target) for target in cases.values()]
        decide = _decider(cases, by)
    else:
        tests, targets = _tests(cases, by)
        labels = _labels(tests)
        decide = _first(tuple(zip(tests, labels, strict=True)))
    if default is not None:
        labels.append(OTHERWISE)
        targets.append(_target(default))
    doubled = [label for label, count in Counter(labels).items() if count > 1]
    if doubled:
        raise ValueError(
            f"route() has several cases that are called {', '.join(map(repr, doubled))}: give each its own label, "
            f"with by=function (the default's is {OTHERWISE!r})"
        )
    if all(target is None for target in targets):
        raise ValueError("route() has no case that leads anywhere: an agent that returns None drops every message")
    return Router(dict(zip(labels, targets, strict=True)), decide, None if default is None else OTHERWISE, name)


def _target(target: Target | Literal["drop"]) -> Target:
    return None if isinstance(target, str) and target == DROP else target


def label_of(key: object) -> str:
    """Write a case's key as a label: types by their name, enum members by their value, anything else as text."""
    if isinstance(key, type):
        return key.__name__
    if isinstance(key, Enum):
        return str(key.value)
    return str(key)


def _decider(cases: Mapping[Any, Case], by: By | None) -> Callable[[Any], Any]:
    if isinstance(by, RoutingPolicy):
        return by.decide
    if callable(by):
        return by
    if by is not None:
        raise TypeError(f"route(by=...) takes a function, an agent or a RoutingPolicy that names the case, not {by!r}")
    if not all(isinstance(key, type) for key in cases):
        raise ValueError("route() needs by=: a function that names the case of a payload, or types as the cases' keys")
    kinds = tuple(cases)
    return lambda payload: _nearest(payload, kinds)


def _nearest(payload: Any, kinds: tuple[type, ...]) -> str:
    """Find the case for a payload: its type, or the nearest of its bases, or whatever it is an instance of."""
    kind = type(payload)
    found = next((base for base in kind.__mro__ if base in kinds), None)
    found = found or next((case for case in kinds if isinstance(payload, case)), None)
    # Another type of the same name must not be taken for a case.
    return label_of(found) if found is not None else f"{kind.__module__}.{kind.__qualname__}"


def _tests(cases: Sequence[Any], by: By | None) -> tuple[list[Predicate], list[Target]]:
    if by is not None:
        raise ValueError("route() has predicates and by=: either decides alone, so leave one of them out")
    try:
        tests, targets = [test for test, _ in cases], [_target(target) for _, target in cases]
    except (TypeError, ValueError) as error:
        raise TypeError("route() takes pairs of a predicate and a node: route([(is_urgent, page)])") from error
    strange = [test for test in tests if not callable(test)]
    if strange:
        raise TypeError(f"route() takes pairs of a predicate and a node, and {strange[0]!r} is no function")
    return tests, targets


def _labels(tests: Sequence[Predicate]) -> list[str]:
    """Name predicates by their functions, and by their number where that is no name of one alone."""
    names = [getattr(test, "__name__", getattr(test, "name", "")) for test in tests]
    usable = {name for name, count in Counter(names).items() if count == 1 and name.isidentifier()}
    return [name if name in usable else f"case {number}" for number, name in enumerate(names, 1)]


def _first(tests: Sequence[tuple[Predicate, str]]) -> Callable[[Any], Any]:
    async def decide(payload: Any) -> str:
        for test, label in tests:
            verdict = test(payload)
            if await verdict if inspect.isawaitable(verdict) else verdict:
                return label
        return "no case"

    return decide
