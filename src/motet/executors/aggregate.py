"""`aggregate`: the results of the dependencies of a task, together."""

from collections.abc import Mapping
from typing import Any

from motet.executors.offer import offer
from motet.kernel.function import agent

__all__ = ["aggregate"]


@agent(name="aggregate", examples=[{"title": "what is put together"}])
async def aggregate(inputs: dict[str, Any]) -> dict[str, Any]:
    """Collect the results of the dependencies by name, beside the task's own inputs."""
    return inputs


def _demo(inputs: Mapping[str, object]) -> dict[str, object]:
    return dict(inputs)


offer(aggregate, _demo)
