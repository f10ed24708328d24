"""Whatever a user writes, turned once into the one call shape of the house."""

import inspect
import typing
from contextlib import aclosing
from typing import Any, Literal

from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.kernel.form import Form, Function, Reduce
from motet.kernel.invoke import Call
from motet.kernel.schema import Schema
from motet.kernel.threads import in_thread

__all__ = ["Validate", "adapt", "checked", "reduced", "reducer"]

Validate = Literal["both", "in", "out", "none"]


def adapt(function: Function, form: Form, *, thread: bool = True, reduce: Reduce | None = None) -> Call[Any, Any]:
    """Turn a function into the one call shape.

    Args:
        function: What to call.
        form: How it is written.
        thread: Whether a sync function runs in a worker thread; otherwise it runs in the event loop's own.
        reduce: What makes the output of a generator from its chunks.
    """
    if form.kind == "generator":
        return _generator(function, form, reduce or reduced)
    if form.kind == "sync":
        return in_thread(function, form.takes_context) if thread else _inline(function, form)
    if form.takes_context:
        return function
    return lambda payload, _: function(payload)  # no coroutine of its own: it costs nothing


def _inline(function: Function, form: Form) -> Call[Any, Any]:
    async def call(payload: Any, ctx: Context) -> Any:
        result = function(payload, ctx) if form.takes_context else function(payload)
        return await result if inspect.isawaitable(result) else result

    return call


def _generator(function: Function, form: Form, reduce: Reduce) -> Call[Any, Any]:
    async def call(payload: Any, ctx: Context) -> Any:
        chunks: list[Any] = []
        async with aclosing(function(payload, ctx) if form.takes_context else function(payload)) as values:
            async for value in values:
                chunks.append(value)
                await ctx.emit(value)
        return reduce(chunks)

    return call


def reducer(output: Schema[Any]) -> Reduce:
    """Choose what makes the output of a generator, so that it is what its annotation says."""
    if output.open:
        return reduced
    return "".join if output.type is str else list


def reduced(chunks: list[Any]) -> Any:
    """Make the output of a generator from its chunks: strings are joined, anything else is a list."""
    return "".join(chunks) if chunks and all(isinstance(chunk, str) for chunk in chunks) else chunks


def checked(
    call: Call[Any, Any], name: str, input_: Schema[Any], output: Schema[Any], sides: Validate
) -> Call[Any, Any]:
    """Put validation around a call, on the sides asked for; a side that accepts everything costs nothing.

    Args:
        call: What to call.
        name: The agent's name, for errors.
        input_: The type of the payload.
        output: The type of the output.
        sides: Which of them to check.

    Raises:
        InvalidAgent: There are no such sides.
    """
    if sides not in typing.get_args(Validate):
        raise InvalidAgent(f"{name!r} says validate={sides!r}: it is one of {', '.join(typing.get_args(Validate))}")
    before = input_.validator(name, "input") if sides in {"both", "in"} and not input_.open else None
    after = output.validator(name, "output") if sides in {"both", "out"} and not output.open else None
    if after is None:
        return call if before is None else lambda payload, ctx: call(before(payload), ctx)

    async def both(payload: Any, ctx: Context) -> Any:
        return after(await call(payload if before is None else before(payload), ctx))

    return both
