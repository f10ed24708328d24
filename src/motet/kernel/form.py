"""How a function is written, and what types its annotations say it takes and gives."""

import functools
import inspect
import typing
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final, Literal

from motet.kernel.context import Context
from motet.kernel.errors import InvalidAgent
from motet.kernel.schema import ANY, Schema

__all__ = [
    "Form",
    "Function",
    "Reduce",
    "annotations_of",
    "check_method",
    "code_of",
    "form_of",
    "is_context",
    "kind_of",
    "output_of",
    "types_of",
]

Kind = Literal["async", "generator", "sync"]
Reduce = Callable[[list[Any]], Any]
Function = Callable[..., Any]

_STREAMS: Final = (AsyncIterator, AsyncGenerator, AsyncIterable)


@dataclass(frozen=True, slots=True)
class Form:
    """How a function is written: what kind it is, and whether it takes the context."""

    kind: Kind
    takes_context: bool


def form_of(function: Function, name: str) -> Form:
    """Read how a function is written.

    Args:
        function: A function, method or callable object.
        name: The agent's name, for errors.

    Raises:
        InvalidAgent: It cannot be an agent; the message says how to write it.
    """
    kind = kind_of(function, name)
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError as error:
        raise InvalidAgent(f"{name!r} does not tell what it takes: write a function around it that does") from error
    places = [parameter for parameter in parameters if parameter.kind in positional]
    required = [parameter for parameter in parameters if _required(parameter)]
    takes_context = len(places) > 1 and is_context(places[1])
    if not places or len(required) > (2 if takes_context else 1):
        given = ", ".join(parameter.name for parameter in parameters)
        raise InvalidAgent(
            f"{name!r} takes ({given}): an agent takes (payload) or (payload, ctx); put several values into one model"
        )
    return Form(kind, takes_context)


def kind_of(function: Function, name: str) -> Kind:
    """Tell whether a function is async, an async generator or sync.

    Args:
        function: A function, method or callable object.
        name: The agent's name, for the error.

    Raises:
        InvalidAgent: It is a sync generator.
    """
    target = code_of(function)
    if inspect.isgeneratorfunction(target):
        raise InvalidAgent(f"{name!r} is a sync generator: write `async def` to emit what it yields as chunks")
    if inspect.isasyncgenfunction(target):
        return "generator"
    return "async" if inspect.iscoroutinefunction(target) else "sync"


def check_method(call: object, name: str) -> None:
    """Check how a subclass of `Agent` has written its `call`.

    Args:
        call: The method as its class has it.
        name: The agent's name, for the error.

    Raises:
        InvalidAgent: It cannot be called as an agent is; the message says how to write it.
    """
    if not inspect.isfunction(call):
        return
    if not inspect.iscoroutinefunction(inspect.unwrap(call)):
        raise InvalidAgent(
            f"`call` of {name!r} is no coroutine function: write `async def call(self, payload, ctx)`, emit chunks "
            "with `await ctx.emit(...)`, and return the output"
        )
    try:
        inspect.signature(call).bind(None, None, None)
    except TypeError as error:
        raise InvalidAgent(f"`call` of {name!r} is written `async def call(self, payload, ctx)`: {error}") from error


def types_of(function: Function, name: str, form: Form, reduce: Reduce | None) -> tuple[Schema[Any], Schema[Any]]:
    """Read the types of input and output from a function's annotations.

    Raises:
        InvalidAgent: An annotation names something that does not exist at run time.
    """
    taken = annotations_of(function, name, next(iter(inspect.signature(function).parameters)))[0]
    return Schema(taken), output_of(function, name, form.kind, reduce)


def output_of(function: Function, name: str, kind: Kind, reduce: Reduce | None = None) -> Schema[Any]:
    """Read the type of the output from a function's annotations.

    Args:
        function: A function, method or callable object.
        name: The agent's name, for the error.
        kind: What kind of function it is.
        reduce: What makes the output of a generator from its chunks, where not the house does.

    Raises:
        InvalidAgent: The annotation names something that does not exist at run time.
    """
    if kind == "generator" and reduce is not None:
        return Schema(annotations_of(reduce, name, "return")[0])
    given = annotations_of(function, name, "return")[0]
    return _reduced_type(given) if kind == "generator" else Schema(given)


def annotations_of(function: Function, name: str, *wanted: str) -> list[Any]:
    """Resolve some annotations of a function, and those alone: nobody needs to import `Context` at run time.

    Args:
        function: A function, method or callable object.
        name: The agent's name, for the error.
        *wanted: The names of parameters, or "return".

    Returns:
        An annotation for each, `Any` for what has none.

    Raises:
        InvalidAgent: One of them names something that does not exist at run time.
    """
    target = code_of(function)
    try:
        raw = getattr(target, "__annotations__", {})
        within = SimpleNamespace(
            __annotations__={key: raw[key] for key in wanted if key in raw},
            __type_params__=getattr(target, "__type_params__", ()),
        )
        names = getattr(inspect.unwrap(target), "__globals__", {})
        hints = typing.get_type_hints(within, globalns=names, include_extras=True)
    except (NameError, AttributeError, TypeError, SyntaxError) as error:
        raise InvalidAgent(
            f"An annotation of {name!r} cannot be resolved ({error}): import the name outside `if TYPE_CHECKING`, "
            "and define the type at the top level of its module"
        ) from error
    return [hints.get(key, Any) for key in wanted]


def _reduced_type(yields: object) -> Schema[Any]:
    """Tell what the chunks of a generator are reduced to."""
    arguments = typing.get_args(yields)
    if typing.get_origin(yields) not in _STREAMS or not arguments:
        return ANY
    return Schema(str if arguments[0] is str else list[arguments[0]])  # type: ignore[valid-type]


def code_of(function: Function) -> Any:
    """Find what of a function, a partial function or a callable object tells how it is written."""
    if isinstance(function, functools.partial):
        return code_of(function.func)
    return function if inspect.isroutine(function) else type(function).__call__


def _required(parameter: inspect.Parameter) -> bool:
    variadic = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return parameter.default is parameter.empty and parameter.kind not in variadic


def is_context(parameter: inspect.Parameter) -> bool:
    """Tell whether a parameter is for the context: by its name, or by its annotation."""
    annotation = parameter.annotation
    named = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    return parameter.name in {"ctx", "context"} or named.rpartition(".")[2] == Context.__name__
