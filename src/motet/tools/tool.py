"""`@tool`: a function that a model may call. Its arguments are checked, and whatever goes wrong comes back as data."""

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, overload

from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import Context
from motet.kernel.errors import AgentTimeout, BudgetExceeded, DeadlineExceeded, Detail, InvalidAgent, InvalidPayload
from motet.kernel.events import Intervened, ToolCalled
from motet.kernel.invoke import limited
from motet.kernel.schema import Schema
from motet.kernel.sketch import Sketch
from motet.tools.boxed import as_named
from motet.tools.result import MAX_TEXT, ToolResult, check_max_text
from motet.tools.spec import ToolSpec, spec_of
from motet.tools.tool_function import ToolFunction

__all__ = ["Tool", "tool"]

logger = logging.getLogger(__name__)


class Tool(Agent[Mapping[str, object], ToolResult]):
    """An agent as a tool: it takes a mapping of arguments, and fails with a `ToolResult`, never with an exception.

    What is no affair of the tool passes: a cancellation, the caller's deadline, and a budget of the caller's that is
    used up. An async function that swallows its cancellation holds the caller until it returns, but is too late then.

    Args:
        inner: What does the work. If its payload is no JSON object, it becomes one argument called `input`.
        name: The tool's name; the agent's unless given.
        description: What it does, for models; the agent's own description unless given.
        timeout: Seconds that a call may take, with all that its middleware does; None sets no limit.
        max_text: How many characters of a result a model is shown.
        function: What the agent was made of, where it takes named arguments already.

    Attributes:
        function: The function that it was made of, or the agent.

    Raises:
        InvalidAgent: A bound makes no sense.
    """

    function: Callable[..., Any]
    _attribute = ""
    _make: "Callable[[Callable[..., Any]], Tool] | None" = None

    def __init__(
        self,
        inner: Agent[Any, Any],
        *,
        name: str | None = None,
        description: str | None = None,
        timeout: float | None = None,
        max_text: int = MAX_TEXT,
        function: Callable[..., Any] | None = None,
    ) -> None:
        self.function = inner if function is None else function
        self.inner = as_named(inner) if function is None else inner
        self.name = name or inner.name
        self.description = inner.description if description is None else inspect.cleandoc(description)
        self.tags, self.version, self.examples = inner.tags, inner.version, self.inner.examples
        self.streaming = inner.streaming
        self.validate = "none"  # the agent inside checks, within the boundary
        self.timeout = timeout
        self.max_text = check_max_text(max_text, self.name)
        self.__doc__ = self.description
        self.__module__ = getattr(self.function, "__module__", __name__)
        if timeout is not None and not timeout > 0:
            raise InvalidAgent(f"{self.name!r} says timeout={timeout}: it is a number of seconds above 0")

    async def call(self, payload: Mapping[str, object], ctx: Context) -> ToolResult:
        """Do the work, and answer with its result or with what went wrong."""
        task = asyncio.current_task()
        cancelled = task.cancelling() if task is not None else 0
        scope = ctx.scope
        if scope.observer is not None:
            scope.observer(ToolCalled(scope.trace, ctx.now(), ctx.span, self.name, self.description))
        try:
            return ToolResult.of(await self._work(payload, ctx), self.max_text)
        except Exception as error:
            if task is not None and task.cancelling() > cancelled:
                raise asyncio.CancelledError from error  # what it made of being cancelled
            if concerns_caller(error, ctx):
                raise
            return self._failed(error, ctx)

    async def _work(self, payload: Mapping[str, object], ctx: Context) -> Any:
        if self.timeout is None:
            return await self.inner.bound(payload, ctx)
        return await limited(self.inner.bound, payload, ctx, self.timeout, self._late)

    def _late(self) -> AgentTimeout:
        return AgentTimeout(f"{self.name!r} was stopped after {self.timeout:g} s: ask it for less at once")

    def _failed(self, error: Exception, ctx: Context) -> ToolResult:
        logger.debug("The tool %r failed", self.name, exc_info=error)
        told = self._misfit(error) if isinstance(error, InvalidPayload) else error
        result = ToolResult.failed(told, self.max_text)
        scope = ctx.scope
        if scope.observer is not None and result.error is not None:
            code = result.error["code"]
            scope.observer(Intervened(scope.trace, ctx.now(), ctx.span, ctx.agent, "tool", "failed", code))
        return result

    def _misfit(self, error: InvalidPayload) -> InvalidPayload:
        """Say in a model's words that its arguments do not fit."""
        if (error.details.get("agent"), error.details.get("side")) != (self.inner.name, "input"):
            return error
        problems = error.details.get("problems")
        listed: list[Detail] = problems if isinstance(problems, list) else []
        told = "; ".join(f"{entry['field']}: {entry['problem']}" for entry in listed if isinstance(entry, dict))
        schema = self.inner.types[0].json_schema
        required = schema.get("required", ())
        names = [key if key in required else f"{key} (optional)" for key in schema.get("properties", {})]
        takes = f"It takes {', '.join(names)}" if names else "It takes no arguments"
        made = InvalidPayload(f"The arguments of {self.name!r} do not fit: {told}. {takes}.")
        made.details = error.details
        return made

    async def call_with(self, /, **arguments: Any) -> ToolResult:
        """Call the tool with named arguments: `await search.call_with(query="x")`."""
        return await self(arguments)

    @cached_property
    def types(self) -> tuple[Schema[Mapping[str, object]], Schema[ToolResult]]:
        """The arguments, and the result around what the work gives."""
        return self.inner.types[0], Schema(ToolResult)

    @cached_property
    def spec(self) -> ToolSpec:
        """What a model is told of the tool.

        Raises:
            InvalidAgent: An argument has a type that JSON schema cannot say.
        """
        return spec_of(self.name, self.description, *self.inner.types)

    def sketch(self) -> Sketch:
        """Return the sketch of the agent inside."""
        return self.inner.sketch()

    def __set_name__(self, owner: type, name: str) -> None:
        # A function of the class itself takes the instance first; one that was only put there does not.
        function = self.function
        if inspect.isfunction(function) and function.__qualname__ == f"{owner.__qualname__}.{function.__name__}":
            self._attribute = name

    def __get__(self, instance: object, owner: type | None = None) -> "Tool":
        """Return, for a method, the tool that belongs to the instance: the same one each time."""
        if instance is None or not self._attribute or self._make is None:
            return self
        bound = self._make(self.function.__get__(instance))
        with suppress(AttributeError):  # an instance with slots has no room for it
            instance.__dict__[self._attribute] = bound
        return bound


def concerns_caller(error: Exception, ctx: Context) -> bool:
    """Tell whether an error ends more than the tool: the caller's deadline has passed, or a budget is used up."""
    if isinstance(error, DeadlineExceeded):
        remaining = ctx.remaining()
        return remaining is not None and remaining <= 0
    ledger = ctx.scope.ledger
    if isinstance(error, BudgetExceeded) and ledger is not None:
        return (ledger.overdrawn() or ledger.around()) is not None
    return False


@overload
def tool(
    target: Callable[..., Any] | Agent[Any, Any],
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    timeout: float | None = None,
    thread: bool = True,
    max_text: int = MAX_TEXT,
    use: Iterable[Middleware] = (),
) -> Tool: ...
@overload
def tool(
    target: None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    timeout: float | None = None,
    thread: bool = True,
    max_text: int = MAX_TEXT,
    use: Iterable[Middleware] = (),
) -> Callable[[Callable[..., Any] | Agent[Any, Any]], Tool]: ...


def tool(
    target: Callable[..., Any] | Agent[Any, Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    timeout: float | None = None,
    thread: bool = True,
    max_text: int = MAX_TEXT,
    use: Iterable[Middleware] = (),
) -> Tool | Callable[[Callable[..., Any] | Agent[Any, Any]], Tool]:
    """Make a tool of a function, a method, a partial, an object to call, or an agent.

    Args:
        target: Of a function each parameter is an argument, apart from one annotated `Context`, or called `ctx`; its
            types, defaults and docstring say what models are told.
        name: The tool's name; the function's unless given.
        description: What it does; the first paragraph of the docstring unless given.
        timeout: Seconds that a call may take in all; None sets no limit.
        thread: Whether a sync function runs in a worker thread.
        max_text: How many characters of a result a model is shown.
        use: Middleware around the work, the outermost first. It stands within the boundary, where errors are still
            exceptions: a `Retry` around the tool itself would never see one.

    Returns:
        The tool; without a target, the decorator.

    Raises:
        InvalidAgent: It cannot be a tool; the message says how to write it.
    """
    if isinstance(use, Middleware):
        raise InvalidAgent(f"use={use!r} is one middleware: write a list, as in use=[{type(use).__name__}(...)]")
    layers = tuple(use)

    def make(target: Callable[..., Any] | Agent[Any, Any]) -> Tool:
        if isinstance(target, Agent):
            agent = target.using(*layers)
            return Tool(agent, name=name, description=description, timeout=timeout, max_text=max_text)
        inner = ToolFunction(target, name=name, description=description, thread=thread).using(*layers)
        made = Tool(inner, timeout=timeout, max_text=max_text, function=target)
        made._make = make
        return made

    return make if target is None else make(target)
