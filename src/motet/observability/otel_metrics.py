"""`OtelMetrics`: a collector that tells OpenTelemetry's metrics."""

from collections.abc import Callable, Iterable, Mapping

from motet.kernel.errors import MissingExtra
from motet.observability.buckets import exported_bounds
from motet.observability.collector import MetricsCollector, Record
from motet.observability.instruments import Instrument
from motet.version import __version__

try:
    from opentelemetry import metrics
except ImportError as error:
    raise MissingExtra.of("OpenTelemetry", "otel") from error

__all__ = ["OtelMetrics"]

Tell = Callable[[float, Mapping[str, str]], None]


class OtelMetrics(MetricsCollector):
    """Makes an instrument of OpenTelemetry of each of ours, under the same name.

    Args:
        provider: Whose readers get the figures; the global provider of OpenTelemetry unless given.
    """

    def __init__(self, provider: metrics.MeterProvider | None = None) -> None:
        self._meter = metrics.get_meter("motet", __version__, provider)
        self._tell: dict[str, Tell] = {}
        self._reads = 0
        # Callbacks run before a reader collects: that is when gauges have to be brought up to date.
        about = "How often somebody has collected these metrics"
        self._meter.create_observable_counter("motet.collections", [self._read], unit="{collection}", description=about)

    def series(self, instrument: Instrument, labels: Mapping[str, str]) -> Record:
        """Return what takes the values of a series."""
        attributes = {name: value for name, value in labels.items() if value}
        tell = self._tell.get(instrument.name)
        if tell is None:
            tell = self._tell[instrument.name] = self._made(instrument)
        return lambda value: tell(value, attributes)

    def _made(self, instrument: Instrument) -> Tell:
        name, unit, about, meter = instrument.name, instrument.unit, instrument.about, self._meter
        if instrument.kind == "histogram":
            bounds = exported_bounds(unit)
            return meter.create_histogram(name, unit, about, explicit_bucket_boundaries_advisory=bounds).record
        if instrument.kind == "gauge":
            return meter.create_gauge(name, unit, about).set
        return meter.create_counter(name, unit, about).add

    def _read(self, options: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
        self._reads += 1
        self.pull()
        return [metrics.Observation(self._reads)]
