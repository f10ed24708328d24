"""A provider that keeps the spans in memory, and questions to them."""

from dataclasses import dataclass

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Sampler

from motet.observability.otel_spans import OtelSpans


@dataclass
class Exported:
    """The observer, and what came out of it."""

    observer: OtelSpans
    provider: TracerProvider
    exporter: InMemorySpanExporter

    @property
    def spans(self) -> list[ReadableSpan]:
        """All spans that have ended, in the order of their ends."""
        return list(self.exporter.get_finished_spans())

    def named(self, name: str) -> list[ReadableSpan]:
        """Return the spans of a name."""
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        """Return the only span of a name."""
        (span,) = self.named(name)
        return span

    def parents(self) -> dict[str, str]:
        """Say the name of the parent of each span, by its own; a dash where there is none, "?" where it is unknown."""
        names = {span.context.span_id: span.name for span in self.spans}
        return {span.name: "-" if span.parent is None else names.get(span.parent.span_id, "?") for span in self.spans}

    @property
    def traces(self) -> set[str]:
        """The ids of the traces."""
        return {f"{span.context.trace_id:032x}" for span in self.spans}


def exported(sampler: Sampler | None = None, **options: object) -> Exported:
    """Make a provider of its own, with an observer."""
    provider, exporter = TracerProvider(sampler=sampler, shutdown_on_exit=False), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return Exported(OtelSpans(provider, **options), provider, exporter)
