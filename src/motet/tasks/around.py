"""What stands around a tree that is created: the call, or what is traced by other means."""

from motet.kernel.clock import Clock
from motet.kernel.context import CURRENT
from motet.kernel.observers import Observer, around_of
from motet.kernel.traceparent import parse_traceparent

__all__ = ["around"]


def around(observer: Observer | None, clock: Clock) -> tuple[str, str, bool | None]:
    """Return the trace and the span that a new tree stands in, and whether somebody records them by other means.

    Args:
        observer: Who may know of what runs around, where no call does.
        clock: Where the id of a trace comes from that begins with the tree: then the span is empty, and nobody has
            decided.
    """
    context = CURRENT.get()
    if context is not None:
        return context.trace, context.span, context.sampled
    known = parse_traceparent(around_of((observer,))) if observer is not None else None
    return known or (clock.hex_id(16), "", None)
