"""`parallel`: agents beside one another on the same input; all of them count, the first one, or a number of them."""

from collections.abc import Awaitable, Callable, Coroutine
from functools import cached_property
from typing import Any, Final, Literal, TypeVar, Unpack, overload

from motet.compose.caller import tell_chosen
from motet.compose.crew import Crew
from motet.compose.errors import AllFailed, Failed
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
from motet.compose.steps import Step, apply, check_step, label_of, types_of_step
from motet.compose.tally import Collecting, Tally
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.kernel.invoke import invoke
from motet.kernel.schema import Schema
from motet.kernel.sketch import Sketch

__all__ = ["Parallel", "parallel"]

In = TypeVar("In")
Out = TypeVar("Out")
Made = TypeVar("Made")

Wait = Literal["all", "first"] | int
Errors = Literal["fail", "collect"]

_KIND: Final = "parallel"


class Parallel(Agent[In, Out]):
    """Agents beside one another. Made by `parallel`."""

    def __init__(
        self,
        agents: tuple[Agent[Any, Any], ...],
        wait: Wait,
        errors: Errors,
        combine: Step | None,
        concurrency: int | None,
        name: str | None,
        description: str | None,
    ) -> None:
        self.agents = agents
        self.names = unique(agent.name for agent in agents)
        self.name = name or f"{_KIND} of {told(self.names)}"
        self.description = description or _described(self.names, wait)
        self.streaming = any(agent.streaming for agent in agents) or getattr(combine, "streaming", False)
        self.validate = "none"  # each agent checks its own sides
        self._wait: Wait = wait
        self._errors: Errors = errors
        self._combine = combine
        self._concurrency = concurrency

    async def call(self, payload: In, ctx: Context) -> Out:
        """Call the agents, each in a task of its own, until enough is known."""
        scope, host, names, contexts = ctx.scope, ctx.host, self.names, list[Context]()

        def begin(place: int, agent: Agent[Any, Any]) -> Coroutine[Any, Any, Any]:
            context = Context(scope, names[place], ctx, host)
            contexts.append(context)
            return invoke(agent.bound, payload, context, {})

        tally = self._tally()
        await Crew(ctx, tally, begin, self._concurrency).run(iter(self.agents))
        if tally.broken:
            raise self._failure(tally, ctx)
        if self._wait != "all":
            await self._choose(tally, contexts, ctx)
        results: Any = tally.results()
        if self._wait == "first":
            results = results[0]
        elif self._combine is not None:
            results = await apply(self._combine, results, ctx)
        return results  # type: ignore[no-any-return]

    def _tally(self) -> Tally:
        if self._wait == "all":
            return Tally() if self._errors == "fail" else Collecting(self.names.__getitem__)
        needed = 1 if self._wait == "first" else self._wait
        return Tally(needed, len(self.agents) - needed)

    def _failure(self, tally: Tally, ctx: Context) -> Exception:
        last = tally.errors[-1][1]
        if self._wait == "all":
            return last
        wanted = "an answer" if self._wait == "first" else f"{self._wait} answers"
        failed = [(self.names[place], error) for place, error in tally.errors]
        error = AllFailed.of(f"{ctx.agent!r} has too few agents left for {wanted}", failed)
        error.__cause__ = last
        return error

    async def _choose(self, tally: Tally, contexts: list[Context], ctx: Context) -> None:
        """Say who answered, and mark the chunks of the others as void."""
        failed = tuple(error for _, error in tally.errors)
        for place in sorted(tally.answers):
            tell_chosen(ctx, self.names[place], failed)
        for place, context in enumerate(contexts):
            if place not in tally.answers:
                await context.restart()

    @cached_property
    def types(self) -> tuple[Schema[In], Schema[Out]]:
        """What each of the agents takes, where that is one type; and what comes of their answers."""
        sides = [agent.types for agent in self.agents]
        # With "all" the input has to please each of them; otherwise those that do not take it may fail.
        together = common if self._wait == "all" else any_of
        return together(takes for takes, _ in sides), self._given([gives for _, gives in sides])

    def _given(self, answers: list[Schema[Any]]) -> Schema[Any]:
        if self._combine is not None:
            return types_of_step(self._combine)[1]
        if self._wait == "first":
            return any_of(answers)
        return listed(any_of(answers, *([Failed] if self._errors == "collect" else [])))

    def sketch(self) -> Sketch:
        """Return the agents beside one another, between a fork and a join."""
        join = {"all": "all", "first": "first"}.get(str(self._wait), f"{self._wait} of {len(self.agents)}")
        then_name = label_of(self._combine, "combine") if self._combine is not None else ""
        return spread(self.name, self.agents, fork=_KIND, join=join, then=self._combine, then_name=then_name)


def _described(names: tuple[str, ...], wait: Wait) -> str:
    row = told(names, last=" and ")
    if wait == "all":
        return f"Gives its input to {row} at once."
    wanted = "the first answer counts" if wait == "first" else f"the first {wait} answers count"
    return f"Gives its input to {row} at once; {wanted}."


@overload
def parallel(*agents: Agent[In, Out], wait: Literal["first"], **options: Unpack[Bounded]) -> Agent[In, Out]: ...
@overload
def parallel(
    *agents: Agent[In, Out],
    wait: Literal["all"] | int = "all",
    combine: Callable[[list[Out]], Awaitable[Made]],
    **options: Unpack[Bounded],
) -> Agent[In, Made]: ...
@overload
def parallel(
    *agents: Agent[In, Out],
    wait: Literal["all"] | int = "all",
    combine: Callable[[list[Out]], Made],
    **options: Unpack[Bounded],
) -> Agent[In, Made]: ...
@overload
def parallel(
    *agents: Agent[In, Out], wait: Literal["all"] | int = "all", **options: Unpack[Bounded]
) -> Agent[In, list[Out]]: ...
@overload
def parallel(
    *agents: Agent[In, Out], wait: Literal["all"] = "all", errors: Literal["collect"], **options: Unpack[Bounded]
) -> Agent[In, list[Out | Failed]]: ...
@overload
def parallel(
    *agents: Agent[Any, Any],
    wait: Wait = "all",
    errors: Errors = "fail",
    combine: Callable[[Any], Any] | None = None,
    **options: Unpack[Bounded],
) -> Agent[Any, Any]: ...


def parallel(
    *agents: Agent[Any, Any],
    wait: Wait = "all",
    errors: Errors = "fail",
    combine: Step | None = None,
    concurrency: int | None = None,
    name: str | None = None,
    description: str | None = None,
) -> Agent[Any, Any]:
    """Give agents the same input at once, each in a task of its own.

    What is no longer needed is cancelled, and awaited: nothing that was begun outlives the call. In a stream, the
    chunks of agents whose answers do not count are marked as void. A budget or a deadline around it that is used up
    ends it at once, whatever `errors` says.

    Args:
        *agents: At least one; the same agent may stand there twice.
        wait: "all" gives the list of their results, in the agents' order. "first" gives the result of the first one
            that answers. A number gives the list of that many results, of those that answer first, in the agents'
            order.
        errors: With "all" alone: "fail" raises the first error as it was, and cancels the others; "collect" lets every
            agent come to its end, and puts a `Failed` in the place of a result.
        combine: Makes the output from the list: a function, sync (it runs in the event loop) or async, or an agent.
        concurrency: How many agents may run at once; None is all of them.
        name: The name of the composition; made of the agents' names unless given.
        description: What it does; likewise.

    Returns:
        An agent. With "first" or a number it raises `AllFailed` as soon as too few agents are left.

    Raises:
        InvalidAgent: It cannot be made of these; the message says what to write.
    """
    found = agents_of(_KIND, agents)
    check_concurrency(_KIND, concurrency)
    check_word(_KIND, "errors", errors, ("fail", "collect"))
    _check_wait(wait, len(found))
    if wait != "all" and errors != "fail":
        raise InvalidAgent(f"parallel(wait={wait!r}, errors={errors!r}): errors are collected with wait='all' alone")
    if combine is not None:
        if wait == "first":
            raise InvalidAgent(
                "parallel(wait='first', combine=...): there is one result, and nothing to combine it with"
            )
        check_step(combine, "parallel(combine=...)")
    return Parallel(found, wait, errors, combine, concurrency, name, description)


def _check_wait(wait: object, count: int) -> None:
    if wait in ("all", "first"):
        return
    if not isinstance(wait, int) or isinstance(wait, bool):
        raise InvalidAgent(f"parallel(wait={wait!r}): it is 'all', 'first', or how many answers are enough")
    if not 1 <= wait <= count:
        raise InvalidAgent(f"parallel(wait={wait}): of {count} agents at least 1 and at most {count} can answer")
