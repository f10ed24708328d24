"""Spans that are open: started under the ids of Motet's calls, current while these run, ended whatever happens."""

from collections.abc import Mapping

from motet.kernel.context import CURRENT
from motet.kernel.errors import MissingExtra, NotAvailable
from motet.kernel.text import characters
from motet.observability.gen_ai import ERROR_TYPE, STATUS, UNFINISHED
from motet.observability.metadata import Value
from motet.observability.otel_current import OpenSpan, enter, leave, nearest
from motet.observability.otel_ids import MotetIds
from motet.observability.shelf import Shelf
from motet.version import __version__

try:
    from opentelemetry import context as contexts
    from opentelemetry import trace as traces
    from opentelemetry.sdk.trace import Tracer as SdkTracer
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import Decision
except ImportError as error:
    raise MissingExtra.of("OpenTelemetry", "otel") from error

__all__ = ["OpenSpans", "abandon", "finish", "tracer_of"]

Attributes = Mapping[str, Value]


def tracer_of(provider: TracerProvider | None) -> SdkTracer | None:
    """Return our tracer of a provider.

    Args:
        provider: Whose processors get the spans; the global one unless given.

    Returns:
        None where OTEL_SDK_DISABLED says that OpenTelemetry is to do nothing.

    Raises:
        NotAvailable: The provider is none of the SDK: ids could not be given to its spans.
    """
    found = traces.get_tracer_provider() if provider is None else provider
    tracer = found.get_tracer("motet", __version__)
    if isinstance(found, TracerProvider) and isinstance(tracer, traces.NoOpTracer):
        return None
    if not isinstance(tracer, SdkTracer):
        raise NotAvailable(
            f"{found!r} exports nothing: pass provider=TracerProvider() of opentelemetry.sdk.trace, "
            "or call opentelemetry.trace.set_tracer_provider(...) before"
        )
    return tracer


class OpenSpans:
    """Starts and ends spans.

    Args:
        tracer: What makes them, as `tracer_of` gives it.
        size: How many may be open; the oldest is ended when there are more.
    """

    def __init__(self, tracer: SdkTracer, size: int) -> None:
        # The tracer of our own name is ours: its generator of ids, a public attribute, is nobody else's business.
        if not isinstance(tracer.id_generator, MotetIds):
            tracer.id_generator = MotetIds(tracer.id_generator)
        self._ids = tracer.id_generator
        self._tracer = tracer
        self._open: Shelf[OpenSpan] = Shelf(size)

    def __len__(self) -> int:
        return len(self._open)

    @property
    def dropped(self) -> int:
        """How many had to be ended before their end was told."""
        return self._open.dropped

    def get(self, key: str) -> OpenSpan | None:
        """Return an open span."""
        return self._open.get(key)

    def mark(self, key: str, name: str, attributes: Attributes) -> None:
        """Add an event to a span, if it is open."""
        found = self._open.get(key)
        if found is not None:
            found.span.add_event(characters(name), attributes)

    def begin(
        self,
        trace: str,
        span: str,
        parent: str,
        name: str,
        attributes: Attributes,
        *,
        current: bool = False,
        told: bool = False,
        sampled: bool | None = None,
    ) -> OpenSpan:
        """Start a span, unless it is open already: several events may tell of the beginning of one call.

        Args:
            trace: The id of the trace.
            span: Its own id.
            parent: The id of the call around it; empty at the top.
            name: Its name.
            attributes: Its attributes.
            current: Whether it is current from here on, in this task.
            told: Whether its parent is exactly the one that is told, whatever is current here.
            sampled: As in `start`.
        """
        found = self._open.get(span)
        if found is None:
            found = OpenSpan(span, self.start(trace, span, parent, name, attributes, told=told, sampled=sampled))
            gone = self._open.put(span, found)
            if gone is not None:
                abandon(gone.span)
        else:
            found.depth += 1
            found.span.set_attributes(attributes)
        if current:
            enter(found)
        return found

    def start(
        self,
        trace: str,
        span: str,
        parent: str,
        name: str,
        attributes: Attributes,
        *,
        at: int | None = None,
        kind: traces.SpanKind = traces.SpanKind.INTERNAL,
        told: bool = False,
        sampled: bool | None = None,
    ) -> traces.Span:
        """Start a span and do no more.

        Args:
            trace: The id of the trace.
            span: Its own id; empty for one that nobody names.
            parent: The id of the call around it; empty at the top.
            name: Its name.
            attributes: Its attributes.
            at: When it began, in nanoseconds since 1970 UTC; now unless given.
            kind: What kind of span it is.
            told: Whether its parent is exactly the one that is told, whatever is current here.
            sampled: Whether a parent that is not open here was sampled; None where nobody has told.
        """
        around = self._around(trace, parent, told=told)
        if around is None:
            if sampled is None:
                sampled = self._decided(trace, name, kind, attributes)
            around = _beyond(trace, parent, sampled=sampled)
        self._ids.prepare(trace, span)
        try:
            return self._tracer.start_span(characters(name), around, kind, attributes, start_time=at)
        finally:
            self._ids.prepare("", "")

    def end(self, key: str, status: str, error: str, *, current: bool = False) -> None:
        """End a span when its last end is told.

        Args:
            key: Its id.
            status: How it ended.
            error: The code of the error; empty for none.
            current: Whether its beginning made it current.
        """
        found = self._open.get(key)
        if current:
            leave(key, found)
        if found is None:
            return
        if found.depth:
            found.depth -= 1
            return
        if self._open.take(key) is None:
            return  # it gave way meanwhile, in another thread
        if found.chunks:
            found.span.set_attribute("motet.chunks", found.chunks)
        finish(found.span, status, error)

    def close(self) -> None:
        """End whatever is open."""
        for found in self._open.clear():
            abandon(found.span)

    def _around(self, trace: str, parent: str, *, told: bool) -> contexts.Context | None:
        """Return the context of OpenTelemetry that a span stands in; None where its parent is not to be found here.

        Whichever its parent is, what else the current context holds goes along, such as baggage: samplers and
        processors of spans are given it.
        """
        current = contexts.get_current()
        if not parent:
            return traces.set_span_in_context(traces.INVALID_SPAN, current)
        if not told and nearest(parent, current) is not None:
            return current  # the call around, or a span that somebody else has opened within it
        found = self._open.get(parent)
        if found is not None:
            return traces.set_span_in_context(found.span, current)
        if not told and traces.get_current_span(current).get_span_context().trace_id == int(trace, 16):
            return current  # a span of somebody else's that the trace began in
        return None

    def _decided(self, trace: str, name: str, kind: traces.SpanKind, attributes: Attributes) -> bool:
        """Tell whether a trace is recorded whose span in question is elsewhere.

        As its header has told. Where none has, as the sampler would say if the trace began here: one that goes by the
        id of the trace says the same everywhere.
        """
        context = CURRENT.get()
        if context is not None and context.trace == trace and context.scope.ids.sampled is not None:
            return context.scope.ids.sampled
        asked = self._tracer.sampler.should_sample(contexts.Context(), int(trace, 16), name, kind, attributes)
        return asked.decision is Decision.RECORD_AND_SAMPLE


def _beyond(trace: str, parent: str, *, sampled: bool) -> contexts.Context:
    """Return the context of a span whose parent is in another process, or has ended."""
    flags = traces.TraceFlags(traces.TraceFlags.SAMPLED if sampled else traces.TraceFlags.DEFAULT)
    known = traces.SpanContext(int(trace, 16), int(parent, 16), is_remote=True, trace_flags=flags)
    return traces.set_span_in_context(traces.NonRecordingSpan(known))


def finish(span: traces.Span, status: str, error: str) -> None:
    """End a span with its status; of an error only its code is told, for messages may hold anything."""
    span.set_attribute(STATUS, status)
    if status == "failed":
        span.set_status(traces.StatusCode.ERROR, error or None)
        span.set_attribute(ERROR_TYPE, error or "failed")
    span.end()


def abandon(span: traces.Span) -> None:
    """End a span whose end was not told."""
    span.set_attribute(UNFINISHED, True)
    span.end()
