"""What the agents of the kit have in common: a name, and the looks of the agent whose place they take."""

import copy
from collections.abc import Callable
from functools import cached_property
from typing import Any

from motet.kernel.agent import Agent
from motet.kernel.schema import ANY, Schema
from motet.testing.errors import InjectedFault

__all__ = ["Failure", "StandIn", "a_failure", "an_agent", "made"]

Failure = BaseException | type[BaseException] | Callable[[Any], BaseException]
"""An exception to raise, its class, or a function that makes it of the payload."""


class StandIn(Agent[Any, Any]):
    """An agent in another one's place: with its name, description and types where it is given one.

    Args:
        name: Its name; that of `like` unless given.
        like: The agent whose looks it takes. What it is given and what it answers is checked as there.
        streaming: Whether its card says that it streams; as `like` says unless given.
    """

    def __init__(self, name: str | None, like: Agent[Any, Any] | None, *, streaming: bool = False) -> None:
        self._like = None if like is None else an_agent("like=", like)
        self.name = name or (like.name if like is not None else type(self).name)
        self.streaming = streaming
        if like is not None:
            self.description, self.tags, self.version = like.description, like.tags, like.version
            self.examples, self.streaming = like.examples, streaming or like.streaming

    @cached_property
    def types(self) -> tuple[Schema[Any], Schema[Any]]:
        """Those of the agent whose place it takes; anything without one."""
        return self._like.types if self._like is not None else (ANY, ANY)


def an_agent(where: str, given: object) -> Agent[Any, Any]:
    """Check that something is an agent.

    Args:
        where: What it was given to, as people write it.
        given: What was given.

    Raises:
        TypeError: It is none; the message says what to write.
    """
    if isinstance(given, Agent):
        return given
    if isinstance(given, type):
        raise TypeError(f"{where} takes an agent, not its class: make one, as in {given.__name__}()")
    hint = "a plain function becomes an agent with @agent" if callable(given) else "give the agent itself"
    raise TypeError(f"{where} takes an agent, not {given!r}: {hint}")


def a_failure(where: str, given: object) -> None:
    """Check that something is a failure, or None for one that nobody has said.

    Args:
        where: What it was given to, as people write it.
        given: What was given.

    Raises:
        TypeError: It is none; the message says what to write.
    """
    if given is not None and not isinstance(given, BaseException) and not callable(given):
        raise TypeError(f"{where}={given!r}: it is an exception, its class, or a function that makes it of the payload")


def made(failure: Failure | None, payload: object, why: str) -> BaseException:
    """Make the exception that a test asked for: a fresh one each time, without the notes of the last.

    Args:
        failure: What was asked for; an `InjectedFault` unless given.
        payload: What the failing agent was given.
        why: The message, where none was given.

    Raises:
        TypeError: The function has made nothing that can be raised.
    """
    if failure is None:
        return InjectedFault(why)
    if isinstance(failure, BaseException):
        return _fresh(failure)
    if isinstance(failure, type) and issubclass(failure, BaseException):
        return failure(why)
    make: object = failure
    error = make(payload) if callable(make) else make
    if not isinstance(error, BaseException):
        raise TypeError(f"{failure!r} gives what is no exception: {error!r}")
    return error


def _fresh(error: BaseException) -> BaseException:
    """Copy an exception; one that cannot be copied is raised again as it is."""
    try:
        again = copy.copy(error)
    except Exception:  # noqa: BLE001 - a constructor that takes other arguments may raise anything
        return error
    if type(again) is not type(error):
        return error
    again.__traceback__ = again.__context__ = again.__cause__ = None
    again.__dict__.pop("__notes__", None)
    again.__cause__, again.__suppress_context__ = error.__cause__, error.__suppress_context__
    return again
