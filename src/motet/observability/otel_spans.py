"""`OtelSpans`: an observer that makes spans of OpenTelemetry of what happens."""

from collections.abc import Callable, Sequence
from typing import Any

from motet.kernel.errors import MissingExtra
from motet.kernel.event import Event
from motet.kernel.observers import Surroundings
from motet.kernel.traceparent import format_traceparent
from motet.observability.metadata import Allowed
from motet.observability.otel_calls import CallSpans
from motet.observability.otel_current import nearest
from motet.observability.otel_flows import FlowSpans
from motet.observability.otel_open import OpenSpans, tracer_of
from motet.observability.otel_remote import RemoteSpans
from motet.observability.otel_tasks import TaskSpans

try:
    from opentelemetry import trace as traces
    from opentelemetry.sdk.trace import TracerProvider
except ImportError as error:
    raise MissingExtra.of("OpenTelemetry", "otel") from error

__all__ = ["OtelSpans"]


class OtelSpans(Surroundings):
    """Makes a span of every call, run, node, remote call, attempt of a task and task tree.

    The spans have the ids of Motet's own, so that the traceparent which crosses a wire names the span that is exported.
    While an agent or a node runs, its span is the current one: what other instrumentation does inside is its child. A
    trace that begins within a current span becomes a part of that one's trace. Payloads, outputs, messages of errors
    and metadata do not leave, apart from the metadata that is named. With OTEL_SDK_DISABLED=true there are no spans.

    Args:
        provider: Whose processors and exporters get the spans; the global provider of OpenTelemetry unless given.
        attributes: The names of metadata that may leave, as attributes "motet.metadata.NAME".
        max_open: How many spans may be open at once; the oldest is ended, with "motet.unfinished", when there are more.

    Raises:
        NotAvailable: The provider is none of the SDK's, as before one is set.
    """

    def __init__(
        self, provider: TracerProvider | None = None, *, attributes: Sequence[str] = (), max_open: int = 10_000
    ) -> None:
        metadata = Allowed(attributes)
        self._handlers: dict[type[Event], Callable[[Any], None]] = {}
        self._kept: tuple[OpenSpans | RemoteSpans, ...] = ()
        self._spans: OpenSpans | None = None
        tracer = tracer_of(provider)
        if tracer is None:
            return
        self._spans = spans = OpenSpans(tracer, max_open)
        remote = RemoteSpans(spans, max_open)
        self._kept = spans, remote
        self._handlers = {
            **CallSpans(spans, metadata).handlers,
            **FlowSpans(spans, metadata).handlers,
            **TaskSpans(spans, max_open).handlers,
            **remote.handlers,
        }

    def __call__(self, event: Event) -> None:
        """Begin, end or mark a span."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)

    def around(self) -> str:
        """Return the traceparent of the current span of OpenTelemetry; empty where there is none."""
        found = traces.get_current_span().get_span_context()
        if not found.is_valid:
            return ""
        return format_traceparent(f"{found.trace_id:032x}", f"{found.span_id:016x}", sampled=found.trace_flags.sampled)

    def sampled(self, span: str) -> bool | None:
        """Tell whether the sampler has taken the span of a call that runs; None where there is no such span."""
        found = (None if self._spans is None else self._spans.get(span)) or nearest(span)  # it may have given way
        return None if found is None else found.span.get_span_context().trace_flags.sampled

    @property
    def open(self) -> int:
        """How many spans are open."""
        return sum(map(len, self._kept))

    @property
    def unfinished(self) -> int:
        """How many spans were ended because too many were open."""
        return sum(each.dropped for each in self._kept)

    def close(self) -> None:
        """End whatever is open, as unfinished; exporting it is the provider's `force_flush` or `shutdown`."""
        for each in self._kept:
            each.close()
