"""A function or an agent that turns one value into another: what combines, reduces, splits and judges."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, Final

from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.kernel.form import Form, types_of
from motet.kernel.invoke import call_below
from motet.kernel.schema import ANY, Schema

__all__ = ["Step", "apply", "check_step", "label_of", "types_of_step"]

Step = Agent[Any, Any] | Callable[[Any], Any]

_SYNC: Final = Form("sync", takes_context=False)


def check_step(step: object, where: str) -> None:
    """Check that something can turn a value into another.

    Args:
        step: A function or an agent.
        where: Where it was given, as people write it, such as "parallel(combine=...)".

    Raises:
        InvalidAgent: It cannot.
    """
    if isinstance(step, type) and issubclass(step, Agent):
        raise InvalidAgent(f"{where} takes an agent, not its class: make one, as in {step.__name__}()")
    if not callable(step):
        raise InvalidAgent(f"{where} takes a function of one value, or an agent, not {step!r}")


async def apply(step: Step, value: Any, ctx: Context) -> Any:
    """Let a step turn a value into another.

    Args:
        step: An agent is called as a part of the trace; a function in the event loop, and awaited if that is needed.
        value: What it is given.
        ctx: The context of the composition.
    """
    if isinstance(step, Agent):
        return await call_below(step.bound, step.name, value, ctx)
    result = step(value)
    return await result if inspect.isawaitable(result) else result


def label_of(step: Step, unnamed: str) -> str:
    """Return what to call a step in names and drawings.

    Args:
        step: An agent or a function.
        unnamed: What to call a function that has no name of its own.
    """
    if isinstance(step, Agent):
        return step.name
    told: Any = step
    while isinstance(told, functools.partial):
        told = told.func
    name = str(getattr(told, "__name__", ""))
    return name if name.isidentifier() else unnamed


def types_of_step(step: Step) -> tuple[Schema[Any], Schema[Any]]:
    """Return what a step takes and gives, as far as it says so."""
    if isinstance(step, Agent):
        return step.types
    try:
        return types_of(step, label_of(step, "function"), _SYNC, None)
    except (InvalidAgent, ValueError, TypeError, StopIteration):
        return ANY, ANY  # a function that tells nothing, such as one written in C, can be called all the same
