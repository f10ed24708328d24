"""`faults`: what goes wrong in a flow or a composition, at which call of which place, without changing either."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import NotFound
from motet.kernel.invoke import Call
from motet.testing.fault_rules import At, Rule, Strike, Target, When, called, numbers_of, unnumbered
from motet.testing.interposing import interpose, withdraw
from motet.testing.places import Place, innermost, places_of
from motet.testing.showing import listed, nearest, ordinal
from motet.testing.stand_in import Failure, a_failure, an_agent, made

__all__ = ["Faults", "faults"]


@dataclass(eq=False, slots=True)
class _At:
    """What stands around the work at a place."""

    faults: "Faults"
    agent: Agent[Any, Any] | None

    async def layer(self, call: Call[Any, Any], payload: Any, ctx: Context) -> Any:
        """Let the rules have their way, in their order, and make the call where they let it be made."""
        for rule in self.faults.rules:
            if rule.concerns(ctx, self.agent, payload):
                rule.calls += 1
                if rule.at is None or rule.calls in rule.at:
                    rule.struck += 1
                    await rule.strike(payload, ctx, rule.calls)
        return await call(payload, ctx)


@dataclass(eq=False)
class Faults:
    """What goes wrong inside agents while a `with` block lasts. Made by `faults`.

    A fault stands in the place of the agent's own work: middleware and the policy of a node are around it, and see it.
    Where a target names several places, such as one name in two subflows, their calls are counted together, in the
    order in which they begin. A fault that was asked for at a certain call, and never struck, is an `AssertionError`
    at the end of the block.

    Args:
        roots: Where to look for places.
        strict: Whether a fault that never struck is an error.
    """

    roots: Sequence[Agent[Any, Any]]
    strict: bool = True
    rules: list[Rule] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self._places: list[Place] = places_of(self.roots)
        self._layers: list[tuple[Place, Callable[..., Any]]] = []
        self._at: dict[int, _At] = {}
        self._inside = False

    def fail(self, target: Target, *, at: At = None, error: Failure | None = None, when: When | None = None) -> Self:
        """Let calls fail before the agent does anything.

        Args:
            target: The name of a node or agent, "around/name" where several are called alike, or the agent itself.
            at: Which calls, from 1: a number or several; all of them unless given.
            error: What they raise: an exception, its class, or a function that makes it of the payload; an
                `InjectedFault`, which is retryable, unless given.
            when: Which payloads count; all of them unless given.

        Raises:
            NotFound: There is no such place; the message names those that look alike.
            TypeError: That is no error.
        """
        a_failure("error", error)

        async def strike(payload: Any, ctx: Context, number: int) -> None:
            raise made(error, payload, f"the {ordinal(number)} call of {ctx.agent!r} was made to fail")

        return self._add("fail", target, at, when, strike)

    def delay(self, target: Target, seconds: float, *, at: At = None, when: When | None = None) -> Self:
        """Let calls begin later, by the time of the event loop.

        Args:
            target: As in `fail`.
            seconds: How much later.
            at: As in `fail`.
            when: As in `fail`.
        """

        async def strike(payload: Any, ctx: Context, number: int) -> None:
            await asyncio.sleep(seconds)

        return self._add("delay", target, at, when, strike)

    def hang(self, target: Target, *, at: At = None, when: When | None = None) -> Self:
        """Let calls hang until they are cancelled, such as by a timeout.

        Args:
            target: As in `fail`.
            at: As in `fail`.
            when: As in `fail`.
        """

        async def strike(payload: Any, ctx: Context, number: int) -> None:
            await asyncio.get_running_loop().create_future()

        return self._add("hang", target, at, when, strike)

    def cancel(self, target: Target, *, at: At = None, when: When | None = None) -> Self:
        """Let calls end as cancelled, as if something that the agent awaits had been.

        Args:
            target: As in `fail`.
            at: As in `fail`.
            when: As in `fail`.
        """

        async def strike(payload: Any, ctx: Context, number: int) -> None:
            raise asyncio.CancelledError

        return self._add("cancel", target, at, when, strike)

    def calls(self, target: Target) -> int:
        """Return how many calls of a target counted so far, struck or not.

        Raises:
            NotFound: No fault names it.
        """
        found = [rule.calls for rule in self.rules if rule.target == target]
        if not found:
            known = [str(rule.target) for rule in self.rules]
            raise NotFound(f"No fault was asked for at {target!r}: {nearest(str(target), known)}")
        return max(found)

    def __enter__(self) -> Self:
        if self._inside:
            raise RuntimeError("These faults are at work already: make others, as in `with faults(flow) as more:`")
        self._inside = True
        for rule in self.rules:
            rule.calls = rule.struck = 0
            self._place(rule)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        self._inside = False
        for place, layer in reversed(self._layers):
            withdraw(place, layer)
        self._layers.clear()
        idle = [rule for rule in self.rules if not rule.struck]
        if self.strict and error is None and idle:
            raise AssertionError(
                "These faults never struck, so that nothing was tested with them:\n"
                f"{listed(f'{rule.says}: {called(rule)}' for rule in idle)}\n"
                "Ask for a call that is made, or pass strict=False"
            )

    def _add(self, kind: str, target: Target, at: At, when: When | None, strike: Strike) -> Self:
        numbers = numbers_of(at)
        if not isinstance(target, str):
            an_agent(f".{kind}()", target)
        name = target.name if isinstance(target, Agent) else target
        says = f".{kind}({name!r}{'' if at is None else f', at={at!r}'})"
        agent = innermost(target) if isinstance(target, Agent) else None
        rule = Rule(says, target, numbers, when, strike, agent)
        self._check(rule)
        self.rules.append(rule)
        if self._inside:
            self._place(rule)
        return self

    def _check(self, rule: Rule) -> None:
        """Refuse a target that is nowhere."""
        found = self._found(rule)
        if any(place.agent is not None or (place.state is not None and place.state.router) for place in found):
            return
        if found:
            raise NotFound(
                f"{rule.target!r} is a join, which collects messages and is not called: no fault can be there"
            )
        name = rule.target.name if isinstance(rule.target, Agent) else rule.target
        known = {place.name for place in self._places}
        raise NotFound(
            f"No place is called {name!r}: {nearest(name, known)} An agent that only another one's code calls "
            "is given itself, as in faults(flow, search)"
        )

    def _found(self, rule: Rule) -> list[Place]:
        if rule.agent is not None:
            return [place for place in self._places if place.agent is rule.agent]
        last = str(rule.target).rpartition("/")[2]
        return [place for place in self._places if place.name in {rule.target, last, unnumbered(last)}]

    def _place(self, rule: Rule) -> None:
        """Stand at the places that a rule concerns."""
        for place in self._found(rule):
            if place.agent is None and (place.state is None or not place.state.router):
                continue
            at = self._at.setdefault(id(place.agent or place.state), _At(self, place.agent))
            if not any(known is place for known, _ in self._layers):
                interpose(place, at.layer)
                self._layers.append((place, at.layer))


def faults(*agents: Agent[Any, Any], strict: bool = True) -> Faults:
    """Make things go wrong inside agents, without changing them.

    As in `with faults(flow).fail("write", at=2).delay("search", 5):`.

    Args:
        *agents: Flows, compositions, or other agents; an agent that only another one's code calls is given beside it.
        strict: Whether a fault that never struck is an error at the end of the block.
    """
    if not agents:
        raise TypeError("faults() takes the flow, or the agents, that things go wrong in: faults(flow)")
    return Faults([an_agent("faults()", agent) for agent in agents], strict)
