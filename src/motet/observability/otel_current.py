"""What is current for OpenTelemetry: the span of the call that runs, and after its end what was current before."""

from typing import Final

from motet.kernel.context import CURRENT
from motet.kernel.errors import MissingExtra

try:
    from opentelemetry import context as contexts
    from opentelemetry import trace as traces
except ImportError as error:
    raise MissingExtra.of("OpenTelemetry", "otel") from error

__all__ = ["OpenSpan", "enter", "leave", "nearest"]

NEAREST: Final = contexts.create_key("motet-span")
"""In a context of OpenTelemetry, the nearest span that is Motet's.

The span itself, and not its id: so what is to be current after it is still found where the span had to give way, and is
forgotten with the context that it stands in.
"""


class OpenSpan:
    """A span that has not ended.

    Attributes:
        key: Its id.
        depth: How many more beginnings than ends were told of it, less one.
        attached: How many beginnings made it current whose ends were not told.
        before: What was current before it was; None unless it was made current.
        chunks: How many chunks it has emitted.
        tokens: How many tokens it has read and written.
    """

    __slots__ = ("attached", "before", "chunks", "depth", "key", "span", "tokens")

    def __init__(self, key: str, span: traces.Span) -> None:
        self.key = key
        self.span = span
        self.depth = 0
        self.attached = 0
        self.before: contexts.Context | None = None
        self.chunks = 0
        self.tokens = (0, 0)


def enter(found: OpenSpan) -> None:
    """Make a span current, if this is where its call runs, and unless it is current already."""
    found.attached += 1
    if found.before is None and _is_here(found.key):
        found.before = contexts.get_current()
        inside = traces.set_span_in_context(found.span, found.before)
        contexts.attach(contexts.set_value(NEAREST, found, inside))


def leave(key: str, found: OpenSpan | None) -> None:
    """Make current again what was before a span, when the last end is told of what made it current.

    Args:
        key: Its id.
        found: The span, if it is open.
    """
    if found is None or not found.attached:
        found = nearest(key)  # it gave way to others, and is current until its call ends
    if found is None:
        return
    found.attached -= 1
    if not found.attached:
        _restore(found)


def nearest(key: str, context: contexts.Context | None = None) -> OpenSpan | None:
    """Return the nearest span of a context, if it is the one with this id; of the current context unless given."""
    found = contexts.get_value(NEAREST, context)
    return found if isinstance(found, OpenSpan) and found.key == key else None


def _restore(found: OpenSpan) -> None:
    """Make current again what was before, if this is where the call runs.

    Two observers may both have made a span of one call current, and the first of them is told first of its end, too:
    what was before both comes back with the second one.

    Not by a token: a coroutine that is closed from elsewhere, such as by the garbage collector, has its end told in
    another context, where the token is refused with a line in the log.
    """
    inner = nearest(found.key)
    if inner is not None and inner is not found and inner.attached:
        return
    before, found.before = found.before, None
    while before is not None and (outer := nearest(found.key, before)) is not None and not outer.attached:
        before, outer.before = outer.before, None
    if before is not None and _is_here(found.key):
        contexts.attach(before)


def _is_here(key: str) -> bool:
    """Tell whether this is where a call runs: the same task or thread, and no copy of its context."""
    context = CURRENT.get()
    return context is not None and context.span == key
