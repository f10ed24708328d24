"""`@agent`: a function, or a class with a `call` method, is an agent."""

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Protocol, TypeVar, cast, overload

from motet.kernel.adapt import Validate, adapt, checked, reducer
from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.kernel.form import Reduce, form_of, types_of
from motet.kernel.invoke import Call
from motet.kernel.schema import Schema

__all__ = ["FunctionAgent", "agent"]

In = TypeVar("In")
Out = TypeVar("Out")
Item = TypeVar("Item")


class FunctionAgent(Agent[In, Out]):
    """A function as an agent.

    Args:
        function: Takes (payload) or (payload, ctx); sync, async, or an async generator.
        name: The agent's name; the function's unless given.
        description: What it does; the docstring unless given.
        tags: Words to find it by.
        version: The version of the agent.
        examples: Inputs that show its use.
        validate: Which sides pydantic checks.
        thread: Whether a sync function runs in a worker thread.
        reduce: Makes the output of a generator from the list of its chunks.

    Raises:
        InvalidAgent: The function cannot be an agent; the message says how to write it.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] = (),
        version: str = "1",
        examples: Iterable[object] = (),
        validate: Validate = "both",
        thread: bool = True,
        reduce: Reduce | None = None,
    ) -> None:
        told = function
        while isinstance(told, functools.partial):
            told = told.func  # a partial is called, and described, after the function in it
        self.function = function
        self.name = name or str(getattr(told, "__name__", type(told).__name__))
        self.description = inspect.cleandoc((description if description is not None else told.__doc__) or "")
        self.tags, self.version, self.examples = tuple(tags), version, tuple(examples)
        self.validate = validate
        self.form = form_of(function, self.name)
        self.streaming = self.form.kind == "generator"
        self._thread = thread
        self._reduce = reduce
        self.__doc__ = self.description
        self.__module__ = getattr(told, "__module__", __name__)

    async def call(self, payload: In, ctx: Context) -> Out:
        """Call the function."""
        return await self.bound(payload, ctx)

    @functools.cached_property
    def types(self) -> tuple[Schema[In], Schema[Out]]:
        """The types in the function's annotations."""
        return types_of(self.function, self.name, self.form, self._reduce)

    @functools.cached_property
    def bound(self) -> Call[In, Out]:
        """The function in the one call shape, with the validation around it."""
        reduce = self._reduce
        if reduce is None and self.form.kind == "generator":
            reduce = reducer(self.types[1])
        call = adapt(self.function, self.form, thread=self._thread, reduce=reduce)
        return checked(call, self.name, *self.types, self.validate) if self.validate != "none" else call


# A class is a callable too, and has to be told apart first: that is the overlap which mypy is asked to accept below.
class _Decorator(Protocol):
    @overload
    def __call__(self, function: type[Any], /) -> Callable[..., Agent[Any, Any]]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, function: Callable[[In, Context], Awaitable[Out]], /) -> Agent[In, Out]: ...
    @overload
    def __call__(self, function: Callable[[In], Awaitable[Out]], /) -> Agent[In, Out]: ...
    @overload
    def __call__(self, function: Callable[[In, Context], AsyncIterator[Item]], /) -> Agent[In, Any]: ...
    @overload
    def __call__(self, function: Callable[[In], AsyncIterator[Item]], /) -> Agent[In, Any]: ...
    @overload
    def __call__(self, function: Callable[[In, Context], Out], /) -> Agent[In, Out]: ...
    @overload
    def __call__(self, function: Callable[[In], Out], /) -> Agent[In, Out]: ...


@overload
def agent(function: type[Any], /) -> Callable[..., Agent[Any, Any]]: ...  # type: ignore[overload-overlap]
@overload
def agent(function: Callable[[In, Context], Awaitable[Out]], /) -> Agent[In, Out]: ...
@overload
def agent(function: Callable[[In], Awaitable[Out]], /) -> Agent[In, Out]: ...
@overload
def agent(function: Callable[[In, Context], AsyncIterator[Item]], /) -> Agent[In, Any]: ...
@overload
def agent(function: Callable[[In], AsyncIterator[Item]], /) -> Agent[In, Any]: ...
@overload
def agent(function: Callable[[In, Context], Out], /) -> Agent[In, Out]: ...
@overload
def agent(function: Callable[[In], Out], /) -> Agent[In, Out]: ...
@overload
def agent(
    *,
    name: str | None = None,
    description: str | None = None,
    tags: Iterable[str] = (),
    version: str = "1",
    examples: Iterable[object] = (),
    validate: Validate = "both",
    thread: bool = True,
    reduce: Reduce | None = None,
    use: Iterable[Middleware] = (),
) -> _Decorator: ...


def agent(function: Any = None, /, *, use: Iterable[Middleware] = (), **options: Any) -> Any:
    """Make an agent of a function, of a class with a `call` method, or of an object that can be called.

    Args:
        function: Takes (payload) or (payload, ctx). A coroutine function is awaited; an async generator emits what it
            yields; a sync function runs in a worker thread. Of a class, each instance becomes an agent.
        use: Middleware around it, the outermost first.
        **options: `name`, `description`, `tags`, `version`, `examples`, `validate`, `thread` and `reduce`, as
            `FunctionAgent` takes them.

    Returns:
        The agent; for a class, a function that takes the class's arguments and returns the agent; without a
        function, the decorator.

    Raises:
        InvalidAgent: It cannot be an agent; the message says how to write it.
    """
    if isinstance(use, Middleware):
        raise InvalidAgent(f"use={use!r} is one middleware: write a list, as in use=[{type(use).__name__}(...)]")
    layers = tuple(use)

    def decorate(target: Any) -> Any:
        return (_factory if inspect.isclass(target) else _made)(target, layers, options)

    return decorate if function is None else decorate(function)


def _made(target: Any, layers: tuple[Middleware, ...], options: dict[str, Any]) -> Agent[Any, Any]:
    if isinstance(target, Agent):
        if options:
            given = ", ".join(options)
            raise InvalidAgent(f"{target.name!r} is an agent already: say {given} where it is made")
        return target.using(*layers)
    call = target if inspect.isroutine(target) else getattr(target, "call", target)
    if not callable(call):
        raise InvalidAgent(f"{target!r} cannot be called: @agent takes a function, or a class with a `call` method")
    return FunctionAgent[Any, Any](call, **_described(target, options)).using(*layers)


def _factory(cls: type[Any], layers: tuple[Middleware, ...], options: dict[str, Any]) -> Callable[..., Agent[Any, Any]]:
    if not callable(getattr(cls, "call", None)):
        raise InvalidAgent(f"The class {cls.__name__!r} has no `call` method: add `async def call(self, payload, ctx)`")

    def make(*args: Any, **kwargs: Any) -> Agent[Any, Any]:
        return _made(cls(*args, **kwargs), layers, options)

    return cast("Callable[..., Agent[Any, Any]]", functools.update_wrapper(make, cls, updated=()))


def _described(target: object, options: dict[str, Any]) -> dict[str, Any]:
    """Name an object's agent after its class, not after its method."""
    if inspect.isroutine(target) or isinstance(target, functools.partial):
        return options
    described = {"name": type(target).__name__, "description": type(target).__doc__, **options}
    return {key: value for key, value in described.items() if value is not None}
