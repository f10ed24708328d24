"""An agent that counts its calls."""

from typing import Any

from motet import agent

__all__ = ["counted"]


def counted(*outputs: Any, name: str = "counted", version: str = "1"):
    """Make an agent that gives these outputs one after another, and then the number of its calls."""
    calls: list[Any] = []

    @agent(name=name, version=version, validate="none")
    async def counting(payload: Any) -> Any:
        calls.append(payload)
        output = outputs[len(calls) - 1] if len(calls) <= len(outputs) else len(calls)
        if isinstance(output, Exception):
            raise output
        return output

    return counting, calls
