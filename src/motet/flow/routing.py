"""Routers: nodes that send a message on along one of several ways, unchanged."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Literal

from motet.flow.graph import Node
from motet.flow.routing_policy import RoutingPolicy
from motet.kernel.context import Context
from motet.kernel.errors import NotFound
from motet.kernel.wiring import Wirable, Wire, Wiring, as_wiring, distinct

__all__ = ["DROP", "Router", "route"]

Target = Wirable | Sequence[Wirable] | None
By = Callable[[Any], Any] | RoutingPolicy
Predicate = Callable[[Any], bool]

DROP: Final = "drop"
"""As a default: a message that no case fits is dropped."""

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
                f"The router {self.name!r} has no case for {label!r}, only for {sorted(self.ways)}: "
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
    cases: Mapping[Any, Target] | Sequence[tuple[Predicate, Target]],
    *,
    by: By | None = None,
    default: Target | Literal["drop"] = None,
    name: str | None = None,
) -> Router:
    """Send each message along the way of the case that fits it.

    Three forms: `route({"bug": fix, "idea": discuss}, by=kind)` with a function (sync, async or an agent) or a
    `RoutingPolicy` that names the case; `route({Bug: fix, Idea: discuss})` by the payload's type; and
    `route([(is_urgent, page), (is_spam, None)], default=file)` by the first predicate that holds.

    Args:
        cases: What leads where. A list leads to several nodes, None drops the message.
        by: Names the case of a payload.
        default: Where payloads go that fit no case, or `DROP`; without one they are an error.
        name: The router's name in the graph.

    Raises:
        ValueError: There is no case, or nothing decides between them.
    """
    if not cases:
        raise ValueError("route() needs at least one case: route({'label': node}, by=function)")
    if not isinstance(cases, Mapping):
        labels = {f"{getattr(test, '__name__', 'case')}": None for test, _ in cases}
        names = list(labels) if len(labels) == len(cases) else [f"case {n}" for n in range(1, len(cases) + 1)]
        tests = [(test, label) for (test, _), label in zip(cases, names, strict=True)]
        ways: dict[str, Target] = {label: target for (_, target), label in zip(cases, names, strict=True)}
        decide: Callable[[Any], Any] = _first(tests)
    else:
        ways = {label_of(key): target for key, target in cases.items()}
        decide = _decider(cases, by)
    if default is None:
        return Router(ways, decide, None, name)
    return Router({**ways, OTHERWISE: None if default == DROP else default}, decide, OTHERWISE, name)


def label_of(key: object) -> str:
    """Write a case's key as a label: types and enum members by their name, anything else as text."""
    if isinstance(key, type):
        return key.__name__
    if isinstance(key, Enum):
        return str(key.value)
    return str(key)


def _decider(cases: Mapping[Any, Target], by: By | None) -> Callable[[Any], Any]:
    if isinstance(by, RoutingPolicy):
        return by.decide
    if by is not None:
        return by
    kinds = [key for key in cases if isinstance(key, type)]
    if len(kinds) < len(cases):
        raise ValueError("route() needs by=: a function that names the case of a payload, or types as the cases' keys")
    return lambda payload: next((kind for kind in kinds if isinstance(payload, kind)), type(payload))


def _first(tests: Sequence[tuple[Predicate, str]]) -> Callable[[Any], str]:
    return lambda payload: next((label for test, label in tests if test(payload)), "no case")
