"""An agent whose payload is no object, as one that takes a mapping of arguments: models send nothing else."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import pydantic

from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import InvalidPayload
from motet.kernel.schema import Schema
from motet.kernel.sketch import Sketch
from motet.tools.json_schema import is_object

__all__ = ["as_named"]

INPUT: Final = "input"
"""What the only argument is called."""


def as_named(agent: Agent[Any, Any]) -> Agent[Any, Any]:
    """Return an agent that takes a mapping of arguments: the agent itself if its payload is a JSON object."""
    return agent if is_object(agent.types[0].json_schema) else _Boxed(agent)


class _Boxed(Agent[Mapping[str, object], Any]):
    """An agent that takes the payload of another one as an argument."""

    def __init__(self, inner: Agent[Any, Any]) -> None:
        self.inner = inner
        self.name, self.description, self.streaming = inner.name, inner.description, inner.streaming
        self.examples = tuple({INPUT: example} for example in inner.examples)
        self.validate = "none"  # the agent inside checks its payload

    async def call(self, payload: object, ctx: Context) -> Any:
        """Call the agent inside."""
        if not isinstance(payload, Mapping) or payload.keys() != {INPUT}:
            raise InvalidPayload(
                f"The input of {self.name!r} is no object with one property",
                agent=self.name,
                side="input",
                problems=[{"field": INPUT, "problem": "This argument, and no other, is wanted"}],
            )
        return await self.inner.bound(payload[INPUT], ctx)

    @cached_property
    def types(self) -> tuple[Schema[Any], Schema[Any]]:
        """An object around the type of the payload, and the output of the agent inside."""
        taken, given = self.inner.types
        config = pydantic.ConfigDict(extra="forbid", arbitrary_types_allowed=True)
        return Schema(pydantic.create_model("Arguments", __config__=config, input=(taken.type, ...))), given

    def sketch(self) -> Sketch:
        """Return the sketch of the agent inside."""
        return self.inner.sketch()
