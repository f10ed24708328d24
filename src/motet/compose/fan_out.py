"""`fan_out`: an agent for each part of the input."""

from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Iterable
from functools import cached_property
from typing import Any, Final, Literal, TypeVar, Unpack, cast, get_args, overload

from motet.compose.caller import Caller
from motet.compose.crew import Crew
from motet.compose.errors import Failed
from motet.compose.parts import (
    Bounded,
    agents_of,
    any_of,
    check_concurrency,
    check_word,
    common,
    listed,
    told,
    unique,
)
from motet.compose.sketching import spread
from motet.compose.source import Parts, parts_in, taken
from motet.compose.steps import Step, apply, check_step, label_of, types_of_step
from motet.compose.tally import Errors, tally_of
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import Fault, InvalidPayload
from motet.kernel.invoke import Call, invoke
from motet.kernel.schema import Schema
from motet.kernel.sketch import Sketch

__all__ = ["FanOut", "fan_out"]

In = TypeVar("In")
Out = TypeVar("Out")
Made = TypeVar("Made")

_KIND: Final = "fan_out"


class PartContext(Context):
    """The context of the call for one of many parts: in a stream, its chunks are told from those of the others."""

    __slots__ = ()

    def __init__(self, around: Context, agent: str, place: int) -> None:
        super().__init__(around.scope, agent, around, around.host)
        self._path = (*around.path, f"{agent}[{place}]")


class FanOut(Agent[In, list[Out]]):
    """An agent for each part of the payload. Made by `fan_out`."""

    def __init__(
        self,
        agents: tuple[Agent[Any, Any], ...],
        split: Step | None,
        concurrency: int | None,
        errors: Errors,
        name: str | None = None,
        description: str | None = None,
        *,
        ordered: bool = True,
    ) -> None:
        self.agents = agents
        self.names = unique(agent.name for agent in agents)
        self.split = split
        self.name = name or f"{_KIND} of {told(self.names)}"
        self.description = description or self._described()
        self.streaming = any(agent.streaming for agent in agents) or getattr(split, "streaming", False)
        self.validate = "none"  # each agent checks its own sides
        self._concurrency = concurrency
        self._errors: Errors = errors
        self._ordered = ordered

    async def call(self, payload: In, ctx: Context) -> list[Out]:
        """Call an agent for each part of the payload, each in a task of its own."""
        parts: Any = payload
        if self.split is not None:
            caller = Caller()
            parts = await apply(self.split, payload, ctx)
            caller.check()
        tally = tally_of(self._errors, self._name)
        crew = Crew[Any](ctx, tally, lambda place, part: self._start(place, part, ctx), self._concurrency)
        await crew.run(await self._parts(parts, ctx))
        if tally.broken:
            raise tally.errors[0][1]
        return cast("list[Out]", tally.results(ordered=self._ordered))

    async def _parts(self, parts: Any, ctx: Context) -> Parts:
        count = len(self.agents)
        if count > 1 and self.split is None:
            return iter([parts] * count)
        source = parts_in(parts, ctx.agent, None if self.split is None else label_of(self.split, "split"))
        if count == 1:
            return source
        # All of them before anything begins: a mismatch is no reason to leave half of the work done.
        found = await taken(source, count + 1)
        if len(found) != count:
            raise _mismatch(ctx.agent, count, len(found))
        return iter(found)

    def _start(self, place: int, part: Any, ctx: Context) -> Coroutine[Any, Any, Any]:
        many = len(self.agents) > 1
        agent, name = self.agents[place if many else 0], self._name(place)
        streamed = ctx.scope.channel is not None
        if streamed and not many:
            context: Context = PartContext(ctx, name, place)
        else:
            context = Context(ctx.scope, name, ctx, ctx.host)
        # What fails is left out of the result, and so are its chunks.
        call = _voiding(agent.bound) if streamed and self._errors == "skip" else agent.bound
        return invoke(call, part, context, {})

    def _name(self, place: int) -> str:
        return self.names[place if len(self.names) > 1 else 0]

    def _described(self) -> str:
        row = told(self.names, last=" and ")
        if len(self.agents) == 1:
            return f"Gives each part of its input to {row}."
        return (
            f"Gives its input to {row} at once." if self.split is None else f"Gives a part of its input each to {row}."
        )

    @cached_property
    def types(self) -> tuple[Schema[In], Schema[list[Out]]]:
        """The parts, or what they are made of; and the list of what comes of them."""
        sides = [agent.types for agent in self.agents]
        if self.split is not None:
            takes = types_of_step(self.split)[0]
        elif len(sides) > 1:
            takes = common(side for side, _ in sides)
        else:
            takes = listed(sides[0][0])
        more = [Failed] if self._errors == "collect" else []
        return takes, listed(any_of((side for _, side in sides), *more))

    def sketch(self) -> Sketch:
        """Return the agents beside one another, between a fork and a join."""
        fork = _KIND if self.split is None else label_of(self.split, "split")
        labels = [""] * len(self.agents)
        if len(self.agents) == 1:
            labels = ["each part"]
        elif self.split is not None:
            labels = [f"part {number}" for number in range(1, len(self.agents) + 1)]
        return spread(self.name, self.agents, fork=fork, join="list", labels=labels)


def _voiding(call: Call[Any, Any]) -> Call[Any, Any]:
    """Mark the chunks of a call as void if it fails."""

    async def voiding(payload: Any, ctx: Context) -> Any:
        try:
            return await call(payload, ctx)
        except Exception:
            await ctx.restart()
            raise

    return voiding


def _mismatch(agent: str, agents: int, parts: int) -> InvalidPayload:
    many = f"more than {agents}" if parts > agents else str(parts)
    error = InvalidPayload(
        f"{agent!r} has {agents} agents, one for each part, and its split made {many} part{'s' * (parts != 1)}",
        agent=agent,
        side="split",
    )
    error.fault = Fault.AGENT
    return error


@overload
def fan_out(
    agent: Agent[In, Out],
    /,
    *,
    split: Callable[[Made], Iterable[In] | AsyncIterable[In] | Awaitable[Iterable[In]]],
    errors: Literal["fail", "skip"] = "fail",
    **options: Unpack[Bounded],
) -> Agent[Made, list[Out]]: ...
@overload
def fan_out(
    agent: Agent[In, Out], /, *, errors: Literal["fail", "skip"] = "fail", **options: Unpack[Bounded]
) -> Agent[Iterable[In] | AsyncIterable[In], list[Out]]: ...
@overload
def fan_out(
    agent: Agent[In, Out], /, *, errors: Literal["collect"], **options: Unpack[Bounded]
) -> Agent[Iterable[In] | AsyncIterable[In], list[Out | Failed]]: ...
@overload
def fan_out(
    *agents: Agent[Any, Any],
    split: Callable[[Any], Any] | None = None,
    errors: Errors = "fail",
    **options: Unpack[Bounded],
) -> Agent[Any, list[Any]]: ...


def fan_out(
    *agents: Agent[Any, Any],
    split: Step | None = None,
    concurrency: int | None = None,
    errors: Errors = "fail",
    name: str | None = None,
    description: str | None = None,
) -> Agent[Any, Any]:
    """Give each part of the input to an agent, each in a task of its own, and list the results in the parts' order.

    One agent gets every part, as many of them as there are: the input is an iterable, sync or async, or `split` makes
    one of it, and a part is taken from it when there is room for its call. A generator that is not needed to its end is
    closed. Of several agents each gets a part of its own: there have to be as many parts as agents; without `split`
    each gets the whole input.

    Args:
        *agents: At least one; the same agent may stand there twice.
        split: Makes the parts of the input: a function, sync (it runs in the event loop) or async, or an agent.
        concurrency: How many calls may run at once; None is all of them.
        errors: "fail" raises the first error as it was, and cancels the other calls; "collect" puts a `Failed` in the
            place of a result; "skip" leaves it out, and marks the chunks of that part as void in the stream.
        name: The name of the composition; made of the agents' names unless given.
        description: What it does; likewise.

    Returns:
        An agent.

    Raises:
        InvalidAgent: It cannot be made of these; the message says what to write.
    """
    found = agents_of(_KIND, agents)
    check_concurrency(_KIND, concurrency)
    check_word(_KIND, "errors", errors, get_args(Errors))
    if split is not None:
        check_step(split, "fan_out(split=...)")
    return FanOut(found, split, concurrency, errors, name, description)
