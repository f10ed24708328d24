"""How an executor of this room becomes one of the default ones."""

from contextlib import suppress
from typing import Any

from motet.kernel.agent import Agent
from motet.kernel.errors import InvalidAgent
from motet.tasks.executors import DEFAULT_EXECUTORS

__all__ = ["offer"]


def offer(made: Agent[Any, Any], demo: object) -> None:
    """Add an executor to the default ones, unless a program has put its own in that place.

    Args:
        made: The executor; its name is its id.
        demo: What it answers in demo mode: a value, or a function of the inputs.
    """
    # Whoever took the id before this module was imported has chosen to: they keep it.
    with suppress(InvalidAgent):
        DEFAULT_EXECUTORS.add(made, demo=demo)
