"""The exporters that speak OTLP over HTTP."""

from collections.abc import Mapping

from motet.kernel.errors import MissingExtra

try:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
except ImportError as error:
    raise MissingExtra.of("Sending to a collector over OTLP", "otlp") from error

__all__ = ["metric_exporter", "span_exporter"]


def span_exporter(endpoint: str, headers: Mapping[str, str]) -> OTLPSpanExporter:
    """Make what sends spans; see `Exports.to_otlp`."""
    return OTLPSpanExporter(f"{endpoint}/v1/traces" if endpoint else None, headers=dict(headers) or None)


def metric_exporter(endpoint: str, headers: Mapping[str, str]) -> OTLPMetricExporter:
    """Make what sends metrics; see `Exports.to_otlp`."""
    return OTLPMetricExporter(f"{endpoint}/v1/metrics" if endpoint else None, headers=dict(headers) or None)
