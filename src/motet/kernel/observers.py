"""Who is told of events: an observer is a callable that takes one.

It is called synchronously, in the middle of the work, and must be cheap; where nobody observes, no event is built.
"""

import logging
from collections.abc import Callable, Iterable

from motet.kernel.events import Event

__all__ = ["Observer", "Observers", "around_of", "combine"]

logger = logging.getLogger(__name__)

Observer = Callable[[Event], None]


class Observers:
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

    def __call__(self, event: Event) -> None:
        """Tell each of them."""
        for observer in self._observers:
            try:
                observer(event)
            except Exception:
                logger.exception("Observer %r failed on %r", observer, event)


def around_of(observers: Iterable[Observer]) -> str:
    """Ask observers for what runs around a trace that begins: a span of somebody who traces by other means.

    An observer that knows has a method `around()`, which returns a W3C traceparent, empty where nothing runs around.

    Args:
        observers: Asked in this order, until one knows.
    """
    for observer in observers:
        around: Callable[[], str] | None = getattr(observer, "around", None)
        if around is not None:
            try:
                if header := around():
                    return header
            except Exception:
                logger.exception("Observer %r could not tell what runs around", observer)
    return ""


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
