"""What comes of looking whether the user's files have changed."""

from dataclasses import dataclass
from typing import Any, Literal

from motet.kernel.agent import Agent
from motet.kernel.error_payload import ErrorPayload

__all__ = ["Broken", "Mended", "Outcome", "Reloaded"]


@dataclass(frozen=True, slots=True)
class Reloaded:
    """There is a new version.

    Args:
        agent: What to call from now on.
        version: Its number, from 1.
        changed: The files whose content is another one, or that are new or gone, as people name them.
        modules: The modules that were loaded.
        seconds: How long that took.
    """

    agent: Agent[Any, Any]
    version: int
    changed: tuple[str, ...]
    modules: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Broken:
    """The files cannot be loaded as they are now, and the version of before goes on.

    Args:
        text: What is wrong, in one line or more: the error, and the calls in the user's files that led to it.
        changed: The files whose content is another one.
        step: Whether they cannot be loaded, or the agent that was asked for is not in them.
        error: The error as a program wants it.
    """

    text: str
    changed: tuple[str, ...]
    step: Literal["load", "find"]
    error: ErrorPayload


@dataclass(frozen=True, slots=True)
class Mended:
    """What was broken is as it was when the version that is served was loaded."""

    version: int


Outcome = Reloaded | Broken | Mended
