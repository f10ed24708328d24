"""`Validate`: payloads and outputs are checked against types, beside those that an agent declares itself."""

from typing import Any

from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import Context
from motet.kernel.invoke import Call
from motet.kernel.schema import ANY, Schema

__all__ = ["Validate"]


class Validate(Middleware):
    """Check what goes into an agent and what comes out of it, with pydantic.

    For agents that check nothing (`validate="none"`), that come from elsewhere, or whose types are wider than what is
    wanted in one place. The agent gets, and the caller gets, the values as the types say.

    Args:
        input: The type of payloads, any annotation that pydantic takes; not checked unless given.
        output: The type of outputs, likewise.

    Raises:
        ValueError: Neither is given.
    """

    def __init__(self, *, input: Any = Any, output: Any = Any) -> None:  # noqa: A002 - the word of agents' cards
        self._input, self._output = Schema[Any](input), Schema[Any](output)
        if self._input.open and self._output.open:
            raise ValueError("Validate() checks nothing: give it input=TYPE, output=TYPE, or both")
        self._passed = self._refused = 0

    def counters(self) -> dict[str, float]:
        """Return how many calls passed the checks, and how many values were refused."""
        return {"passed": self._passed, "refused": self._refused}

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call whose payload and output are checked."""
        before = _checker(self._input, agent.name, "input")
        after = _checker(self._output, agent.name, "output")

        async def validated(payload: Any, ctx: Context) -> Any:
            checked = self._check(before, payload)
            output = self._check(after, await call(checked, ctx))
            self._passed += 1
            return output

        return validated

    def _check(self, check: Any, value: Any) -> Any:
        if check is None:
            return value
        try:
            return check(value)
        except Exception:
            self._refused += 1
            raise


def _checker(schema: Schema[Any], name: str, side: str) -> Any:
    return None if schema is ANY or schema.open else schema.validator(name, side)
