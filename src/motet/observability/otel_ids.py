"""The ids of OpenTelemetry's spans: those that Motet's calls have, so that a traceparent names what is exported."""

import threading

from motet.kernel.errors import MissingExtra

try:
    from opentelemetry.sdk.trace.id_generator import IdGenerator
except ImportError as error:
    raise MissingExtra.of("OpenTelemetry", "otel") from error

__all__ = ["MotetIds"]


class MotetIds(IdGenerator):
    """Gives the next span that is started in this thread the ids that were prepared for it.

    The SDK asks its generator within `start_span`, in the thread that calls it; there is no argument for an id.

    Args:
        otherwise: Asked where nothing was prepared.
    """

    def __init__(self, otherwise: IdGenerator) -> None:
        self._otherwise = otherwise
        self._next = threading.local()

    def prepare(self, trace: str, span: str) -> None:
        """Say which ids the next span has; two empty strings take that back."""
        self._next.trace, self._next.span = trace, span

    def generate_span_id(self) -> int:
        """Return the id of a span."""
        span: str = getattr(self._next, "span", "")
        return int(span, 16) if span else self._otherwise.generate_span_id()

    def generate_trace_id(self) -> int:
        """Return the id of a trace, for a span without a parent."""
        trace: str = getattr(self._next, "trace", "")
        return int(trace, 16) if trace else self._otherwise.generate_trace_id()

    def is_trace_id_random(self) -> bool:
        """Tell whether the ids of traces are random: ours are."""
        return True
