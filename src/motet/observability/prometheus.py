"""`PrometheusCollector`: a collector that Prometheus scrapes."""

import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from motet.kernel.errors import MissingExtra
from motet.observability.buckets import exported_bounds
from motet.observability.collector import MetricsCollector, Record
from motet.observability.instruments import GAUGES, Instrument

try:
    from prometheus_client import (
        CONTENT_TYPE_LATEST,
        CollectorRegistry,
        Counter,
        Gauge,
        Histogram,
        generate_latest,
        make_asgi_app,
        make_wsgi_app,
    )
    from prometheus_client.metrics_core import Metric
    from prometheus_client.openmetrics import exposition as openmetrics
    from prometheus_client.registry import Collector
except ImportError as error:
    raise MissingExtra.of("The collector for Prometheus", "prometheus") from error

__all__ = ["PrometheusCollector"]

ASGI = Callable[[dict[str, Any], Callable[..., Awaitable[Any]], Callable[..., Awaitable[Any]]], Awaitable[None]]
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

UNITS: Final = {"s": "seconds", "By": "bytes"}


class PrometheusCollector(MetricsCollector):
    """Keeps figures for Prometheus, under the names of the instruments with underscores and units.

    Args:
        registry: Where they are kept, beside those of the program's own; a registry of its own unless given.

    Attributes:
        registry: The same.
        content_type: Of what `text` gives.
    """

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = CollectorRegistry() if registry is None else registry
        self._metrics: dict[str, Counter | Gauge | Histogram] = {}
        self._lock = threading.Lock()
        self.registry.register(_Puller(self))

    def series(self, instrument: Instrument, labels: Mapping[str, str]) -> Record:
        """Return what takes the values of a series."""
        metric = self._metric(instrument, tuple(labels))
        child = metric.labels(*labels.values()) if labels else metric
        if isinstance(child, Histogram):
            return child.observe
        return child.set if isinstance(child, Gauge) else child.inc

    def attach(self, pull: Callable[[], None]) -> None:
        """Take note of a tracer; its gauges are a part of the first scrape already."""
        super().attach(pull)
        for instrument in GAUGES:
            self._metric(instrument, instrument.labels)

    def text(self) -> bytes:
        """Return all figures of the registry in the text format, for a handler of `/metrics` with `content_type`."""
        return generate_latest(self.registry)

    def openmetrics(self) -> tuple[bytes, str]:
        """Return all figures of the registry in the format of OpenMetrics, and its content type."""
        generate: Callable[[CollectorRegistry], bytes] = openmetrics.generate_latest
        return generate(self.registry), openmetrics.CONTENT_TYPE_LATEST

    def asgi(self) -> ASGI:
        """Return an ASGI application that answers with the figures, in the format that the scraper asks for."""
        app: ASGI = make_asgi_app(self.registry)
        return app

    def wsgi(self) -> WSGI:
        """Return a WSGI application that does the same."""
        app: WSGI = make_wsgi_app(self.registry)
        return app

    def _metric(self, instrument: Instrument, labels: tuple[str, ...]) -> Counter | Gauge | Histogram:
        with self._lock:
            metric = self._metrics.get(instrument.name)
            if metric is None:
                metric = self._metrics[instrument.name] = self._made(instrument, labels)
            return metric

    def _made(self, instrument: Instrument, labels: tuple[str, ...]) -> Counter | Gauge | Histogram:
        name, unit = instrument.name.replace(".", "_"), UNITS.get(instrument.unit, "")
        if instrument.kind == "histogram":
            bounds = exported_bounds(instrument.unit)
            return Histogram(name, instrument.about, labels, unit=unit, buckets=bounds, registry=self.registry)
        kind = Counter if instrument.kind == "counter" else Gauge
        return kind(name, instrument.about, labels, unit=unit, registry=self.registry)


class _Puller(Collector):
    """Brings gauges up to date when the registry is read; has no figures of its own."""

    def __init__(self, collector: PrometheusCollector) -> None:
        self._collector = collector

    def describe(self) -> Iterable[Metric]:
        """Say that there is nothing."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Read what is only read when somebody looks."""
        self._collector.pull()
        return []
