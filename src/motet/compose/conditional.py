"""`conditional`: the input goes to the agent of the first route that takes it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, TypeVar, Unpack, cast, overload

from motet.compose.caller import Caller, tell_chosen
from motet.compose.errors import NoRoute
from motet.compose.parts import Named, agents_of, any_of, told, unique
from motet.compose.predicates import Predicate, Test
from motet.compose.sketching import spot
from motet.compose.steps import apply, check_step, label_of
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.kernel.invoke import call_below
from motet.kernel.schema import Schema
from motet.kernel.sketch import Arrow, Sketch, Spot

__all__ = ["Conditional", "conditional"]

In = TypeVar("In")
Out = TypeVar("Out")

_KIND: Final = "conditional"
_OTHERWISE: Final = "otherwise"


class Conditional(Agent[In, Out]):
    """Routes, of which the first that takes the input is taken. Made by `conditional`."""

    def __init__(
        self,
        tests: Sequence[Test],
        agents: tuple[Agent[Any, Any], ...],
        name: str | None,
        description: str | None,
    ) -> None:
        self.agents = agents  # one more than tests where there is a default
        self.names = unique(agent.name for agent in agents)
        self.labels = [_label(test, number) for number, test in enumerate(tests, 1)]
        self.name = name or f"{_KIND} of {told(self.names)}"
        self.description = description or f"Gives its input to one of {told(self.names, last=' and ')}."
        self.streaming = any(agent.streaming for agent in agents)
        self.validate = "none"  # the agent that is taken checks its own sides
        self._tests = tuple(tests)

    async def call(self, payload: In, ctx: Context) -> Out:
        """Call the agent of the first route that takes the payload."""
        caller = Caller()
        place = await self._route(payload, ctx)
        caller.check()
        agent, name = self.agents[place], self.names[place]
        tell_chosen(ctx, name)
        return cast("Out", await call_below(agent.bound, name, payload, ctx))

    async def _route(self, payload: In, ctx: Context) -> int:
        for place, test in enumerate(self._tests):
            if await apply(test, payload, ctx):
                return place
        if len(self.agents) == len(self._tests):
            raise NoRoute.of(ctx.agent, payload, self.labels)
        return -1

    @cached_property
    def types(self) -> tuple[Schema[In], Schema[Out]]:
        """What one of the agents takes, and what one of them gives."""
        sides = [agent.types for agent in self.agents]
        return any_of(taken for taken, _ in sides), any_of(given for _, given in sides)

    def sketch(self) -> Sketch:
        """Return the routes as arrows out of a router."""
        *names, fork = unique([*self.names, _KIND])
        labels = [*self.labels, _OTHERWISE]
        return Sketch(
            self.name,
            (Spot(fork, "router"), *map(spot, self.agents, names)),
            tuple(Arrow(fork, name, label) for name, label in zip(names, labels, strict=False)),
        )


@overload
def conditional(
    *routes: tuple[Test, Agent[In, Out]], default: Agent[In, Out] | None = None, **options: Unpack[Named]
) -> Agent[In, Out]: ...
@overload
def conditional(
    *routes: tuple[Test, Agent[Any, Any]], default: Agent[Any, Any] | None = None, **options: Unpack[Named]
) -> Agent[Any, Any]: ...


def conditional(
    *routes: tuple[Test, Agent[Any, Any]],
    default: Agent[Any, Any] | None = None,
    name: str | None = None,
    description: str | None = None,
) -> Agent[Any, Any]:
    """Give the input to the agent of the first route that takes it.

    Which agent that was is told by an `AgentChosen` event.

    Args:
        *routes: Pairs of a predicate and an agent: `(equals("bug", at="kind"), fix)`. A predicate is one of
            `motet.compose.predicates`, a function, sync (it runs in the event loop) or async, or an agent.
        default: The agent for what no route takes; without one that is an error, `NoRoute`.
        name: The name of the composition; made of the agents' names unless given.
        description: What it does; likewise.

    Returns:
        An agent.

    Raises:
        InvalidAgent: It cannot be made of these; the message says what to write.
    """
    if not routes:
        raise InvalidAgent("conditional() is made of at least one route: conditional((predicate, agent))")
    tests = [_pair(route)[0] for route in routes]
    agents = [_pair(route)[1] for route in routes]
    if default is not None:
        agents.append(default)
    return Conditional(tests, agents_of(_KIND, agents), name, description)


def _pair(route: Any) -> tuple[Test, Agent[Any, Any]]:
    try:
        test, agent = route
    except (TypeError, ValueError) as error:
        raise InvalidAgent(f"A route is a pair, as in conditional((predicate, agent)), not {route!r}") from error
    check_step(test, "A route of conditional()")
    return test, agent


def _label(test: Test, number: int) -> str:
    return repr(test) if isinstance(test, Predicate) else label_of(test, f"route {number}")
