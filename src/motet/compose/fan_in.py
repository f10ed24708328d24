"""`fan_in`: one value of a list."""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, TypeVar, Unpack, cast, overload

from motet.compose.parts import Named
from motet.compose.sketching import spot
from motet.compose.steps import Step, apply, check_step, label_of, types_of_step
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.schema import Schema
from motet.kernel.sketch import Sketch

__all__ = ["FanIn", "fan_in"]

In = TypeVar("In")
Out = TypeVar("Out")


class FanIn(Agent[In, Out]):
    """What makes one value of a list. Made by `fan_in`."""

    def __init__(self, combine: Step, name: str | None, description: str | None) -> None:
        self.combine = combine
        self._label = label_of(combine, "combine")
        self.name = name or f"fan_in of {self._label}"
        self.description = description or f"Makes one value of a list: {self._label}."
        self.streaming = getattr(combine, "streaming", False)
        self.validate = "none"  # an agent inside checks its own sides

    async def call(self, payload: In, ctx: Context) -> Out:
        """Make one value of a list."""
        return cast("Out", await apply(self.combine, payload, ctx))

    @cached_property
    def types(self) -> tuple[Schema[In], Schema[Out]]:
        """What the function or agent inside takes and gives."""
        return types_of_step(self.combine)

    def sketch(self) -> Sketch:
        """Return what is inside as a join."""
        return Sketch(self.name, (spot(self.combine, self._label, "join"),))


@overload
def fan_in(combine: Callable[[In], Awaitable[Out]], /, **options: Unpack[Named]) -> Agent[In, Out]: ...
@overload
def fan_in(combine: Callable[[In], Out], /, **options: Unpack[Named]) -> Agent[In, Out]: ...


def fan_in(combine: Step, /, *, name: str | None = None, description: str | None = None) -> Agent[Any, Any]:
    """Make an agent of what turns a list into a value: the other half of `fan_out`.

    Args:
        combine: A function, sync (it runs in the event loop) or async, or an agent.
        name: The name of the composition; made of that of `combine` unless given.
        description: What it does; likewise.

    Raises:
        InvalidAgent: It can turn nothing into anything.
    """
    check_step(combine, "fan_in()")
    return FanIn(combine, name, description)
