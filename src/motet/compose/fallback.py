"""`fallback`: agents that are tried in order until one answers."""

from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import Any, Final, TypeVar, Unpack, overload

from motet.compose.caller import Caller, spent, tell_chosen
from motet.compose.errors import AllFailed
from motet.compose.parts import Named, agents_of, any_of, told, unique
from motet.compose.sketching import spot
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.kernel.invoke import call_below
from motet.kernel.schema import Schema
from motet.kernel.sketch import Arrow, Sketch, Spot

__all__ = ["Fallback", "On", "fallback"]

In = TypeVar("In")
Out = TypeVar("Out")

On = type[BaseException] | tuple[type[BaseException], ...] | Callable[[Exception], bool]
"""For which errors the next agent is tried: exception types, or a predicate."""

_KIND: Final = "fallback"
_JOIN: Final = "first answer"


class Fallback(Agent[In, Out]):
    """Agents that are tried in order. Made by `fallback`."""

    def __init__(
        self,
        agents: tuple[Agent[Any, Any], ...],
        on: Callable[[Exception], bool],
        name: str | None,
        description: str | None,
    ) -> None:
        self.agents = agents
        self.names = unique(agent.name for agent in agents)
        self.name = name or f"{_KIND} of {told(self.names)}"
        self.description = description or f"Tries {told(self.names, last=' and ')}, in this order, until one answers."
        self.streaming = any(agent.streaming for agent in agents)
        self.validate = "none"  # each agent checks its own sides
        self._on = on

    async def call(self, payload: In, ctx: Context) -> Out:
        """Call one agent after another until one answers."""
        caller, failed = Caller(), list[tuple[str, Exception]]()
        for agent, name in zip(self.agents, self.names, strict=True):
            if failed:
                await ctx.restart()
            try:
                output: Out = await call_below(agent.bound, name, payload, ctx)
            except Exception as error:
                if caller.gone or spent(error, ctx) or not self._on(error):
                    raise
                failed.append((name, error))
            else:
                tell_chosen(ctx, name, tuple(error for _, error in failed))
                return output
        raise AllFailed.of(f"None of the agents of {ctx.agent!r} answered", failed) from failed[-1][1]

    @cached_property
    def types(self) -> tuple[Schema[In], Schema[Out]]:
        """What one of the agents takes, and what one of them gives."""
        sides = [agent.types for agent in self.agents]
        return any_of(taken for taken, _ in sides), any_of(given for _, given in sides)

    def sketch(self) -> Sketch:
        """Return the agents as a chain, each with a way out."""
        *names, out = unique([*self.names, _JOIN])
        return Sketch(
            self.name,
            (*map(spot, self.agents, names), Spot(out, "join")),
            (
                *(Arrow(before, after, "fails") for before, after in pairwise(names)),
                *(Arrow(name, out) for name in names),
            ),
        )


@overload
def fallback(*agents: Agent[In, Out], on: On | None = None, **options: Unpack[Named]) -> Agent[In, Out]: ...
@overload
def fallback(*agents: Agent[Any, Any], on: On | None = None, **options: Unpack[Named]) -> Agent[Any, Any]: ...


def fallback(
    *agents: Agent[Any, Any], on: On | None = None, name: str | None = None, description: str | None = None
) -> Agent[Any, Any]:
    """Try agents in order until one answers.

    The next one is tried after any error unless `on` says otherwise: also after a payload that does not validate, for
    the next agent may take what this one does not. Nothing more is tried when the caller was cancelled, when its
    deadline has passed, or when a budget around the composition is used up. In a stream, what a failed agent has
    emitted is marked as void before the next one begins. An `AgentChosen` event tells which agent answered, and the
    errors before.

    Args:
        *agents: At least one, the best first.
        on: For which errors the next agent is tried: exception types, or a predicate. Any other error is raised as it
            was.
        name: The name of the composition; made of the agents' names unless given.
        description: What it does; likewise.

    Returns:
        An agent. It raises `AllFailed`, with all of their errors, when none of the agents has answered.

    Raises:
        InvalidAgent: It cannot be made of these; the message says what to write.
    """
    return Fallback(agents_of(_KIND, agents), _predicate(on), name, description)


def _predicate(on: object) -> Callable[[Exception], bool]:
    if on is None:
        return lambda _: True
    types = on if isinstance(on, tuple) else (on,)
    if types and all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in types):
        return lambda error: isinstance(error, types)
    if isinstance(on, tuple | type) or not callable(on):
        raise InvalidAgent(f"fallback(on={on!r}): it is made of exception types, or a function that takes an error")
    return on
