"""A function as an agent that takes its arguments by name: what is inside of a tool."""

import inspect
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

from pydantic import BaseModel

from motet.kernel.adapt import adapt, checked, reducer
from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.kernel.form import Form, kind_of, output_of
from motet.kernel.invoke import Call
from motet.kernel.schema import Schema
from motet.tools.docstring import read_docstring
from motet.tools.signature import arguments_model, read_signature

__all__ = ["ToolFunction"]


class ToolFunction(Agent[Mapping[str, object], Any]):
    """A function as an agent whose payload is a mapping of arguments; it raises what the function raises.

    Args:
        function: Sync, async, or an async generator. A parameter that is annotated `Context`, or called `ctx`, gets
            the context.
        name: The agent's name; the function's unless given.
        description: What it does; the first paragraph of the docstring unless given.
        thread: Whether a sync function runs in a worker thread.

    Raises:
        InvalidAgent: The function cannot be called with named arguments alone.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        thread: bool = True,
    ) -> None:
        if inspect.isclass(function) or not callable(function):
            raise InvalidAgent(
                f"{function!r} is no tool: a function, a method, an object to call or an agent can be one"
            )
        told = function
        while isinstance(told, partial):
            told = told.func
        self.function = function
        self.name = name or str(getattr(told, "__name__", type(told).__name__))
        self.docs = read_docstring(told.__doc__)
        self.description = inspect.cleandoc(description) if description is not None else self.docs.summary
        self.signature = read_signature(function, self.name)
        self.kind = kind_of(function, self.name)
        self.streaming = self.kind == "generator"
        self._thread = thread

    async def call(self, payload: Mapping[str, object], ctx: Context) -> Any:
        """Call the function."""
        return await self.bound(payload, ctx)

    @cached_property
    def types(self) -> tuple[Schema[Any], Schema[Any]]:
        """The arguments as a model, and what the function returns."""
        model = arguments_model(self.function, self.name, self.signature.parameters, self.docs.arguments)
        return Schema(model), output_of(self.function, self.name, self.kind)

    @cached_property
    def bound(self) -> Call[Mapping[str, object], Any]:
        """The function in the one call shape, with the validation around it."""
        taken, given = self.types
        bind = self.signature.bind

        def spread(arguments: BaseModel, ctx: Context) -> Any:
            return self.function(**bind(arguments, ctx))

        call = adapt(spread, Form(self.kind, takes_context=True), thread=self._thread, reduce=reducer(given))
        return checked(call, self.name, taken, given, "both")
