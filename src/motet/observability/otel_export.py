"""Where spans and metrics of OpenTelemetry go: the console, and a collector that speaks OTLP over HTTP."""

import sys
from collections.abc import Mapping
from typing import TextIO

from motet.kernel.errors import MissingExtra

try:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import (
        ConsoleMetricExporter,
        MetricExporter,
        MetricReader,
        PeriodicExportingMetricReader,
    )
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor
except ImportError as error:
    raise MissingExtra.of("OpenTelemetry", "otel") from error

__all__ = ["Exports"]

PATIENCE = 10_000
"""Milliseconds that closing waits for what is still to be sent."""


class Exports:
    """Providers of OpenTelemetry with their exporters.

    Args:
        service: The name of the program, as "service.name"; empty takes what OpenTelemetry's environment variables
            say, or else "motet".

    Attributes:
        tracer_provider: Makes spans.
    """

    def __init__(self, service: str) -> None:
        self._resource = _resource(service)
        # Closed by whoever made it, and not a second time at the end of the program.
        self.tracer_provider = TracerProvider(resource=self._resource, shutdown_on_exit=False)
        self._readers: list[MetricReader] = []
        self._meter_provider: MeterProvider | None = None

    def to_console(self, stream: TextIO | None = None) -> None:
        """Write spans, one a line as soon as it ends, and metrics every minute; to standard error unless told."""
        out = sys.stderr if stream is None else stream
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=out, formatter=_line)))
        self._read(ConsoleMetricExporter(out=out))

    def to_otlp(self, endpoint: str, headers: Mapping[str, str]) -> None:
        """Send spans and metrics to a collector, in batches from threads of their own.

        Args:
            endpoint: Where it is, without "/v1/traces"; empty takes what OpenTelemetry's environment variables say.
            headers: Sent along, such as credentials.
        """
        from motet.observability.otel_otlp import metric_exporter, span_exporter  # noqa: PLC0415 - an extra of its own

        self.tracer_provider.add_span_processor(BatchSpanProcessor(span_exporter(endpoint, headers)))
        self._read(metric_exporter(endpoint, headers))

    def meter_provider(self) -> MeterProvider:
        """Return what makes metrics, which is complete when all exporters are named."""
        if self._meter_provider is None:
            self._meter_provider = MeterProvider(self._readers, self._resource, shutdown_on_exit=False)
        return self._meter_provider

    def close(self) -> None:
        """Send what is left, and end the threads."""
        self.tracer_provider.shutdown()
        if self._meter_provider is not None:
            self._meter_provider.shutdown(PATIENCE)

    def _read(self, exporter: MetricExporter) -> None:
        self._readers.append(PeriodicExportingMetricReader(exporter))


def _resource(service: str) -> Resource:
    if service:
        return Resource.create({SERVICE_NAME: service})
    found = Resource.create()
    # So the specification calls what nobody has given a name.
    nameless = str(found.attributes[SERVICE_NAME]).startswith("unknown_service")
    return found.merge(Resource({SERVICE_NAME: "motet"})) if nameless else found


def _line(span: ReadableSpan) -> str:
    return f"{span.to_json(indent=None)}\n"
