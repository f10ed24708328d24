"""The one idea: everything that does work is an Agent."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar, Unpack

from motet.kernel.adapt import Validate, checked
from motet.kernel.card import Card
from motet.kernel.channel import Channel
from motet.kernel.context import Context, open_context
from motet.kernel.errors import InvalidAgent
from motet.kernel.form import Form, check_method, types_of
from motet.kernel.invoke import Call, invoke
from motet.kernel.schema import Schema
from motet.kernel.scope import CallOptions
from motet.kernel.sketch import Sketch, Spot, mermaid
from motet.kernel.stream import Stream
from motet.kernel.wiring import Wirable

__all__ = ["Agent", "Middleware", "Wrapped"]

In = TypeVar("In")
Out = TypeVar("Out")


class Agent(Wirable, ABC, Generic[In, Out]):
    """Something named that takes one typed payload and a context, and returns one typed output.

    Subclasses implement `call`; the types of input and output are read from its annotations. The attributes below
    may be set on the class or on the instance, before the first call.

    Attributes:
        name: The agent's name; the class name unless it is set.
        description: What it does, for people and models; the docstring unless it is set.
        tags: Words to find it by.
        version: The version of the agent.
        examples: Inputs that show its use.
        streaming: Whether its card says that it emits chunks; emitting works either way.
        validate: Which sides pydantic checks: "both", "in", "out" or "none".
    """

    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    version: str = "1"
    examples: tuple[object, ...] = ()
    streaming: bool = False
    validate: Validate = "both"
    shape: ClassVar[Form] = Form("async", takes_context=True)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.name = cls.__dict__.get("name", cls.__name__)
        if "description" not in cls.__dict__ and cls.__doc__:
            cls.description = inspect.cleandoc(cls.__doc__)
        check_method(cls.__dict__.get("call"), cls.name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @abstractmethod
    async def call(self, payload: In, ctx: Context) -> Out:
        """Do the work: what a subclass implements, and what nobody else calls directly.

        Args:
            payload: The input.
            ctx: What the call knows of its journey.
        """

    def __call__(self, payload: In, **options: Unpack[CallOptions]) -> Coroutine[Any, Any, Out]:
        """Call the agent: inside another agent as a part of its trace, otherwise at the top of a new one.

        Args:
            payload: The input.
            **options: See `CallOptions`: deadline, budget, metadata, observer, traceparent, clock.

        Returns:
            What to await for the output.
        """
        return self._begin(payload, options)

    def stream(self, payload: In, *, buffer: int = 64, **options: Unpack[CallOptions]) -> Stream[Out]:
        """Call the agent, and read the chunks that it and the agents below it emit.

        Args:
            payload: The input.
            buffer: How many chunks may wait for the reader before the emitters wait.
            **options: See `CallOptions`.
        """
        channel = Channel(buffer)
        return Stream(channel, lambda: self._begin(payload, options, channel))

    async def _begin(self, payload: In, options: CallOptions, channel: Channel | None = None) -> Out:
        return await invoke(self.bound, payload, open_context(self.name, options, channel), options)

    def using(self, *middleware: "Middleware") -> "Agent[In, Out]":
        """Return this agent wrapped in middleware, the outermost first; it looks the same from outside.

        Raises:
            InvalidAgent: Something is no middleware.
        """
        for layer in middleware:
            _check_layer(self.name, layer)
        return Wrapped(self, middleware) if middleware else self

    @cached_property
    def types(self) -> tuple[Schema[In], Schema[Out]]:
        """The types of input and output."""
        return types_of(self.call, self.name, self.shape, None)

    @cached_property
    def bound(self) -> Call[In, Out]:
        """What a runtime calls: `call` with the validation around it, put together once."""
        return checked(self.call, self.name, *self.types, self.validate) if self.validate != "none" else self.call

    @property
    def card(self) -> Card:
        """The agent's description of itself.

        Raises:
            InvalidPayload: An example is no input of this agent.
        """
        taken, given = self.types
        read = taken.validator(self.name, "example")
        return Card(
            self.name,
            self.description,
            taken.json_schema,
            given.json_schema,
            self.tags,
            self.version,
            tuple(taken.example(read(example)) for example in self.examples),
            self.streaming,
        )

    def sketch(self) -> Sketch:
        """Return the agent's inside as places and arrows; most agents are a single place."""
        return Sketch(self.name, (Spot(self.name),))

    def draw(self) -> str:
        """Draw the agent's inside as a Mermaid flowchart."""
        return mermaid(self.sketch())


class Middleware(ABC):
    """Something around an agent's call: it may do work before and after, repeat the call, or answer in its place.

    Chunks need no care: they take their own way through the context.
    """

    @abstractmethod
    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that stands in for `call`.

        Args:
            call: The agent's own call, or the one that the next middleware made of it.
            agent: The agent that is wrapped, for its name.
        """

    def counters(self) -> Mapping[str, float]:
        """Return what it has counted since it was made, by name, for any collector to read; here: nothing."""
        return {}


def _check_layer(name: str, layer: object) -> None:
    if not isinstance(layer, Middleware):
        hint = f"make one, as in {layer.__name__}(...)" if isinstance(layer, type) else "subclass Middleware"
        raise InvalidAgent(f"{name!r} cannot be wrapped in {layer!r}, which is no middleware: {hint}")


class Wrapped(Agent[In, Out]):
    """An agent within middleware; to everybody else it is that agent."""

    def __init__(self, inner: Agent[In, Out], middleware: Iterable[Middleware]) -> None:
        self.inner = inner
        self.middleware = tuple(middleware)
        self.name, self.description, self.tags = inner.name, inner.description, inner.tags
        self.version, self.examples, self.streaming = inner.version, inner.examples, inner.streaming

    async def call(self, payload: In, ctx: Context) -> Out:
        """Call the agent through its middleware."""
        return await self.bound(payload, ctx)

    @cached_property
    def types(self) -> tuple[Schema[In], Schema[Out]]:
        """The types of the agent inside."""
        return self.inner.types

    @cached_property
    def bound(self) -> Call[In, Out]:
        """The agent's call, folded into its middleware."""
        call = self.inner.bound
        for layer in reversed(self.middleware):
            call = layer.wrap(call, self.inner)
        return call

    def sketch(self) -> Sketch:
        """Return the sketch of the agent inside."""
        return self.inner.sketch()
