"""`map_reduce`: an agent for each part of the input, and one value of all the results."""

from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine, Iterable
from functools import cached_property
from typing import Any, Final, Literal, TypedDict, TypeVar, Unpack, cast, get_args, overload

from motet.compose.errors import Failed
from motet.compose.fan_out import FanOut
from motet.compose.parts import agent_of, check_concurrency, check_word, told
from motet.compose.sketching import spread
from motet.compose.steps import Step, apply, check_step, label_of, types_of_step
from motet.compose.tally import Errors
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.schema import Schema
from motet.kernel.sketch import Sketch

__all__ = ["MapReduce", "map_reduce"]

In = TypeVar("In")
Out = TypeVar("Out")
Made = TypeVar("Made")

Parts = Iterable[In] | AsyncIterable[In]
Later = Callable[[list[Out]], Awaitable[Made]]
Now = Callable[[list[Out]], Made]
Lossy = Literal["fail", "skip"]

_KIND: Final = "map_reduce"
_NOTHING: Final[Any] = object()


class Options(TypedDict, total=False):
    """What every form of `map_reduce` may be given."""

    concurrency: int | None
    ordered: bool
    name: str | None
    description: str | None


class MapReduce(Agent[In, Out]):
    """An agent for each part, and what reduces the results. Made by `map_reduce`."""

    def __init__(self, spread_out: FanOut[In, Any], reduce: Step, name: str | None, description: str | None) -> None:
        self.map = spread_out.agents[0]
        self.reduce = reduce
        self._label = label_of(reduce, "reduce")
        self.name = name or f"{_KIND} of {told([self.map.name, self._label])}"
        self.description = (
            description or f"Gives each part of its input to {self.map.name}, and the results to {self._label}."
        )
        self.streaming = spread_out.streaming or getattr(reduce, "streaming", False)
        self.validate = "none"  # each agent checks its own sides
        self._fan_out = spread_out

    async def call(self, payload: In, ctx: Context) -> Out:
        """Call the agent for each part, and reduce the results."""
        results = await self._fan_out.call(payload, ctx)
        return cast("Out", await apply(self.reduce, results, ctx))

    @cached_property
    def types(self) -> tuple[Schema[In], Schema[Out]]:
        """A list of what the agent takes, and what becomes of the results."""
        return self._fan_out.types[0], types_of_step(self.reduce)[1]

    def sketch(self) -> Sketch:
        """Return the agent between a fork and a join, and what follows."""
        return spread(
            self.name,
            [self.map],
            fork="map",
            join="list",
            labels=["each part"],
            then=self.reduce,
            then_name=self._label,
        )


@overload
def map_reduce(
    *, map: Agent[In, Out], reduce: Later[Out, Made], errors: Lossy = "fail", **options: Unpack[Options]
) -> Agent[Parts[In], Made]: ...
@overload
def map_reduce(
    *, map: Agent[In, Out], reduce: Now[Out, Made], errors: Lossy = "fail", **options: Unpack[Options]
) -> Agent[Parts[In], Made]: ...
@overload
def map_reduce(
    *,
    map: Agent[In, Out],
    reduce: Later[Out | Failed, Made],
    errors: Literal["collect"],
    **options: Unpack[Options],
) -> Agent[Parts[In], Made]: ...
@overload
def map_reduce(
    *, map: Agent[In, Out], reduce: Now[Out | Failed, Made], errors: Literal["collect"], **options: Unpack[Options]
) -> Agent[Parts[In], Made]: ...
@overload
def map_reduce(
    parts: Parts[In],
    /,
    *,
    map: Agent[In, Out],
    reduce: Later[Out, Made],
    errors: Lossy = "fail",
    **options: Unpack[Options],
) -> Coroutine[Any, Any, Made]: ...
@overload
def map_reduce(
    parts: Parts[In],
    /,
    *,
    map: Agent[In, Out],
    reduce: Now[Out, Made],
    errors: Lossy = "fail",
    **options: Unpack[Options],
) -> Coroutine[Any, Any, Made]: ...
@overload
def map_reduce(
    parts: Parts[In],
    /,
    *,
    map: Agent[In, Out],
    reduce: Later[Out | Failed, Made],
    errors: Literal["collect"],
    **options: Unpack[Options],
) -> Coroutine[Any, Any, Made]: ...
@overload
def map_reduce(
    parts: Parts[In],
    /,
    *,
    map: Agent[In, Out],
    reduce: Now[Out | Failed, Made],
    errors: Literal["collect"],
    **options: Unpack[Options],
) -> Coroutine[Any, Any, Made]: ...


def map_reduce(
    parts: Any = _NOTHING,
    /,
    *,
    map: Agent[Any, Any],  # noqa: A002 - the word that everybody knows it by
    reduce: Step,
    concurrency: int | None = 8,
    ordered: bool = True,
    errors: Errors = "fail",
    name: str | None = None,
    description: str | None = None,
) -> Any:
    """Give each part of the input to an agent, and make one value of the results.

    `map_reduce(map=fetch, reduce=summarise)` is an agent; `await map_reduce(urls, map=fetch, reduce=summarise)` makes
    one, and calls it. The parts are an iterable, sync or async, and a part is taken from it when there is room for its
    call: of a generator, however long, no more than `concurrency` parts are there at once. A generator that is not
    needed to its end is closed.

    Args:
        parts: The input, where the agent is to be called at once.
        map: Gets every part.
        reduce: Gets the list of the results, an empty one if there were no parts: a function, sync (it runs in the
            event loop) or async, or an agent.
        concurrency: How many parts are worked on at once; None is all of them.
        ordered: Whether the results come in the order of the parts, or as they are ready.
        errors: "fail" raises the first error as it was, and cancels the other calls; "collect" puts a `Failed` in the
            place of a result; "skip" leaves it out, and marks the chunks of that part as void in the stream.
        name: The name of the composition; made of the names of `map` and `reduce` unless given.
        description: What it does; likewise.

    Returns:
        An agent; with `parts`, what to await for its output.

    Raises:
        InvalidAgent: It cannot be made of these; the message says what to write.
    """
    found = agent_of(f"{_KIND}(map=...)", map)
    check_concurrency(_KIND, concurrency)
    check_word(_KIND, "errors", errors, get_args(Errors))
    check_step(reduce, f"{_KIND}(reduce=...)")
    made: MapReduce[Any, Any] = MapReduce(
        FanOut((found,), None, concurrency, errors, ordered=ordered), reduce, name, description
    )
    return made if parts is _NOTHING else made(parts)
