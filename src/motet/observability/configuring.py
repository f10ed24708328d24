"""`configure`: observability from plain settings, as a configuration file has them."""

import atexit
import logging
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from pydantic import SecretStr

from motet.kernel.errors import InvalidPayload
from motet.observability.logging_events import EventLog
from motet.observability.logging_formats import JsonFormatter, LineFormatter, TextFormatter
from motet.observability.logging_handlers import LineHandler
from motet.observability.tracer import Tracer

if TYPE_CHECKING:
    from motet.observability.otel_export import Exports
    from motet.observability.otel_spans import OtelSpans
    from motet.observability.prometheus import PrometheusCollector

__all__ = ["Headers", "Observability", "configure"]

Headers = Mapping[str, str | SecretStr] | str | SecretStr
"""Headers by name, or as one text: "name=value,name=value"."""

FORMATS: Final[Mapping[str, type[LineFormatter]]] = {"json": JsonFormatter, "text": TextFormatter}
EXPORTERS: Final = ("console", "otlp", "prometheus")


class Observability:
    """What `configure` has set up: pass `tracer` to calls, flows and task managers, and close it in the end.

    What a program that ends has not closed is sent then, unless it is killed.

    Attributes:
        tracer: The observer.
        prometheus: The collector for `/metrics`; None unless asked for.
        exports: The providers of OpenTelemetry; None unless an exporter needs them.
    """

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self.prometheus: PrometheusCollector | None = None
        self.exports: Exports | None = None
        self._spans: OtelSpans | None = None
        self._handler: logging.Handler | None = None
        self._level = logging.NOTSET

    def log(self, level: int, formatter: LineFormatter) -> None:
        """Write the program's log, and events, to standard error."""
        root = logging.getLogger()
        self._handler, self._level = LineHandler(formatter=formatter), root.level
        root.addHandler(self._handler)
        root.setLevel(level)
        self.tracer.register(EventLog())

    def scrape(self) -> None:
        """Keep figures for Prometheus."""
        from motet.observability.prometheus import PrometheusCollector  # noqa: PLC0415 - an optional driver

        self.prometheus = PrometheusCollector()
        self.tracer.register(self.prometheus)

    def export(self, service: str, exporters: Sequence[str], endpoint: str, headers: Mapping[str, str]) -> None:
        """Send spans and metrics of OpenTelemetry."""
        from motet.observability.otel_export import Exports  # noqa: PLC0415 - an optional driver
        from motet.observability.otel_metrics import OtelMetrics  # noqa: PLC0415 - likewise
        from motet.observability.otel_spans import OtelSpans  # noqa: PLC0415 - likewise

        self.exports = exports = Exports(service)
        if "console" in exporters:
            exports.to_console()
        if "otlp" in exporters:
            exports.to_otlp(endpoint, headers)
        self._spans = OtelSpans(exports.tracer_provider, attributes=self.tracer.attributes)
        self.tracer.register(self._spans, OtelMetrics(exports.meter_provider()))
        atexit.register(self._send_rest)  # a program that ends without closing would lose its last seconds

    def close(self) -> None:
        """End open spans, send what is left, and leave the log as it was; a second time, this does nothing."""
        self._send_rest()
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            logging.getLogger().setLevel(self._level)
            self._handler.close()
            self._handler = None

    def _send_rest(self) -> None:
        atexit.unregister(self._send_rest)
        spans, self._spans = self._spans, None
        if spans is not None and self.exports is not None:
            spans.close()
            self.exports.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def configure(
    *,
    log_level: str = "INFO",
    log_format: str = "text",
    redact: Sequence[str] = (),
    exporters: Sequence[str] = (),
    otlp_endpoint: str = "",
    otlp_headers: Headers | None = None,
    service_name: str = "",
    attributes: Sequence[str] = (),
) -> Observability:
    """Set observability up.

    Args:
        log_level: From which level on the program's log and events are written to standard error: "DEBUG", "INFO",
            "WARNING", "ERROR", "CRITICAL"; "OFF" leaves the log of the program alone.
        log_format: "text" for people, "json" for machines.
        redact: Names of keys that hold secrets, beside those that are known.
        exporters: Where traces and metrics go: any of "console", "otlp", "prometheus".
        otlp_endpoint: Where the collector for "otlp" is, such as "http://localhost:4318"; what OpenTelemetry's
            environment variables say unless given.
        otlp_headers: Sent to it, such as credentials.
        service_name: The name of this program; what OpenTelemetry's environment variables say, or else "motet", unless
            given.
        attributes: The names of metadata that may leave with spans and metrics.

    Returns:
        What was set up: a context manager that closes it.

    Raises:
        InvalidPayload: A setting is none of those that there are.
        MissingExtra: An exporter needs a package that is not installed.
    """
    level = _level(log_level)
    if log_format not in FORMATS:
        raise InvalidPayload(f"log_format={log_format!r}: it is one of {', '.join(FORMATS)}")
    formatter = FORMATS[log_format](redact=redact)
    unknown = [name for name in exporters if name not in EXPORTERS]
    if isinstance(exporters, str) or unknown:
        raise InvalidPayload(f"exporters={exporters!r}: it is a list of any of {', '.join(EXPORTERS)}")
    endpoint, headers = _endpoint(otlp_endpoint), _headers(otlp_headers)
    made = Observability(Tracer(attributes=attributes))
    if "prometheus" in exporters:
        made.scrape()
    if {"console", "otlp"} & {*exporters}:
        made.export(service_name, exporters, endpoint, headers)
    if level is not None:
        made.log(level, formatter)
    return made


def _level(name: str) -> int | None:
    levels = {**logging.getLevelNamesMapping(), "OFF": None}
    levels.pop("NOTSET", None)
    if name.upper() not in levels:
        raise InvalidPayload(f"log_level={name!r}: it is one of {', '.join(levels)}")
    return levels[name.upper()]


def _endpoint(text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise InvalidPayload("otlp_endpoint: write http://HOST:PORT or https://HOST:PORT")  # it may hold credentials
    return text.rstrip("/").removesuffix("/v1/traces")


def _headers(headers: Headers | None) -> dict[str, str]:
    if headers is None:
        return {}
    if isinstance(headers, Mapping):
        return {name: _open(value) for name, value in headers.items()}
    pairs = [pair.partition("=") for pair in _open(headers).split(",") if pair.strip()]
    if not all(name.strip() and middle for name, middle, _ in pairs):
        raise InvalidPayload("otlp_headers: write name=value,name=value")  # what is wrong is a secret
    return {name.strip(): value.strip() for name, _, value in pairs}


def _open(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
