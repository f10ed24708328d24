"""Who is told of events: an observer is a callable that takes one.

It is called synchronously, in the middle of the work, and must be cheap; where nobody observes, no event is built.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TypeVar

from motet.kernel.events import Event

__all__ = ["Observer", "Observers", "Surroundings", "around_of", "combine", "sampled_by"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

Observer = Callable[[Event], None]


class Surroundings(ABC):
    """The side of an observer that traces by other means as well: it knows what runs around a trace that begins."""

    __slots__ = ()

    @abstractmethod
    def around(self) -> str:
        """Return the W3C traceparent of what runs around; empty where nothing does."""

    def sampled(self, span: str) -> bool | None:
        """Tell whether the span of a call that runs is recorded; None where it is none of this one's."""
        return None


class Observers(Surroundings):
    """Several observers as one: a failure of one is logged, and reaches neither the others nor the work.

    Args:
        observers: Called in this order.
    """

    __slots__ = ("_observers",)

    def __init__(self, observers: Iterable[Observer]) -> None:
        self._observers = tuple(observers)

    @property
    def each(self) -> tuple[Observer, ...]:
        """The observers, in the order in which they are told."""
        return self._observers

    def around(self) -> str:
        """Return the traceparent of what runs around, by the first observer that knows; empty where none does."""
        return around_of(self._observers)

    def sampled(self, span: str) -> bool | None:
        """Tell whether the span of a call that runs is recorded, by the first observer that knows."""
        return sampled_by(self._observers, span)

    def __call__(self, event: Event) -> None:
        """Tell each of them."""
        for observer in self._observers:
            try:
                observer(event)
            except Exception:
                logger.exception("Observer %r failed on %r", observer, event)


def around_of(observers: Iterable[object]) -> str:
    """Ask observers for what runs around a trace that begins: a span of somebody who traces by other means.

    Args:
        observers: Those with `Surroundings` are asked in this order, until one knows.

    Returns:
        The traceparent; empty where nothing runs around.
    """
    return _first(observers, lambda one: one.around() or None, "what runs around") or ""


def sampled_by(observers: Iterable[object], span: str) -> bool | None:
    """Ask observers whether the span of a call that runs is recorded by somebody who traces by other means.

    Args:
        observers: Those with `Surroundings` are asked in this order, until one knows.
        span: Its id.

    Returns:
        None where nobody knows.
    """
    return _first(observers, lambda one: one.sampled(span), "whether a span is recorded")


def _first(observers: Iterable[object], ask: Callable[[Surroundings], T | None], what: str) -> T | None:
    """Return the first answer that is not None; who fails is logged, and the next one is asked."""
    for observer in observers:
        if isinstance(observer, Surroundings):
            try:
                if (told := ask(observer)) is not None:
                    return told
            except Exception:
                logger.exception("Observer %r could not tell %s", observer, what)
    return None


def combine(observers: Iterable[Observer]) -> Observer | None:
    """Make one observer of several.

    Args:
        observers: Called in this order.

    Returns:
        None where there are none, so that no event is built.
    """
    listed = tuple(observers)
    if len(listed) == 1 and isinstance(listed[0], Observers):
        return listed[0]
    return Observers(listed) if listed else None
